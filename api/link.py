"""The way to Temporal: there when Temporal is, and sought in the background while it is not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from sqlalchemy import Engine
from temporalio.exceptions import TemporalError

from api.problems import OF_DATABASE
from db.wakes import Untold, strike
from workflows.pulse import TemporalPulse

PAUSE_SECONDS: Final = 2.0
# Sooner than housekeeping asks who has not heard.
STRIKE_SECONDS: Final = 1.0
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
    `heard`: runs that have heard of their files up to a length, to be struck off.
    """

    connect: Callable[[], Awaitable[Runs]] | None
    cases: Runs | None = None
    pulse: TemporalPulse = field(default_factory=TemporalPulse)
    telling: set[asyncio.Task[bool]] = field(default_factory=set)
    heard: dict[str, int] = field(default_factory=dict)
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

    def tell(self, *untold: Untold) -> None:
        """Have runs look into their files, in the background."""
        for one in untold:
            task = asyncio.create_task(self._tell(one), name="tell a run")
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)

    async def _tell(self, untold: Untold) -> bool:
        case_id, seq = untold
        async with self.room:
            told = self.cases is not None and await self.cases.tell(case_id)
        if told and seq:  # else housekeeping knows how much there was to hear
            self.heard[case_id] = max(seq, self.heard.get(case_id, 0))
        return told

    async def strike(self, engine: Engine) -> None:
        """Strike off whose runs have heard, many at a time, for as long as the process runs."""
        while True:
            await asyncio.sleep(STRIKE_SECONDS)
            await self._strike(engine)

    async def _strike(self, engine: Engine) -> None:
        heard, self.heard = [Untold(*one) for one in self.heard.items()], {}
        if not heard:
            return
        try:
            await asyncio.to_thread(_struck, engine, heard)
        except OF_DATABASE as error:  # they are told once more, by housekeeping
            log.warning("who has heard is not struck off", kind=type(error).__name__)

    async def close(self, engine: Engine) -> None:
        """Wait for what is being told, and strike it off."""
        await asyncio.gather(*self.telling, return_exceptions=True)
        await self._strike(engine)


def _struck(engine: Engine, heard: list[Untold]) -> None:
    with engine.begin() as connection:
        strike(connection, heard)
