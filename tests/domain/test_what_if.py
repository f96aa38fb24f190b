"""What is foretold is what happens when nobody acts, and nothing is changed by the question."""

from datetime import date, datetime, timedelta

import pytest

from domain.case.state import Case
from domain.forecasts.what_if import (
    HORIZON,
    Expected,
    Law,
    day_off,
    nobody_acts,
    nobody_acts_for,
    order_on,
)
from domain.messages import Event
from domain.terms.agenda import agenda
from domain.terms.counting import CalendarEnds, local_day
from tests.domain.play import CALENDAR, CURRENT, T_, Play, R, Seeded, order, reach, report
from tests.domain.starts import STARTS
from tests.domain.whims import step
from tests.support.amount import in_proportion

LAW = Law(CURRENT, CALENDAR)
Line = tuple[str, str, datetime, str | None]


def told(events: tuple[Expected, ...]) -> list[Line]:
    return [(one.row, one.type, one.at, one.to) for one in events]


def recorded(events: list[Event]) -> list[Line]:
    return [
        (one.row, one.type, one.at, one.data.get("to")) for one in events if one.type != "refused"
    ]


def leave_alone(play: Play, until: datetime) -> list[Event]:
    """Everybody leaves the case alone, and whatever it asks for succeeds."""
    before = len(play.events)
    while True:
        while waiting := list(play.case.outbox.values()):
            if waiting[0].kind == "enquire":
                key = waiting[0].data["key"]
                held = play.case.periods[waiting[0].period].payments
                paid = next(p for p in held if p.key == key)
                play.about = waiting[0].period
                settled = report(play, "settled", key=key, amount=paid.amount)
                play.outcome(waiting[0], "payment_reported", T_, settled)
            else:
                play.answer(waiting[0].kind)
        coming = agenda(play.case, CURRENT.process)
        if not coming or coming[0].wake_at > until:
            return play.events[before:]
        play.now = max(play.now, coming[0].wake_at)
        play.host(coming[0].message)


def somewhere(seed: int) -> Play:
    """A case after some steps of a walk that has a file."""
    whim = Seeded(seed)
    play = STARTS[seed % len(STARTS)].copy()
    for _ in range(seed % 9):
        step(play, whim)
    if not play.case.periods:
        return reach("notifying", 1)
    return play


@pytest.mark.walks
def test_what_nobody_does_happens_as_it_was_foretold() -> None:
    for seed in range(in_proportion(250)):
        play = somewhere(seed)
        case, now = play.case, play.now
        forecast = nobody_acts(case, Law(CURRENT, play.calendar), now)
        assert play.case is case
        happened = leave_alone(play, now + HORIZON)
        assert told(forecast.events) == recorded(happened), seed
        assert forecast.then.statuses == {n: one.status for n, one in play.case.periods.items()}
        assert len(forecast.then.tasks) == len(play.case.tasks)


def test_two_months_of_silence_are_foretold_with_reminders_and_tasks() -> None:
    play = reach("choosing")
    choice = play.period.deadlines["choice"]
    forecast = nobody_acts(play.case, LAW, play.now)
    assert [(one.row, one.fires and one.fires["code"]) for one in forecast.events] == [
        ("C2", "30cd"),
        ("-", None),
        ("C2", "7cd"),
        ("-", None),
        ("C2", "1wd"),
        ("-", None),
        ("C5", "over"),
        ("-", None),
        ("C8", "over"),
        ("C9", "30cd"),
        ("-", None),
        ("C9", "over"),
        ("-", None),
        ("-", None),
    ]
    expired = forecast.events[6]
    assert (expired.at, expired.to, expired.opens) == (
        choice.expires_at,
        "choice_expired",
        ("choice_expired",),
    )
    assert expired.tells == ({"text": "choice_expired", "to": ["recipient"]},)
    assert forecast.now.statuses == {1: "choosing"}
    # The authority does nothing for months, until the programme itself has ended.
    assert forecast.then.statuses == {1: "ended"}
    assert (forecast.then.tasks, forecast.then.escalations) == ((), 0)
    assert forecast.ended == "closed"


def test_a_payment_that_is_not_answered_is_asked_about_and_the_case_closes() -> None:
    forecast = nobody_acts((play := reach("payment_pending", 1)).case, LAW, play.now)
    assert [one.row for one in forecast.events if one.row != "-"] == ["P6", "P2", "P14"]
    assert forecast.then.statuses == {1: "completed"}
    assert forecast.ended == "closed"


def test_where_the_calendar_ends_the_forecast_ends() -> None:
    play = reach("ordered")
    short = CALENDAR.__class__(
        CALENDAR.version, CALENDAR.first, date(2026, 12, 2), CALENDAR.off, CALENDAR.on
    )
    forecast = nobody_acts(play.case, Law(CURRENT, short), play.now)
    assert forecast.ended == "calendar_ends"


@pytest.mark.parametrize("days", [0, 1, 30, 62, 63, 64, 65, 90])
def test_an_order_of_a_day_is_in_time_exactly_when_it_is_then_taken(days: int) -> None:
    play = reach("choosing")
    day = local_day(play.now) + timedelta(days=days)
    forecast = order_on(play.case, LAW, play.now, day)
    at = max(play.now, datetime.fromisoformat(f"{day}T12:00+05:00"))
    play.wait(at)
    made = play.send("place_order", R, *order(), at=at)
    assert forecast.in_time is (made[0].type == "ordered")
    if forecast.in_time:
        (runs,) = [one for one in forecast.then.runs if one.term == "supplier_answer"]
        assert runs.certificate == play.period.deadlines["supplier_answer"].certificate
    else:
        (late,) = forecast.reasons
        assert late.code == made[0].data["reasons"][0]["code"] == "late"


def test_an_order_where_none_is_asked_for_is_answered_with_the_reason() -> None:
    play = reach("delivered")
    forecast = order_on(play.case, LAW, play.now, local_day(play.now))
    assert forecast.in_time is False
    assert [one.code for one in forecast.reasons] == ["status_does_not_allow"]


def test_an_order_of_yesterday_is_no_question() -> None:
    play = reach("choosing")
    with pytest.raises(ValueError, match="past"):
        order_on(play.case, LAW, play.now, local_day(play.now) - timedelta(days=1))


def test_a_day_off_on_the_last_day_moves_that_deadline_and_no_other() -> None:
    play = reach("ordered")
    last = play.period.deadlines["choice"].last_day
    forecast = day_off(play.case, LAW, play.now, last)
    moved = {one.term: (one.outcome, one.old, one.new) for one in forecast.moves}
    answer = play.period.deadlines["supplier_answer"].last_day
    assert moved == {
        "choice": ("moves", last, last + timedelta(days=1)),
        "supplier_answer": ("unchanged", answer, answer),
        "programme": ("unchanged", date(2027, 11, 1), date(2027, 11, 1)),
    }
    assert forecast.now == forecast.then


def test_a_day_that_is_off_already_moves_nothing() -> None:
    play = reach("choosing")
    sunday, unmoved = date(2026, 12, 6), ["unchanged", "unchanged"]
    assert [one.outcome for one in day_off(play.case, LAW, play.now, sunday).moves] == unmoved


def test_a_deadline_that_is_over_does_not_move() -> None:
    play = reach("notifying", 1)
    last = play.period.deadlines["notice"].last_day
    play.wait()
    assert "notice" not in {one.term for one in day_off(play.case, LAW, play.now, last).moves}


def test_a_day_that_the_calendar_does_not_know_is_told() -> None:
    play = reach("choosing")
    with pytest.raises(CalendarEnds):
        day_off(play.case, LAW, play.now, date(2050, 1, 3))


def test_a_supplier_is_told_of_its_order_and_of_nothing_that_begins_when_it_ends() -> None:
    play = reach("ordered")
    begun = Case(id=play.case.id, edition=play.case.edition)
    told = nobody_acts_for("supplier-1", begun, play.events, LAW, play.now)
    assert [one.row for one in told.events][-1] == "O2"
    assert told.events[-1].to == "order_ended"
    assert told.events[-1].starts == ()
    assert (told.then.statuses, told.then.runs) == ({1: "order_ended"}, ())
    assert (told.ended, told.until) == ("nothing_due", told.events[-1].at)
    other = nobody_acts_for("supplier-2", begun, play.events, LAW, play.now)
    assert (other.events, other.now.statuses, other.then.statuses) == ((), {}, {})
