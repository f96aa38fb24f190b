"""Sides take turns on one machine: its speed drifts, what they cost beside each other less."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, Protocol

from bench.meters import per_case_ms, read

IN_FLIGHT = 10
# So many are played one after the other to time their answers.
ALONE = 4


class Side(Protocol):
    """Somebody who plays cases: the product, the bare flow, the peer."""

    # How long each answer took, by what was asked.
    answers: list[tuple[str, float]]

    @property
    def pids(self) -> Mapping[str, int]:
        """Its parts, by name."""

    async def play(self, number: int) -> str:
        """The number-th case, from its first message to its end; what its run is called."""


@dataclass(frozen=True)
class Turn:
    """CPU milliseconds a case by part, cases a second, and answers when one is asked at a time."""

    cpu_ms: dict[str, float]
    cases_per_second: float
    answers: list[tuple[str, float]]

    def cpu(self, *parts: str) -> float:
        return sum(self.cpu_ms[part] for part in parts)

    def answer_ms(self, *besides: str) -> float:
        """The median answer, but for those of these names."""
        return median(seconds for name, seconds in self.answers if name not in besides) * 1000


async def in_flight(jobs: Sequence[Callable[[], Awaitable[Any]]]) -> float:
    """Run them, so many at a time; the seconds that took."""
    gate, begun = asyncio.Semaphore(IN_FLIGHT), time.perf_counter()

    async def run(job: Callable[[], Awaitable[Any]]) -> None:
        async with gate:
            await job()

    await asyncio.gather(*(run(job) for job in jobs))
    return time.perf_counter() - begun


async def turn(side: Side, numbers: Sequence[int], alone: int = ALONE) -> Turn:
    """These cases at once, and a few one after the other. Who asks is counted as `load`."""
    together = numbers[: len(numbers) - alone]
    load, before = time.process_time(), read(side.pids)
    seconds = await in_flight([partial(side.play, number) for number in together])
    cpu = per_case_ms(before, read(side.pids), len(together))
    cpu["load"] = (time.process_time() - load) * 1000 / len(together)
    side.answers.clear()
    for number in numbers[len(together) :]:
        await side.play(number)
    return Turn(cpu, len(together) / seconds, list(side.answers))
