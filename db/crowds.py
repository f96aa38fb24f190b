"""Terms end at midnight, so many of them at once: the bell records a crowd, and the runs of its
cases look afterwards, each in its turn.
"""

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text

# So many runs look at one instant without anybody noticing.
FEW: Final = 100
# More are not counted.
MANY: Final = 3_000
# The bell is left alone with a crowd for so long; then its runs come, so many a second, or where
# they are more than are counted in as long a time.
LEFT_ALONE: Final = timedelta(minutes=1)
A_SECOND: Final = 5
# By then each of them has looked.
ALL_TURNS: Final = LEFT_ALONE + timedelta(seconds=MANY // A_SECOND)
# For so long an answer is taken as it was.
KNOWN_SECONDS: Final = 10.0
MOST_KNOWN: Final = 1_000
_AT_ONCE: Final = text(
    "SELECT count(*) FROM (SELECT FROM case_state WHERE rings_at = :at LIMIT :many) AS one"
)
_known: Final[MutableMapping[Engine, dict[datetime, tuple[float, int]]]] = WeakKeyDictionary()


def turn(connection: Connection, case_id: str, at: datetime) -> timedelta:
    """How long after an instant the run of a case looks by itself: at once, but in a crowd."""
    if (many := crowd(connection, at)) < FEW:
        return timedelta(0)
    return LEFT_ALONE + timedelta(seconds=UUID(case_id).int % (many // A_SECOND))


def crowd(connection: Connection, at: datetime) -> int:
    """How many cases have something that comes then by itself, as it was some seconds ago."""
    known = _known.setdefault(connection.engine, {})
    asked_at, many = known.get(at, (0.0, 0))
    if not asked_at or monotonic() - asked_at > KNOWN_SECONDS:
        many = connection.execute(_AT_ONCE, {"at": at, "many": MANY}).scalar_one()
        if len(known) > MOST_KNOWN:
            known.clear()
        known[at] = monotonic(), many
    return many
