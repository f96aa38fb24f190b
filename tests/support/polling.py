"""Waits for a condition, bounded, instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
BOUND_SECONDS = 20.0
PAUSE_SECONDS = 0.01


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
    read: Callable[[], T | Awaitable[T]],
    good: Callable[[T], object] = bool,
    within: float = BOUND_SECONDS,
) -> T:
    """The same where a loop runs; `read` may be a coroutine function."""
    end = time.monotonic() + within
    while True:
        found = read()
        value = await found if isinstance(found, Awaitable) else found
        if good(value):
            return value
        assert time.monotonic() < end, f"never came true; the last reading: {value!r}"
        await asyncio.sleep(PAUSE_SECONDS)
