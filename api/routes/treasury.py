"""Status reports of the treasury: compared with the file and the signed account, and recorded."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Engine
from starlette.responses import Response

from activities.payments import describe_report
from api.auth import Treasury
from api.deps import DoorDep, PartsDep
from api.door import Asked, Desk, Outcome, Prepared
from api.mistakes import mistake_at
from api.problems import Invalid, Problem
from api.reading import read_xml
from api.rendering import dump
from db.dispatches import find_payment
from db.sealing import Seal
from domain.canonical import canonical_bytes, sha256_hex
from integrations.errors import MalformedReport
from integrations.reports import read_report
from integrations.words import Word

router = APIRouter(prefix="/v1/treasury", tags=["systems"])
log = structlog.get_logger(__name__)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "ISO 20022 pain.002, camt.054 or camt.053 of any version, on one payment",
        "content": {"application/xml": {"schema": {"type": "string"}}},
    }
}


class Reported(BaseModel):
    """`recorded`: the case file has it; else it is kept and will be recorded."""

    message: UUID
    recorded: bool


@dataclass(frozen=True, slots=True)
class Comparing:
    """Makes a report into what the decider sees: sums as told, the payee as matching or not."""

    seal: Seal
    word: Word

    def prepare(self, desk: Desk) -> Prepared:
        with desk.engine.connect() as connection:
            data = describe_report(connection, self.seal, desk.case.id, self.word)
        return Prepared(data=data)


@router.post(
    "/status-reports",
    operation_id="reportStatus",
    response_class=Response,
    responses={
        200: {"model": Reported, "description": "Recorded"},
        202: {"model": Reported, "description": "Kept, and not recorded yet"},
        404: {"description": "There is no payment of this key"},
    },
    openapi_extra=_BODY,
)
async def report_status(
    request: Request, treasury: Treasury, parts: PartsDep, door: DoorDep
) -> Response:
    """What became of a payment. The same report again is one report."""
    word = await run_in_threadpool(_parse, await read_xml(request))
    found = await run_in_threadpool(_find, parts.engine, word.key)
    content = _content(word)
    asked = Asked(
        case_id=UUID(found[0]),
        name="payment_reported",
        caller=treasury,
        key=f"{word.key}:{word.status}:{sha256_hex(content)[:16]}",
        body=content,
        prepare=Comparing(parts.seal, word).prepare,
        period=found[1],
        notice=True,
    )
    outcome: Outcome = await door.command(asked)
    told = {"message": outcome.message_id, "recorded": not outcome.pending}
    return Response(dump(told), 202 if outcome.pending else 200, media_type="application/json")


def _parse(body: bytes) -> Word:
    try:
        return read_report(body).told[0].word
    except MalformedReport as malformed:
        places = dict.fromkeys(told.partition(":")[0] for told in malformed.mistakes)
        raise Invalid(mistake_at(place, "wrong_format") for place in places) from None


def _find(engine: Engine, key: str) -> tuple[str, int]:
    with engine.connect() as connection:
        found = find_payment(connection, key)
    if found is None:
        log.warning("a status report about a payment that is not ours")
        raise Problem("not_found")
    return found


def _content(word: Word) -> bytes:
    """What a word says, without the envelope in which it comes: a repetition says the same."""
    return canonical_bytes(
        {
            "key": word.key,
            "status": word.status,
            "reason": word.reason,
            "reference": word.reference,
            "amount": word.amount,
            "payee_iban": word.payee_iban,
            "payee_identifier": word.payee_identifier,
            "source": word.source,
        }
    )
