"""Does PostgreSQL answer, asked every second on a line of its own."""

import asyncio
from time import monotonic
from typing import Final

import psycopg

from db.bounds import PatientAsyncConnection, TimeBounds
from db.revisions import ASK, Standing, standing_of

EVERY_SECONDS: Final = 1.0
# Servers begin anew, and pass their work to a standby, in less.
SILENT_SECONDS: Final = 8.0
_BOUNDS: Final = TimeBounds(statement=2, lock=2, idle=2, transaction=3, answer=3, connect=2)


class DatabasePulse:
    """`revision` is that of the schema, as it was last heard; None before anything was."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._heard: float | None = None
        self.revision: str | None = None

    def answers(self) -> bool:
        """Whether anything was heard so lately that a restart would not explain the silence."""
        return self._heard is not None and monotonic() - self._heard < SILENT_SECONDS

    @property
    def told(self) -> str:
        """`answers` or `silent`."""
        return "answers" if self.answers() else "silent"

    @property
    def schema(self) -> Standing:
        """How what was heard of the schema stands to this build."""
        return standing_of(self.revision)

    async def feel(self) -> None:
        """Ask for as long as the process runs."""
        while True:
            try:
                await self._ask_on()
            except (psycopg.Error, OSError, TimeoutError):
                await asyncio.sleep(EVERY_SECONDS)

    async def _ask_on(self) -> None:
        """On one connection until it breaks."""
        line = await PatientAsyncConnection.connect(
            self._dsn, autocommit=True, **_BOUNDS.arguments()
        )
        async with line:
            await line.execute(_BOUNDS.statement_of_session)
            while True:
                async with asyncio.timeout(_BOUNDS.answer):
                    found = await (await line.execute(ASK)).fetchone()
                self.revision, self._heard = found and found[0], monotonic()
                await asyncio.sleep(EVERY_SECONDS)
