"""The whole record proven at one instant: chains, heads and lines, and whatever does not hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from db.record import RecordFault
from db.record_chains import prove_chains
from db.record_heads import Published, prove_heads, prove_lines


@contextmanager
def at_one_instant(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees the database as it was when it began; nothing of it stays."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        try:
            yield connection
        finally:
            connection.rollback()


def prove_record(
    connection: Connection, published: Published | None = None, since: int | None = None
) -> Iterator[list[RecordFault]]:
    """What does not hold, part after part: heads, what is beside the chains, then some cases at a
    time. `published`: signed heads that somebody kept, by number; `since`: of the cases those
    that have grown since this head.
    """
    yield list(prove_heads(connection, published or {}, since or 0))
    yield list(prove_lines(connection))
    yield from prove_chains(connection, since)


def first_head_after(connection: Connection, day: datetime) -> int:
    """The number of the first head that was made on a day or later; beyond all, the next one."""
    asked = text(
        "SELECT coalesce(min(number), (SELECT coalesce(max(number), 0) + 1 FROM"
        " record_head)) FROM record_head WHERE at >= CAST(:day AS timestamptz)"
    )
    found: int = connection.execute(asked, {"day": day}).scalar_one()
    return found


def many_cases(connection: Connection) -> int:
    """How many files there are to prove."""
    found: int = connection.execute(text("SELECT count(*) FROM case_head")).scalar_one()
    return found
