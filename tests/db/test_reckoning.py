"""The ledger, the files and the treasury agree; what does not is named, and so is every tiyn."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from db.reckoning import (
    legal_today,
    money_by_day,
    money_of_day,
    moved_within,
    orders_of_money,
)
from domain.money.reckoning import MovedSum, Reckoning, Sums, TreasurySays, paid_twice
from tests.db.test_money import breach, forget, report
from tests.support.casework import File, read_case
from tests.support.effect_play import payable


@pytest.fixture
def file(engine: Engine) -> File:
    """Approved by two: the order to pay is on its way."""
    return payable(engine)


def reckoned(engine: Engine, treasury: TreasurySays | None = None) -> Reckoning:
    made = Reckoning(treasury)
    with engine.connect() as connection:
        for order in orders_of_money(connection):
            made.add(order)
    made.close()
    return made


def told(engine: Engine, treasury: TreasurySays | None = None) -> tuple[set[str], int]:
    """The codes of all differences, and how many orders were paid twice."""
    made = reckoned(engine, treasury)
    return {one.code for one in made.differences}, len(made.twice)


def paid(engine: Engine, file: File) -> tuple[str, int]:
    payment = report(engine, file, "settled", reference="T-1").periods[1].payments[0]
    return payment.key, payment.amount


def listed(key: str, paid: int = 0, back: int = 0) -> TreasurySays:
    return TreasurySays({key: MovedSum(paid=paid, back=back)}, whole=True)


def test_of_every_authority_and_day_what_is_approved_is_paid_returned_open_or_due(
    engine: Engine, file: File
) -> None:
    _, amount = paid(engine, file)
    report(engine, file, "returned", amount=1_000_00, reference="R-1")
    sums = Sums(approved=amount, settled=amount, returned=1_000_00, open=0, not_executed=1_000_00)
    assert sums.conserved
    assert list(reckoned(engine).authorities.values()) == [sums]
    with engine.connect() as connection:
        today = legal_today(connection)
        assert money_by_day(connection) == {today: sums}
        (one,) = money_of_day(connection, today)
    assert (one.stood, one.moved, one.double_payments) == (sums, sums, 0)


@pytest.mark.parametrize("outcome", [None, "under_way", "settled", "not_executed"])
def test_what_is_as_the_file_says_differs_from_nothing(
    engine: Engine, file: File, outcome: str | None
) -> None:
    if outcome:
        report(engine, file, outcome)
    assert told(engine) == (set(), 0)


def test_a_ledger_that_is_gone_or_forged_is_found(
    engine: Engine, owner: Engine, file: File
) -> None:
    key, amount = paid(engine, file)
    forged = {"case": file.id, "key": key, "amount": amount}
    with owner.begin() as connection:
        authority = read_case(connection, file).periods[1].orders[0].authority
        connection.execute(
            text(
                "INSERT INTO money (case_id, seq, place, period, order_number, payment,"
                " authority_id, kind, debit, credit, amount, on_day) VALUES (:case, 900, 1, 1, 1,"
                " :key, :authority, 'returned', 'settled', 'due', :amount, '2026-11-28')"
            ),
            {**forged, "authority": authority},
        )
    assert told(engine) == ({"ledger_settled"}, 0)
    forget(owner)
    assert told(engine) == ({"no_ledger"}, 0)


def test_what_a_breach_claims_is_approved_and_not_executed(engine: Engine, file: File) -> None:
    _, amount = paid(engine, file)
    breach(engine, file, 1_000_00)
    assert told(engine) == (set(), 0)
    report(engine, file, "returned", amount=1_000_00, reference="R-1")
    assert told(engine) == (set(), 0)
    sums = Sums(approved=amount, settled=amount, returned=1_000_00, open=0, not_executed=1_000_00)
    assert list(reckoned(engine).authorities.values()) == [sums]


def test_what_the_treasury_lists_is_what_the_files_say(engine: Engine, file: File) -> None:
    key, amount = paid(engine, file)
    assert told(engine, listed(key, paid=amount)) == (set(), 0)
    report(engine, file, "returned", amount=1_000_00, reference="R-1")
    assert told(engine, listed(key, paid=amount, back=1_000_00)) == (set(), 0)


@pytest.mark.parametrize(
    ("paid_there", "back_there", "found", "twice"),
    [
        (0, 0, {"paid_differs"}, 0),
        (2, 0, {"paid_differs"}, 1),
        (1, 1, {"returned_differs"}, 0),
    ],
)
def test_a_treasury_that_says_otherwise_is_a_difference(
    engine: Engine, file: File, paid_there: int, back_there: int, found: set[str], twice: int
) -> None:
    key, amount = paid(engine, file)
    there = listed(key, paid=paid_there * amount, back=back_there * amount)
    assert told(engine, there) == (found, twice)


def test_what_has_settled_there_and_was_not_told_yet_is_on_its_way(
    engine: Engine, file: File
) -> None:
    payment = report(engine, file, "under_way").periods[1].payments[0]
    assert told(engine, listed(payment.key, paid=payment.amount)) == (set(), 0)
    assert told(engine, listed(payment.key, paid=payment.amount - 1)) == ({"paid_differs"}, 0)


def test_a_key_that_no_file_knows_is_a_difference(engine: Engine, file: File) -> None:
    key, amount = paid(engine, file)
    other = "OZ000009993-1-1-1-1"
    moved = {key: MovedSum(paid=amount), other: MovedSum(paid=1)}
    assert told(engine, TreasurySays(moved, whole=True)) == ({"unknown_key"}, 0)
    moved |= {"SALARIES-11": MovedSum(paid=1)}
    assert told(engine, TreasurySays(moved, whole=False)) == ({"unknown_key"}, 0)
    moved.pop(other)
    assert told(engine, TreasurySays(moved, whole=False)) == (set(), 0)


def today_must(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        today = legal_today(connection)
        return moved_within(connection, today, today)


def test_a_statement_of_the_days_names_what_was_sent_and_settled_in_them(
    engine: Engine, file: File
) -> None:
    key, _ = paid(engine, file)
    must = today_must(engine)
    assert must == {key: 0}
    assert told(engine, TreasurySays({}, whole=False, must={"": must})) == ({"paid_differs"}, 0)
    another = TreasurySays({}, whole=False, must={"KZ75125KZT1001300335": must})
    assert told(engine, another) == (set(), 0)


def test_what_came_back_by_a_word_alone_is_missing_in_the_statement_of_those_days(
    engine: Engine, file: File
) -> None:
    """The sum was paid once more because of it: by the statement it went out twice."""
    key, amount = paid(engine, file)
    report(engine, file, "returned", amount=amount, reference="R-1")
    must = {"": today_must(engine)}
    assert must == {"": {key: amount}}
    for back, found in ((amount, set[str]()), (0, {"returned_differs"})):
        moved = {key: MovedSum(paid=amount, back=back)}
        assert told(engine, TreasurySays(moved, whole=False, must=must)) == (found, 0)
    with engine.connect() as connection:
        (before,) = read_case(connection, file).periods[1].payments
        (order,) = orders_of_money(connection)
    again = before.model_copy(update={"key": key[:-1] + "2", "status": "settled", "returned": 0})
    order = replace(order, payments=(before, again))
    moved = {key: MovedSum(paid=amount), again.key: MovedSum(paid=amount)}
    assert paid_twice(order, TreasurySays(moved, whole=False, must=must))
    moved[key] = MovedSum(paid=amount, back=amount)
    assert not paid_twice(order, TreasurySays(moved, whole=False, must=must))


def test_a_key_spelt_otherwise_is_no_payment_of_ours_and_a_difference(
    engine: Engine, file: File
) -> None:
    key, amount = paid(engine, file)
    moved = {key: MovedSum(paid=amount), key.lower(): MovedSum(paid=amount)}
    assert told(engine, TreasurySays(moved, whole=False)) == ({"unknown_key"}, 0)
