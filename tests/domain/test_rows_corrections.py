"""The rows of what is set right: listed fields, and disputed deadlines (L11)."""

from datetime import timedelta
from typing import Any

from tests.domain.play import C2, A, C, E, Play, R, S, order, reach
from tests.domain.reading import (
    ELSEWHERE,
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


def disputed(play: Play, term: str = "choice", **named: Any) -> str:
    """The recipient disputes a deadline; the id of the dispute."""
    play.send("contest_deadline", R, {"term": term, "reason": "stated", **named})
    return play.period.contests[-1].id


# --- L11: listed fields ---


def test_l11_a_caseworker_proposes_and_an_administrator_carries_a_correction_out() -> None:
    play = reach("delivered")
    asked = {"field": "delivered_on", "value": play.today(-1), "reason": "stated"}
    assert rows(play.send("propose_correction", C, asked)) == ["L11"]
    assert list(play.case.tasks) == ["1:correction_proposed"]
    named = {"correction": play.period.corrections[0].id}
    assert list(refusals(play.send("carry_out_correction", A, named))) == ["reason_required"]
    events = play.send("carry_out_correction", A, {**named, "reason": "stated"})
    assert events[0].data["correction"] == {
        "field": "delivered_on", "before": "2026-11-23", "after": "2026-11-22",
    }  # fmt: skip
    assert play.period.delivery is not None
    assert play.period.delivery.on.isoformat() == "2026-11-22"
    assert (play.case.tasks, play.period.corrections) == ({}, ())
    again = play.send("carry_out_correction", A, {**named, "reason": "stated"})
    assert list(refusals(again)) == ["nothing_to_do"]


def test_l11_only_a_listed_field_is_corrected_and_in_a_closed_case_too() -> None:
    play = reach("completed")
    for field in ("amount", "signature", "expires_at"):
        asked = {"field": field, "value": play.today(), "reason": "stated"}
        assert list(refusals(play.send("propose_correction", C, asked))) == [
            "field_not_correctable"
        ]
    early = {"field": "delivered_on", "value": play.today(), "reason": "stated"}
    nothing = reach("choosing").send("propose_correction", C, early)
    assert list(refusals(nothing)) == ["field_not_correctable"]
    tomorrow = {"field": "developed_on", "value": play.today(1), "reason": "stated"}
    assert list(refusals(play.send("propose_correction", C, tomorrow))) == ["day_wrong"]
    asked = {"field": "implement_until", "value": "2027-06-30", "reason": "stated"}
    assert "not_your_case" in refusals(play.send("propose_correction", ELSEWHERE, asked))
    assert rows(play.send("propose_correction", C, asked)) == ["L11"]
    named = {"correction": play.period.corrections[0].id, "reason": "stated"}
    assert rows(play.send("carry_out_correction", A, named)) == ["L11"]
    assert play.case.measure is not None
    assert play.case.measure.implement_until.isoformat() == "2027-06-30"
    assert play.status == "completed"


def test_l11_a_correction_may_be_dropped_and_the_field_stays() -> None:
    play = reach("delivered")
    asked = {"field": "delivered_on", "value": play.today(-1), "reason": "stated"}
    play.send("propose_correction", C, asked)
    named = {"correction": play.period.corrections[0].id, "reason": "stated"}
    assert rows(play.send("drop_correction", A, named)) == ["L11"]
    assert play.period.delivery is not None
    assert (play.period.delivery.on.isoformat(), play.case.tasks) == ("2026-11-23", {})


# --- disputed deadlines ---


def test_l11_a_dispute_that_is_granted_gives_a_later_day_with_a_new_certificate() -> None:
    play = reach("choosing")
    assert last_day(play, "choice") == "2027-01-25"
    play.now += timedelta(days=30)
    contest = disputed(play, start="2026-12-10")
    assert list(play.case.tasks) == ["1:deadline_contested"]
    events = play.send("grant_contest", C, {**STATED, "contest": contest})
    assert (rows(events), told(events)) == (["L11"], [("contest_granted", ("recipient",))])
    choice = play.period.deadlines["choice"]
    assert (choice.last_day.isoformat(), choice.revision) == ("2027-02-10", 2)
    assert choice.certificate["start"] == "2026-12-10"
    assert events[0].data["correction"]["before"] == "2027-01-25"
    assert (play.case.tasks, play.period.contests[0].ruling) == ({}, "granted")


def test_l11_a_dispute_never_moves_a_deadline_earlier_and_is_denied_with_the_reason() -> None:
    play = reach("choosing")
    contest = disputed(play, start="2026-11-01")
    named = {"contest": contest}
    assert list(refusals(play.send("grant_contest", C, {**named, **STATED}))) == ["not_later"]
    assert list(refusals(play.send("deny_contest", C, named))) == ["reason_required"]
    events = play.send("deny_contest", C, {**named, **STATED})
    assert told(events) == [("contest_denied", ("recipient",))]
    assert (last_day(play, "choice"), play.period.contests[0].ruling) == ("2027-01-25", "denied")
    again = play.send("deny_contest", C, {**named, **STATED})
    assert list(refusals(again)) == ["nothing_to_do"]


def test_l11_a_choice_that_had_not_run_out_at_all_goes_on() -> None:
    play = expired()
    contest = disputed(play, start=play.today(-10))
    play.send("intend_closing", C2, STATED)
    assert rows(play.send("grant_contest", C, {**STATED, "contest": contest})) == ["L11"]
    assert (play.status, play.period.hearing) == ("choosing", None)
    assert rows(play.send("place_order", R, *order())) == ["C1"]


def test_l11_a_choice_that_is_over_by_either_count_stays_over() -> None:
    play = expired()
    contest = disputed(play, start="2026-11-27")
    play.now += timedelta(days=20)
    assert rows(play.send("grant_contest", C, {**STATED, "contest": contest})) == ["L11"]
    assert play.status == "choice_expired"


def test_l11_who_brought_the_case_there_does_not_rule_on_its_term() -> None:
    play = reach("notifying")
    proof = {**PROVEN, "on": play.today(), "channel": "hand_over"}
    play.send("enter_proof", C, proof)
    assert play.status == "choosing"
    play.now += timedelta(days=5)
    named = {**STATED, "contest": disputed(play, start=play.today())}
    assert list(refusals(play.send("grant_contest", C, named))) == ["same_person"]
    assert list(refusals(play.send("deny_contest", C, named))) == ["same_person"]
    assert rows(play.send("grant_contest", C2, named)) == ["L11"]


def test_l11_a_dispute_names_a_term_that_runs_and_a_day_or_a_calendar() -> None:
    play = reach("ordered")
    plain = play.send("contest_deadline", S, {**STATED, "term": "supplier_answer"})
    assert refusals(plain) == {"incomplete": {"fields": "start, calendar"}}
    ahead = {**STATED, "term": "supplier_answer", "start": play.today(1)}
    assert list(refusals(play.send("contest_deadline", S, ahead))) == ["day_wrong"]
    never = {**STATED, "term": "review", "start": play.today()}
    assert list(refusals(play.send("contest_deadline", S, never))) == ["nothing_to_do"]
    right = {**STATED, "term": "supplier_answer", "start": play.today()}
    assert "not_your_case" in refusals(play.send("contest_deadline", STRANGER, right))
    assert rows(play.send("contest_deadline", S, right)) == ["L11"]
    assert list(refusals(play.send("contest_deadline", S, right))) == ["nothing_to_do"]


def test_l11_what_an_old_calendar_says_is_shown_and_not_granted() -> None:
    play = reach("choosing")
    contest = disputed(play, calendar="kz-2025-12")
    refused = refusals(play.send("grant_contest", C, {**STATED, "contest": contest}))
    assert refused == {"calendar_not_current": {"current": play.calendar.version}}


def test_l11_a_revision_leaves_the_dispute_to_be_ruled_on() -> None:
    play = reach("choosing")
    contest = disputed(play, start=play.today())
    notify(play, round=2)
    play.send("revoked", E)
    denied = play.send("deny_contest", C, {**STATED, "contest": contest})
    assert list(refusals(denied)) == ["case_closed"]
    assert play.case.tasks == {}
