"""What another calendar would make of every open deadline: exact counts, and the list in parts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col

from db.authorities import authority_names
from db.open_deadlines import BEGIN, OpenDeadline, Place, count_open, of_next_cases, part_of_open
from db.projection_tables import OpenDeadlineRow
from db.sweeps import SweepPart
from domain.terms.counting import Calendar, CalendarEnds, Term, certify
from domain.terms.recount import Outcome, outcome_of


@dataclass(frozen=True, slots=True)
class Count:
    """How many open deadlines of an authority come out how."""

    authority: UUID
    name: str | None
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True)
class RecountedTerm(OpenDeadline):
    """One open deadline, and what the other calendar makes of it."""

    outcome: Outcome
    new: date

    @property
    def old(self) -> date:
        """As it stands."""
        return self.last_day


def count_outcomes(connection: Connection, calendar: Calendar) -> list[Count]:
    """Exact counts over all open deadlines, by authority."""
    found: dict[UUID, Counter[Outcome]] = {}
    counts = count_open(connection, col(OpenDeadlineRow.last_day))
    for authority, start, length, last_day, many in counts:
        outcome, _ = _recounted(start, length, last_day, calendar)
        found.setdefault(authority, Counter())[outcome] += many
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

    def told(one: OpenDeadline) -> RecountedTerm:
        out, new = _recounted(one.start, one.length, one.last_day, calendar)
        return RecountedTerm(**vars(one), outcome=out, new=new)

    def chosen(one: OpenDeadline) -> bool:
        return outcome is None or told(one).outcome == outcome

    found = part_of_open(connection, after=after, most=most, authority=authority, chosen=chosen)
    return [told(one) for one in found]


def moving(connection: Connection, calendar: Calendar, place: UUID, most: int) -> SweepPart:
    """The next cases after one, and those of them with a deadline that ends later."""
    rows = of_next_cases(connection, place, most)
    meant = [
        case_id
        for case_id, start, length, last_day, runs in rows
        if runs and _recounted(start, length, last_day, calendar)[0] == "moves"
    ]
    looked_at = len({row[0] for row in rows})
    return SweepPart(looked_at, rows[-1][0] if rows else place, list(dict.fromkeys(meant)))


def _recounted(
    start: date, length: str, last_day: date, calendar: Calendar
) -> tuple[Outcome, date]:
    """Like `recount`, of the values that alone decide it: the outcome and the day."""
    try:
        made = certify(start, Term.parse(length), calendar, "")
    except CalendarEnds:
        return "outside", last_day
    outcome = outcome_of(last_day, made.last_day)
    return outcome, made.last_day if outcome == "moves" else last_day
