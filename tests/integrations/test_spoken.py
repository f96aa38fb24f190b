"""What the sandbox's treasury can speak, the product can read: two programs that share no code."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from integrations.reports import read_report, read_statement
from integrations.words import Outcome
from sandbox.camt import Movement, write_notification, write_statement
from sandbox.pain import Order, Status, write_report
from sandbox.speech import Speech

AT = datetime(2026, 11, 28, 6, tzinfo=UTC)
PAYER = "KZ75125KZT1001300335"
ORDER = Order(
    "OZ000000018-1-1-1-1", 1_400_000, "KZ86125KZT5004100100", "BIN", "200140000024", PAYER
)
VERSIONS = ("02", "03", "04", "06", "08", "09", "10", "12", "14")


@pytest.mark.parametrize(
    ("version", "prefix", "level"),
    list(product(VERSIONS, (None, "ns2"), ("transaction", "block", "group"))),
)
def test_a_status_in_every_version_and_at_every_level(
    version: str, prefix: str | None, level: str
) -> None:
    speech = Speech.model_validate({"version": version, "prefix": prefix, "level": level})
    found = read_report(write_report(ORDER, Status("RJCT", "AC04", "TR1", AT), speech))
    (word,) = (told.word for told in found.told)
    assert (word.key, word.outcome, word.reason) == (ORDER.key, Outcome.NOT_EXECUTED, "AC04")
    if level == "transaction":
        assert (word.amount, word.payee_iban) == (ORDER.amount, ORDER.account)
        assert (word.payee_identifier, word.reference) == (ORDER.payee, "TR1")


@pytest.mark.parametrize(("version", "prefix"), list(product(VERSIONS, (None, "ns2"))))
def test_money_that_leaves_and_comes_back_in_every_version(
    version: str, prefix: str | None
) -> None:
    speech = Speech(entries_version=version, prefix=prefix)
    day = date(2026, 11, 28)
    out, back = Movement(ORDER, False, ORDER.amount, "TR1", day), Movement(ORDER, True, 5, "R", day)
    for movement, outcome in ((out, Outcome.SETTLED), (back, Outcome.RETURNED)):
        (told,) = read_report(write_notification(movement, AT, speech)).told
        assert (told.word.key, told.word.outcome) == (ORDER.key, outcome)
        assert (told.word.amount, told.word.told_on) == (movement.amount, PAYER)
    entries = read_statement(write_statement(day, [out, back], AT, speech)).entries
    assert [(one.key, one.amount, one.direction, one.booked) for one in entries] == [
        (ORDER.key, ORDER.amount, "debit", day),
        (ORDER.key, 5, "credit", day),
    ]
