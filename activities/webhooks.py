"""Tell the systems of suppliers which of their cases have changed, for as long as a worker runs."""

import asyncio
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import Engine, Row

from db.engine import reads
from db.envelopes import open_envelope
from db.sealing import Seal, Unreadable
from db.webhooks import DueWebhook, TellingOutcome, changes_for, cursor_of, settle, take_due
from integrations.webhook import Unreached, WebhookSender

LOOK_EVERY_SECONDS: Final = 1.0
AT_ONCE: Final = 4
TYPE: Final = "cases.changed"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WebhookRounds:
    """A round takes what is due, side by side: who answers slowly holds up nobody else."""

    engine: Engine
    seal: Seal
    sender: WebhookSender
    _hands: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
    )

    async def tell(self) -> None:
        """For ever; while PostgreSQL is away nothing is lost, it comes later."""
        while True:
            try:
                told = await asyncio.to_thread(self.round)
            except Exception as error:  # of the driver, the network, the pool: it may pass
                log.warning("webhooks cannot be told", kind=type(error).__name__)
                told = 0
            if not told:
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    def round(self) -> int:
        """How many were told something, or could not be."""
        with self.engine.begin() as connection:
            due = take_due(connection, AT_ONCE)
        list(self._hands.map(self._tell, due))
        return len(due)

    def _tell(self, due: DueWebhook) -> None:
        with reads(self.engine) as connection:
            changes = changes_for(connection, due.id)
        if not changes:
            return
        outcome = self._outcome(due, said(changes))
        with self.engine.begin() as connection:
            settle(connection, due, changes, outcome)
        log.info("webhook", id=str(due.id), changes=len(changes), status=outcome.status,
                 fault=outcome.fault)  # fmt: skip

    def _outcome(self, due: DueWebhook, body: bytes) -> TellingOutcome:
        began = time.monotonic()
        status, fault = None, None
        try:
            secret = open_envelope(self.seal, due.secret)
            status = self.sender.send(due.url, secret, f"msg_{uuid4().hex}", body)
        except Unreached as error:
            fault = str(error)
        except Unreadable:
            fault = "no_key"
        return TellingOutcome(status, fault, round((time.monotonic() - began) * 1000))


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
