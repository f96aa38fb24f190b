"""Waits for a condition, bounded, instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
# Reached only where something fails: a loaded machine takes its time.
BOUND_SECONDS = 60.0
PAUSE_SECONDS = 0.02


def eventually(
    read: Callable[[], T], good: Callable[[T], object] = bool, within: float = BOUND_SECONDS
) -> T:
    """Read until what was read is good; fail with the last reading."""
    end = time.monotonic() + within
    while not good(found := read()):
        assert time.monotonic() < end, f"never came true; the last reading: {found!r}"
        time.sleep(PAUSE_SECONDS)
    return found


async def soon(
    read: Callable[[], T], good: Callable[[T], object] = bool, within: float = BOUND_SECONDS
) -> T:
    """The same where a loop runs; `read` must not block for long."""

    async def reading() -> T:
        return read()

    return await soon_told(reading, good, within)


async def soon_told(
    ask: Callable[[], Awaitable[T]],
    good: Callable[[T], object] = bool,
    within: float = BOUND_SECONDS,
) -> T:
    """The same for what has to be asked for."""
    end = time.monotonic() + within
    while not good(found := await ask()):
        assert time.monotonic() < end, f"never came true; the last reading: {found!r}"
        await asyncio.sleep(PAUSE_SECONDS)
    return found
