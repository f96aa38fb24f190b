"""The rows of terms that stand still, go on, or are moved forward."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.play import T_, C, E, Play, R, S, measure, order, reach, report
from tests.domain.reading import ELSEWHERE, STATED, last_day, refusals, rows, told


def until(play: Play, days: int, **more: Any) -> dict[str, Any]:
    return {"ground": "court", "reason": "stated", "until": play.today(days), **more}


# --- L8: pause and resume ---


def test_l8_a_paused_case_keeps_the_rest_of_each_term_in_its_own_kind_of_days() -> None:
    play = reach("ordered")  # Monday, 3 working days to Thursday
    assert last_day(play, "supplier_answer") == "2026-11-26"
    play.now += timedelta(days=1)
    events = play.send("pause", C, until(play, 60))
    assert (rows(events), told(events)) == (["L8"], [("paused", ("recipient", "supplier"))])
    answer, choice = (play.period.deadlines[term] for term in ("supplier_answer", "choice"))
    assert (answer.stopped, answer.rest, choice.rest) == (True, "3wd", "63cd")
    assert rows(play.wait(play.now + timedelta(days=30))) == []
    events = play.send("resume", C, STATED)
    assert (rows(events), play.period.pause) == (["L8"], None)
    # Thursday 24 December: the rest ends on Tuesday, and no day before the pause was lost.
    assert last_day(play, "supplier_answer") == "2026-12-29"
    assert rows(play.send("confirm", S)) == ["O1"]


def test_l8_while_a_case_is_paused_nobody_is_late() -> None:
    play = reach("choosing")
    play.send("pause", C, until(play, 300))
    play.now += timedelta(days=200)
    assert rows(play.send("place_order", R, *order())) == ["C1"]
    answer = play.period.deadlines["supplier_answer"]
    assert (answer.rest, answer.stopped) == ("3wd", True)
    play.now += timedelta(days=20)
    assert rows(play.send("confirm", S)) == ["O1"]


def test_l8_a_pause_ends_by_itself_on_its_day() -> None:
    play = reach("choosing")
    play.send("pause", C, until(play, 30))
    before = play.period.deadlines["choice"]
    events = play.wait()
    assert (rows(events), told(events)) == (["L8"], [("resumed", ("recipient",))])
    assert (play.period.pause, last_day(play, "choice") > before.last_day.isoformat()) == (
        None,
        True,
    )


def test_l8_what_began_after_a_pause_whose_end_is_told_late_runs_its_whole_length() -> None:
    play = reach("choosing")
    play.send("pause", C, until(play, 9))
    play.now += timedelta(days=40)
    placed = play.now
    assert rows(play.send("place_order", R, *order())) == ["C1"]
    assert "resumed" in [event.type for event in play.wait(placed)]
    answer = play.period.deadlines["supplier_answer"]
    assert (answer.stopped, answer.expires_at > placed + timedelta(days=3)) == (False, True)


def test_l8_a_pause_wants_ground_reason_and_a_day_that_is_not_too_far() -> None:
    play = reach("delivered")
    wrong = play.send("pause", C, {"ground": "tired", "until": play.today(900)})
    assert set(refusals(wrong)) == {"ground_not_listed", "reason_required", "day_wrong"}
    assert "not_your_case" in refusals(play.send("pause", ELSEWHERE, until(play, 9)))
    assert "nothing_to_do" in refusals(play.send("resume", C, STATED))
    play.send("pause", C, until(play, 9))
    assert "case_paused" in refusals(play.send("pause", C, until(play, 9)))


def test_l8_enquiries_and_notices_of_systems_never_stop() -> None:
    play = reach("payment_pending", 1)
    play.send("pause", C, until(play, 100))
    answer = play.period.deadlines["payment_answer"]
    assert (answer.stopped, answer.rest) == (False, None)
    assert rows(play.wait(answer.expires_at + timedelta(days=1))) == ["P6"]
    assert rows(play.send("measure_arrived", E, {"measure": measure(revision=2)})) == ["L4"]
    assert rows(play.send("payment_reported", T_, report(play, "settled"))) == ["P2"]


# --- L9: a policy term moved forward ---


def test_l9_a_policy_term_is_moved_forward_and_one_of_the_law_is_not() -> None:
    play = reach("delivered")
    assert last_day(play, "acceptance") == "2026-12-07"
    moved = play.send("extend_term", C, until(play, 30, term="acceptance"))
    assert (rows(moved), last_day(play, "acceptance")) == (["L9"], "2026-12-23")
    for changed, code in (
        ({"until": play.today(20)}, "day_wrong"),
        ({"until": play.today(500)}, "day_wrong"),
        ({"term": "choice"}, "term_is_statutory"),
        ({"term": "delivery"}, "nothing_to_do"),
        ({"term": "no_such_term"}, "term_is_statutory"),
        ({"reason": ""}, "reason_required"),
    ):
        asked = until(play, 60, **{"term": "acceptance", **changed})
        assert code in refusals(play.send("extend_term", C, asked)), changed


# --- V4: the review extended once ---


def test_v4_the_review_is_extended_once_by_at_most_two_months_and_both_are_told() -> None:
    play = reach("under_review")
    end = play.period.deadlines["review"].last_day
    assert "day_wrong" in refusals(play.send("extend_review", C, until(play, 120)))
    assert "day_wrong" in refusals(play.send("extend_review", C, until(play, 5)))
    events = play.send("extend_review", C, until(play, 60))
    assert told(events) == [("review_extended", ("recipient", "supplier"))]
    review = play.period.deadlines["review"]
    assert (review.last_day > end, review.certificate["article"]) == (True, "APPC 76(3)")
    assert "already_decided" in refusals(play.send("extend_review", C, until(play, 70)))


# --- F4: the co-payment that does not come ---


def test_f4_without_the_co_payment_the_suppliers_term_stands_still() -> None:
    play = reach("in_fulfilment")
    assert play.period.order is not None
    assert play.period.order.co_payment > 0
    events = play.send("report_co_payment_missing", S)
    assert (rows(events), told(events)) == (["F4"], [("co_payment_missing", ("recipient",))])
    assert "nothing_to_do" in refusals(play.send("report_co_payment_missing", S))
    delivery = play.period.deadlines["delivery"]
    assert (delivery.stopped, delivery.rest) == (True, "31cd")
    play.now += timedelta(days=7)
    events = play.send("report_co_payment_received", S)
    assert (rows(events), play.period.deadlines["co_payment"].stopped) == (["F4"], True)
    assert play.period.deadlines["delivery"].expires_at > delivery.expires_at


@pytest.mark.parametrize("who", [R, C])
def test_f4_after_ten_days_without_it_the_order_may_be_cancelled(who: Any) -> None:
    play = reach("in_fulfilment")
    play.send("report_co_payment_missing", S)
    assert "too_early" in refusals(play.send("cancel_order", who, STATED))
    assert rows(play.wait()) == ["F4"]
    assert list(play.case.tasks) == ["1:co_payment_missing"]
    assert rows(play.send("cancel_order", who, STATED)) == ["F2"]
    assert (play.status, play.period.flags, play.case.tasks) == (
        "choosing",
        ("order_void_untold",),
        {},
    )


def test_f4_a_pause_of_the_case_does_not_bring_the_suppliers_term_back() -> None:
    play = reach("in_fulfilment")
    play.send("report_co_payment_missing", S)
    play.send("pause", C, until(play, 20))
    play.now += timedelta(days=5)
    play.send("resume", C, STATED)
    assert play.period.deadlines["delivery"].stopped
    assert not play.period.deadlines["co_payment"].stopped
