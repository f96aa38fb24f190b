"""Faults that somebody asked for: which call misbehaves next, and how."""

import json
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from sandbox.store import Store

System: TypeAlias = Literal[
    "sms", "email", "treasury", "esobes", "ca", "tsa", "ncanode", "identity", "scanner"
]

WIRE = frozenset({"down", "slow", "lost_reply"})
MESSAGE = frozenset({"duplicate", "no_receipt", "undelivered"})
TREASURY = frozenset(
    {
        *("duplicate", "no_receipt", "reject", "silent", "forget", "wrong_amount", "wrong_payee"),
        *("pending", "reject_then_settle", "settle_then_reject", "settle_twice", "another_sum"),
        *("return", "return_part", "blocked"),
    }
)
WORK: dict[str, frozenset[str]] = {
    "sms": MESSAGE,
    "email": MESSAGE,
    "treasury": TREASURY,
    "esobes": frozenset({"duplicate"}),
    # Of its responder: what it answers to the next questions about a certificate.
    "ca": frozenset(
        {
            *("wrong_nonce", "no_nonce", "stale", "unknown", "unsigned", "other_serial"),
            "try_later",
        }
    ),
    "tsa": frozenset({"other_imprint", "ahead", "wrong_purpose"}),
    "ncanode": frozenset(
        {
            *("no_signers", "no_certificates", "no_responders", "no_stamp", "other_certificate"),
            *("unknown", "error", "refuses", "a_page", "empty", "no_verdict", "a_word"),
        }
    ),
    "identity": frozenset(),
    "scanner": frozenset({"error"}),
}
DEFAULT_SLOW_SECONDS = 5.0


class FaultRequest(BaseModel, extra="forbid"):
    """The next `times` calls of `system` that contain `match` misbehave."""

    system: System
    fault: str
    times: int = Field(default=1, ge=1, le=1_000_000)
    seconds: float | None = Field(default=None, ge=0, le=3600)
    match: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def check_known(self) -> Self:
        """Refuse a fault that the system cannot have: it would wait for ever, unnoticed."""
        if self.fault not in WIRE | WORK[self.system]:
            raise ValueError(f"{self.system} cannot have the fault {self.fault}")
        return self


@dataclass(frozen=True)
class Fault:
    """A fault that strikes now."""

    name: str
    seconds: float | None


class Faults:
    """The armed faults, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, system: str, names: frozenset[str], call: str) -> Fault | None:
        """Use up one strike of the oldest fault among `names` that this call matches.

        Within a transaction the strike is used up only if the work that it spoilt is kept.
        """
        marks = ",".join("?" * len(names))
        row = self._store.row(
            f"select id, fault, seconds from fault where system = ? and remaining > 0"
            f" and fault in ({marks}) and (match is null or instr(?, match) > 0) order by id",
            system,
            *sorted(names),
            call,
        )
        if row is None:
            return None
        self._store.run("update fault set remaining = remaining - 1 where id = ?", row["id"])
        return Fault(row["fault"], row["seconds"])

    def take_work(self, system: str, call: str) -> Fault | None:
        """Use up one strike of a fault in the work itself, not in the connection."""
        return self.take(system, WORK[system], call)


def searchable(text: str) -> str:
    """A call's text as `match` sees it: also with the escapes of JSON undone."""
    try:
        return text + "\n" + json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def routes(store: Store) -> APIRouter:
    """Arm, list and clear faults."""
    router = APIRouter(prefix="/faults", tags=["controls"])

    @router.post("")
    async def arm(fault: FaultRequest) -> dict[str, int]:
        number = store.add(
            "insert into fault (system, fault, remaining, seconds, match) values (?, ?, ?, ?, ?)",
            fault.system,
            fault.fault,
            fault.times,
            fault.seconds,
            fault.match,
        )
        return {"id": number}

    @router.get("")
    async def show() -> list[dict[str, str | int | float | None]]:
        return [dict(row) for row in store.rows("select * from fault order by id")]

    @router.delete("", status_code=204)
    async def clear() -> None:
        store.run("delete from fault")

    return router
