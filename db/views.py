"""The reads of the API: one statement each, from what a take has written."""

import json
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from db.escalations import ASKED, UNHELD, asked_of
from db.lists import EVERYTHING, OWN, Seen, few
from db.notices import last_notices
from db.pool import ReadPool
from db.tables import PAPERS

# Which authorities of a case could not pay now.
_WITHOUT_ACCOUNT: Final = (
    " ARRAY(SELECT a.id::text FROM authority a WHERE a.id = ANY(v.authority_id || v.payer_ids)"
    " AND a.record -> 'account' IS NULL ORDER BY 1) AS without_account"
)
# By year, what the person's other cases hold of the norm of its item.
_NORM_HELD: Final = (
    " CASE WHEN NOT v.closed THEN (SELECT json_object_agg(n.year, n.held ORDER BY n.year)::text"
    " FROM (SELECT n.year, sum(n.quantity) AS held FROM norm_use n WHERE n.item = v.item"
    " AND n.person_id = v.recipient_id AND n.case_id <> v.case_id GROUP BY n.year) n)"
    " END AS norm_held"
)
# Whose case it is and how far its file goes.
_STAND: Final = (
    "SELECT s.seq, v.recipient_id, v.representative_ids, v.authority_id, v.payer_ids,"
    f" v.supplier_ids, v.region, s.edition,{ASKED}"
    " FROM case_view v JOIN case_state s USING (case_id) WHERE v.case_id = $1"
)
# Whose part the first one was, where an event is the second part of a decision of two.
_FIRST_BY: Final = (
    "coalesce(e.data->'first'->>'by', CASE WHEN e.type = 'approved' THEN jsonb_path_query_array("
    """e.data, '$.period.decisions[*] ? (@.kind == "approve" && @.by != $second).by',"""
    " jsonb_build_object('second', e.actor_id::text))->>-1 END)"
)
# A line of a timeline, with the application and the paper that its event brought, and the day of a
# revocation that it told ahead.
_LINE: Final = (
    "e.seq, e.type, e.row, e.at, e.period, e.actor_role AS actor, e.actor_id,"
    " e.message_id AS message,"
    " e.data->>'to' AS to, e.data->>'basis' AS basis, e.data->'reasons' AS reasons,"
    f" e.data->'first'->>'message' AS first, {_FIRST_BY} AS first_by, e.data->'paper' AS paper,"
    " e.data->'documents' AS documents, e.data->'period'->'application' AS application,"
    " e.data->'case'->'measure'->'revocation'->>'effective_on' AS ahead"
)


# What only says that a message was written down is folded away.
_TOLD: Final = "e.type <> 'noted'"


def _last(of: str, most: str) -> str:
    """SQL: the last lines of the case `v` up to where it stands, in order, as one JSON text."""
    return (
        f"(SELECT json_agg(l ORDER BY l.seq)::text FROM (SELECT {_LINE} FROM event e"
        f" WHERE e.case_id = v.case_id AND e.seq <= s.seq AND {of}"
        f" ORDER BY e.seq DESC LIMIT {most}) l)"
    )


# By which what was rendered before is known to hold: every take writes the row of the state anew.
_STANDS: Final = (
    f"SELECT v.case_id, s.xid, legal_now() AS now,{ASKED},{UNHELD},{_WITHOUT_ACCOUNT},"
    f"{_NORM_HELD}"
    " FROM case_view v JOIN case_state s USING (case_id) WHERE v.case_id = ANY($1::uuid[])"
)
# Whoever has just written the state up to `$4` need not be given it.
_PAGE: Final = (
    "SELECT s.seq, s.xid, v.recipient_id, v.representative_ids, v.authority_id,"
    " v.payer_ids, v.supplier_ids, v.region,"
    " CASE WHEN s.seq <> $4 THEN s.state::text END AS state, s.edition, legal_now() AS now,"
    f"{ASKED},{UNHELD},{_WITHOUT_ACCOUNT},{_NORM_HELD},"
    f" coalesce({_last(_TOLD, '$2')}, '[]') AS timeline,"
    f" coalesce({_last(PAPERS, '$3')}, '[]') AS papers,"
    f" {last_notices('v.case_id', 'true', '$3')} AS notices,"
    " (SELECT max(c.at) FROM erasure_certificate c WHERE c.person_id = v.recipient_id) AS erased_at"
    " FROM case_view v JOIN case_state s USING (case_id) WHERE v.case_id = $1"
)
_ARRIVAL: Final = (
    "SELECT h.edition, i.data->'measure' AS measure, i.submitted_at, legal_now() AS now"
    " FROM case_head h JOIN inbox i USING (case_id)"
    " WHERE h.case_id = $1 AND i.name = 'measure_arrived' ORDER BY i.place LIMIT 1"
)
_REFERENCE: Final = "SELECT reference FROM case_head WHERE case_id = $1"
_OF_REFERENCE: Final = "SELECT case_id FROM case_head WHERE reference = $1"
_DEADLINES: Final = (
    "SELECT period, term, revision, expires_at, last_day, certificate::text AS certificate"
    " FROM deadline WHERE case_id = $1 ORDER BY period, term, revision"
)
# Of one deadline, with the event that made each value, and the first one that had it stand still
# before the next value.
_REVISIONS: Final = (
    "SELECT r.*, h.type AS halted_by, h.at AS halted_at, h.data->>'basis' AS halted_on FROM ("
    " SELECT d.revision, d.certificate::text AS certificate, e.type, e.at, e.seq,"
    " e.data->>'basis' AS basis, jsonb_path_exists(e.data, '$.deadlines[*]"
    " ? (@.term == $term && @.stopped == true)', jsonb_build_object('term', d.term))"
    " AS stands_still, lead(e.seq) OVER (ORDER BY d.revision) AS next_seq"
    " FROM deadline d JOIN event e"
    " ON e.case_id = d.case_id AND e.period = d.period AND e.data->'deadlines'"
    " @> jsonb_build_array(jsonb_build_object('term', d.term, 'revision', d.revision))"
    " WHERE d.case_id = $1 AND d.period = $2 AND d.term = $3) r"
    " LEFT JOIN LATERAL (SELECT p.type, p.at, p.data FROM event p WHERE p.case_id = $1"
    " AND p.period = $2 AND p.seq > r.seq AND (r.next_seq IS NULL OR p.seq < r.next_seq)"
    " AND p.data->'pauses' ? $3 ORDER BY p.seq LIMIT 1) h ON true ORDER BY r.revision"
)
_TIMELINE: Final = (
    "SELECT row_to_json(l)::text AS line FROM ("
    f"SELECT {_LINE} FROM event e WHERE e.case_id = $1 AND e.seq > $2 AND {{of}}"
    " ORDER BY e.seq LIMIT $3) l"
)
_CABINET: Final = (
    "SELECT v.case_id, v.recipient_id, v.status, v.closed, v.due_at, v.item, v.reference, v.since,"
    " v.waits_for, v.due_term,"
    f" (s.state->'measure')::text AS measure FROM {few(OWN)} v JOIN case_state s USING (case_id)"
    " ORDER BY v.case_id"
)
_ASKED_IN_PERSON: Final = asked_of("$4::uuid", everything_else=False)
_SETTLED_AT: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# `seen` names the suppliers for whom a take changed something, with the number they see.
_CHANGES: Final = (
    "SELECT e.xid, e.case_id, max(e.seq) AS seq, max(e.at) AS at, v.recipient_id,"
    " v.representative_ids, v.authority_id, v.payer_ids, v.supplier_ids, v.region,"
    f"{ASKED},"
    " (SELECT json_object_agg(s.supplier_id, s.seq) FROM supplier_view s"
    " WHERE s.case_id = e.case_id AND s.xid = e.xid)::text AS seen"
    " FROM event e JOIN {source} v USING (case_id)"
    " WHERE (e.xid, e.case_id) > ($2::bigint, $3::uuid) AND e.xid >= $2"
    " AND e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND ({access} OR"
    f" EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = v.case_id AND {_ASKED_IN_PERSON}))"
    " GROUP BY e.xid, e.case_id, v.case_id, v.recipient_id, v.representative_ids, v.authority_id,"
    " v.payer_ids, v.supplier_ids, v.region ORDER BY e.xid, e.case_id LIMIT 500"
)
_SUPPLIER_CHANGES: Final = (
    "SELECT s.xid, s.case_id, s.seq, e.at, v.recipient_id, v.representative_ids, v.authority_id,"
    " v.payer_ids, v.supplier_ids, v.region, '{}'::uuid[] AS asked_ids,"
    " json_build_object(s.supplier_id, s.seq)::text AS seen"
    " FROM supplier_view s JOIN case_view v USING (case_id)"
    " JOIN event e ON e.case_id = s.case_id AND e.seq = s.seq"
    " WHERE s.supplier_id = $1 AND (s.xid, s.case_id) > ($2::bigint, $3::uuid)"
    " AND s.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    " ORDER BY s.xid, s.case_id LIMIT 500"
)
_FILE: Final = (
    "SELECT e.seq, e.type, e.row, e.message_id, e.at, e.actor_role, e.actor_id, e.on_behalf_of,"
    " e.period, e.data::text AS data,"
    f" (SELECT row_to_json(l)::text FROM (SELECT {_LINE}) l) AS line"
    " FROM event e WHERE e.case_id = $1 AND e.seq <= $2 ORDER BY e.seq"
)


async def read_stand(pool: ReadPool, case_id: UUID) -> Any:
    """Number of the last event and parties of a case; None without one."""
    return await pool.fetchrow(_STAND, case_id)


async def read_arrival(pool: ReadPool, case_id: UUID) -> Any:
    """The message that opened a case whose file has no event yet; None without a case."""
    return await pool.fetchrow(_ARRIVAL, case_id)


async def read_stands(pool: ReadPool, cases: Collection[UUID]) -> dict[UUID, Any]:
    """By which transaction each of these cases was written last, what counts beside it, and the
    legal time.
    """
    rows = await pool.fetch(_STANDS, list(cases))
    return {row["case_id"]: row for row in rows}


async def read_page(pool: ReadPool, case_id: UUID, lines: int, papers: int, known: int) -> Any:
    """Everything a page is made of: view, state, edition, the last `lines` of the timeline, and the
    last `papers` that brought documents (JSON texts). The state is None after `known` events.
    """
    return await pool.fetchrow(_PAGE, case_id, lines, papers, known)


async def read_reference(pool: ReadPool, case_id: UUID) -> str:
    """By which people name a case that there is."""
    found: str = await pool.fetchval(_REFERENCE, case_id)
    return found


async def find_reference(pool: ReadPool, reference: str) -> UUID | None:
    """The case of a reference; None without one."""
    row = await pool.fetchrow(_OF_REFERENCE, reference)
    return None if row is None else row["case_id"]


async def read_deadlines(pool: ReadPool, case_id: UUID) -> list[Any]:
    """Every value that the deadlines of a case ever had."""
    return await pool.fetch(_DEADLINES, case_id)


async def read_revisions(pool: ReadPool, case_id: UUID, period: int, term: str) -> list[Any]:
    """Every value that one deadline ever had, with what made it; none if there is no such term."""
    return await pool.fetch(_REVISIONS, case_id, period, term)


async def read_timeline(
    pool: ReadPool, case_id: UUID, after: int, most: int
) -> list[dict[str, Any]]:
    """Events of a case after a number, as the page has them."""
    return await _lines(pool, "true", case_id, after, most)


async def read_papers(pool: ReadPool, case_id: UUID) -> list[dict[str, Any]]:
    """Likewise all that brought documents into the file."""
    return await _lines(pool, PAPERS, case_id, 0, None)


async def _lines(pool: ReadPool, of: str, *asked: Any) -> list[Any]:
    rows = await pool.fetch(_TIMELINE.format(of=of), *asked)
    return [json.loads(row["line"]) for row in rows]


async def read_cabinet(pool: ReadPool, person: UUID) -> list[Any]:
    """The cases of a person and of those for whom they act, the oldest first."""
    return await pool.fetch(_CABINET, person)


async def read_settled(pool: ReadPool) -> int:
    """The oldest transaction still open: nothing can still appear below it."""
    found: int = await pool.fetchval(_SETTLED_AT)
    return found


async def read_changes(
    pool: ReadPool,
    after: tuple[int, UUID],
    seen: Seen = EVERYTHING,
    asked: UUID | None = None,
) -> list[Any]:
    """Appends after (transaction, case), oldest first: one row for each, at most 500.

    Also of cases in which an open question is put to the person `asked`.
    """
    fenced = all(way.few for way in seen.ways)
    source = few(seen.condition) if fenced else "case_view"
    statement = _CHANGES.format(access=seen.condition, source=source)
    return await pool.fetch(statement, seen.owner, *after, asked)


async def read_supplier_changes(
    pool: ReadPool, after: tuple[int, UUID], supplier: UUID | None
) -> list[Any]:
    """Likewise, of what a supplier sees: the last change of each case."""
    return await pool.fetch(_SUPPLIER_CHANGES, supplier, *after)


async def read_file(pool: ReadPool, case_id: UUID, upto: int) -> list[dict[str, Any]]:
    """The events of a file up to a number, whole, each with its `line` of the timeline as JSON."""
    rows = await pool.fetch(_FILE, case_id, upto)
    return [{**row, "data": json.loads(row["data"])} for row in rows]
