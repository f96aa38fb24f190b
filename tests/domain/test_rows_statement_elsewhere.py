"""Two read in a statement that the money went to somebody else: never the supplier's (P3, P15)."""

import pytest

from tests.domain.money import (
    again,
    confirm,
    decide,
    failed,
    key,
    line,
    owed,
    pending,
    say,
    sent,
    state,
)
from tests.domain.play import C2, C, K, reach
from tests.domain.reading import refusals, rows

ELSEWHERE = ["payee", "account"]


@pytest.mark.parametrize("differs", ELSEWHERE)
def test_p3_what_two_read_went_to_somebody_else_is_held_and_settled_to_nobody(differs: str) -> None:
    play = pending()
    events = decide(play, "settled", differs=differs)
    assert (rows(events), events[0].type) == (["P3"], "payment_held")
    assert (play.status, state(play)) == ("payment_pending", ["held"])
    assert play.period.payment is not None
    assert (play.period.payment.doubt, play.period.payment.paid) == (differs, 0)
    assert list(play.case.tasks) == ["1:payment_held"]
    assert rows(say(play, "settled")) == ["P3"]
    assert (play.status, state(play)) == ("payment_pending", ["held"]), "no word makes it theirs"


def test_p3_a_line_with_another_payee_is_another_line_than_one_without() -> None:
    play = pending()
    play.send("enter_statement", C, line(play, "settled"))
    events = play.send("enter_statement", C2, line(play, "settled", differs="payee"))
    assert [one.type for one in events] == ["statement_entered"]
    events = play.send("enter_statement", C2, line(play, "settled", differs="account"))
    assert [one.type for one in events] == ["statement_entered"]
    assert (play.status, state(play)) == ("payment_pending", ["sent"])


def test_p3_two_decide_what_stands_of_it_and_what_came_back_is_paid_anew() -> None:
    play = pending()
    decide(play, "settled", differs="account")
    right = play.copy()
    assert rows(decide(right, "settled")) == ["P6"]
    assert (right.status, state(right)) == ("paid", ["settled"])
    decide(play, "returned")
    assert (play.status, state(play)) == ("payment_failed", ["returned"])
    assert list(play.case.tasks) == ["1:payment_failed"]
    again(play)
    assert sent(play) == [key(play, 2)]


def test_p3_only_what_was_paid_can_have_gone_to_somebody_else_and_once() -> None:
    play = pending()
    for outcome in ("rejected", "returned"):
        said = line(play, outcome, differs="payee")
        assert "statement_wrong" in refusals(play.send("enter_statement", C, said))
    decide(play, "settled", differs="payee")
    same = line(play, "settled", differs="payee")
    assert "nothing_to_do" in refusals(play.send("enter_statement", C, same))


def test_p3_while_the_next_attempt_waits_nothing_goes_out_beside_what_went_elsewhere() -> None:
    play = failed()
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    assert rows(decide(play, "settled", differs="account")) == ["P3"]
    assert (play.status, state(play), sent(play)) == ("payment_pending", ["held"], [])
    confirm(play)
    assert sent(play) == []


@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p3_what_settled_is_in_doubt_once_two_read_that_it_went_elsewhere(status: str) -> None:
    play = reach(status)
    say(play, "settled", amount=1)
    assert rows(decide(play, "settled", differs="payee")) == ["P3"]
    assert play.period.payment is not None
    assert (play.status, play.period.payment.doubt) == (status, "payee")
    assert "1:payment_doubt" in play.case.tasks
    assert play.period.payment.left == owed(play), "what stands two have yet to say"
    breach = {"ground": "fraud", "amount": 1, "still_needed": False, "reason": True}
    assert rows(play.send("find_breach", K, breach)) == ["P10"]


def test_p3_of_a_stopped_attempt_it_is_held_though_another_settled() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    assert (play.status, state(play)) == ("paid", ["settled", "void"])
    decide(play, "settled", key=key(play, 2), differs="account")
    assert (play.status, state(play)) == ("paid", ["settled", "held"])
    assert "1:payment_doubt" in play.case.tasks
