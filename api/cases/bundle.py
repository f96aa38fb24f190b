"""The proof bundle of a case, for whoever is to check it without us."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Parties, actor_of
from api.auth import Caller, Official
from api.cases.pages import PRIVATE, check_access
from api.deps import Parts, PartsDep, PoolDep
from db.audit import note
from db.auditing import at_one_instant
from db.bundles import bundle
from domain.canonical import sha256_hex

router = APIRouter(prefix="/v1/cases", tags=["record"])
ZIP: Final = "application/zip"


@router.get(
    "/{case_id}/bundle",
    operation_id="readBundle",
    response_class=Response,
    responses={
        200: {
            "description": "A ZIP that `docs/verify_bundle.py` checks offline",
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def read_bundle(
    pool: PoolDep, parts: PartsDep, official: Official, case_id: UUID
) -> Response:
    """Everything that proves what happened in a case, in one file: events, messages, papers,
    certificates of deadlines, payments, notices, reads, and the signed heads that have it.

    For caseworkers who see the case and administrators: whole events are in it, also what neither
    side is told. Who took it is noted, with its hash.
    """
    parties = Parties.of(await check_access(pool, official, case_id))
    content = await run_in_threadpool(_bundle, parts, official, parties, case_id)
    saved = {"Content-Disposition": f'attachment; filename="{case_id}.zip"'}
    return Response(content, headers={**PRIVATE, **saved}, media_type=ZIP)


def _bundle(parts: Parts, official: Caller, parties: Parties, case_id: UUID) -> bytes:
    with at_one_instant(parts.engine) as connection:
        content = bundle(connection, parts.seal, str(case_id))
    with parts.engine.begin() as connection:
        told = (parties.recipient, case_id, sha256_hex(content))
        note(connection, actor_of(official, parties), "document_read", *told)
    return content
