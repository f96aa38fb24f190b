"""What another calendar would make of every open deadline: exact counts, and the list in parts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from db.authorities import authority_names
from db.open_deadlines import (
    BEGIN,
    Key,
    OpenDeadline,
    OpenDeadlines,
    Place,
    of_next_cases,
)
from db.sweeps import SweepPart
from domain.terms.counting import Calendar, CalendarEnds, Term, certify
from domain.terms.recount import Outcome, outcome_of

# Of these values alone depends what a calendar makes of a deadline.
_OPEN: Final = OpenDeadlines("start", "length", "last_day")


@dataclass(frozen=True, slots=True)
class Count:
    """How many open deadlines of an authority come out how."""

    authority: UUID
    name: str | None
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecountedTerm(OpenDeadline):
    """One open deadline, and what the other calendar makes of it."""

    old: date
    new: date
    outcome: Outcome


def count_outcomes(connection: Connection, calendar: Calendar) -> list[Count]:
    """Exact counts over all open deadlines, by authority."""
    found: dict[UUID, Counter[Outcome]] = {}
    for row in _OPEN.count(connection):
        outcome, _ = _recounted(_OPEN.key(row), calendar)
        found.setdefault(row.authority_id, Counter())[outcome] += row.many
    names = authority_names(connection, found)
    return [Count(one, names.get(one), counts) for one, counts in found.items()]


def list_outcomes(
    connection: Connection,
    calendar: Calendar,
    *,
    after: Place = BEGIN,
    most: int,
    authority: UUID | None = None,
    outcome: Outcome | None = None,
) -> list[RecountedTerm]:
    """Open deadlines in the order of their cases, perhaps of one authority or of one outcome."""

    def chosen(key: Key) -> bool:
        return outcome is None or _recounted(key, calendar)[0] == outcome

    rows = _OPEN.part(connection, after=after, most=most, authority=authority, chosen=chosen)
    return [_row(row, calendar) for row in rows]


def moving(connection: Connection, calendar: Calendar, place: UUID, most: int) -> SweepPart:
    """The next cases after one, and those of them with a deadline that ends later."""
    rows = of_next_cases(connection, place, most)
    meant = [
        row.case_id
        for row in rows
        if row.runs and _recounted(_OPEN.key(row), calendar)[0] == "moves"
    ]
    looked_at = len({row.case_id for row in rows})
    return SweepPart(looked_at, rows[-1].case_id if rows else place, list(dict.fromkeys(meant)))


def _recounted(key: Key, calendar: Calendar) -> tuple[Outcome, date]:
    """Like `recount`, of the values that decide it: the outcome and the day."""
    start, length, last_day = key
    try:
        made = certify(start, Term.parse(length), calendar, "")
    except CalendarEnds:
        return "outside", last_day
    outcome = outcome_of(last_day, made.last_day)
    return outcome, made.last_day if outcome == "moves" else last_day


def _row(row: Row[Any], calendar: Calendar) -> RecountedTerm:
    outcome, new = _recounted(_OPEN.key(row), calendar)
    return RecountedTerm(**OpenDeadline.told(row), old=row.last_day, new=new, outcome=outcome)
