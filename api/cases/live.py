"""Changes as they happen: one poll of the file serves every reader of this process."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog

from api.access import Parties, asks, may_see, seen
from api.auth import Caller
from api.cases.pages import read_events
from db.pool import ReadPool
from db.views import read_changes, read_settled, read_supplier_changes
from domain.messages import Role

POLL_SECONDS: Final = 0.5
# A reader that has fallen so far behind is cut off, and resumes from where it was.
MOST_WAITING: Final = 10_000
LAST_ID: Final = UUID(int=2**128 - 1)
PART: Final = 500
log = structlog.get_logger(__name__)

Cursor = tuple[int, UUID]


def cursor_in(place: str) -> Cursor:
    """A place among all changes as readers are told it: `1234.<case>`."""
    transaction, _, case = place.partition(".")
    return int(transaction), UUID(case)


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """One take: a case has events up to `seq`. `seen`: how far those suppliers see the case for
    whom it changed something.
    """

    cursor: Cursor
    seq: int
    at: Any
    parties: Parties
    seen: dict[str, int]

    def version(self, caller: Caller) -> int | None:
        """Up to which event the caller sees it; None if nothing of it is for them."""
        if not may_see(caller, self.parties):
            return None
        if caller.role == Role.SUPPLIER:
            return self.seen.get(str(caller.on_behalf_of))
        return self.seq

    @property
    def case_id(self) -> UUID:
        return self.cursor[1]


Waiting = asyncio.Queue[ChangedCase | None]


class Changes:
    """Asks the file twice a second what is new, and hands it to all who listen."""

    def __init__(self) -> None:
        self.listeners: set[Waiting] = set()
        self.after: Cursor | None = None

    async def poll(self, pool: ReadPool) -> None:
        """For ever; while PostgreSQL is away nothing is lost, it comes later."""
        while True:
            try:
                await self._poll_once(pool)
            except Exception as error:  # of the driver, the network, the pool: it may pass
                log.warning("changes cannot be read", kind=type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)

    async def _poll_once(self, pool: ReadPool) -> None:
        if self.after is None:
            self.after = (await read_settled(pool) - 1, LAST_ID)
        while rows := await read_changes(pool, self.after):
            for change in map(_change, rows):
                self._tell(change)
            self.after = (rows[-1]["xid"], rows[-1]["case_id"])
            if len(rows) < PART:
                return

    def _tell(self, change: ChangedCase) -> None:
        for listener in list(self.listeners):
            if listener.qsize() >= MOST_WAITING:
                self.listeners.discard(listener)
                listener.put_nowait(None)
            else:
                listener.put_nowait(change)

    @contextmanager
    def listen(self) -> Iterator[Waiting]:
        """What happens from now on; None ends it."""
        waiting: Waiting = asyncio.Queue()
        self.listeners.add(waiting)
        try:
            yield waiting
        finally:
            self.listeners.discard(waiting)

    def end(self) -> None:
        """Let every reader go."""
        for listener in self.listeners:
            listener.put_nowait(None)

    async def of_case(
        self, pool: ReadPool, caller: Caller, case_id: UUID, after: int
    ) -> AsyncIterator[dict[str, Any]]:
        """Every event of a case after a number, as far as the caller sees them: none twice."""
        with self.listen() as waiting:
            # The listener stands before the first look, so nothing falls between the two.
            hint: ChangedCase | None = None
            while True:
                if hint is None or hint.seq > after:
                    for event in await read_events(pool, caller, case_id, after, PART):
                        after = event["seq"]
                        yield event
                hint = await _next(waiting, caller, case_id)
                if hint is None:
                    return

    async def of_all(
        self, pool: ReadPool, caller: Caller, after: Cursor | None
    ) -> AsyncIterator[tuple[ChangedCase, int]]:
        """Every take that the caller sees something of, after a cursor or from now on; and up to
        which event.
        """
        cursor = after or (await read_settled(pool) - 1, LAST_ID)
        with self.listen() as waiting:
            while True:
                rows = await _missed(pool, caller, cursor)
                for change in map(_change, rows):
                    cursor = change.cursor
                    if (version := change.version(caller)) is not None:
                        yield change, version
                if len(rows) < PART:
                    break
            while (news := await _next(waiting, caller)) is not None:
                version = news.version(caller)
                if news.cursor > cursor and version is not None:
                    cursor = news.cursor
                    yield news, version


async def _missed(pool: ReadPool, caller: Caller, cursor: Cursor) -> list[Any]:
    if caller.role == Role.SUPPLIER:
        return await read_supplier_changes(pool, cursor, caller.on_behalf_of)
    asked = asks(caller)
    return await read_changes(pool, cursor, seen(caller), asked.person if asked else None)


async def _next(
    waiting: Waiting, caller: Caller, case_id: UUID | None = None
) -> ChangedCase | None:
    """The next change (of a case); None when the reader's token has run out."""
    while (left := caller.until - time.time()) > 0:
        try:
            change = await asyncio.wait_for(waiting.get(), left)
        except TimeoutError:
            return None
        if change is None or case_id is None or change.case_id == case_id:
            return change
    return None


def _change(row: Any) -> ChangedCase:
    seen = json.loads(row["seen"] or "{}")
    return ChangedCase((row["xid"], row["case_id"]), row["seq"], row["at"], Parties.of(row), seen)
