"""Deadlines that depend on undecided days are listed, and the year's calendar takes them along."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from db.provisional import count_provisional, list_provisional
from definitions.calendars import calendar_data, calendar_text, current_calendar
from domain.terms.counting import Certificate
from tests.db.test_calendar_changes import (
    AUTHORITY,
    MOVES,
    approved,
    carry_out,
    case_of,
    choosing,
    last_day,
)
from tests.support.intake import measure, take_in

DECIDED = date(2026, 10, 20)


def published_2027(*off: str) -> dict[str, object]:
    """The calendar as it may be published for 2027: nothing of that year is open any more."""
    days = calendar_data(calendar_text("kz-2026-12"))
    rows = [
        {**row, "source": row["source"].removeprefix("provisional: ")}
        if row["date"] < "2028"
        else row
        for row in days["day"]
    ]
    given = [
        {
            "date": day,
            "working": False,
            "reason": "holiday:kurban_ait",
            "source": "Government decree 1 of 20.12.2026",
        }
        for day in off
    ]
    rows = sorted([*rows, *given], key=lambda row: str(row["date"]))
    return {**days, "version": "kz-2027-01", "provisional_from": "2028-01-01", "day": rows}


def test_every_deadline_of_an_undecided_day_is_counted_by_authority(engine: Engine) -> None:
    other = str(uuid4())
    for authority in (AUTHORITY, AUTHORITY, other):
        choosing(engine, MOVES, authority=authority)
    choosing(engine, DECIDED)
    with engine.connect() as connection:
        found = {str(one.authority): one for one in count_provisional(connection)}
        assert {place: one.deadlines for place, one in found.items()} == {AUTHORITY: 2, other: 1}
        assert found[other].days == {date(2027, 5, 18): 1}
        (mine,) = count_provisional(connection, UUID(other))
        assert mine.deadlines == 1
        page = list_provisional(connection, most=2)
        rest = list_provisional(connection, after=page[-1].place, most=2)
    assert [one.place for one in (*page, *rest)] == sorted(one.place for one in (*page, *rest))
    assert len(page) + len(rest) == 3
    assert {(one.term, one.days) for one in page} == {("choice", (date(2027, 5, 18),))}


def test_l13_the_calendar_of_the_year_counts_provisional_deadlines_anew(engine: Engine) -> None:
    """What it gives off moves the day; what it confirms keeps it, and neither is earlier."""
    moves, stays = choosing(engine, MOVES), choosing(engine, date(2027, 3, 10))
    approved(engine, published_2027("2027-05-18"))
    carry_out(engine)
    assert last_day(engine, moves) == date(2027, 5, 19)
    assert last_day(engine, stays) == date(2027, 5, 11)
    held = case_of(engine, moves).periods[1].deadlines["choice"].certificate
    assert Certificate.from_json(held).calendar == "kz-2027-01"
    assert current_calendar().provisional_from == date(2028, 1, 1)
    with engine.connect() as connection:
        (left,) = list_provisional(connection, most=9)
    assert str(left.case_id) == stays.id


def test_l13_the_term_of_a_rejected_message_moves_with_the_calendar(engine: Engine) -> None:
    """It lies on a desk without a case: the change of the calendar finds it all the same."""
    take_in(engine, measure(implement_until="no day"))
    with engine.connect() as connection:
        before = connection.execute(text("SELECT due_at, certificate FROM intake_task")).one()
    last = before.certificate["last_day"]
    days = calendar_data(calendar_text("kz-2026-12"))
    row = {"date": last, "working": False, "reason": "holiday:kurban_ait"}
    row["source"] = "Government decree 1 of 20.11.2026"
    rows = sorted([*days["day"], row], key=lambda one: str(one["date"]))
    approved(engine, {**days, "version": "kz-2027-01", "day": rows})
    carry_out(engine)
    with engine.connect() as connection:
        after = connection.execute(text("SELECT due_at, certificate FROM intake_task")).one()
    assert after.due_at > before.due_at
    assert after.certificate["calendar"] == "kz-2027-01"
    assert Certificate.from_json(after.certificate).expires_at == after.due_at
