"""The way to Temporal: there when Temporal is, and sought in the background while it is not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from temporalio.exceptions import TemporalError

from workflows.pulse import TemporalPulse

PAUSE_SECONDS: Final = 2.0
TELLING_AT_ONCE: Final = 16
log = structlog.get_logger(__name__)


class Runs(Protocol):
    """What the API asks of the runs of cases (`workflows.client.Cases`)."""

    async def tell(self, case_id: str) -> bool: ...

    async def restart(self, case_id: str) -> bool: ...

    async def feel(self, pulse: TemporalPulse) -> None: ...


@dataclass
class Link:
    """`cases` is None until the first connection stands; from then on it reconnects by itself.

    Nobody waits for a run: what was recorded stands, and housekeeping tells of what was not heard.
    """

    connect: Callable[[], Awaitable[Runs]] | None
    cases: Runs | None = None
    pulse: TemporalPulse = field(default_factory=TemporalPulse)
    telling: set[asyncio.Task[bool]] = field(default_factory=set)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TELLING_AT_ONCE))

    async def seek(self) -> None:
        """Connect, again and again until it works; from then on feel whether it still answers."""
        if self.connect is None:
            return
        while self.cases is None:
            try:
                self.cases = await self.connect()
            except (RuntimeError, OSError, TemporalError) as error:
                log.warning("Temporal does not answer", kind=type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
        await self.cases.feel(self.pulse)

    def tell(self, *case_ids: str) -> None:
        """Have runs look into their files, in the background."""
        for case_id in case_ids:
            task = asyncio.create_task(self._tell(case_id), name="tell a run")
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)

    async def _tell(self, case_id: str) -> bool:
        async with self.room:
            return self.cases is not None and await self.cases.tell(case_id)

    async def close(self) -> None:
        """Wait for what is being told."""
        await asyncio.gather(*self.telling, return_exceptions=True)
