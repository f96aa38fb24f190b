"""The proof bundle of a case, for whoever is to check it without us."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import OFFICIALS, Parties, actor_of, is_of_house
from api.auth import Caller, Proven
from api.cases.notices import is_told
from api.cases.pages import PRIVATE, check_access, sight_of
from api.cases.timeline import brought, told_of
from api.deps import Parts, PartsDep, PoolDep
from api.problems import PERSONS
from db.audit import note
from db.auditing import at_one_instant
from db.bundles import bundle
from db.disclosure import Disclosure
from db.pool import ReadPool
from db.views import read_papers
from domain.canonical import sha256_hex
from domain.messages import Role

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
async def read_bundle(pool: PoolDep, parts: PartsDep, reader: Proven, case_id: UUID) -> Response:
    """What proves a case, in one file: events, papers, certificates of deadlines, notices, who
    looked, and the signed heads that have it.

    Caseworkers who see the case and administrators have all of it, also messages and payments (but
    who looked, of caseworkers, those of its authorities alone); recipients, who acts for them, and
    suppliers what they see: what is withheld stands in it by its hash, so that the chain goes on
    holding. Who took it is noted, with its hash.
    """
    parties = Parties.of(await check_access(pool, reader, case_id))
    disclosure = None if reader.role in OFFICIALS else await _disclosure(pool, reader, case_id)
    content = await run_in_threadpool(_bundle, parts, reader, parties, case_id, disclosure)
    saved = {"Content-Disposition": f'attachment; filename="{case_id}.zip"'}
    return Response(content, headers={**PRIVATE, **saved}, media_type=ZIP)


async def _disclosure(pool: ReadPool, reader: Caller, case_id: UUID) -> Disclosure:
    """What a side sees of the case, as every other read of it says."""
    seen = await sight_of(pool, reader, case_id)
    papers = told_of(seen, await read_papers(pool, case_id))
    return Disclosure(
        side=reader.role,
        lines=None if seen is None else seen.lines,
        terms=None if seen is None else seen.terms,
        persons=PERSONS,
        documents=frozenset(brought(papers)),
        notice=lambda one: is_told(one, reader),
        looks=reader.role == Role.RECIPIENT,
    )


def _bundle(
    parts: Parts, reader: Caller, parties: Parties, case_id: UUID, disclosure: Disclosure | None
) -> bytes:
    names = reader.role == Role.ADMINISTRATOR
    ours = reader.role != Role.CASEWORKER or is_of_house(reader, parties)
    with at_one_instant(parts.engine) as connection:
        content = bundle(
            connection, parts.seal, str(case_id), disclosure, names=names, readers=ours
        )
    with parts.engine.begin() as connection:
        told = (parties.recipient, case_id, sha256_hex(content))
        note(connection, actor_of(reader, parties), "document_read", *told)
    return content
