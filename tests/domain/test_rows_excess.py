"""What was paid beyond what was due comes back or is lost: the case goes on where it stood."""

import pytest

from domain.case.norms import own_use
from domain.messages import Actor
from tests.domain.money import PART, again, decide, failed, key, over, owed, pending, say, state
from tests.domain.play import C2, C, K, Play
from tests.domain.reading import PROVEN, rows, told


def beside(status: str) -> Play:
    """Paid by the first of two attempts, and reported or not; then the other settles too."""
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    if status == "completed":
        play.answer("report")
    assert play.status == status
    assert rows(say(play, "settled", key=key(play, 2))) == ["P8"]
    assert (play.status, over(play)) == ("recovering", owed(play))
    return play


def comes_back(play: Play, by: str) -> list[str]:
    """The excess is back: the treasury says so, or a caseworker; the rows of it."""
    if by == "treasury":
        return rows(say(play, "returned", key=key(play, 2), amount=over(play), reference="R-1"))
    return rows(play.send("confirm_return", C, PROVEN))


@pytest.mark.parametrize("by", ["treasury", "caseworker"])
def test_p11_an_excess_that_came_back_of_a_completed_case_leaves_it_completed(by: str) -> None:
    play = beside("completed")
    assert comes_back(play, by) == ["P11"]
    assert (play.status, over(play), play.case.tasks) == ("completed", 0, {})
    play.answer("report")
    assert play.status == "completed"


def is_lost(play: Play) -> list[str]:
    """Two caseworkers write the excess off; the rows of the second one's act."""
    play.send("write_off", C, PROVEN)
    return rows(play.send("write_off", C2, PROVEN))


def test_p12_an_excess_of_a_completed_case_that_is_written_off_leaves_it_completed() -> None:
    play = beside("completed")
    assert is_lost(play) == ["P12"]
    assert (play.status, over(play), play.case.tasks) == ("completed", 0, {})
    assert sum(payment.lost for payment in play.period.payments) == owed(play)
    assert play.period.order is not None
    said = say(play, "returned", key=key(play, 2), amount=owed(play), reference="R-1")
    assert (rows(said), play.status) == (["P9"], "completed"), "and nothing is paid for it"


def test_p12_an_excess_that_is_written_off_before_the_report_is_paid_and_then_reported() -> None:
    play = beside("paid")
    assert is_lost(play) == ["P12"]
    assert (play.status, over(play), play.case.tasks) == ("paid", 0, {})
    while play.status == "paid":
        play.answer("report")
    assert play.status == "completed"


@pytest.mark.parametrize("by", ["treasury", "caseworker"])
def test_p11_an_excess_that_came_back_before_the_report_is_paid_and_then_reported(by: str) -> None:
    play = beside("paid")
    assert comes_back(play, by) == ["P11"]
    assert (play.status, over(play), play.case.tasks) == ("paid", 0, {})
    while play.status == "paid":
        play.answer("report")
    assert play.status == "completed"


def test_p11_what_was_supplied_still_counts_against_the_norm() -> None:
    play = beside("completed")
    comes_back(play, "treasury")
    assert play.period.order is not None
    assert own_use(play.case, 2026) == 2


def test_p11_a_part_of_the_excess_is_not_all_of_it() -> None:
    play = beside("completed")
    say(play, "returned", key=key(play, 2), amount=PART, reference="R-1")
    assert (play.status, over(play)) == ("recovering", owed(play) - PART)
    say(play, "returned", key=key(play, 2), amount=over(play), reference="R-2")
    assert (play.status, state(play)) == ("completed", ["settled", "returned"])


def test_p11_more_than_was_ordered_settled_at_once_is_paid_once_the_rest_is_back() -> None:
    play = pending()
    say(play, "settled", amount=owed(play) + PART)
    decide(play, "settled", amount=owed(play) + PART)
    events = say(play, "returned", amount=PART)
    assert (rows(events), play.status, told(events)) == (["P11"], "paid", [("report", ())])


@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p15_an_excess_that_was_never_paid_leaves_the_case_where_it_stood(status: str) -> None:
    play = beside(status)
    say(play, "not_executed", key=key(play, 2))
    assert rows(decide(play, "rejected", key=key(play, 2)))[0] == "P15"
    assert (play.status, state(play)) == (status, ["settled", "rejected"])
    assert play.case.tasks == {}


def test_p11_a_claim_beside_the_excess_ends_as_a_claim_does() -> None:
    play = beside("completed")
    comes_back(play, "treasury")
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    assert rows(play.send("find_breach", K, said)) == ["P10"]
    assert rows(play.send("confirm_return", C, PROVEN)) == ["P11"]
    assert (play.status, play.period.order) == ("recovered", None)
    assert own_use(play.case, 2026) == 0


@pytest.mark.parametrize(("status", "by"), [("written_off", C2), ("recovered", C)])
def test_p11_p12_an_excess_beside_what_was_claimed_leaves_what_became_of_the_claim(
    status: str, by: Actor
) -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    if status == "written_off":
        play.send("write_off", C, PROVEN)
        play.send("write_off", by, PROVEN)
    else:
        play.send("confirm_return", by, PROVEN)
    assert play.status == status
    say(play, "settled", key=key(play, 2))
    assert (play.status, over(play)) == ("recovering", owed(play))
    lost = play.copy()
    comes_back(play, "caseworker")
    assert (play.status, over(play)) == (status, 0)
    is_lost(lost)
    assert (lost.status, over(lost)) == (status, 0)
