"""Reads of cases, kept for a moment and written down by one task of each process.

What is noted again within a minute, as by a page that is followed, is written once for all times.
While it cannot be written it is kept. Once too much is kept nobody reads a case of this process
until it is written: nothing is read unseen.
"""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import Engine

from api.problems import OF_DATABASE, Problem
from db.case_reads import CaseRead, Repeated, write_reads

EVERY_SECONDS: Final = 1.0
REPEATED_SECONDS: Final = 60.0
AT_ONCE: Final = 500
# Of some 600 bytes each.
MOST_KEPT: Final = 50_000
log = structlog.get_logger(__name__)


class CaseWatch:
    """What was read and is not written down yet."""

    def __init__(self, engine: Engine, registry: CollectorRegistry, most: int = MOST_KEPT) -> None:
        self._engine, self._most = engine, most
        self._kept: dict[CaseRead, Repeated] = {}
        # When each was written last: its repetitions can wait.
        self._written: dict[CaseRead, float] = {}
        self._ended = asyncio.Event()
        counted = Counter(
            "ozhb_case_reads", "Reads of cases, by part", ("part",), registry=registry
        )
        # To ask the library anew takes it longer than all else here.
        self._count = cache(counted.labels)
        kept = Gauge("ozhb_case_reads_kept", "Reads that are not written yet", registry=registry)
        kept.set_function(lambda: len(self._kept))

    def require_room(self) -> None:
        """Problem `unavailable` where no read could be noted any more."""
        if len(self._kept) >= self._most:
            raise Problem("unavailable")

    def note(self, read: CaseRead) -> None:
        """Somebody is being answered."""
        now = datetime.now(UTC)
        kept = self._kept.get(read)
        if kept is None:
            self._kept[read] = Repeated(now, now)
        else:
            kept.until, kept.times = now, kept.times + 1
        self._count(read.part).inc()

    async def write(self) -> None:
        """Until the end, and then once all that is still kept."""
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), EVERY_SECONDS)
            await self.write_down()
        await self.write_down(repeated=True)
        if self._kept:
            log.error("reads of cases are lost", number=len(self._kept))

    def end(self) -> None:
        """Nothing more is read."""
        self._ended.set()

    async def write_down(self, *, repeated: bool = False) -> None:
        """What is due, part by part; what cannot be written now is due again. `repeated`: also what
        was written a moment ago, and was read again since.
        """
        now = time.monotonic()
        self._written = {
            read: at for read, at in self._written.items() if now - at < REPEATED_SECONDS
        }
        due = [read for read in self._kept if repeated or read not in self._written]
        for start in range(0, len(due), AT_ONCE):
            taken = {read: self._kept.pop(read) for read in due[start : start + AT_ONCE]}
            try:
                await asyncio.to_thread(write_reads, self._engine, taken.items())
            except OF_DATABASE as error:
                self._keep_again(taken)
                log.warning("reads of cases cannot be written", kind=type(error).__name__)
                return
            self._written |= dict.fromkeys(taken, now)

    def _keep_again(self, taken: dict[CaseRead, Repeated]) -> None:
        for read, before in taken.items():
            since = self._kept.get(read)
            if since is None:
                self._kept[read] = before
            else:
                since.since, since.times = before.since, since.times + before.times
