"""What the treasury says once more: nothing where it is so, a person's work where it is not."""

from typing import Any

import pytest

from tests.domain.money import PART, decide, failed, over, pending, say, state
from tests.domain.play import C, K, Play, reach
from tests.domain.reading import refusals, rows

HALF: dict[str, Any] = {"amount": PART, "reference": "TX-1", "booked": "2026-11-24"}


def recovering() -> Play:
    """All that was paid is claimed, and a part of it has come back."""
    play = reach("completed")
    amount = play.period.payments[0].amount
    said = {"ground": "fraud", "amount": amount, "still_needed": False, "reason": True}
    assert rows(play.send("find_breach", K, said)) == ["P10"]
    assert rows(say(play, "returned", **HALF, entry_reference="E-1")) == ["P11"]
    return play


@pytest.mark.parametrize("outcome", ["not_executed", "other"])
def test_what_was_said_before_it_settled_contradicts_once_it_is_said_again(outcome: str) -> None:
    play = pending()
    say(play, outcome)
    say(play, "settled", reference="T-1")
    assert rows(say(play, outcome)) == ["P15"]
    assert "1:payment_doubt" in play.case.tasks


def test_what_is_so_already_is_nothing_new_however_often_it_is_said() -> None:
    play = failed()
    assert rows(say(play, "not_executed", reason="AC04")) == ["-"]
    say(play, "settled", reference="T-1")
    assert rows(say(play, "settled", reference="T-1")) == ["-"]
    assert (play.status, play.case.tasks) == ("paid", {})


def test_a_word_that_two_found_right_is_heard_again_once_they_have_found_another_one_right() -> (
    None
):
    play = pending()
    say(play, "settled", reference="T-1")
    for _ in range(2):
        assert rows(say(play, "not_executed")) == ["P15"]
        decide(play, "rejected")
        assert rows(say(play, "not_executed")) == ["-"], "so it is"
        assert rows(say(play, "settled", reference="T-1")) == ["P3"]
        assert refusals(play.send("retry_payment", C))
        decide(play, "settled")
    assert rows(say(play, "settled", reference="T-1")) == ["-"]


@pytest.mark.parametrize("changed", [{"status": "ZZZZ"}, {"status": "BLCK", "at_odds": True}])
def test_another_word_than_two_have_decided_on_is_heard(changed: dict[str, Any]) -> None:
    play = reach("paid")
    say(play, "other", status="BLCK")
    decide(play, "settled")
    assert rows(say(play, "other", status="BLCK")) == ["-"], "two have decided on this word"
    assert rows(say(play, "other", **changed)) == ["P15"]


def test_of_returns_without_a_number_nobody_can_tell_whether_they_are_one() -> None:
    play = reach("completed")
    assert rows(say(play, "returned", amount=PART, booked="2026-11-24")) == ["P9"]
    for day, total in (("2026-11-24", 2), ("2026-11-25", 2), ("2026-11-26", 3)):
        assert rows(say(play, "returned", amount=PART, booked=day)) == ["P15"]
        assert play.period.payments[0].doubt == "returned_twice"
        decide(play, "returned", amount=total * PART)
        assert play.period.payments[0].returned == total * PART


def test_one_movement_told_by_the_number_of_its_transaction_and_of_its_entry_counts_once() -> None:
    play = recovering()
    owed = over(play)
    for told in (HALF, {**HALF, "reference": "E-1"}, {**HALF, "entry_reference": "E-1"}):
        assert rows(say(play, "returned", **told)) == ["-"]
    assert (play.status, over(play)) == ("recovering", owed)


@pytest.mark.parametrize("changed", [{"reference": "E-9"}, {"reference": "E-9", "booked": None}])
def test_one_movement_that_is_perhaps_told_twice_is_for_two_caseworkers(
    changed: dict[str, Any],
) -> None:
    play = recovering()
    owed = over(play)
    assert rows(say(play, "returned", **{**HALF, **changed})) == ["P15"]
    assert (play.period.payments[0].doubt, over(play)) == ("returned_twice", owed)
    decide(play, "returned", amount=PART)
    assert (play.status, over(play), state(play)) == ("recovering", owed, ["settled"])


@pytest.mark.parametrize("changed", [{"booked": "2026-11-25"}, {"amount": PART + 1}])
def test_a_supplier_may_pay_back_in_parts(changed: dict[str, Any]) -> None:
    play = recovering()
    owed = over(play)
    part = {**HALF, "reference": "TX-2", **changed}
    assert rows(say(play, "returned", **part)) == ["P11"]
    assert over(play) == owed - part["amount"]


def test_one_number_of_two_sums_is_for_two_caseworkers() -> None:
    play = recovering()
    assert rows(say(play, "returned", **{**HALF, "amount": PART + 1})) == ["P15"]
