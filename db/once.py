"""What was asked beside cases under a key of its sender: done once, however often it is asked."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, update
from sqlmodel import col, select

from db.rows import add_once, models
from db.tables import AskedOnce

_KEEP = update(AskedOnce).where(
    col(AskedOnce.actor_key) == bindparam("by"), col(AskedOnce.key) == bindparam("under")
)


class KeyTaken(Exception):
    """The same person used this key for another request."""


@dataclass(frozen=True, slots=True)
class BesideCases:
    """Who asks, under which key, and the fingerprint of what is asked."""

    actor: str
    key: str
    content: bytes = field(repr=False)


def enter(connection: Connection, asking: BesideCases) -> dict[str, Any] | None:
    """What was made under the key before; None: nothing was, as far as is known. KeyTaken.

    Whoever asks the same at the same time waits here for the end of this transaction, also where
    the key stands and nothing has been made under it yet.
    """
    named = {"actor_key": asking.actor, "key": asking.key}
    if add_once(connection, AskedOnce, **named, content_hash=asking.content):
        return None
    standing = select(AskedOnce).filter_by(**named).with_for_update()
    found = models(connection, standing).one()
    if found.content_hash != asking.content:
        raise KeyTaken("the key stands for another request")
    return found.made


def keep(connection: Connection, asking: BesideCases, made: dict[str, Any]) -> None:
    """What the request has made: ids and figures, never personal data."""
    connection.execute(_KEEP, {"by": asking.actor, "under": asking.key, "made": made})
