"""The way to Temporal: there when Temporal is, and sought in the background while it is not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

import structlog
from temporalio.exceptions import TemporalError

from domain.messages import Message

PAUSE_SECONDS: Final = 2.0
WAKING_AT_ONCE: Final = 16
log = structlog.get_logger(__name__)


class Runs(Protocol):
    """What the API asks of the runs of cases (`workflows.client.Cases`)."""

    async def submit(self, case_id: str, message: Message, timeout: float = ...) -> bool: ...

    async def wake(self, case_id: str, edition: str) -> bool: ...

    async def start(self, case_id: str, edition: str) -> bool: ...


class Link:
    """`cases` is None until the first connection stands; from then on it reconnects by itself."""

    def __init__(self, connect: Callable[[], Awaitable[Runs]] | None) -> None:
        self._connect = connect
        self.cases: Runs | None = None

    async def seek(self) -> None:
        """Connect, again and again until it works."""
        if self._connect is None:
            return
        while self.cases is None:
            try:
                self.cases = await self._connect()
            except (RuntimeError, OSError, TemporalError) as error:
                log.warning("Temporal does not answer", kind=type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)

    async def submit(self, case_id: str, message: Message, timeout: float) -> bool:
        """Like `Cases.submit`; False while there is no connection."""
        cases = self.cases
        return cases is not None and await cases.submit(case_id, message, timeout)

    async def wake(self, case_id: str, edition: str) -> bool:
        """Like `Cases.wake`; False while there is no connection."""
        cases = self.cases
        return cases is not None and await cases.wake(case_id, edition)

    async def wake_all(self, editions: Mapping[str, str]) -> None:
        """Hand cases their messages, some at once. When Temporal is away housekeeping does it."""
        queue = iter(editions.items())
        reached = True

        async def wake_some() -> None:
            nonlocal reached
            for case_id, edition in queue:
                if not reached:
                    return
                reached = await self.wake(case_id, edition) and reached

        await asyncio.gather(*(wake_some() for _ in range(WAKING_AT_ONCE)))
