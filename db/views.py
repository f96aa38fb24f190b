"""The reads of the API: one statement each, over asyncpg, from what the append has written."""

from typing import Any, Final
from uuid import UUID

import asyncpg

# Whose case it is and how far its file goes: enough to answer from what was rendered before.
_STAND: Final = (
    "SELECT seq, recipient_id, representative_id, authority_id, supplier_ids, legal_now() AS now"
    " FROM case_view WHERE case_id = $1"
)
_PAGE: Final = (
    "SELECT v.seq, v.recipient_id, v.representative_id, v.authority_id, v.supplier_ids,"
    " v.view::text AS view, v.state::text AS state, h.edition, legal_now() AS now,"
    " (SELECT json_agg(json_build_object('seq', e.seq, 'type', e.type, 'row', e.row,"
    " 'at', e.at, 'period', e.period, 'actor', e.actor_role, 'message', e.message_id,"
    " 'to', e.data->>'to', 'basis', e.data->>'basis', 'reasons', e.data->'reasons',"
    " 'orders', e.data->'period'->'orders', 'application', e.data->'period'->'application'"
    ") ORDER BY e.seq)::text FROM event e WHERE e.case_id = v.case_id AND e.seq <= v.seq)"
    " AS timeline FROM case_view v JOIN case_head h USING (case_id) WHERE v.case_id = $1"
)
_DEADLINES: Final = (
    "SELECT period, term, revision, expires_at, last_day, certificate::text AS certificate"
    " FROM deadline WHERE case_id = $1 ORDER BY period, term, revision"
)
_TASKS: Final = (
    "SELECT key, code, owner, opened_at FROM task WHERE case_id = $1 ORDER BY opened_at, key"
)


async def read_stand(pool: "asyncpg.Pool[asyncpg.Record]", case_id: UUID) -> Any:
    """Number of the last event and parties of a case, with the legal time; None without a case."""
    return await pool.fetchrow(_STAND, case_id)


async def read_page(pool: "asyncpg.Pool[asyncpg.Record]", case_id: UUID) -> Any:
    """Everything a page is made of: view, state, edition and timeline (JSON texts)."""
    return await pool.fetchrow(_PAGE, case_id)


async def read_deadlines(pool: "asyncpg.Pool[asyncpg.Record]", case_id: UUID) -> list[Any]:
    """Every value that the deadlines of a case ever had."""
    return list(await pool.fetch(_DEADLINES, case_id))


async def read_tasks(pool: "asyncpg.Pool[asyncpg.Record]", case_id: UUID) -> list[Any]:
    """What lies on desks now because of a case."""
    return list(await pool.fetch(_TASKS, case_id))
