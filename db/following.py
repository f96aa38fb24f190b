"""What a process does about changes of the law: learn of calendars, and carry changes out."""

import asyncio
from collections.abc import Iterator
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.calendars import learn_from
from db.catalogues import learn_catalogues
from db.extensions import KINDS, extend_batch

LOOK_EVERY_SECONDS: Final = 1.0


async def follow(engine: Engine) -> None:
    """Count with every approved calendar, and name what every catalogue names, soon after its
    approval, for as long as it runs.
    """
    known = True
    while True:
        known = await learn(engine, tell=known)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def learn(engine: Engine, *, tell: bool = True) -> bool:
    """Look once; False, and told in the log, where the database cannot be asked."""
    try:
        await asyncio.to_thread(learn_from, engine)
        await asyncio.to_thread(learn_catalogues, engine)
    except SQLAlchemyError as error:
        if tell:
            kind = type(error).__name__
            structlog.get_logger(__name__).warning(
                "calendars and catalogues cannot be read", kind=kind
            )
        return False
    return True


def carry_out(engine: Engine) -> Iterator[None]:
    """Go on with what was approved, a batch after another, until nothing is left."""
    for kind in KINDS:
        while extend_batch(engine, kind=kind):
            yield
