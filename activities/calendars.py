"""What a process does about changes of the law: learn of calendars, and carry changes out."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.calendars import learn_from
from db.extensions import KINDS, extend_batch, told, untold

LOOK_EVERY_SECONDS: Final = 1.0


async def follow(engine: Engine) -> None:
    """Count with every approved calendar soon after its approval, for as long as it runs."""
    known = True
    while True:
        known = await learn(engine, tell=known)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def learn(engine: Engine, *, tell: bool = True) -> bool:
    """Look once; False, and told in the log, where the database cannot be asked."""
    try:
        await asyncio.to_thread(learn_from, engine)
    except SQLAlchemyError as error:
        if tell:
            kind = type(error).__name__
            structlog.get_logger(__name__).warning("calendars cannot be read", kind=kind)
        return False
    return True


def carry_out(engine: Engine, wake: Callable[[str, str], bool]) -> Iterator[int]:
    """Go on with what was approved; after each batch how many cases were woken.

    Ends when nothing is left, or a case could not be woken: then it goes on another time.
    """
    for kind in KINDS:
        while extend_batch(engine, kind=kind):
            yield 0
        while waiting := untold(engine, kind=kind):
            if not all(wake(case_id, edition) for case_id, edition in waiting.cases):
                return
            if waiting.cases:
                told(engine, waiting, kind)
            yield len(waiting.cases)
