"""The SMS and mail gateway: takes messages, delivers them after a moment, says so."""

import json
import time
import uuid
from dataclasses import dataclass
from sqlite3 import Row
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from sandbox.callbacks import Callback, Callbacks
from sandbox.clock import LegalClock, write_instant
from sandbox.faults import Faults
from sandbox.store import Store

# Between sending and the end a message is with the operator.
UNDER_WAY = "SENT"


class Sms(BaseModel, extra="forbid"):
    """A short message to a phone in the form +77…"""

    key: str = Field(min_length=1, max_length=200)
    phone: str = Field(pattern=r"^\+7[0-9]{10}$")
    text: str = Field(min_length=1, max_length=1000)


class Email(BaseModel, extra="forbid"):
    """A letter to one address."""

    key: str = Field(min_length=1, max_length=200)
    to: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)
    subject: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1)


@dataclass(frozen=True)
class Letter:
    """A message of either kind, as the gateway keeps it."""

    system: Literal["sms", "email"]
    key: str
    address: str
    subject: str | None
    text: str


class Gateway:
    """Both channels: they differ in nothing but the address."""

    def __init__(
        self, store: Store, faults: Faults, callbacks: Callbacks, clock: LegalClock, delay: float
    ) -> None:
        self._store = store
        self._faults = faults
        self._callbacks = callbacks
        self._clock = clock
        self._delay = delay

    def send(self, letter: Letter) -> str:
        """The message's id; a key that is known sends nothing again."""
        with self._store.transaction():
            known: str | None = self._store.scalar(
                "select id from message where system = ? and key = ?", letter.system, letter.key
            )
            if known is not None:
                return known
            number = str(uuid.uuid4())
            call = "\n".join((letter.key, letter.address, letter.subject or "", letter.text))
            struck = self._faults.take_work(letter.system, call)
            self._keep(number, letter, struck.name if struck else None)
        self._callbacks.wake()
        return number

    def _keep(self, number: str, letter: Letter, fault: str | None) -> None:
        final = "UNDELIVERED" if fault == "undelivered" else "DELIVERED"
        proven = fault != "no_receipt"
        due_at = time.time() + self._delay
        self._store.run(
            "insert into message values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            number,
            letter.system,
            letter.key,
            letter.address,
            letter.subject,
            letter.text,
            write_instant(self._clock.now()),
            final if proven else None,
            due_at if proven else None,
        )
        receipt = {"id": number, "state": final, "at": write_instant(self._clock.at(due_at))}
        times = {"no_receipt": 0, "duplicate": 2}.get(fault or "", 1)
        for _ in range(times):
            self._callbacks.put(
                Callback(
                    role=f"gateway:{letter.system}",
                    path=f"/v1/receipts/{letter.system}",
                    content_type="application/json",
                    body=json.dumps(receipt).encode(),
                    due_at=due_at,
                )
            )

    def show(self, system: str, number: str) -> dict[str, str] | None:
        """A message's id and state; None when it was never taken."""
        row = self._store.row("select * from message where system = ? and id = ?", system, number)
        return None if row is None else {"id": number, "state": state_of(row)}

    def list_sent(self, system: str, address: str | None) -> list[dict[str, str | None]]:
        """What was sent, oldest first, to one address or to all."""
        rows = self._store.rows(
            "select * from message where system = ? and (? is null or address = ?) order by rowid",
            system,
            address,
            address,
        )
        name = "phone" if system == "sms" else "to"
        return [
            {
                "id": row["id"],
                "key": row["key"],
                name: row["address"],
                **({"subject": row["subject"]} if system == "email" else {}),
                "text": row["text"],
                "state": state_of(row),
                "sent_at": row["sent_at"],
            }
            for row in rows
        ]


def state_of(row: Row) -> str:
    """The state at this moment: a message arrives by itself, also while the process is dead."""
    arrived = row["final_at"] is not None and row["final_at"] <= time.time()
    return str(row["final_state"]) if arrived else UNDER_WAY


def routes(gateway: Gateway) -> APIRouter:
    """Sending, asking, and the outboxes for tests."""
    router = APIRouter(tags=["gateway"])

    @router.post("/sms/messages")
    async def send_sms(sms: Sms) -> dict[str, str]:
        return {"id": gateway.send(Letter("sms", sms.key, sms.phone, None, sms.text))}

    @router.post("/email/messages")
    async def send_email(email: Email) -> dict[str, str]:
        letter = Letter("email", email.key, email.to, email.subject, email.text)
        return {"id": gateway.send(letter)}

    @router.get("/{system}/messages/{number}")
    async def show(system: Literal["sms", "email"], number: str) -> dict[str, str]:
        found = gateway.show(system, number)
        if found is None:
            raise HTTPException(404, "unknown message")
        return found

    @router.get("/sms/outbox")
    async def list_sms(phone: str | None = None) -> list[dict[str, str | None]]:
        return gateway.list_sent("sms", phone)

    @router.get("/email/outbox")
    async def list_email(to: str | None = None) -> list[dict[str, str | None]]:
        return gateway.list_sent("email", to)

    return router
