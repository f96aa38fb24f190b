"""E-Собес: sends measures to the product, and takes the results of what became of them."""

import json
from datetime import UTC, date, datetime
from typing import Any, Final, Literal
from xml.sax.saxutils import escape

import httpx
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from sandbox.faults import Faults, searchable
from sandbox.identity import IdentityProvider
from sandbox.store import Store


class Result(BaseModel):
    """What became of a measure, or of one round of it."""

    key: str = Field(min_length=1, max_length=200)
    programme_number: str = Field(min_length=1)
    measure_id: str = Field(min_length=1)
    period: int = Field(ge=1)
    status: str = Field(min_length=1)
    on: AwareDatetime | date
    case_id: str = Field(min_length=1)


class ReturnedMessage(BaseModel):
    """A message of ours that came back, and why."""

    key: str = Field(min_length=1, max_length=200)
    message_id: str | None
    at: AwareDatetime
    reason: str = Field(min_length=1)


class MessageNotice(BaseModel):
    """What was odd about a message of ours."""

    key: str = Field(min_length=1, max_length=200)
    message_id: str | None
    kind: Literal["revision_conflict", "unknown_measure"]
    at: AwareDatetime


TABLES: Final = {
    Result: "result",
    ReturnedMessage: "returned_message",
    MessageNotice: "message_notice",
}


class Esobes:
    """The system that programmes come from and results go to."""

    def __init__(
        self, store: Store, faults: Faults, provider: IdentityProvider, product_url: str | None
    ) -> None:
        self._store = store
        self._faults = faults
        self._provider = provider
        self._product_url = product_url

    def acknowledge(self, told: Result | ReturnedMessage | MessageNotice) -> None:
        """Keep what was told; a key that is known is only counted."""
        table = TABLES[type(told)]
        self._store.run(
            f"insert into {table} values (?, 1, ?)"
            " on conflict (key) do update set received = received + 1",
            told.key,
            told.model_dump_json(),
        )

    def list_results(self) -> list[dict[str, Any]]:
        """The results, oldest first, with how often each came."""
        return self._list("result")

    def list_returned(self) -> list[dict[str, Any]]:
        """The messages that came back, oldest first, with how often each was told of."""
        return self._list("returned_message")

    def list_notices(self) -> list[dict[str, Any]]:
        """What was odd about messages, oldest first, with how often each was told."""
        return self._list("message_notice")

    def _list(self, table: str) -> list[dict[str, Any]]:
        rows = self._store.rows(f"select * from {table} order by rowid")
        return [{**json.loads(row["body"]), "received": row["received"]} for row in rows]

    async def send(self, messages: bytes, kind: str = "application/json") -> httpx.Response:
        """Post messages as they are to the product; its answer, the last one when sent twice.

        `kind` is what they are: `text/xml` for an envelope of the gateway.

        Raises httpx.HTTPError when the product does not answer, RuntimeError without its address.
        """
        if self._product_url is None:
            raise RuntimeError("no OZHB_SANDBOX_PRODUCT_URL")
        call = searchable(messages.decode("utf-8", "replace"))
        twice = self._faults.take_work("esobes", call) is not None
        headers = {
            "Authorization": f"Bearer {self._provider.issue_for_system('esobes')}",
            "Content-Type": kind,
        }
        async with httpx.AsyncClient(
            base_url=self._product_url, timeout=60, trust_env=False
        ) as client:
            if twice:
                await client.post("/v1/esobes/messages", content=messages, headers=headers)
            return await client.post("/v1/esobes/messages", content=messages, headers=headers)


def envelop(message: bytes) -> bytes:
    """A message in an envelope of the gateway's asynchronous channel, under its own id."""
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    types = "http://bip.bee.kz/AsyncChannel/v10/Types"
    message_id = json.loads(message)["message_id"]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<S:Envelope xmlns:S="{soap}"><S:Header/><S:Body><ns2:sendMessage xmlns:ns2="{types}">'
        f"<request><messageInfo><messageId>{escape(message_id)}</messageId>"
        "<correlationId>1</correlationId><serviceId>ESOBES_OZHB_MEASURE</serviceId>"
        "<messageType>NOTIFICATION</messageType>"
        f"<messageDate>{datetime.now(UTC).isoformat(timespec='milliseconds')}</messageDate>"
        "<sender><senderId>es</senderId><password>es</password></sender></messageInfo>"
        f"<messageData><data>{escape(message.decode())}</data></messageData></request>"
        "</ns2:sendMessage></S:Body></S:Envelope>"
    ).encode()


def routes(esobes: Esobes) -> APIRouter:
    """What the product tells; for tests, the lists of it and the sending of messages."""
    router = APIRouter(prefix="/esobes", tags=["esobes"])

    @router.post("/results")
    async def acknowledge(result: Result) -> dict[str, bool]:
        esobes.acknowledge(result)
        return {"acknowledged": True}

    @router.get("/results")
    async def list_results() -> list[dict[str, Any]]:
        return esobes.list_results()

    @router.post("/returned-messages")
    async def take_back(returned: ReturnedMessage) -> dict[str, bool]:
        esobes.acknowledge(returned)
        return {"acknowledged": True}

    @router.get("/returned-messages")
    async def list_returned() -> list[dict[str, Any]]:
        return esobes.list_returned()

    @router.post("/message-notices")
    async def take_note(notice: MessageNotice) -> dict[str, bool]:
        esobes.acknowledge(notice)
        return {"acknowledged": True}

    @router.get("/message-notices")
    async def list_notices() -> list[dict[str, Any]]:
        return esobes.list_notices()

    @router.post("/send")
    async def send(request: Request, enveloped: bool = False) -> Response:
        body, kind = await request.body(), "application/json"
        if enveloped:
            body, kind = envelop(body), "text/xml"
        try:
            answer = await esobes.send(body, kind)
        except (httpx.HTTPError, RuntimeError) as error:
            raise HTTPException(502, f"ozhb did not answer: {type(error).__name__}") from error
        kind = answer.headers.get("Content-Type", "application/octet-stream")
        return Response(answer.content, answer.status_code, media_type=kind)

    return router
