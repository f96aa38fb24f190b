"""Stories of money, played to their end: a revision, a returned payment, a raised price."""

import asyncio
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Connection, text

from db.documents import read_document
from db.payments import payments_of
from db.suppliers import put_offer
from domain.case.state import Case
from tests.support.authorities import account_of, agree, sample_of
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.intake import SEAL, measure, take_in
from tests.support.party_play import (
    ADMINISTRATOR,
    ITEM,
    TREASURY,
    Party,
    place_order,
    report_settled,
    retry_first,
    retry_second,
)
from tests.support.polling import soon

pytestmark = pytest.mark.clocked

NAMES = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
RAISED = 31_500_000
MEASURE = text("SELECT measure_id FROM case_head WHERE case_id = :id")


def tasks(host: Host, party: Party) -> set[str]:
    return {task.code for task in host.case(party).tasks.values()}


async def test_a_revision_while_a_payment_is_unknown_stops_no_payment_and_starts_no_second(
    host: Host,
) -> None:
    """P6, L5: the treasury does not answer for days, and meanwhile the programme changes."""
    party = await host.begin()
    reference = party.file.measure["reference"]
    await host.play(party, "payment_pending")
    await host.rests(party)
    host.outside.arm("treasury", "down", match=reference, times=1_000)
    await host.let_run_out(party, "payment_answer")
    await soon(lambda: tasks(host, party), lambda found: "payment_unknown" in found)

    (verdict,) = await asyncio.to_thread(take_in, host.engine, revised(host, party))
    assert verdict.case_id == party.file.id
    await host.tells(party)
    await soon(lambda: tasks(host, party), lambda found: "revision_to_judge" in found)
    case = host.case(party)
    assert case.status == "payment_pending"
    assert [payment.status for payment in case.periods[1].payments] == ["unknown"]

    judged = Said("judge_revision", party.file.caseworker(), {"reason": True})
    await host.say(party, lambda *_: judged)
    await host.say(party, report_settled)
    await host.reaches(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]
    assert [payment.status for payment in host.case(party).periods[1].payments] == ["settled"]
    rows = host.rows(party)
    assert rows.index("P6") < rows.index("L5") < rows.index("P2")


def debtor(host: Host, party: Party) -> tuple[str, str, str]:
    """Name, BIN and account of who pays, as the one file says that was sent for a case."""
    key = host.case(party).periods[1].payments[0].key
    with host.engine.connect() as connection:
        (sent,) = payments_of(connection, party.file.id, key)
        kept = read_document(connection, SEAL, party.file.id, sent.data["sha256"])
    assert kept is not None
    order = etree.fromstring(kept.content)
    paths = ("p:Dbtr/p:Nm", "p:Dbtr//p:Othr/p:Id", "p:DbtrAcct/p:Id/p:IBAN")
    name, number, account = (order.findtext(f".//{path}", namespaces=NAMES) for path in paths)
    assert name
    assert number
    assert account
    return name, number, account


async def test_two_authorities_pay_from_two_accounts_under_two_names(host: Host) -> None:
    bins = ("200140900011", "200140900021")
    parties = [await host.begin(person__authority_bin=bin) for bin in bins]
    for party in parties:
        await host.play(party, "completed")
        assert [order["received"] for order in host.payments(party)] == [1]
    known = {bin: sample_of(bin)["authorities"][0] for bin in bins}
    assert [debtor(host, party) for party in parties] == [
        (known[bin]["name"]["kk"]["nominative"], bin, known[bin]["account"]["iban"]) for bin in bins
    ]


async def test_an_order_is_paid_from_the_account_that_it_was_placed_under(host: Host) -> None:
    """Another account comes while the order is on its way; an order without one takes today's."""
    bin = "200140900031"
    other = {**account_of(bin), "iban": account_of("200140900021")["iban"]}
    early = await host.begin(person__authority_bin=bin)
    await host.play(early, "under_review")
    await asyncio.to_thread(agree, host.engine, "authorities", sample_of(bin, account=None))
    bare = await host.begin(person__authority_bin=bin)
    await host.play(bare, "under_review")
    await asyncio.to_thread(agree, host.engine, "authorities", sample_of(bin, account=other))
    for party in (early, bare):
        await host.play(party, "completed")
    accounts = [debtor(host, party)[2] for party in (early, bare)]
    assert accounts == [account_of(bin)["iban"], other["iban"]]


def revised(host: Host, party: Party) -> dict[str, Any]:
    """The same measure with another term, of a programme that was revised."""
    with host.engine.connect() as connection:
        measure_id: str = connection.execute(MEASURE, {"id": party.file.id}).scalar_one()
    changes = {"message_id": f"{measure_id}-revised", "programme__revision": 2}
    number = int(measure_id.removeprefix("M-"))
    return measure(number, implement_until="2028-10-12", **changes)


async def test_settled_money_that_the_bank_returns_is_paid_again_under_a_new_key(
    host: Host,
) -> None:
    """P9, P7: the account was closed after the settlement was reported."""
    party = await host.begin()
    await host.play(party, "completed")

    def returned(connection: Connection, party: Party, case: Case) -> Said:
        told = report_settled(connection, party, case)
        return Said(told.name, TREASURY, {**told.data, "outcome": "returned", "reason": "AC04"})

    await host.say(party, returned)
    await host.reaches(party, "payment_failed")
    (first,) = host.case(party).periods[1].payments
    assert (first.status, first.reason) == ("returned", "AC04")
    for line in (retry_first, retry_second):
        await host.say(party, line)
    await host.reaches(party, "payment_pending")
    await host.rests(party)
    await host.say(party, report_settled)
    await host.reaches(party, "completed")
    before, after = host.case(party).periods[1].payments
    assert (before.status, after.status) == ("returned", "settled")
    assert (before.attempt, after.attempt) == (1, 2)
    assert [order["received"] for order in host.payments(party)] == [1, 1]


async def test_a_raised_price_is_shown_agreed_to_and_never_paid_by_the_treasury(
    host: Host,
) -> None:
    """C1: the supplier raises the price while the recipient reads."""
    party = await host.begin()
    await host.play(party, "choosing")

    def stale(connection: Connection, party: Party, case: Case) -> Said:
        said = place_order(connection, party, case)
        terms = (RAISED, True)
        put_offer(connection, ADMINISTRATOR, party.shop.supplier, ITEM, terms)
        return Said(said.name, said.actor, said.data, {**said.facts, "price": RAISED})

    late = await host.say(party, stale)
    (refused,) = host.of(party, late)
    reasons = {reason["code"]: reason["facts"] for reason in refused.data["reasons"]}
    assert reasons["price_changed"] == {"shown": 10_000_000, "current": RAISED}
    assert host.case(party).status == "choosing"

    await host.play(party, "completed")
    order = host.case(party).periods[1].order
    assert order is not None
    assert order.co_payment == RAISED - order.unit_sum > 0
    (payment,) = host.case(party).periods[1].payments
    assert payment.amount == order.unit_sum < RAISED
    (paid,) = host.payments(party)
    assert paid["amount"] == payment.amount
