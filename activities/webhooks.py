"""Tell the systems of suppliers which of their cases have changed, for as long as a worker runs."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Engine, Row

from db.engine import reads
from db.envelopes import open_envelope
from db.sealing import Seal, Unreadable
from db.webhooks import DueWebhook, TellingOutcome, changes_for, cursor_of, settle, take_due
from integrations.webhook import Unreached, WebhookSender

LOOK_EVERY_SECONDS: Final = 1.0
# A supplier has five webhooks at most: however slow, they leave hands for those of others.
AT_ONCE: Final = 16
TYPE: Final = "cases.changed"
log = structlog.get_logger(__name__)
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class WebhookRounds:
    """What is due is told, some of it side by side: who answers slowly holds up nobody else."""

    engine: Engine
    seal: Seal
    sender: WebhookSender
    _hands: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
    )

    async def run(self) -> None:
        """For ever; while PostgreSQL is away nothing is lost, it comes later."""
        busy: set[asyncio.Task[None]] = set()
        while True:
            free = AT_ONCE - len(busy)
            due = await self._in_hand(self.take, free) if free else None
            busy |= {asyncio.create_task(self._in_hand(self.tell, one)) for one in due or ()}
            if busy:
                done = asyncio.FIRST_COMPLETED
                _, busy = await asyncio.wait(busy, timeout=LOOK_EVERY_SECONDS, return_when=done)
            else:
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _in_hand(self, do: Callable[[T], R], about: T) -> R | None:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hands, do, about)
        except Exception as error:  # of the driver, the network, the pool: it may pass
            log.warning("webhooks cannot be told", kind=type(error).__name__)
            return None

    def take(self, most: int = AT_ONCE) -> list[DueWebhook]:
        """Those that are due, in hand for a while."""
        with self.engine.begin() as connection:
            return list(take_due(connection, most))

    def tell(self, due: DueWebhook) -> None:
        """Tell one what has changed, and note what came of it."""
        with reads(self.engine) as connection:
            changes = changes_for(connection, due.id)
        if not changes:
            return
        outcome = self._outcome(due, changes)
        with self.engine.begin() as connection:
            settle(connection, due, changes, outcome)
        log.info("webhook", id=str(due.id), changes=len(changes), status=outcome.status,
                 fault=outcome.fault)  # fmt: skip

    def _outcome(self, due: DueWebhook, changes: Sequence[Row[Any]]) -> TellingOutcome:
        began = time.monotonic()
        status, fault = None, None
        try:
            secret = open_envelope(self.seal, due.secret)
            status = self.sender.send(due.url, secret, name_of(due, changes), said(changes))
        except Unreached as error:
            fault = str(error)
        except Unreadable:
            fault = "no_key"
        return TellingOutcome(status, fault, round((time.monotonic() - began) * 1000))


def name_of(due: DueWebhook, changes: Sequence[Row[Any]]) -> str:
    """The id of a message: the same changes, told once more, are the same message (Standard
    Webhooks).
    """
    told = (due.id, *due.after, *((one.xid, one.case_id, one.seq) for one in changes))
    return f"msg_{sha256(repr(told).encode()).hexdigest()[:32]}"


def said(changes: Sequence[Row[Any]]) -> bytes:
    """The message: which cases have changed, without a word of what is in them."""
    told = [
        {
            "case": str(one.case_id),
            "version": one.seq,
            "at": one.at.astimezone(UTC).isoformat(),
            "href": f"/v1/cases/{one.case_id}",
            "cursor": cursor_of(one.xid, one.case_id),
        }
        for one in changes
    ]
    message = {"type": TYPE, "timestamp": datetime.now(UTC).isoformat(), "data": {"changes": told}}
    return json.dumps(message, separators=(",", ":")).encode()
