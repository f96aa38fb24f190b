"""Figures of open cases: one walk over all that is open finds them; they are kept for a while."""

import asyncio
import json
import time
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Engine

from api.auth import Caller
from api.problems import Problem
from api.rendering import dumps
from db.engine import reads
from db.figures import find_figures, keep_figures, read_figures
from db.lists import Seen
from db.pool import ReadPool
from domain.messages import Role

KEPT_SECONDS: Final = 60.0
# A walk that takes long is made seldom: it works a hundredth of the time at most.
REST: Final = 100
PATIENCE_SECONDS: Final = 8.0
# How much of the code of a place names a region, to who has all or a region, and within a region.
REGION, DISTRICT = 2, 4


class FigureWalks:
    """Walks that are under way in this process, by whose cases they count."""

    def __init__(self) -> None:
        self._walks: dict[str, asyncio.Task[Any]] = {}

    async def read(self, pool: ReadPool, engine: Engine, reader: Caller, seen: Seen) -> Any:
        """As they were found last. Old ones are told once more while they are found anew; who asks
        first waits. Problem `unavailable` where that takes too long: they are there a little later.
        """
        scope = f"{reader.role.value}:{seen.owner}"
        kept = await find_figures(pool, scope)
        if kept is None:
            try:
                return await asyncio.wait_for(
                    asyncio.shield(self._walk(engine, scope, reader, seen)), PATIENCE_SECONDS
                )
            except TimeoutError:
                raise Problem("unavailable") from None
        content, age, seconds = kept
        if age > max(KEPT_SECONDS, REST * seconds):
            self._walk(engine, scope, reader, seen)
        return content

    def _walk(self, engine: Engine, scope: str, reader: Caller, seen: Seen) -> asyncio.Task[Any]:
        """The walk of a scope; one at a time."""
        walk = self._walks.get(scope)
        if walk is None or walk.done():
            digits = DISTRICT if reader.role == Role.COMMISSION else REGION
            walk = asyncio.create_task(asyncio.to_thread(_walked, engine, scope, seen, digits))
            # Nobody hears of one that failed while something is kept: the next one tries again.
            walk.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._walks[scope] = walk
        return walk


def _walked(engine: Engine, scope: str, seen: Seen, digits: int) -> Any:
    begun = time.perf_counter()
    with reads(engine) as connection:
        content = json.loads(dumps(asdict(read_figures(connection, seen, digits))))
    with engine.begin() as connection:
        keep_figures(connection, scope, content, time.perf_counter() - begun)
    return content
