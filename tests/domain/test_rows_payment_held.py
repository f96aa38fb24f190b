"""What the treasury says while two decide about a payment is weighed with what they decide (P3)."""

from typing import Any

import pytest

from tests.domain.money import decide, key, line, pending, say, sent, state
from tests.domain.play import C2, C, Play
from tests.domain.reading import refusals, rows
from tests.domain.test_money_of_gone_orders import gone_with_void

RIGHT: dict[str, Any] = {"reference": "T-1"}


def held() -> Play:
    """The treasury named another sum first, and has then said settled in full."""
    play = pending()
    assert rows(say(play, "settled", amount=1)) == ["P3"]
    events = say(play, "settled", **RIGHT)
    assert (rows(events), events[0].type) == (["P3"], "payment_word_kept")
    assert rows(say(play, "settled", **RIGHT)) == ["-"], "the same word again is nothing new"
    assert (play.status, state(play)) == ("payment_pending", ["held"])
    return play


def test_p3_the_number_of_a_word_that_came_while_it_was_held_is_the_payments() -> None:
    play = held()
    assert rows(decide(play, "settled")) == ["P6"]
    assert (play.status, play.period.payments[0].reference) == ("paid", "T-1")
    assert rows(say(play, "settled", **RIGHT)) == ["-"]
    assert rows(say(play, "settled", reference="T-2")) == ["P15"]


def test_p3_p6_what_was_said_to_have_settled_meanwhile_is_not_paid_again_on_one_decision() -> None:
    play = held()
    assert decide(play, "rejected")[0].type == "statement_counted"
    assert (play.status, state(play)) == ("payment_pending", ["held"])
    assert play.period.payments[0].doubt == "stated"
    assert list(play.case.tasks) == ["1:payment_held"]
    assert refusals(play.send("retry_payment", C))
    assert rows(say(play, "settled", **RIGHT)) == ["-"], "two have this word before them now"
    decide(play, "rejected")
    assert (play.status, state(play), sent(play)) == ("payment_failed", ["rejected"], [])
    assert rows(say(play, "settled", **RIGHT)) == ["-"], "two have decided on this word"


def test_p3_p15_two_numbers_that_came_while_it_was_held_are_two_payments_perhaps() -> None:
    play = held()
    assert rows(say(play, "settled", reference="T-2")) == ["P3"]
    assert decide(play, "settled")[0].type == "statement_counted"
    (payment,) = play.period.payments
    assert (payment.status, payment.reference, payment.doubt) == ("settled", "T-1", "number")
    decide(play, "settled")
    assert (play.status, play.case.tasks) == ("paid", {})


def test_p3_who_entered_a_line_before_the_word_came_enters_it_again() -> None:
    play = pending()
    say(play, "settled", amount=1)
    assert rows(play.send("enter_statement", C, line(play, "rejected"))) == ["P6"]
    say(play, "settled", **RIGHT)
    events = play.send("enter_statement", C2, line(play, "rejected"))
    assert events[0].type == "statement_entered"
    assert state(play) == ["held"]


@pytest.mark.parametrize("outcome", ["not_executed", "under_way", "other"])
def test_p3_what_says_less_than_settled_says_nothing_beside_what_two_decide(outcome: str) -> None:
    play = pending()
    say(play, "settled", amount=1)
    assert rows(say(play, outcome)) == ["-"]
    decide(play, "settled")
    assert (play.status, play.case.tasks) == ("paid", {})


def test_p3_p15_of_an_order_that_is_gone_what_settled_meanwhile_is_not_lost_either() -> None:
    play = gone_with_void()
    second = {"key": key(play, 2)}
    assert rows(say(play, "settled", **second, amount=1)) == ["P15"]
    assert rows(say(play, "settled", **second, amount=2_000_000, reference="T-2")) == ["P3"]
    line_ = {**second, "outcome": "rejected"}
    for _ in range(2):
        assert play.period.payments[1].doubtful
        for caseworker in (C, C2):
            assert rows(play.send("enter_statement", caseworker, line_))[0] == "P15"
    assert (play.period.payments[1].status, play.case.tasks) == ("rejected", {})
