"""Figures of the open cases that somebody sees: by status and time in it, by term, by region.

One walk over them makes all; whoever asks keeps the answer for a while (`api/cases/figures.py`).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from db.lists import ListStatement, Seen, legal_now
from db.pool import ReadPool
from domain.terms.counting import end_of_day, local_day

WEEKS: Final = 8
# Who is longer in a status stands with those of this day.
MOST_DAYS: Final = 200


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


def figures_statement(seen: Seen, now: datetime, digits: int) -> tuple[str, list[Any]]:
    """One walk over the open cases of all ways, added up in three manners.

    `digits`: how much of the code of a place names a region.
    """
    seen = seen.known()
    made = ListStatement(seen)
    ends = [end_of_day(day) + timedelta(seconds=1) for day in week_ends(now)]
    at, bounds = f"{made.given(now)}::timestamptz", f"{made.given(ends)}::timestamptz[]"
    rows = " UNION ALL ".join(
        f"SELECT v.status, v.since, v.due_at, left(v.region, {digits}) AS region"
        f" FROM case_view v WHERE ({way.condition}) AND NOT v.closed"
        for way in seen.ways
    )
    age = f"floor(extract(epoch FROM {at} - since) / 86400)"
    return (
        f"WITH open AS ({rows}), told AS (SELECT status, since, region, due_at,"
        f" least({MOST_DAYS}, greatest(0, {age}))::int AS day,"
        f" width_bucket(due_at, {bounds}) AS week, due_at <= {at} AS late FROM open)"
        " SELECT GROUPING(status, day, week, region) AS kind, status, day, week, region,"
        " count(*) AS count, count(*) FILTER (WHERE late) AS late, count(due_at) AS due,"
        " min(since) AS since, avg(extract(epoch FROM due_at - since))::float8 AS term"
        " FROM told GROUP BY GROUPING SETS ((status), (status, day), (week), (region))"
    ), made.values


def week_ends(now: datetime) -> list[date]:
    """The last day that is past, and the last of each of the next weeks."""
    yesterday = local_day(now) - timedelta(days=1)
    return [yesterday + timedelta(days=7 * week) for week in range(WEEKS + 1)]


# What `GROUPING` says of each manner: a bit for each column that was not grouped by.
_OF_STATUS: Final = 0b0111
_OF_DAY: Final = 0b0011
_OF_WEEK: Final = 0b1101
_OF_REGION: Final = 0b1110


async def read_figures(pool: ReadPool, seen: Seen, digits: int) -> OpenFigures:
    """They are made anew each time: this walks over all that is open."""
    now = await legal_now(pool)
    statement, values = figures_statement(seen, now, digits)
    rows = await pool.fetch(statement, *values)
    of = {kind: [row for row in rows if row["kind"] == kind] for kind in _KINDS}
    days: dict[str, list[tuple[int, int]]] = {}
    for row in sorted(of[_OF_DAY], key=lambda row: row["day"]):
        days.setdefault(row["status"], []).append((row["day"], row["count"]))
    # A bucket holds what ends before its bound: the first is what is past.
    weeks = {row["week"]: row["count"] for row in of[_OF_WEEK] if row["week"] is not None}
    return OpenFigures(
        at=now,
        by_status=tuple(_status(row, days) for row in of[_OF_STATUS]),
        by_week=tuple(WeekFigure(day, weeks.get(n, 0)) for n, day in enumerate(week_ends(now))),
        by_region=tuple(
            RegionFigure(row["region"], row["due"], row["late"])
            for row in sorted(of[_OF_REGION], key=lambda row: row["region"])
            if row["due"]
        ),
    )


_KINDS: Final = (_OF_STATUS, _OF_DAY, _OF_WEEK, _OF_REGION)


def _status(row: Any, days: dict[str, list[tuple[int, int]]]) -> StatusFigure:
    term = None if row["term"] is None else round(row["term"] / 86_400, 1)
    found = tuple(days.get(row["status"], ()))
    return StatusFigure(row["status"], row["count"], row["late"], row["since"], term, found)
