"""Two read in a statement that a payment came back: it counts as the treasury's word (row P9)."""

import pytest

from tests.domain.money import PART, again, decide, line, owed, pending, say, sent, state
from tests.domain.play import C2, C, K, Play, reach
from tests.domain.reading import PROVEN, STATED, refusals, rows, told


def settled_by_hand() -> Play:
    """Two read that it settled, and the case has come to its end."""
    play = pending()
    decide(play, "settled")
    play.answer("report")
    assert (play.status, state(play)) == ("completed", ["settled"])
    return play


def claimed(end: str) -> Play:
    """All that was paid was claimed, and is back or lost by the word of caseworkers."""
    play = reach("completed")
    claim = {**STATED, "ground": "poor_quality", "amount": owed(play), "still_needed": False}
    play.send("find_breach", K, claim)
    for caseworker in (C, C2):
        play.send("confirm_return" if end == "recovered" else "write_off", caseworker, PROVEN)
    assert play.status == end
    return play


def pay_again(play: Play) -> int:
    """Two repeat the payment once the treasury has confirmed it; the sum of what goes out."""
    again(play)
    (one,) = sent(play)
    payment = play.period.payment
    assert payment is not None
    assert payment.key == one
    return payment.amount


@pytest.mark.parametrize("part", [True, False])
@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p9_so_much_is_owed_again_and_no_more_is_paid(status: str, part: bool) -> None:
    play = settled_by_hand() if status == "completed" else reach(status)
    amount = PART if part else owed(play)
    events = decide(play, "returned", amount=amount)
    assert (rows(events), play.status) == (["P9"], "payment_failed")
    assert events[0].type == "payment_returned"
    assert told(events) == [("account_needed", ("supplier",))]
    assert pay_again(play) == amount


@pytest.mark.parametrize("end", ["recovered", "written_off"])
def test_p9_what_was_claimed_is_told_by_the_statement_too_and_nothing_is_owed(end: str) -> None:
    play = claimed(end)
    assert rows(decide(play, "returned")) == ["P15"]
    (payment,) = play.period.payments
    assert (payment.returned, payment.recovered, payment.lost) == (owed(play), 0, 0)
    assert (play.status, play.case.tasks, sent(play)) == (end, {}, [])


def test_p9_what_came_back_in_parts_is_one_sum() -> None:
    play = settled_by_hand()
    decide(play, "returned", amount=PART)
    assert rows(decide(play, "returned", amount=3 * PART)) == ["P15"]
    assert pay_again(play) == 3 * PART


@pytest.mark.parametrize("by", ["treasury", "statement"])
def test_p9_what_is_known_to_be_back_does_not_come_back_again(by: str) -> None:
    play = settled_by_hand()
    if by == "treasury":
        say(play, "returned", amount=PART, reference="R-1")
    else:
        decide(play, "returned", amount=PART)
    said = line(play, "returned", amount=PART)
    assert "statement_wrong" in refusals(play.send("enter_statement", C, said))
    assert pay_again(play) == PART


def test_p15_the_treasury_telling_it_afterwards_is_held_and_nothing_goes_out() -> None:
    play = settled_by_hand()
    decide(play, "returned", amount=PART)
    assert rows(say(play, "returned", amount=PART, reference="R-1")) == ["P15"]
    assert refusals(play.send("retry_payment", C))
    assert sent(play) == []
    decide(play, "returned", amount=PART)
    assert pay_again(play) == PART


@pytest.mark.parametrize(
    "wrong", [{"outcome": "settled"}, {"outcome": "rejected"}, {"amount": 0}, {"amount": 10**9}]
)
def test_p15_of_what_is_certain_nothing_else_is_stated(wrong: dict[str, object]) -> None:
    play = settled_by_hand()
    said = {**line(play, "returned"), **wrong}
    assert "statement_wrong" in refusals(play.send("enter_statement", C, said))
