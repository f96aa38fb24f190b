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
# The bell is left alone with a crowd for so long; then its runs come, spread over so many seconds.
LEFT_ALONE: Final = timedelta(minutes=1)
SPREAD_SECONDS: Final = 600
# By then each of them has looked.
ALL_TURNS: Final = LEFT_ALONE + timedelta(seconds=SPREAD_SECONDS)
# For so long an answer is taken as it was.
KNOWN_SECONDS: Final = 10.0
MOST_KNOWN: Final = 1_000
_AT_ONCE: Final = text(
    "SELECT count(*) FROM (SELECT FROM case_state WHERE rings_at = :at LIMIT :few) AS one"
)
_known: Final[MutableMapping[Engine, dict[datetime, tuple[float, bool]]]] = WeakKeyDictionary()


def turn(connection: Connection, case_id: str, at: datetime) -> timedelta:
    """How long after an instant the run of a case looks by itself: at once, but in a crowd.

    The same for a case each time.
    """
    if not crowded(connection, at):
        return timedelta(0)
    return LEFT_ALONE + timedelta(seconds=UUID(case_id).int % SPREAD_SECONDS)


def crowded(connection: Connection, at: datetime) -> bool:
    """Whether many cases have something that comes then, by itself; as it was some seconds ago."""
    known = _known.setdefault(connection.engine, {})
    asked_at, many = known.get(at, (0.0, False))
    if not asked_at or monotonic() - asked_at > KNOWN_SECONDS:
        many = connection.execute(_AT_ONCE, {"at": at, "few": FEW}).scalar_one() >= FEW
        if len(known) > MOST_KNOWN:
            known.clear()
        known[at] = monotonic(), many
    return many
