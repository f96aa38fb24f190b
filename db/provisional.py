"""Deadlines that depend on days of which nobody has decided yet: to be counted anew one day.

The year after the last published one is counted from statutes and the moon; once its calendar is
published, the change of the calendar counts these deadlines anew (`db.extensions`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col

from db.authorities import authority_names
from db.open_deadlines import BEGIN, OpenDeadline, Place, calendars_used, count_open, part_of_open
from db.projection_tables import OpenDeadlineRow
from definitions.calendars import load_calendar
from domain.terms.counting import Term, certify, undecided


@dataclass(frozen=True, slots=True)
class ProvisionalCount:
    """How many provisional deadlines an authority has, and by the undecided day how many wait."""

    authority: UUID
    name: str | None
    deadlines: int
    days: Mapping[date, int]


@dataclass(frozen=True)
class ProvisionalTerm(OpenDeadline):
    """One open deadline, and the days on which it depends that are not decided."""

    days: tuple[date, ...]


def count_provisional(
    connection: Connection, authority: UUID | None = None
) -> list[ProvisionalCount]:
    """Exact counts over all open deadlines, by authority, perhaps of one alone."""
    many: Counter[UUID] = Counter()
    days: dict[UUID, Counter[date]] = {}
    by, since = col(OpenDeadlineRow.calendar), _first_day(connection)
    for one, start, length, version, count in count_open(connection, by, authority, since):
        if open_days := _undecided(start, length, version):
            many[one] += count
            of_days = days.setdefault(one, Counter())
            for day in open_days:
                of_days[day] += count
    names = authority_names(connection, many)
    return [
        ProvisionalCount(one, names.get(one), many[one], dict(sorted(days[one].items())))
        for one in many
    ]


def list_provisional(
    connection: Connection, *, after: Place = BEGIN, most: int, authority: UUID | None = None
) -> list[ProvisionalTerm]:
    """Provisional deadlines in the order of their cases, perhaps of one authority."""
    found = part_of_open(
        connection,
        after=after,
        most=most,
        authority=authority,
        chosen=lambda one: bool(_days_of(one)),
        since=_first_day(connection),
    )
    return [ProvisionalTerm(**vars(one), days=_days_of(one)) for one in found]


def _days_of(one: OpenDeadline) -> tuple[date, ...]:
    return _undecided(one.start, one.length, one.calendar)


def _first_day(connection: Connection) -> date | None:
    """Nothing that ends before it depends on a day that is not decided."""
    known = [load_calendar(version) for version in calendars_used(connection)]
    return min((min((one.provisional_from, *one.provisional)) for one in known), default=None)


# A published calendar never changes.
@lru_cache(maxsize=50_000)
def _undecided(start: date, length: str, version: str) -> tuple[date, ...]:
    """Of these values alone it depends which days a deadline waits for."""
    calendar = load_calendar(version)
    return undecided(certify(start, Term.parse(length), calendar, ""), calendar)
