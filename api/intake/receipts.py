"""Delivery receipts of the SMS and mail gateway: kept, and handed on to the cases they prove."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Engine

from api.auth import Gateway
from api.deps import Parts, PartsDep
from api.problems import Problem
from db.dispatches import hear, note_receipt
from db.engine import reads
from db.inbox import Stored
from db.reports import keep_receipt
from db.sealing import Seal
from integrations.errors import MalformedReceipt
from integrations.receipts import Receipt, number_of, read_receipt

router = APIRouter(prefix="/v1/receipts", tags=["systems"])
Channel = Literal["sms", "email"]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["id", "state", "at"],
                    "properties": {
                        "id": {"type": "string", "minLength": 1, "maxLength": 200},
                        "state": {"type": "string"},
                        "at": {"type": "string", "format": "date-time"},
                    },
                }
            }
        },
    }
}


class Received(BaseModel):
    """How many cases learn something from a receipt; also one that is not ours is kept.

    One that cannot be read is kept too, and is work for an administrator: then it has `mistakes`,
    “place: rule”.
    """

    cases: int
    mistakes: list[str] = []


@router.post(
    "/{channel}",
    operation_id="receiveReceipt",
    openapi_extra=_BODY,
    response_model_exclude_defaults=True,
)
async def receive_receipt(
    request: Request, gateway: Gateway, parts: PartsDep, channel: Channel
) -> Received:
    """An SMS or a letter has reached its end: of those that the token's provider was handed."""
    if gateway.provider is None:
        raise Problem("not_allowed")
    body = await request.body()
    try:
        receipt = read_receipt(channel, body)
    except MalformedReceipt as malformed:
        whose, mistakes = number_of(channel, gateway.provider), list(malformed.mistakes)
        await run_in_threadpool(_lay_down, parts, whose, body, mistakes)
        return Received(cases=0, mistakes=mistakes)
    number = number_of(gateway.provider, receipt.provider_id)
    kept = await run_in_threadpool(_keep, parts.engine, parts.seal, channel, number, receipt)
    parts.link.tell(*(one.untold for one in kept if one.untold))
    return Received(cases=len({one.case_id for one in kept}))


def _lay_down(parts: Parts, whose: str, body: bytes, mistakes: list[str]) -> None:
    with parts.engine.begin() as connection:
        keep_receipt(connection, parts.seal, whose, body, mistakes)


def _keep(
    engine: Engine, sealer: Seal, channel: str, number: str, receipt: Receipt
) -> list[Stored]:
    """The messages that the receipt is to cases, which have taken them; most are none.

    Until it is answered the gateway says it again, and what was kept then is read again.
    """
    with reads(engine) as connection:
        proven = note_receipt(connection, channel, number, (receipt.state.value, receipt.at))
    if not proven:
        return []
    with engine.begin() as connection:
        return hear(connection, sealer, proven)
