"""Who has read which part of a case, when, and what the case was to them.

One row for an hour of one reader and one part: whoever follows a page makes one, and its number of
times grows. What a case was to its reader is found when the row is first written, from the work and
the parties that it has then.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg.errors import CheckViolation
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import IntegrityError

from db.engine import reads
from db.escalations import asked_of
from db.read_tables import OUTSIDE

MOST_OFFICIALS: Final = 500
# What a case is to who reads it, the nearest first. A case whose file has no event yet has no view:
# whoever sees it is of its house.
_ASKED: Final = asked_of("r.actor_id", everything_else=False)
_STANDING: Final = (
    "CASE WHEN r.role IN ('recipient', 'supplier') THEN 'party'"
    " WHEN EXISTS (SELECT 1 FROM work w JOIN assignment a ON a.work_id = w.id"
    "  WHERE w.case_id = r.case_id AND a.person_id = r.actor_id) THEN 'held'"
    " WHEN EXISTS (SELECT 1 FROM work w WHERE w.case_id = r.case_id"
    "  AND w.holder = r.role || ':' || r.place) THEN 'listed'"
    " WHEN v.case_id IS NULL OR r.place = ANY(CAST(v.authority_id || v.payer_ids AS text[]))"
    "  OR (r.role = 'commission' AND r.place <> '' AND starts_with(v.region, r.place))"
    "  THEN 'house'"
    " WHEN EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = r.case_id"
    f"  AND {_ASKED}) THEN 'asked' ELSE 'outside' END"
)
# By how much the legal clock is ahead of the one by which a process notes.
_AHEAD: Final = "(legal_now() - clock_timestamp())"
_MONTHS: Final = text(f"SELECT months_of_reads(:since + {_AHEAD}, :until + {_AHEAD})")
_WRITE: Final = text(
    "WITH r AS (SELECT case_id, date_trunc('hour', since + ahead) AS hour, actor_id, role, place,"
    " part, purpose, min(since + ahead) AS first_at, max(until + ahead) AS last_at,"
    f" sum(times) AS times FROM (SELECT *, {_AHEAD} AS ahead FROM"
    " unnest(CAST(:case_id AS uuid[]), CAST(:actor_id AS uuid[]), CAST(:role AS text[]),"
    " CAST(:place AS text[]), CAST(:part AS text[]), CAST(:purpose AS text[]),"
    " CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]), CAST(:times AS int[]))"
    " AS said(case_id, actor_id, role, place, part, purpose, since, until, times) OFFSET 0) AS said"
    " GROUP BY 1, 2, 3, 4, 5, 6, 7)"
    " INSERT INTO case_read AS known (case_id, hour, actor_id, role, place, part, purpose,"
    " standing, first_at, last_at, times) SELECT r.case_id, r.hour, r.actor_id, r.role, r.place,"
    f" r.part, r.purpose, {_STANDING}, r.first_at, r.last_at, r.times"
    " FROM r LEFT JOIN case_view v ON v.case_id = r.case_id"
    " ORDER BY r.case_id, r.hour, r.actor_id, r.role, r.place, r.part, r.purpose"
    " ON CONFLICT (case_id, hour, actor_id, role, place, part, purpose) DO UPDATE SET"
    " last_at = greatest(known.last_at, excluded.last_at), times = known.times + excluded.times"
)
_SHOWN: Final = (
    "SELECT r.id, r.case_id, h.reference, r.actor_id, r.role, r.place, r.part, r.purpose,"
    " r.standing, r.first_at, r.last_at, r.times"
    " FROM case_read r JOIN case_head h ON h.case_id = r.case_id WHERE {of}"
    " AND r.id < coalesce(CAST(:after AS bigint), 9223372036854775807)"
    " ORDER BY r.id DESC LIMIT :most"
)
_OF_CASE: Final = text(_SHOWN.format(of="r.case_id = :of"))
_OF_PERSON: Final = text(
    _SHOWN.format(
        of="r.case_id = ANY(ARRAY(SELECT c.case_id FROM case_head c WHERE c.person_id = :of))"
    )
)
_BY_PERSON: Final = text(_SHOWN.format(of="r.actor_id = :of"))
# Those who looked elsewhere are few, and found by an index of their own; then all that these read.
_UNUSUAL: Final = text(
    "WITH since AS (SELECT date_trunc('hour', legal_now() - CAST(:window AS interval)) AS hour),"
    " looked AS (SELECT DISTINCT r.actor_id FROM case_read r, since"
    f" WHERE r.hour >= since.hour AND r.{OUTSIDE}),"
    " pairs AS (SELECT r.actor_id, r.role, r.place, r.case_id, sum(r.times) AS times,"
    " min(array_position(CAST(:nearest AS text[]), r.standing)) AS nearest"
    " FROM looked JOIN case_read r USING (actor_id), since WHERE r.hour >= since.hour"
    " AND r.standing <> 'party' GROUP BY 1, 2, 3, 4)"
    " SELECT actor_id, role, place, count(*) AS cases, sum(times)::bigint AS times,"
    " count(*) FILTER (WHERE nearest = 1) AS held, count(*) FILTER (WHERE nearest = 2) AS listed,"
    " count(*) FILTER (WHERE nearest = 3) AS house, count(*) FILTER (WHERE nearest = 4) AS asked,"
    " count(*) FILTER (WHERE nearest = 5) AS outside FROM pairs GROUP BY 1, 2, 3"
    " HAVING count(*) FILTER (WHERE nearest = 5) > 0"
    " ORDER BY count(*) FILTER (WHERE nearest = 5)::float8 / count(*) DESC, cases DESC, actor_id"
    " LIMIT :most"
)
NEAREST: Final = ("held", "listed", "house", "asked", "outside")


class CaseRead(NamedTuple):
    """Who read which part of which case: `place` is where they stand, as of an official; `purpose`
    is empty where none was asked for.
    """

    case_id: str
    actor_id: UUID
    role: str
    place: UUID | str
    part: str
    purpose: str


@dataclass(slots=True)
class Repeated:
    """When somebody read the same, first and last, and how often."""

    since: datetime
    until: datetime
    times: int = 1


def write_reads(engine: Engine, found: Collection[tuple[CaseRead, Repeated]]) -> None:
    """Write them down; what was read before in the same hour is one row with it.

    The first of a month finds no place for it yet, and makes it.
    """
    columns = {
        **{name: [str(getattr(read, name)) for read, _ in found] for name in CaseRead._fields},
        **{name: [getattr(one, name) for _, one in found] for name in Repeated.__slots__},
    }
    with reads(engine) as connection:
        try:
            connection.execute(_WRITE, columns)
        except IntegrityError as error:
            if not isinstance(error.orig, CheckViolation):
                raise
            since, until = min(columns["since"]), max(columns["until"])
            connection.execute(_MONTHS, {"since": since, "until": until})
            connection.execute(_WRITE, columns)


def reads_of_case(
    connection: Connection, case_id: UUID, after: int | None, most: int
) -> list[Row[Any]]:
    """Who read a case, the newest first."""
    return list(connection.execute(_OF_CASE, {"of": case_id, "after": after, "most": most}))


def reads_of_person(
    connection: Connection, person: UUID, after: int | None, most: int
) -> list[Row[Any]]:
    """Who read any case of a recipient, the newest first."""
    return list(connection.execute(_OF_PERSON, {"of": person, "after": after, "most": most}))


def reads_by_person(
    connection: Connection, person: UUID, after: int | None, most: int
) -> list[Row[Any]]:
    """What somebody read, the newest first."""
    return list(connection.execute(_BY_PERSON, {"of": person, "after": after, "most": most}))


def unusual_readers(connection: Connection, window: timedelta) -> list[Row[Any]]:
    """Officials who lately read cases that were nothing of theirs: how many cases they read, and
    what these were to them at the nearest; first those of whose cases most were nothing of theirs.
    """
    asked = {"window": window, "nearest": list(NEAREST), "most": MOST_OFFICIALS}
    return list(connection.execute(_UNUSUAL, asked))
