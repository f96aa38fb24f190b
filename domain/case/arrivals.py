"""What came before the measure that it is about, and holds for it once that has come (row R7)."""

from collections.abc import Mapping, Sequence
from typing import Any

Revocation = Mapping[str, Any]


def in_force(waiting: Sequence[Revocation], revision: int) -> Revocation | None:
    """Of the revocations that wait for a measure the newest, if the measure is not newer still.

    Each says `revision` and `ground`; they are in the order of their arrival, and of two in one
    revision the later one counts.
    """
    newest = max(reversed(waiting), key=lambda one: int(one["revision"]), default=None)
    return newest if newest is not None and newest["revision"] >= revision else None
