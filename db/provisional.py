"""Deadlines that depend on days of which nobody has decided yet: to be counted anew one day.

The year after the last published one is counted from statutes and the moon; once its calendar is
published, the change of the calendar counts these deadlines anew (`db.extensions`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.recounts import BEGIN, OPEN_DEADLINES, Place
from definitions.calendars import load_calendar
from domain.terms import Term, certify, undecided

# Of these values alone it depends: start, term, calendar.
Key = tuple[str, str, str]

_KEY: Final = (
    "d.value -> 'certificate' ->> 'start' AS start, d.value -> 'certificate' ->> 'term' AS length,"
    " d.value -> 'certificate' ->> 'calendar' AS calendar"
)
_COUNTS = text(
    f"SELECT v.authority_id, {_KEY}, count(*) AS many{OPEN_DEADLINES}"
    " AND (CAST(:authority AS uuid) IS NULL OR v.authority_id = :authority)"
    " GROUP BY 1, 2, 3, 4 ORDER BY 1"
)
_NAMES = text("SELECT id, name FROM authority WHERE id = ANY(CAST(:ids AS uuid[]))")
_PAGE = text(
    "SELECT * FROM (SELECT v.case_id, v.view ->> 'reference' AS reference, v.authority_id,"
    f" CAST(p.key AS integer) AS period, d.key AS term, {_KEY}, d.value ->> 'last_day' AS last_day,"
    f" CAST(d.value ->> 'revision' AS integer) AS revision{OPEN_DEADLINES}"
    " AND v.case_id >= CAST(:case_id AS uuid)"
    " AND (CAST(:authority AS uuid) IS NULL OR v.authority_id = :authority)) AS one"
    " WHERE (case_id, period, term) > (CAST(:case_id AS uuid), :period, :term)"
    " AND (start, length, calendar) IN (SELECT * FROM unnest("
    "   CAST(:starts AS text[]), CAST(:lengths AS text[]), CAST(:calendars AS text[])))"
    " ORDER BY case_id, period, term LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class ProvisionalCount:
    """How many provisional deadlines an authority has, and by the undecided day how many wait."""

    authority: UUID
    name: str | None
    deadlines: int
    days: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class ProvisionalDeadline:
    """One open deadline, and the days on which it depends that are not decided."""

    case_id: UUID
    reference: str
    authority: UUID
    period: int
    term: str
    revision: int
    last_day: date
    days: tuple[date, ...]

    @property
    def place(self) -> Place:
        """Where a list goes on after it."""
        return self.case_id, self.period, self.term


def count_provisional(
    connection: Connection, authority: UUID | None = None
) -> list[ProvisionalCount]:
    """Exact counts over all open deadlines, by authority, perhaps of one alone."""
    many: dict[UUID, int] = {}
    days: dict[UUID, dict[date, int]] = {}
    for row in connection.execute(_COUNTS, {"authority": authority}):
        if open_days := _undecided((row.start, row.length, row.calendar)):
            many[row.authority_id] = many.get(row.authority_id, 0) + row.many
            of_days = days.setdefault(row.authority_id, {})
            for day in open_days:
                of_days[day] = of_days.get(day, 0) + row.many
    names = {row.id: row.name for row in connection.execute(_NAMES, {"ids": list(many)})}
    return [
        ProvisionalCount(one, names.get(one), many[one], dict(sorted(days[one].items())))
        for one in many
    ]


def list_provisional(
    connection: Connection, *, after: Place = BEGIN, most: int, authority: UUID | None = None
) -> list[ProvisionalDeadline]:
    """Provisional deadlines in the order of their cases, perhaps of one authority."""
    found = connection.execute(_COUNTS, {"authority": authority})
    keys = sorted({(row.start, row.length, row.calendar) for row in found})
    wanted = [key for key in keys if _undecided(key)]
    case_id, period, term = after
    named = {
        **{"case_id": case_id, "period": period, "term": term, "most": most},
        **{"authority": authority},
        **{"starts": [k[0] for k in wanted], "lengths": [k[1] for k in wanted]},
        **{"calendars": [k[2] for k in wanted]},
    }
    return [_row(row) for row in connection.execute(_PAGE, named)]


def _undecided(key: Key) -> tuple[date, ...]:
    start, length, version = key
    calendar = load_calendar(version)
    return undecided(certify(date.fromisoformat(start), Term.parse(length), calendar, ""), calendar)


def _row(row: Row[Any]) -> ProvisionalDeadline:
    return ProvisionalDeadline(
        case_id=row.case_id,
        reference=row.reference,
        authority=row.authority_id,
        period=row.period,
        term=row.term,
        revision=row.revision,
        last_day=date.fromisoformat(row.last_day),
        days=_undecided((row.start, row.length, row.calendar)),
    )
