"""Cases long closed: their messages, events and papers lie apart, by the year of their end.

Whoever reads a case finds all of it as before. What is open lies close together, however many
years there are.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

AT_ONCE: Final = 50
LONG: Final = timedelta(days=730)
_PUT_AWAY: Final = text("SELECT put_away_closed(legal_now() - CAST(:older AS interval), :most)")


def put_away(engine: Engine, older: timedelta) -> Iterator[int]:
    """Put away what closed longer ago than that: how many cases, one transaction after another."""
    moved = AT_ONCE
    while moved == AT_ONCE:
        with engine.begin() as connection:
            asked = {"older": older, "most": AT_ONCE}
            moved = connection.execute(_PUT_AWAY, asked).scalar_one()
        yield moved
