"""Whether a pooler stands before PostgreSQL, and hands every transaction another session: nothing
holds then that a session was told, and no statement that it has prepared.
"""

from contextlib import ExitStack
from typing import Any, Final, Literal

from db.bounds import OF_REQUESTS, PatientConnection

# Two that take turns at a pooler of transactions meet in one session within these.
_TURNS: Final = 10
_ASK: Final = "SELECT pg_backend_pid()"
Pooling = Literal["none", "sessions", "transactions"]
REFUSED: Final = "a pooler hands every transaction another session of PostgreSQL"
HELPS: Final = "pool_mode = session there, or OZHB_DATABASE_URL to PostgreSQL itself"


def pooling(url: str) -> Pooling:
    """`sessions` where each connection keeps its own. psycopg.Error where nobody answers."""
    with ExitStack() as held:

        def one() -> PatientConnection:
            said: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}
            made = PatientConnection.connect(url, **said, **OF_REQUESTS.arguments())
            return held.enter_context(made)

        first = one()
        # A pooler gives numbers of its own.
        if first.info.backend_pid == _session(first):
            return "none"
        second = one()
        seen = [(_session(first), _session(second)) for _ in range(_TURNS)]
        ours, others = (set(several) for several in zip(*seen, strict=True))
        return "sessions" if len(ours) == 1 and not ours & others else "transactions"


def _session(line: PatientConnection) -> int:
    """The process of PostgreSQL that answers."""
    found = line.execute(_ASK).fetchone()
    assert found is not None
    return int(found[0])
