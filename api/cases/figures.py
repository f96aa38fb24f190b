"""Figures of open cases, kept for a minute: each walk reads all that is open."""

import asyncio
import time
from dataclasses import asdict
from typing import Any, Final

from db.figures import OpenFigures, read_figures
from db.lists import Seen
from db.pool import ReadPool

KEPT_SECONDS: Final = 60
MOST_KEPT: Final = 1_000
# How much of the code of a place names a region, to who has all or a region, and within a region.
REGION, DISTRICT = 2, 4


class KeptFigures:
    """The figures of each who looked last: of all, of an authority, of a region."""

    def __init__(self) -> None:
        self._held: dict[Seen, tuple[float, asyncio.Task[OpenFigures]]] = {}

    async def read(self, pool: ReadPool, seen: Seen) -> dict[str, Any]:
        """As they were a minute ago at most. Who asks at the same time waits for the same walk."""
        at, walk = self._held.get(seen, (0.0, None))
        if walk is None or time.monotonic() - at > KEPT_SECONDS or _failed(walk):
            if len(self._held) >= MOST_KEPT:
                self._held.clear()
            within = isinstance(seen.owner, str)  # a commission has a region
            digits = DISTRICT if within else REGION
            walk = asyncio.create_task(read_figures(pool, seen, digits))
            self._held[seen] = (time.monotonic(), walk)
        return asdict(await asyncio.shield(walk))


def _failed(walk: asyncio.Task[OpenFigures]) -> bool:
    return walk.done() and (walk.cancelled() or walk.exception() is not None)
