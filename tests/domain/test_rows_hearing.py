"""The rows of a decision against a person: intended, heard, taken or withdrawn."""

from datetime import timedelta
from typing import Any

import pytest

from domain.terms.agenda import agenda
from domain.terms.counting import local_day
from tests.domain.hearings import heard, intended, unsigned
from tests.domain.play import C2, C3, CURRENT, GATEWAY, S2, C, Play, R, S, measure, reach, signing
from tests.domain.play import E as ESOBES
from tests.domain.reading import (
    ELSEWHERE,
    PROVEN,
    STATED,
    STRANGER,
    WRONG_CLOCKS,
    last_day,
    refusals,
    rows,
    told,
)

LETTER = {"channel": "registered_letter"}
REFUSED = {"ground": "not_delivered", "reason": "stated"}


def receipt(play: Play, **changed: Any) -> dict[str, Any]:
    """A receipt of the very text that announced what is intended."""
    assert play.period.hearing is not None
    told = f"{play.period.hearing.seq}.1"
    return {
        "text": "refusal_intended",
        "told": told,
        "confirmed": True,
        "on": play.today(),
    } | changed


# --- V5: what is intended is told, and the parties are heard ---


def test_v5_an_intention_is_told_to_both_and_the_review_stands_still() -> None:
    play = reach("under_review")
    wrong = play.send("intend_refusal", C, {"ground": "whim"})
    assert set(refusals(wrong)) == {"ground_not_listed", "reason_required"}
    assert "not_your_case" in refusals(play.send("intend_refusal", ELSEWHERE, REFUSED))
    party = play.send("intend_refusal", C, REFUSED, {"acts_for": {"supplier-1": [C.id]}})
    assert list(refusals(party)) == ["party_cannot_decide"]
    unsigned_ = play.send("intend_refusal", C, {**REFUSED, "ground": "unsigned"})
    assert list(refusals(unsigned_)) == ["ground_not_listed"]
    events = play.send("intend_refusal", C, REFUSED, {"paper": {"kind": "k", "sha256": "s"}})
    assert rows(events) == ["V5"]
    assert told(events) == [("refusal_intended", ("recipient", "supplier"))]
    assert events[0].data["paper"] == {"kind": "k", "sha256": "s"}
    assert play.period.deadlines["review"].rest == "17wd"
    assert "hearing_pending" in refusals(play.send("intend_refusal", C2, REFUSED))
    assert "hearing_pending" in refusals(play.send("approve", C))


def test_v5_three_working_days_run_from_the_first_proof_that_the_recipient_knows() -> None:
    play = intended("not_delivered")
    assert rows(play.send("told_proven", GATEWAY, receipt(play))) == ["V5"]
    assert (last_day(play, "objections"), last_day(play, "hearing")) == ("2026-11-25", "2026-11-26")
    assert rows(play.send("told_proven", GATEWAY, receipt(play))) == ["-"]
    assert rows(play.send("open_case", R)) == ["-"]


@pytest.mark.parametrize("on", WRONG_CLOCKS)
def test_v5_by_a_clock_that_says_what_cannot_be_the_day_of_the_receipt_counts(on: str) -> None:
    play = intended("not_delivered")
    play.now += timedelta(days=2)
    assert rows(play.send("told_proven", GATEWAY, receipt(play, on=on))) == ["V5"]
    assert play.period.hearing is not None
    assert play.period.hearing.told_on == local_day(play.now)


@pytest.mark.parametrize("changed", [{"confirmed": False}, {"told": "3.1"}, {"told": None}])
def test_v5_neither_an_unconfirmed_number_nor_an_earlier_text_proves_anything(
    changed: dict[str, Any],
) -> None:
    play = intended("not_delivered")
    assert rows(play.send("told_proven", GATEWAY, receipt(play, **changed))) == ["-"]
    assert play.period.hearing is not None
    assert play.period.hearing.told_on is None
    play.now += timedelta(days=30)
    assert "not_heard" in refusals(play.send("refuse", C, REFUSED))


def test_v5_a_caseworker_enters_the_receipt_with_evidence_and_a_late_entry_leaves_a_day() -> None:
    play = intended("not_delivered")
    before = play.send("enter_proof", C, {**PROVEN, **LETTER, "on": play.today(-1)})
    assert list(refusals(before)) == ["day_wrong"]
    without = play.send("enter_proof", C, {**LETTER, "on": play.today()})
    assert list(refusals(without)) == ["evidence_required"]
    play.now += timedelta(days=10)
    assert rows(play.send("enter_proof", C, {**PROVEN, **LETTER, "on": play.today(-10)})) == ["V5"]
    # The term ran out long ago; the day after the entry is left all the same.
    assert last_day(play, "hearing") == last_day(play, "objections") == "2026-12-04"


def test_v5_what_nobody_is_proven_to_have_received_lies_on_a_desk_after_five_days() -> None:
    play = intended("not_delivered")
    events = play.wait()
    assert rows(events) == ["V5"]
    assert list(play.case.tasks) == ["1:hearing_untold"]
    play.send("open_case", R)
    assert play.case.tasks == {}
    assert "not_your_case" in refusals(intended("not_delivered").send("open_case", STRANGER))


def test_v5_recipient_and_supplier_object_within_two_working_days_of_the_receipt() -> None:
    play = intended("not_delivered")
    assert list(refusals(play.send("raise_objection", R))) == ["reason_required"]
    assert "not_your_case" in refusals(play.send("raise_objection", S2, STATED))
    # Who objects has read it.
    assert rows(play.send("raise_objection", R, STATED)) == ["V5"]
    assert list(play.case.tasks) == ["1:objection_raised"]
    end = play.period.deadlines["objections"].expires_at
    assert rows(play.send("raise_objection", S, STATED)) == ["V5"]
    late = refusals(play.send("raise_objection", S, STATED, at=end))
    assert late == {"late": {"last_day": "2026-11-25"}}


def test_v5_every_objection_is_answered_before_anything_is_decided() -> None:
    play = intended("not_delivered")
    play.send("raise_objection", R, STATED)
    play.send("raise_objection", S, STATED)
    assert play.period.hearing is not None
    first, second = (one.id for one in play.period.hearing.objections)
    while "1:hearing_ended" not in play.case.tasks:
        play.wait()
    assert list(refusals(play.send("refuse", C, REFUSED))) == ["objections_open"]
    answered = play.send("answer_objection", C, {**STATED, "objection": first})
    assert told(answered) == [("objection_answered", ("recipient", "supplier"))]
    again = play.send("answer_objection", C, {**STATED, "objection": first})
    assert list(refusals(again)) == ["nothing_to_do"]
    assert "1:objection_raised" in play.case.tasks
    play.send("answer_objection", C, {**STATED, "objection": second})
    assert "1:objection_raised" not in play.case.tasks
    assert rows(play.send("refuse", C, REFUSED)) == ["V6"]


def test_v5_after_the_hearing_the_review_goes_on_with_the_days_it_had_left() -> None:
    play = intended("not_delivered")
    play.now += timedelta(days=40)
    play.send("open_case", R)
    while "1:hearing_ended" not in play.case.tasks:
        assert "1:review_overdue" not in play.case.tasks
        play.wait()
    review = play.period.deadlines["review"]
    assert (review.rest, review.stopped, review.certificate["term"]) == (None, False, "17wd")


def test_v5_what_was_intended_may_be_withdrawn_and_then_approved() -> None:
    play = intended("not_delivered")
    play.send("open_case", R)
    assert list(refusals(play.send("withdraw_intention", C))) == ["reason_required"]
    events = play.send("withdraw_intention", C, STATED)
    assert told(events) == [("intention_withdrawn", ("recipient", "supplier"))]
    assert (play.period.hearing, play.case.tasks) == (None, {})
    names = {due.message.name for due in agenda(play.case, CURRENT.process)}
    assert names == {"review_over"}
    assert "nothing_to_do" in refusals(play.send("withdraw_intention", C, STATED))
    assert "nothing_to_do" in refusals(play.send("raise_objection", R, STATED))
    assert rows(play.send("approve", C)) == ["V2"]


def test_v5_after_a_withdrawal_a_refusal_needs_a_hearing_of_its_own() -> None:
    play = heard("not_delivered")
    play.send("refuse", C, REFUSED)
    play.send("withdraw_intention", C, STATED)
    play.send("intend_refusal", C, REFUSED)
    assert "not_heard" in refusals(play.send("refuse", C2, REFUSED))
    assert rows(play.send("told_proven", GATEWAY, receipt(play, told="9.1"))) == ["-"]


def test_v5_a_paused_case_hears_nobody_and_loses_no_day_of_the_hearing() -> None:
    play = intended("not_delivered")
    play.send("open_case", R)
    play.send("pause", C, {**STATED, "ground": "recipient_ill", "until": play.today(30)})
    play.now += timedelta(days=20)
    assert "hearing_pending" in refusals(play.send("refuse", C, REFUSED))
    assert rows(play.send("raise_objection", R, STATED)) == ["V5"]
    play.send("resume", C, STATED)
    assert last_day(play, "hearing") > play.today()
    assert play.period.deadlines["review"].rest == "17wd"


# --- V6: the refusal ---


def test_v6_two_caseworkers_refuse_what_was_heard_and_on_the_same_ground() -> None:
    play = heard("not_delivered")
    other = play.send("refuse", C, {**REFUSED, "ground": "terms_broken"})
    assert list(refusals(other)) == ["ground_not_heard"]
    assert "ground_not_listed" in refusals(play.send("refuse", C, {**REFUSED, "ground": "whim"}))
    assert "reason_required" in refusals(play.send("refuse", C, {"ground": "not_delivered"}))
    assert rows(play.send("refuse", C, REFUSED)) == ["V6"]
    assert "same_person" in refusals(play.send("refuse", C, REFUSED))
    assert play.status == "under_review"
    events = play.send("refuse", C2, REFUSED, {"paper": {"kind": "decision", "sha256": "s"}})
    assert (play.status, play.case.tasks) == ("refused", {})
    assert told(events) == [("refused", ("recipient", "supplier")), ("report", ())]
    assert events[0].data["paper"]["kind"] == "decision"


def test_v6_nothing_is_refused_unheard() -> None:
    assert "not_heard" in refusals(reach("under_review").send("refuse", C, REFUSED))
    play = intended("not_delivered")
    assert "not_heard" in refusals(play.send("refuse", C, REFUSED))
    play.send("open_case", R)
    end = play.period.deadlines["hearing"].expires_at
    early = play.send("refuse", C, REFUSED, at=end - timedelta(microseconds=1))
    assert list(refusals(early)) == ["hearing_pending"]
    assert rows(play.send("refuse", C, REFUSED, at=end)) == ["V6"]


# --- A4: nobody signs ---


def test_a4_after_two_warnings_and_sixty_days_an_unsigned_application_may_be_refused() -> None:
    play = reach("awaiting_signatures")
    asked = {**REFUSED, "ground": "unsigned"}
    assert "too_early" in refusals(play.send("intend_refusal", C, asked))
    first, second, third = play.wait(), play.wait(), play.wait()
    reminder = ("sign_reminder", ("recipient", "supplier"))
    assert (told(first), told(second), told(third)) == ([reminder], [reminder], [])
    assert list(play.case.tasks) == ["1:unsigned", "1:unsigned_long"]
    assert play.today() == "2027-02-23"
    other = play.send("intend_refusal", C, REFUSED)
    assert list(refusals(other)) == ["ground_not_listed"]
    assert rows(play.send("intend_refusal", C, asked)) == ["V5"]


def test_a4_v6_the_unsigned_application_is_refused_after_the_hearing() -> None:
    play = heard("unsigned")
    asked = {**REFUSED, "ground": "unsigned"}
    play.send("refuse", C, asked)
    play.send("refuse", C2, asked)
    assert play.status == "refused"


def test_a4_a_signature_that_comes_during_the_hearing_ends_it() -> None:
    play = heard("unsigned")
    assert rows(play.send("sign", S, *signing(play))) == ["A1", "A2"]
    assert (play.status, play.period.hearing, play.case.tasks) == ("under_review", None, {})
    assert "not_heard" in refusals(play.send("refuse", C, REFUSED))


def test_a3_a_changed_application_is_to_be_signed_anew_with_all_the_time_for_it() -> None:
    play = unsigned()
    play.send("change_content", S, {"quantity": 1}, {"application": "app-2"})
    assert "unsigned_long" not in play.period.flags
    names = {due.message.name for due in agenda(play.case, CURRENT.process)}
    assert names == {"signatures_over"}


# --- C7: the closing of an expired choice ---


def test_c7_a_case_is_closed_only_after_the_recipient_was_heard() -> None:
    play = intended(None)
    assert "hearing_pending" in refusals(play.send("intend_closing", C2, STATED))
    play.now += timedelta(days=40)
    assert list(refusals(play.send("close", C, STATED))) == ["not_heard"]
    play.send("raise_objection", R, STATED)
    assert play.period.hearing is not None
    [objection] = play.period.hearing.objections
    play.send("answer_objection", C, {**STATED, "objection": objection.id})
    while "1:hearing_ended" not in play.case.tasks:
        play.wait()
    assert rows(play.send("close", C3, STATED)) == ["C7"]
    assert play.status == "closed_unclaimed"


def test_c6_c7_a_request_to_reopen_comes_before_any_closing() -> None:
    play = heard(None)
    play.now += timedelta(days=20)
    play.send("ask_reopening", R, STATED)
    assert "request_pending" in refusals(play.send("close", C, STATED))
    play.send("reopen", C, STATED)
    assert (play.status, play.period.hearing, play.case.tasks) == ("notifying", None, {})


def test_l5_another_measure_ends_the_hearing_about_the_old_one() -> None:
    play = intended(None)
    play.send("measure_arrived", ESOBES, {"measure": measure(revision=2, quantity=1)})
    assert (play.status, play.period.hearing, play.case.tasks) == ("notifying", None, {})
