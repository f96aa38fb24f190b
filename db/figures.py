"""Figures of the open cases that somebody sees: by status and time, term, region, language.

One walk over them makes all; what it finds is kept (`api/cases/figures.py` says for how long).
So is in how many days suppliers bring what was ordered.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from db.dispatches import legal_now
from db.engine import reads
from db.lists import EVERYTHING, Seen, Way
from db.pool import ReadPool
from db.silences import SILENT
from domain.terms.counting import end_of_day, local_day

WEEKS: Final = 8
# Who is longer in a status stands with those of this day.
MOST_DAYS: Final = 200
# From one oblast to the next, by the index of their lists.
_OBLASTS: Final = text(
    "WITH RECURSIVE o AS ((SELECT oblast FROM case_view ORDER BY oblast LIMIT 1) UNION ALL"
    " SELECT (SELECT v.oblast FROM case_view v WHERE v.oblast > o.oblast ORDER BY v.oblast LIMIT 1)"
    " FROM o WHERE o.oblast IS NOT NULL) SELECT oblast FROM o WHERE oblast IS NOT NULL"
)
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
_FIND_NOW: Final = text(_FIND.replace("::float8", "").replace("$1", ":scope"))
# Whoever of these asks, so many others remain that nobody is known by a figure of all of them.
LEAST_OTHERS: Final = 5
_WAITED: Final = text(
    "SELECT supplier_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY days) AS days FROM norm_use"
    " WHERE item = :item AND days IS NOT NULL GROUP BY supplier_id"
    " HAVING count(DISTINCT person_id) > :others"
)
# What a supplier took last week changes what it took in all these years by little.
WAITED_SECONDS: Final = 3_600


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
    """Cases of a region: how many have a term, and how many of these are past it; how many of all
    are silent.
    """

    region: str
    count: int
    late: int
    silent: int


@dataclass(frozen=True, slots=True)
class LanguageFigure:
    """The same of recipients who are written to in one language; empty: in none yet."""

    language: str
    count: int
    late: int
    silent: int


@dataclass(frozen=True, slots=True)
class ItemFigure:
    """The same of one item of the catalogue."""

    item: str
    count: int
    late: int
    silent: int


@dataclass(frozen=True, slots=True)
class OpenFigures:
    """All of them as of one instant of legal time."""

    at: datetime
    by_status: tuple[StatusFigure, ...]
    by_week: tuple[WeekFigure, ...]
    by_region: tuple[RegionFigure, ...]
    by_language: tuple[LanguageFigure, ...]
    by_item: tuple[ItemFigure, ...]


def _statement(seen: Seen, digits: int) -> str:
    """One walk over the open cases of all ways, added up in five manners.

    `digits`: how much of the code of a place names a region.
    """
    rows = " UNION ALL ".join(
        f"SELECT v.status, v.since, v.due_at, left(v.region, {digits}) AS region,"
        " coalesce(l.language, '') AS language, v.item, q.case_id IS NOT NULL AS silent"
        " FROM case_view v LEFT JOIN case_language l ON l.case_id = v.case_id"
        " LEFT JOIN quiet q ON q.case_id = v.case_id"
        f" WHERE ({way.condition.replace('$1', 'NULL')}) AND NOT v.closed"
        for way in seen.known().ways
    )
    age = "floor(date_part('epoch', CAST(:now AS timestamptz) - since) / 86400)"
    return (
        f"WITH quiet AS MATERIALIZED ({SILENT}), open AS ({rows}),"
        " told AS (SELECT status, since, region, language, item, silent, due_at,"
        f" least({MOST_DAYS}, greatest(0, {age}))::int AS day,"
        " width_bucket(due_at, CAST(:ends AS timestamptz[])) AS week, due_at <= :now AS late"
        " FROM open) SELECT GROUPING(status, day, week, region, language, item) AS kind,"
        " status, day, week, region, language, item, count(*) AS number,"
        " count(*) FILTER (WHERE silent) AS silent,"
        " count(*) FILTER (WHERE late) AS late, count(due_at) AS due, min(since) AS since,"
        " sum(date_part('epoch', due_at - since)) AS term"
        " FROM told GROUP BY GROUPING SETS ((status, day), (week), (region), (language), (item))"
    )


def week_ends(now: datetime) -> list[date]:
    """The last day that is past, and the last of each of the next weeks."""
    yesterday = local_day(now) - timedelta(days=1)
    return [yesterday + timedelta(days=7 * week) for week in range(WEEKS + 1)]


# What `GROUPING` says of each manner: a bit for each column that was not grouped by.
_OF_DAY: Final = 0b001111
_OF_WEEK: Final = 0b110111
_OF_REGION: Final = 0b111011
_OF_LANGUAGE: Final = 0b111101
_OF_ITEM: Final = 0b111110


def read_figures(connection: Connection, seen: Seen, digits: int) -> OpenFigures:
    """They are found anew each time: this walks over all that is open.

    All cases are walked by oblast: no statement takes longer than a request may.
    """
    now = legal_now(connection)
    ends = [end_of_day(day) + timedelta(seconds=1) for day in week_ends(now)]
    asked = {"now": now, "ends": ends}
    parts = _oblasts(connection) if seen == EVERYTHING else [seen]
    statements = (text(_statement(part, digits)) for part in parts)
    rows = [row for one in statements for row in connection.execute(one, asked)]
    by_status: dict[str, list[Any]] = {}
    for row in rows:
        if row.kind == _OF_DAY:
            by_status.setdefault(row.status, []).append(row)
    # A bucket holds what ends before its bound: the first is what is past.
    weeks = _added(rows, _OF_WEEK, "week", "number")
    return OpenFigures(
        at=now,
        by_status=tuple(_status(status, found) for status, found in sorted(by_status.items())),
        by_week=tuple(WeekFigure(day, weeks[n]) for n, day in enumerate(week_ends(now))),
        by_region=tuple(
            RegionFigure(*one) for one in _in_time_and_silent(rows, _OF_REGION, "region")
        ),
        by_language=tuple(
            LanguageFigure(*one) for one in _in_time_and_silent(rows, _OF_LANGUAGE, "language")
        ),
        by_item=tuple(ItemFigure(*one) for one in _in_time_and_silent(rows, _OF_ITEM, "item")),
    )


def _oblasts(connection: Connection) -> list[Seen]:
    """All cases, by oblast."""
    found = connection.execute(_OBLASTS).scalars()
    return [Seen("case_view", (Way(f"v.oblast = '{one}'"),), None) for one in found]


def _in_time_and_silent(
    rows: Sequence[Any], kind: int, key: str
) -> Iterator[tuple[str, int, int, int]]:
    """Of each of one manner how many have a term, are past it, and are silent; none without all."""
    due, late, silent = (_added(rows, kind, key, name) for name in ("due", "late", "silent"))
    yield from (
        (one, due[one], late[one], silent[one]) for one in sorted(due) if due[one] or silent[one]
    )


def _added(rows: Sequence[Any], kind: int, key: str, name: str) -> Counter[Any]:
    """The sums of one manner."""
    found: Counter[Any] = Counter()
    for row in rows:
        if row.kind == kind:
            found[getattr(row, key)] += getattr(row, name)
    return found


def keep_figures(
    connection: Connection, scope: str, content: Mapping[str, Any], seconds: float
) -> None:
    """What a walk has found, and how long it took, in place of what was found before."""
    values = {"scope": scope, "content": json.dumps(content), "seconds": seconds}
    connection.execute(_KEEP, values)


def waited_for(engine: Engine, item: str) -> Mapping[str, int]:
    """In how many days each supplier brought this item to half of its recipients, or sooner; none
    for a supplier of few. Kept for an hour.
    """
    scope = f"waited:{item}"
    with reads(engine) as connection:
        found: dict[str, int] | None = find_kept(connection, scope, WAITED_SECONDS)
        if found is not None:
            return found
        asked = {"item": item, "others": LEAST_OTHERS}
        found = {str(row.supplier_id): row.days for row in connection.execute(_WAITED, asked)}
    with engine.begin() as connection:
        keep_figures(connection, scope, found, 0)
    return found


def find_kept(connection: Connection, scope: str, seconds: float) -> Any:
    """What is kept of a scope, if that is no older; None otherwise."""
    kept = connection.execute(_FIND_NOW, {"scope": scope}).one_or_none()
    return None if kept is None or kept.age >= seconds else kept.content


async def find_figures(pool: ReadPool, scope: str) -> tuple[Any, float, float] | None:
    """What is kept of a scope, how old it is, and how long its walk took; None: nothing yet."""
    row = await pool.fetchrow(_FIND, scope)
    return None if row is None else (row["content"], row["age"], row["seconds"])


def _status(status: str, rows: Sequence[Any]) -> StatusFigure:
    """All days of one status together."""
    due = sum(row.due for row in rows)
    days = _added(rows, _OF_DAY, "day", "number")
    return StatusFigure(
        status=status,
        count=sum(row.number for row in rows),
        late=sum(row.late for row in rows),
        since=min(row.since for row in rows),
        term_days=round(sum(row.term or 0 for row in rows) / due / 86_400, 1) if due else None,
        days=tuple(sorted(days.items())),
    )
