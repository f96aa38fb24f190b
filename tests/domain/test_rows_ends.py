"""The rows of an end that comes by itself, and of ends that are undone (C9, L12)."""

from datetime import timedelta

import pytest

from tests.domain.ends import ENDS, arrived, declined, ended, refused, unclaimed, undo, withdrawn
from tests.domain.play import C2, C, E, Play, R, S, measure, order, reach, report
from tests.domain.play import T_ as TREASURY
from tests.domain.reading import (
    PROVEN,
    STATED,
    STRANGER,
    expired,
    last_day,
    notify,
    refusals,
    rows,
    told,
)


def short(**changed: object) -> Play:
    """The programme of this measure ends on Thursday 10 December 2026."""
    return arrived(valid_until="2026-12-10", **changed)


# --- C9: the programme ends ---


def test_c9_a_measure_whose_programme_ends_while_choosing_ends_after_a_warning() -> None:
    play = arrived(valid_until="2027-01-10")
    notify(play)
    assert play.status == "choosing"
    assert last_day(play, "programme") == "2027-01-11"  # the tenth is a Sunday
    events = play.wait()
    assert (rows(events), told(events)) == (["C9"], [("programme_ends", ("recipient",))])
    while play.status == "choosing":
        events = play.wait()
    assert rows(events) == ["C9"]
    assert told(events) == [("programme_ended", ("recipient",)), ("report", ())]
    assert (play.status, play.case.tasks) == ("ended", {})


@pytest.mark.parametrize("status", ["notifying", "notice_failed", "choice_expired"])
def test_c9_it_ends_wherever_nothing_has_been_ordered(status: str) -> None:
    play = expired() if status == "choice_expired" else reach("notifying")
    if status == "notice_failed":
        play.answer("notify", channels=[])
    assert play.status == status
    while play.status != "ended":
        play.wait()
    assert play.today() == "2027-11-02"  # 31 October is a Sunday: in time until Monday


def test_c9_an_order_goes_on_after_the_programme_has_ended() -> None:
    play = short()
    notify(play)
    play.send("place_order", R, *order())
    play.send("confirm", S)
    play.wait(play.now + timedelta(days=25))
    assert play.status == "in_fulfilment"


def test_c9_an_order_that_falls_through_later_finds_the_programme_ended() -> None:
    play = short()
    notify(play)
    play.send("place_order", R, *order())
    play.send("confirm", S)
    while "cancelling_allowed" not in play.period.flags:
        play.wait()
    play.send("cancel_order", R)
    assert play.status == "choosing"
    assert rows(play.wait()) == ["C9"]


def test_c9_a_pause_does_not_prolong_the_programme() -> None:
    play = short()
    play.send("pause", C, {**STATED, "ground": "court", "until": play.today(200)})
    assert rows(play.wait()) == ["C9"]


def test_c9_a_programme_without_an_end_or_beyond_the_calendar_has_no_term() -> None:
    for until in (None, "2039-12-31"):
        assert "programme" not in arrived(valid_until=until).period.deadlines


def test_c9_a_programme_of_many_years_is_counted_to_its_own_day() -> None:
    assert last_day(arrived(valid_until="2030-11-01"), "programme") == "2030-11-01"


def test_c9_a_programme_that_has_ended_on_arrival_ends_on_the_next_working_day() -> None:
    assert last_day(arrived(valid_until="2026-10-01"), "programme") == "2026-11-24"


def test_c9_a_prolonged_programme_has_a_new_end_and_a_round_keeps_the_old_one() -> None:
    play = short()
    before = play.period.deadlines["programme"]
    play.answer("notify", channels=[])
    play.send("change_contacts", C)
    assert play.period.deadlines["programme"] == before
    longer = measure(revision=2, valid_until="2027-12-10")
    play.send("measure_arrived", E, {"measure": longer})
    assert last_day(play, "programme") == "2027-12-10"


def test_c9_the_implementation_term_warns_the_caseworker_and_never_shortens_the_choice() -> None:
    play = arrived(implement_until="2026-12-31")
    events = notify(play)
    assert rows(events) == ["N2", "C9"]
    assert list(play.case.tasks) == ["1:implementation_before_deadline"]
    assert last_day(play, "choice") == "2027-01-25"
    play.send("place_order", R, *order())
    assert play.case.tasks == {}


# --- L12: an end is undone ---


def test_l12_a_court_cancels_a_refusal_and_the_case_goes_on_to_the_payment() -> None:
    play = refused()
    signed = play.period.application
    undo(play, "court")
    assert (play.status, play.period.hearing) == ("under_review", None)
    assert play.period.application == signed
    assert play.period.order is not None
    assert last_day(play, "review") > play.today(14)
    play.send("approve", C)
    play.send("approve", C2)
    play.answer("pay")
    play.send("payment_reported", TREASURY, report(play, "settled"))
    play.answer("report", status="paid")
    assert play.status in ("paid", "completed")


def test_l12_two_caseworkers_reopen_on_one_ground_with_evidence() -> None:
    play = refused()
    asked = {**PROVEN, "ground": "court"}
    without = play.send("reopen_case", C, {"ground": "procurement_failed"})
    assert set(refusals(without)) == {"ground_not_listed", "reason_required", "evidence_required"}
    assert rows(play.send("reopen_case", C, asked)) == ["L12"]
    assert list(refusals(play.send("reopen_case", C, asked))) == ["same_person"]
    assert rows(play.send("reopen_case", C, {**asked, "ground": "appeal"})) == ["L12"]
    assert play.status == "refused"
    events = play.send("reopen_case", C2, asked)
    assert told(events) == [("reopened", ("recipient", "supplier")), ("report", ())]


def test_l12_a_second_refusal_after_it_needs_a_hearing_and_a_proposal_of_its_own() -> None:
    play = undo(refused(), "court")
    again = {**STATED, "ground": "not_delivered"}
    assert list(refusals(play.send("refuse", C, again))) == ["not_heard"]


def test_l12_an_unsigned_application_is_to_be_signed_again() -> None:
    play = undo(refused("unsigned"), "appeal")
    assert (play.status, play.period.flags) == ("awaiting_signatures", ())
    assert last_day(play, "signatures") > play.today(9)


@pytest.mark.parametrize(
    ("end", "ground"),
    [
        ("declined", "new_application"),
        ("closed_unclaimed", "court"),
        ("withdrawn", "appeal"),
        ("to_procurement", "procurement_failed"),
        ("to_employer", "employer_gone"),
    ],
)
def test_l12_before_an_order_a_reopened_case_begins_with_a_new_round(end: str, ground: str) -> None:
    play = ENDS[end]()
    assert play.status == end
    before = play.period.round.number if play.period.round else 0
    undo(play, ground)
    assert (play.status, play.period.flags) == ("notifying", ())
    assert play.period.round is not None
    assert play.period.round.number == before + 1
    assert rows(notify(play, round=before + 1))[0] == "N2"
    assert rows(play.send("place_order", R, *order())) == ["C1"]


def test_l12_nothing_is_reopened_under_a_programme_that_has_ended() -> None:
    asked = {**PROVEN, "ground": "new_application"}
    assert list(refusals(ended().send("reopen_case", C, asked))) == ["programme_not_in_force"]


def test_l12_the_review_never_ends_earlier_than_it_would_have() -> None:
    play = reach("under_review")
    play.send("extend_review", C, {**STATED, "until": play.today(75)})
    end = last_day(play, "review")
    play.send("intend_refusal", C, {**STATED, "ground": "terms_broken"})
    play.send("open_case", R)
    while "1:hearing_ended" not in play.case.tasks:
        play.wait()
    for clerk in (C, C2):
        play.send("refuse", clerk, {**STATED, "ground": "terms_broken"})
    undo(play, "court")
    assert last_day(play, "review") >= end


def test_l12_a_decline_is_taken_back_until_the_deadline_of_the_choice() -> None:
    play = declined()
    end = play.period.deadlines["choice"].expires_at
    assert "not_your_case" in refusals(play.send("take_back_decline", STRANGER))
    late = play.copy()
    assert list(refusals(late.send("take_back_decline", R, at=end))) == ["late"]
    events = play.send("take_back_decline", R)
    assert (rows(events), told(events)) == (["L12"], [("report", ())])
    assert (play.status, play.period.deadlines["choice"].expires_at) == ("choosing", end)
    assert rows(play.send("place_order", R, *order())) == ["C1"]


def test_l12_a_decline_from_before_any_notice_is_taken_back_with_a_new_round() -> None:
    play = declined("notifying")
    assert rows(play.send("take_back_decline", R)) == ["L12"]
    assert play.status == "notifying"
    assert "case_closed" in refusals(unclaimed().send("take_back_decline", R))


def test_l12_a_revocation_is_withdrawn_by_a_newer_revision() -> None:
    play = withdrawn()
    assert play.period.order is None
    old = play.send("measure_arrived", E, {"measure": measure()})
    assert (rows(old), play.status) == (["R3"], "withdrawn")
    events = play.send("measure_arrived", E, {"measure": measure(revision=3)})
    assert rows(events) == ["L12", "R6"]
    assert (play.status, play.period.flags) == ("notifying", ())


def test_l12_a_new_programme_opens_a_case_that_had_ended_with_the_old_one() -> None:
    play = ended()
    late = play.send("measure_arrived", E, {"measure": measure(revision=2)})
    assert (rows(late), play.status) == (["-"], "ended")
    longer = measure(revision=3, valid_until="2029-01-01")
    play.send("measure_arrived", E, {"measure": longer})
    assert play.status == "notifying"
    assert last_day(play, "programme") == "2029-01-03"
