"""The ledger of money: written with the events, only added to, and no code path pays beside it."""

from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db.casefile import opened
from db.events import read_events
from db.money import lines_of, read_money
from db.rebuild import compare, enter_missing, rewrite, scratch
from domain.case.state import Case
from domain.messages import SERVICE, Actor, Role
from tests.support.casework import File, Said, read_case, say
from tests.support.effect_play import payable, wanted

TREASURY = Actor(role=Role.TREASURY)
LINE = (
    "INSERT INTO money (case_id, seq, place, period, order_number, payment, authority_id, kind,"
    " debit, credit, amount, on_day) VALUES (:case, 1, :place, 1, 1, :payment, :authority, :credit,"
    " :debit, :credit, :amount, '2026-11-28')"
)


@pytest.fixture
def file(engine: Engine) -> File:
    """Approved by two: the order to pay is on its way."""
    return payable(engine)


def report(engine: Engine, file: File, outcome: str, **changed: Any) -> Case:
    """The treasury says something of the latest attempt; the case after it."""
    with engine.begin() as connection:
        payment = read_case(connection, file).periods[1].payment
        assert payment is not None
        said = {"key": payment.key, "outcome": outcome, "amount": payment.amount}
        said |= {"payee": "same", "account": "same", **changed}
        say(connection, file, Said("payment_reported", TREASURY, said))
        return read_case(connection, file)


def breach(engine: Engine, file: File, amount: int) -> None:
    """The commission finds that so much was paid for nothing."""
    claim = {"ground": "fraud", "amount": amount, "still_needed": False, "reason": True}
    commission = Actor(role=Role.COMMISSION, id=file.caseworker().id)
    with engine.begin() as connection:
        say(connection, file, Said("find_breach", commission, claim, {"acts_for": {}}))


def kinds(connection: Connection, file: File) -> list[tuple[str, str, str, int]]:
    lines = read_money(connection, file.id)
    return [(one["kind"], one["debit"], one["credit"], one["amount"]) for one in lines]


def refused_by(failure: DBAPIError) -> str | None:
    assert isinstance(failure.orig, psycopg.Error)
    return failure.orig.diag.constraint_name


def test_the_second_approval_reserves_and_the_treasurys_word_settles(
    engine: Engine, file: File
) -> None:
    amount = report(engine, file, "settled").periods[1].payments[0].amount
    with engine.connect() as connection:
        assert kinds(connection, file) == [
            ("approved", "approved", "due", amount),
            ("reserved", "due", "reserved", amount),
            ("settled", "reserved", "settled", amount),
        ]


def test_a_part_that_came_back_is_due_again_and_no_more(engine: Engine, file: File) -> None:
    report(engine, file, "settled")
    report(engine, file, "returned", amount=1_000_00, reference="R-1")
    with engine.connect() as connection:
        assert kinds(connection, file)[-1] == ("returned", "settled", "due", 1_000_00)


def test_a_contradiction_is_held_in_the_ledger_too(engine: Engine, file: File) -> None:
    amount = report(engine, file, "settled").periods[1].payments[0].amount
    report(engine, file, "not_executed")
    with engine.connect() as connection:
        assert kinds(connection, file)[-1] == ("held", "settled", "held", amount)


def test_a_run_goes_on_while_something_of_a_closed_case_still_comes_by_itself(
    engine: Engine, file: File
) -> None:
    report(engine, file, "settled")
    with engine.begin() as connection:
        say(connection, file, Said("result_reported", SERVICE, {"status": "paid"}))
    assert report(engine, file, "not_executed").status == "completed"
    with engine.begin() as connection:
        for key in read_case(connection, file).outbox:
            say(connection, file, Said("told", SERVICE, {"effect": key}))
    with engine.begin() as connection, opened(connection, file.id, tells=False) as held:
        assert held.case.outbox == {}
        assert (held.look.over, held.look.wake_at is None) == (False, False)


def test_what_the_events_make_is_what_the_ledger_holds(engine: Engine, file: File) -> None:
    report(engine, file, "settled")
    report(engine, file, "not_executed")
    with scratch(engine) as connection:
        assert compare(connection, file.id) == []
    with engine.connect() as connection:
        events = read_events(connection, file.id)
        made = lines_of(Case(id=file.id, edition=""), events)
        assert made == read_money(connection, file.id)


def test_a_file_from_before_the_ledger_gets_all_of_it(
    engine: Engine, owner: Engine, file: File
) -> None:
    with engine.connect() as connection:
        whole = read_money(connection, file.id)
    forget(owner)
    with scratch(engine) as connection:
        assert {one.table for one in compare(connection, file.id)} == {"money"}
    with engine.begin() as connection:
        rewrite(connection, file.id)
        assert read_money(connection, file.id) == whole
    forget(owner)
    report(engine, file, "settled")
    with engine.connect() as connection:
        assert read_money(connection, file.id)[: len(whole)] == whole


def test_a_database_from_before_the_ledger_gets_it_with_the_migration(
    engine: Engine, owner: Engine, file: File
) -> None:
    with engine.connect() as connection:
        whole = read_money(connection, file.id)
    forget(owner)
    assert enter_missing(owner) == []
    with engine.connect() as connection:
        assert read_money(connection, file.id) == whole


def forget(owner: Engine) -> None:
    """As if the file were from before the ledger."""
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE money DISABLE TRIGGER money_is_kept"))
        connection.execute(text("DELETE FROM money"))
        connection.execute(text("ALTER TABLE money ENABLE TRIGGER money_is_kept"))


def test_the_ledger_is_only_added_to_by_whomever(owner: Engine, file: File) -> None:
    for statement in ("UPDATE money SET amount = 1", "DELETE FROM money", "TRUNCATE money"):
        with owner.begin() as connection, pytest.raises(DBAPIError) as refused:
            connection.execute(text(statement))
        assert refused_by(refused.value) == "money_append_only"


def line(connection: Connection, file: File, place: int, **changed: Any) -> None:
    authority = read_case(connection, file).periods[1].orders[0].authority
    said = {"case": file.id, "authority": authority, "place": place, "payment": "forged"}
    connection.execute(text(LINE), {**said, "debit": "due", "credit": "reserved", **changed})


@pytest.mark.parametrize("outcome", [None, "under_way", "settled"])
def test_no_code_path_reserves_beside_an_open_attempt_or_a_paid_order(
    owner: Engine, engine: Engine, file: File, outcome: str | None
) -> None:
    if outcome is not None:
        report(engine, file, outcome)
    wrong = "money_no_more_than_payable" if outcome == "settled" else "money_one_open_attempt"
    with owner.begin() as connection, pytest.raises(DBAPIError) as refused:
        line(connection, file, 100, amount=1)
    assert refused_by(refused.value) == wrong


def test_no_code_path_reserves_while_a_settled_payment_is_in_doubt(
    owner: Engine, engine: Engine, file: File
) -> None:
    report(engine, file, "settled")
    report(engine, file, "returned", amount=1_000_00, reference="R-1")
    report(engine, file, "returned", amount=1_000_00, reference="R-2")
    with owner.begin() as connection, pytest.raises(DBAPIError) as refused:
        line(connection, file, 100, amount=1_000_00)
    assert refused_by(refused.value) == "money_one_open_attempt"


def test_of_what_came_back_no_more_is_reserved_than_that(
    owner: Engine, engine: Engine, file: File
) -> None:
    report(engine, file, "settled")
    report(engine, file, "returned", amount=1_000_00, reference="R-1")
    with owner.begin() as connection, pytest.raises(DBAPIError) as refused:
        line(connection, file, 100, amount=1_000_01)
    assert refused_by(refused.value) == "money_no_more_than_payable"
    with owner.begin() as connection:
        line(connection, file, 100, amount=1_000_00)


def test_of_an_order_whose_breach_was_found_what_was_claimed_is_reserved_by_nobody(
    owner: Engine, engine: Engine, file: File
) -> None:
    amount = report(engine, file, "settled").periods[1].payments[0].amount
    breach(engine, file, 1_000_00)
    report(engine, file, "returned", amount=amount, reference="R-1")
    with engine.connect() as connection:
        assert ("withheld", "due", "withheld", 1_000_00) in kinds(connection, file)
    with owner.begin() as connection, pytest.raises(DBAPIError) as refused:
        line(connection, file, 100, amount=amount - 1_000_00 + 1)
    assert refused_by(refused.value) == "money_no_more_than_payable"
    with owner.begin() as connection:
        line(connection, file, 100, amount=amount - 1_000_00)


def test_nothing_is_sent_that_was_not_reserved_nor_taken_from_where_it_does_not_lie(
    owner: Engine, file: File
) -> None:
    for changed, wrong in (
        ({"credit": "sent"}, "money_is_reserved_first"),
        ({"debit": "reserved", "credit": "settled"}, "money_lies_there"),
        ({"amount": 0}, "money_is_some"),
    ):
        with owner.begin() as connection, pytest.raises(DBAPIError) as refused:
            line(connection, file, 100, **{"amount": 1, **changed})
        assert refused_by(refused.value) == wrong


def test_an_enquiry_goes_out_before_the_next_attempt_and_the_ledger_follows(
    engine: Engine, file: File
) -> None:
    report(engine, file, "not_executed")
    with engine.begin() as connection:
        for which in (0, 1):
            retry = Said("retry_payment", file.caseworker(which))
            say(connection, file, retry)
    asking = wanted(engine, file, "enquire")
    with engine.connect() as connection:
        assert [kind for kind, *_ in kinds(connection, file)][-1] == "not_executed"
        assert asking.data["key"] == read_case(connection, file).periods[1].payments[0].key
