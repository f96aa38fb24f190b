"""Cases whose files another session holds, and who that is: seen by asking the server alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from db.operations import MACHINE, Trouble

# A take lasts some milliseconds, and whoever finds a file held waits five seconds at most.
HELD_AFTER: Final = timedelta(seconds=3)
# Whose rights suffice is told since when a session is at it; of others it is known from the first
# of those that wait for it. Only who waits for a row stands in the list of locks, at its place.
_HOLDERS: Final = text(
    "WITH locks AS MATERIALIZED (SELECT * FROM pg_locks),"
    " heads AS (SELECT * FROM locks WHERE relation = 'case_head'::regclass"
    "  AND mode <> 'AccessShareLock'"
    "  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),"
    " waiting AS (SELECT w.transactionid AS xid, min(w.waitstart) AS since,"
    "  array_agg('(' || t.page || ',' || t.tuple || ')') AS places"
    "  FROM locks w JOIN heads t USING (pid) WHERE w.locktype = 'transactionid' AND NOT w.granted"
    "  AND t.locktype = 'tuple' AND t.granted GROUP BY w.transactionid),"
    " holders AS (SELECT a.*, w.places, coalesce(a.xact_start, w.since) AS since"
    "  FROM pg_stat_activity a LEFT JOIN waiting w ON w.xid = a.backend_xid"
    "  WHERE a.pid <> pg_backend_pid() AND a.backend_xid IS NOT NULL"
    "  AND a.pid IN (SELECT pid FROM heads WHERE locktype = 'relation' AND granted))"
    " SELECT pid, application_name, CAST(backend_xid AS text) AS xid,"
    "  coalesce(places, '{}') AS places, since, clock_timestamp() - since AS age,"
    "  CASE WHEN state IS NULL THEN 'unknown' WHEN starts_with(state, 'idle') THEN 'idle'"
    "   WHEN wait_event_type = 'Lock' THEN 'waits' ELSE 'works' END AS doing"
    " FROM holders WHERE since < clock_timestamp() - CAST(:held AS interval) ORDER BY since"
)
# A row that is locked bears the number of the transaction. Asked only where somebody holds one.
_HELD: Final = text(
    "SELECT h.case_id, h.reference, coalesce(v.status, 'none') AS status,"
    " CAST(h.xmax AS text) AS xid, CAST(h.ctid AS text) AS place"
    " FROM case_head h LEFT JOIN case_view v USING (case_id)"
    " WHERE (h.xmax = ANY(CAST(:xids AS xid[])) OR h.ctid = ANY(CAST(:places AS tid[])))"
    " AND (CAST(:authority AS uuid) IS NULL OR v.authority_id = :authority"
    "  OR v.payer_ids @> ARRAY[CAST(:authority AS uuid)])"
    " LIMIT :most"
)


class _Holder(NamedTuple):
    """A session that holds files. `doing`: `idle` (asks nothing), `works`, `waits` or `unknown`."""

    pid: int
    application_name: str
    xid: str
    places: Sequence[str]
    since: datetime
    age: timedelta
    doing: str


def locked(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Cases that nobody can open, the longest held first: a session holds their files.

    Told is its number, what it calls itself and whether it does anything, never what it asks.
    `authority` None: of every authority.
    """
    found = connection.execute(_HOLDERS, {"held": HELD_AFTER})
    holders = [_Holder(*(getattr(row, name) for name in _Holder._fields)) for row in found]
    if not holders:
        return []
    by_xid = {one.xid: one for one in holders}
    by_place = {place: one for one in holders for place in one.places}
    named = {"xids": list(by_xid), "places": list(by_place), "authority": authority, "most": most}
    held = connection.execute(_HELD, named).mappings()
    told = [_told(row, by_place.get(row["place"]) or by_xid[row["xid"]]) for row in held]
    return sorted(told, key=lambda one: one.since)


def _told(row: RowMapping, by: _Holder) -> Trouble:
    return Trouble(
        case_id=str(row["case_id"]),
        reference=row["reference"],
        status=row["status"],
        cause="locked",
        since=by.since,
        age_seconds=round(by.age.total_seconds()),
        who=MACHINE,
        remedies=("inspect", "end_session"),
        detail={"session": by.pid, "program": by.application_name, "doing": by.doing},
    )
