"""What E-Собес sends: journalled before anything else, answered message by message."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import Response

from api.auth import Esobes
from api.deps import EngineDep, Parts, PartsDep, SealDep
from api.intake.bodies import UNREADABLE, split
from api.intake.envelopes import (
    ENVELOPE,
    FAULTS,
    conflict_of,
    is_enveloped,
    open_envelope,
    told_fault,
    told_verdict,
)
from api.problems import Problem, TooLarge
from api.reading import require_json
from api.rendering import dump
from api.work.intake import MessageMistake
from db.dispatches import legal_now
from db.engine import reads
from db.intake import settle_all
from db.intake_tasks import find_return
from db.journal import CONFLICT, REJECTED, JournalVerdict, Raw, find_message, journal, read_verdicts
from db.waits import note
from db.wakes import Untold
from integrations.gateway import DELIVERED
from integrations.shep import Notification
from integrations.xml import MAX_BYTES

router = APIRouter(prefix="/v1/esobes", tags=["systems"])
_MESSAGE: Final = {"type": "object", "description": "As `esobes-message.schema.json` says"}
# Of many each is answered by itself, also what is no message.
_MANY: Final = {"type": "array", "items": {"description": _MESSAGE["description"]}}
_MESSAGES: Final = {"anyOf": [_MESSAGE, _MANY]}


class MessageVerdict(BaseModel):
    """What became of a message.

    `conflict`: its id was used for another one before, or its revision; the mistake says which.
    `waiting`: a revocation whose measure has not come; it takes effect with the measure.
    """

    message_id: str | None
    status: Literal["pending", "accepted", "waiting", "rejected", "conflict"]
    case_id: UUID | None = None
    reference: str | None = None
    errors: list[MessageMistake] = []


class MessageStand(MessageVerdict):
    """A verdict as it stands now. A rejected message may have been returned, and why."""

    returned_at: datetime | None
    return_reason: str | None


@router.post(
    "/messages",
    operation_id="sendMessages",
    response_class=Response,
    responses={
        **FAULTS,
        200: {
            "model": list[MessageVerdict],
            "description": "An array: a verdict a message. An envelope: taken over",
            "content": ENVELOPE,
        },
        202: {"model": MessageVerdict, "description": "One message: taken over"},
        409: {
            "description": "One message: its id or its revision was used for another one before",
            "content": ENVELOPE,
        },
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "One message, an array of up to 1,000, or an envelope with one",
            "content": {
                "application/json": {"schema": _MESSAGES},
                **ENVELOPE,
            },
        }
    },
)
async def send_messages(request: Request, sender: Esobes, parts: PartsDep) -> Response:
    """Send one message or many. The same message again gets the same answer.

    An envelope of the gateway (SOAP) brings one message, and is answered with an envelope.
    """
    if is_enveloped(request):
        return await _take_envelope(request, parts)
    require_json(request)
    body = await request.body()
    messages, many = await run_in_threadpool(_split, parts, body)
    verdicts = await run_in_threadpool(take_in, parts, messages)
    _tell(parts, verdicts)
    if many:
        return _json([told(verdict) for verdict in verdicts], 200)
    (verdict,) = verdicts
    if verdict.status == REJECTED:
        raise Problem("form_invalid", errors=list(verdict.mistakes))
    if verdict.status == CONFLICT:
        raise Problem(conflict_of(verdict), errors=list(verdict.mistakes))
    return _json(told(verdict), 202)


def _split(parts: Parts, body: bytes) -> tuple[list[Raw], bool]:
    """The messages. What is no JSON is kept as it came, is work on a desk, and is a problem."""
    try:
        return split(body)
    except Problem as problem:
        if problem.code == "malformed_json" and body.strip():
            take_in(parts, [Raw(body, None, UNREADABLE)])
        raise


def _tell(parts: Parts, verdicts: Iterable[JournalVerdict]) -> None:
    cases = {verdict.case_id for verdict in verdicts if verdict.case_id}
    parts.link.tell(*map(Untold, cases))


async def _take_envelope(request: Request, parts: Parts) -> Response:
    body = await request.body()
    if len(body) > MAX_BYTES:
        return told_fault(request, TooLarge(MAX_BYTES))
    if not body.strip():
        return told_fault(request, "malformed_envelope")
    notification, verdict = await run_in_threadpool(_take_one, parts, body)
    _tell(parts, [verdict])
    if notification is None:
        return told_fault(request, "malformed_envelope")
    return told_verdict(request, notification, verdict)


def _take_one(parts: Parts, body: bytes) -> tuple[Notification | None, JournalVerdict]:
    with reads(parts.engine) as connection:
        at = legal_now(connection)
    notification, raw = open_envelope(body, at, parts.gateway)
    (verdict,) = take_in(parts, [raw], delivered=parts.tells_gateway)
    return notification, verdict


@router.get(
    "/messages/{message_id}",
    operation_id="readMessage",
    response_class=Response,
    responses={200: {"model": MessageStand, "description": "How it stands"}},
)
def read_message(sender: Esobes, engine: EngineDep, seal: SealDep, message_id: str) -> Response:
    """What became of a message."""
    with reads(engine) as connection:
        verdict = find_message(connection, message_id)
        returned_at, reason = find_return(connection, seal, message_id) or (None, None)
    if verdict is None:
        raise Problem("not_found")
    stand = {**told(verdict), "returned_at": returned_at, "return_reason": reason}
    return _json(stand, 200)


def take_in(parts: Parts, messages: list[Raw], *, delivered: bool = False) -> list[JournalVerdict]:
    """Journal, commit, settle: the verdicts in the order of the messages.

    `delivered`: whoever brought them is told that they have come.
    """
    engine, sealer = parts.engine, parts.seal
    with reads(engine) as connection:
        entries = journal(connection, sealer, messages)
    rows = list(dict.fromkeys(entry.id for entry in entries))
    if delivered:
        with engine.begin() as connection:
            for row in rows:
                note(connection, row, DELIVERED)
    settle_all(engine, sealer, rows, parts.gateway)
    with reads(engine) as connection:
        found = read_verdicts(connection, rows)
    return [found[entry.id] for entry in entries]


def told(verdict: JournalVerdict) -> dict[str, Any]:
    """A verdict in JSON."""
    return {
        "message_id": verdict.message_id,
        "status": verdict.status,
        "case_id": verdict.case_id,
        "reference": verdict.reference,
        "errors": list(verdict.mistakes),
    }


def _json(content: Any, status: int) -> Response:
    return Response(dump(content), status, media_type="application/json")
