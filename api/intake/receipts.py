"""Delivery receipts of the SMS and mail gateway: kept, and handed on to the cases they prove."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Engine

from api.auth import Gateway
from api.deps import PartsDep
from api.mistakes import mistake_at
from api.problems import Invalid, Problem
from api.reading import read_json, require_json
from db.dispatches import receive
from db.inbox import Stored
from db.sealing import Seal
from integrations.email import parse_email_receipt
from integrations.errors import MalformedReceipt
from integrations.receipts import Receipt, number_of
from integrations.sms import parse_sms_receipt

router = APIRouter(prefix="/v1/receipts", tags=["systems"])
_PARSERS = {"sms": parse_sms_receipt, "email": parse_email_receipt}
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
    """How many cases learn something from a receipt; also one that is not ours is kept."""

    cases: int


@router.post("/{channel}", operation_id="receiveReceipt", openapi_extra=_BODY)
async def receive_receipt(
    request: Request, gateway: Gateway, parts: PartsDep, channel: Literal["sms", "email"]
) -> Received:
    """An SMS or a letter has reached its end: of those that the token's provider was handed."""
    if gateway.provider is None:
        raise Problem("not_allowed")
    require_json(request)
    try:
        receipt = _PARSERS[channel](await read_json(request))
    except MalformedReceipt as malformed:
        raise Invalid(_mistake(told) for told in malformed.mistakes) from None
    number = number_of(gateway.provider, receipt.provider_id)
    kept = await run_in_threadpool(_keep, parts.engine, parts.seal, channel, number, receipt)
    parts.link.tell(*(one.case_id for one in kept if one.wakes))
    return Received(cases=len({one.case_id for one in kept}))


def _keep(
    engine: Engine, sealer: Seal, channel: str, number: str, receipt: Receipt
) -> list[Stored]:
    """The messages that the receipt is to cases, which have taken them."""
    said = (receipt.state.value, receipt.at)
    with engine.begin() as connection:
        return receive(connection, sealer, channel, number, said)


def _mistake(told: str) -> Any:
    """From `/id: what it should be`."""
    return mistake_at(told.partition(":")[0].lstrip("/"), "wrong_format")
