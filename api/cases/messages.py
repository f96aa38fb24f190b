"""What became of a message."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection
from starlette.responses import Response

from api.access import OFFICIALS, Parties, may_see
from api.auth import Caller, Reader
from api.cases.calls import told_outcome
from api.cases.pages import PRIVATE
from api.deps import Parts, PartsDep
from api.door import Decided, outcome_in_file
from api.labels import labelled
from api.problems import Problem
from api.rendering import dump
from api.schemas import MessageStatus
from api.words import words_of
from db.engine import reads
from db.inbox import read_bodies, read_body
from db.requests import Request, read_case_row, read_request, read_requests
from db.sealing import Seal, Unreadable
from domain.messages import Role

router = APIRouter(prefix="/v1/messages", tags=["messages"])


@router.get(
    "/{message_id}",
    operation_id="readOutcome",
    response_class=Response,
    responses={
        200: {"model": MessageStatus, "description": "Recorded or refused"},
        202: {"model": MessageStatus, "description": "Kept, and not recorded yet"},
    },
)
async def read_message(parts: PartsDep, reader: Reader, message_id: UUID) -> Response:
    """Recorded, refused or pending; with its words, for those who wrote or judge them."""
    told = await run_in_threadpool(_read, parts, reader, message_id)
    pending = told["status"] == "pending"
    headers = {**PRIVATE, **({"Retry-After": "1"} if pending else {})}
    return Response(dump(labelled(told)), 202 if pending else 200, headers, "application/json")


def _read(parts: Parts, reader: Caller, message_id: UUID) -> dict[str, Any]:
    with reads(parts.engine) as connection:
        request = read_request(connection, message_id)
        if request is None or not _may_read(reader, request):
            raise Problem("not_found")
        row = read_case_row(connection, request.case_id)
        if row is None or row.seq is None or not may_see(reader, Parties.of(row._mapping)):
            raise Problem("not_found")
        outcome = Decided(message_id, request.case_id, request.name, refused=_refused(request))
        if request.refused is None:
            outcome = outcome_in_file(connection, message_id, request.case_id, request.name)
        try:
            body = read_body(connection, parts.seal, str(request.case_id), str(message_id))
        except Unreadable:  # the person was erased: what they said is gone with them
            body = None
    return {
        "id": message_id,
        "case": f"/v1/cases/{request.case_id}",
        "name": request.name,
        "status": _status(outcome),
        "submitted_at": request.submitted_at,
        "words": words_of(body),
        "outcome": None if outcome.pending else told_outcome(outcome),
    }


def words_in(
    connection: Connection, seal: Seal, reader: Caller, case_id: UUID, lines: list[dict[str, Any]]
) -> dict[str, dict[str, str]]:
    """What those who acted said in their own words, by the address of the message, as far as the
    reader may read it.
    """
    found = {UUID(one["message"].rpartition("/")[2]) for one in lines if one["message"]}
    asked = read_requests(connection, case_id, found) if found else []
    ids = [one.id for one in asked if one.actor_id and _may_read(reader, one)]
    bodies = read_bodies(connection, seal, case_id, ids) if ids else {}
    said = {f"/v1/messages/{id_}": words_of(body) for id_, body in bodies.items()}
    return {message: words for message, words in said.items() if words}


def _may_read(reader: Caller, request: Request) -> bool:
    """Those who judge, and who sent it."""
    if reader.role in OFFICIALS:
        return True
    same = reader.role.value == request.actor_role and reader.person == request.actor_id
    if reader.role == Role.SUPPLIER and reader.on_behalf_of != request.on_behalf_of:
        return False
    return same and reader.person is not None


def _refused(request: Request) -> tuple[dict[str, Any], ...] | None:
    return None if request.refused is None else tuple(request.refused)


def _status(outcome: Decided) -> str:
    if outcome.refused is not None:
        return "refused"
    return "recorded" if outcome.events else "pending"
