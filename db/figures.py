"""Figures of the open cases that somebody sees: by status and time in it, by term, by region.

One walk over them makes all; what it finds is kept (`api/cases/figures.py` says for how long).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from db.dispatches import legal_now
from db.lists import Seen
from db.pool import ReadPool
from domain.terms.counting import end_of_day, local_day

WEEKS: Final = 8
# Who is longer in a status stands with those of this day.
MOST_DAYS: Final = 200
# Of all cases the walk takes longer than anybody may wait.
_PATIENTLY: Final = text("SET LOCAL statement_timeout = '60s'")
_KEEP: Final = text(
    "INSERT INTO kept_figures (scope, content, seconds, at)"
    " VALUES (:scope, CAST(:content AS jsonb), :seconds, clock_timestamp())"
    " ON CONFLICT (scope) DO UPDATE SET content = excluded.content, seconds = excluded.seconds,"
    " at = excluded.at"
)
_FIND: Final = (
    "SELECT content, seconds, extract(epoch FROM clock_timestamp() - at)::float8 AS age"
    " FROM kept_figures WHERE scope = $1"
)


@dataclass(frozen=True, slots=True)
class StatusFigure:
    """Cases in one status: how many, since when the oldest, how many of them late, and for how many
    days each; `term_days` is how long its terms are on average, from the status to their end.
    """

    status: str
    count: int
    late: int
    since: datetime
    term_days: float | None
    days: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WeekFigure:
    """How many terms end until the last day of a week and after the week before; the first: all
    that are past.
    """

    until: date
    count: int


@dataclass(frozen=True, slots=True)
class RegionFigure:
    """Cases of a region: how many have a term, and how many of these are past it."""

    region: str
    count: int
    late: int


@dataclass(frozen=True, slots=True)
class OpenFigures:
    """All of them as of one instant of legal time."""

    at: datetime
    by_status: tuple[StatusFigure, ...]
    by_week: tuple[WeekFigure, ...]
    by_region: tuple[RegionFigure, ...]


def _statement(seen: Seen, digits: int) -> str:
    """One walk over the open cases of all ways, added up in four manners.

    `digits`: how much of the code of a place names a region.
    """
    rows = " UNION ALL ".join(
        f"SELECT v.status, v.since, v.due_at, left(v.region, {digits}) AS region"
        f" FROM case_view v WHERE ({way.condition.replace('$1', 'NULL')}) AND NOT v.closed"
        for way in seen.known().ways
    )
    age = "floor(extract(epoch FROM CAST(:now AS timestamptz) - since) / 86400)"
    return (
        f"WITH open AS ({rows}), told AS (SELECT status, since, region, due_at,"
        f" least({MOST_DAYS}, greatest(0, {age}))::int AS day,"
        " width_bucket(due_at, CAST(:ends AS timestamptz[])) AS week, due_at <= :now AS late"
        " FROM open) SELECT GROUPING(status, day, week, region) AS kind, status, day, week, region,"
        " count(*) AS number, count(*) FILTER (WHERE late) AS late, count(due_at) AS due,"
        " min(since) AS since, avg(extract(epoch FROM due_at - since))::float8 AS term"
        " FROM told GROUP BY GROUPING SETS ((status), (status, day), (week), (region))"
    )


def week_ends(now: datetime) -> list[date]:
    """The last day that is past, and the last of each of the next weeks."""
    yesterday = local_day(now) - timedelta(days=1)
    return [yesterday + timedelta(days=7 * week) for week in range(WEEKS + 1)]


# What `GROUPING` says of each manner: a bit for each column that was not grouped by.
_OF_STATUS: Final = 0b0111
_OF_DAY: Final = 0b0011
_OF_WEEK: Final = 0b1101
_OF_REGION: Final = 0b1110


def read_figures(connection: Connection, seen: Seen, digits: int) -> OpenFigures:
    """They are made anew each time: this walks over all that is open, for as long as it takes."""
    connection.execute(_PATIENTLY)
    now = legal_now(connection)
    ends = [end_of_day(day) + timedelta(seconds=1) for day in week_ends(now)]
    asked = {"now": now, "ends": ends}
    rows = list(connection.execute(text(_statement(seen, digits)), asked))
    of = {kind: [row for row in rows if row.kind == kind] for kind in _KINDS}
    days: dict[str, list[tuple[int, int]]] = {}
    for row in sorted(of[_OF_DAY], key=lambda row: row.day):
        days.setdefault(row.status, []).append((row.day, row.number))
    # A bucket holds what ends before its bound: the first is what is past.
    weeks = {row.week: row.number for row in of[_OF_WEEK] if row.week is not None}
    return OpenFigures(
        at=now,
        by_status=tuple(_status(row, days) for row in of[_OF_STATUS]),
        by_week=tuple(WeekFigure(day, weeks.get(n, 0)) for n, day in enumerate(week_ends(now))),
        by_region=tuple(
            RegionFigure(row.region, row.due, row.late)
            for row in sorted(of[_OF_REGION], key=lambda row: row.region)
            if row.due
        ),
    )


def keep_figures(
    connection: Connection, scope: str, content: Mapping[str, Any], seconds: float
) -> None:
    """What a walk has found, and how long it took, in place of what was found before."""
    values = {"scope": scope, "content": json.dumps(content), "seconds": seconds}
    connection.execute(_KEEP, values)


async def find_figures(pool: ReadPool, scope: str) -> tuple[Any, float, float] | None:
    """What is kept of a scope, how old it is, and how long its walk took; None: nothing yet."""
    row = await pool.fetchrow(_FIND, scope)
    return None if row is None else (row["content"], row["age"], row["seconds"])


_KINDS: Final = (_OF_STATUS, _OF_DAY, _OF_WEEK, _OF_REGION)


def _status(row: Any, days: dict[str, list[tuple[int, int]]]) -> StatusFigure:
    term = None if row.term is None else round(row.term / 86_400, 1)
    found = tuple(days.get(row.status, ()))
    return StatusFigure(row.status, row.number, row.late, row.since, term, found)
