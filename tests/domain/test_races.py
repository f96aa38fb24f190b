"""The race table of the process, as far as it needs no server."""

from datetime import timedelta

import pytest

from domain.apply import apply, fold
from domain.case.state import Case
from domain.decide import decide
from domain.errors import BrokenChain
from domain.messages import Message
from domain.terms.agenda import agenda
from tests.domain.play import C2, CALENDAR, CURRENT, MOMENT, C, E, Play, R, S, order, reach, signing
from tests.domain.reading import STATED, coming, refusals, rows


def at_the_end_of_the_choice() -> tuple[Play, Message]:
    play = reach("choosing")
    over = coming(play, "choice_over")
    while agenda(play.case, CURRENT.process)[0].message != over:
        play.wait()
    play.now = agenda(play.case, CURRENT.process)[0].wake_at
    return play, over


@pytest.mark.parametrize("timer_first", [False, True])
def test_an_order_of_the_last_instant_stands_in_either_order_of_processing(
    timer_first: bool,
) -> None:
    play, over = at_the_end_of_the_choice()
    if timer_first:
        assert rows(play.host(over)) == ["C5"]
    assert rows(play.send("place_order", R, *order(), at=over.at - MOMENT)) == ["C1"]
    play.host(over)
    assert (play.status, play.case.tasks) == ("ordered", {})


@pytest.mark.parametrize("timer_first", [False, True])
def test_an_order_at_midnight_is_late_in_either_order_of_processing(timer_first: bool) -> None:
    play, over = at_the_end_of_the_choice()
    if timer_first:
        play.host(over)
    late = refusals(play.send("place_order", R, *order(), at=over.at))
    assert late == {"late": {"last_day": "2027-01-25"}}
    play.host(over)
    assert play.status == "choice_expired"


def test_a_timer_that_lost_its_race_does_not_end_the_choice_that_follows() -> None:
    play, over = at_the_end_of_the_choice()
    play.send("place_order", R, *order(), at=over.at - MOMENT)
    assert "nothing_to_do" in refusals(play.host(over))
    play.send("refuse_order", S, STATED)
    choice = play.period.deadlines["choice"]
    assert choice.revision == 2
    assert choice.expires_at > over.at + timedelta(days=10)
    play.send("open_case", R)
    assert rows(play.host(coming(play, "choice_over"))) == ["C5"]


def test_a_timer_that_came_while_its_term_stood_still_comes_again() -> None:
    play = reach("ordered")
    choosing = reach("choosing")
    over = coming(choosing, "choice_over")
    play.host(over)
    play.send("cancel_order", R)
    again = coming(play, "choice_over")
    assert (again.name, again.at) == (over.name, over.at)
    assert again.id != over.id
    assert rows(play.host(again)) == ["C5"]


def test_a_worker_that_was_down_across_the_answer_of_the_supplier_changes_nothing() -> None:
    play = reach("ordered")
    end = play.period.deadlines["supplier_answer"].expires_at
    play.now = end + timedelta(days=30)
    assert "late" in refusals(play.copy().send("cancel_order", R))
    assert "late" in refusals(play.copy().send("refuse_order", S, STATED))
    assert rows(play.send("confirm", S, at=end - MOMENT)) == ["O1"]


def test_the_same_message_twice_makes_one_event() -> None:
    play = reach("choosing")
    play.send("place_order", R, *order())
    assert play.host(list(play.seen.values())[-1]) == []
    assert len(play.period.orders) == 1


def test_both_parties_sign_at_once_and_there_is_one_transition() -> None:
    play = reach("awaiting_signatures")
    assert play.period.application is not None
    sha256 = play.period.application.sha256
    again = {"application": sha256, "signature": "cms-r2"}
    verified = {"signature": {"reason": None}}
    events = play.send("sign", R, again, verified) + play.send("sign", S, *signing(play))
    assert rows(events) == ["A1", "A1", "A2"]
    assert play.period.application.signatures["recipient"].cms_sha256 == "cms-r2"


def test_a_revocation_while_a_payment_is_pending_stops_no_money_and_is_kept() -> None:
    play = reach("payment_pending", 1)
    assert rows(play.send("revoked", E)) == ["L3"]
    assert (play.status, "revoked" in play.period.flags) == ("payment_pending", True)


def test_of_two_caseworkers_who_decide_at_once_the_second_learns_who_did_what_and_when() -> None:
    play = reach("under_review", 1)
    play.send("approve", C2)
    found = refusals(play.send("withdraw_approval", C))["status_does_not_allow"]
    assert found == {
        "status": "payment_pending",
        "since": play.period.since.isoformat().replace("+00:00", "Z"),
        "by": "caseworker",
        "person": C2.id,
    }
    assert "person" not in refusals(play.send("decline", R, STATED))["status_does_not_allow"]


def test_the_decider_is_pure_and_the_fold_is_the_file() -> None:
    play = reach("completed")
    assert fold(Case(id=play.case.id, edition=play.case.edition), play.events) == play.case
    message = Message(id="m", name="sign", at=play.now, actor=S, data={})
    once = decide(play.case, message, CURRENT, CALENDAR)
    assert once == decide(play.case, message, CURRENT, CALENDAR)


def test_an_event_out_of_turn_is_a_broken_chain() -> None:
    play = reach("ordered")
    with pytest.raises(BrokenChain):
        apply(play.case, play.events[-1])


def test_a_message_for_a_period_that_is_not_there_is_refused() -> None:
    play = reach("ordered")
    message = Message(id="m", name="confirm", at=play.now, actor=S, period=2)
    assert "not_your_case" in refusals(play.host(message)), "nor is a supplier told that it is not"
    message = Message(id="n", name="approve", at=play.now, actor=C, period=2)
    assert "period_unknown" in refusals(play.host(message))
