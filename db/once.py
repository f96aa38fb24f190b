"""What was asked beside cases under a key of its sender: done once, however often it is asked."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

_ENTER = text(
    "INSERT INTO asked_once (actor_key, key, content_hash) VALUES (:actor, :key, :content)"
    " ON CONFLICT DO NOTHING RETURNING key"
)
_FOUND = text("SELECT content_hash, made FROM asked_once WHERE actor_key = :actor AND key = :key")
_KEEP = text(
    "UPDATE asked_once SET made = CAST(:made AS jsonb) WHERE actor_key = :actor AND key = :key"
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

    Whoever asks the same at the same time waits here for the end of this transaction.
    """
    named = {"actor": asking.actor, "key": asking.key, "content": asking.content}
    if connection.execute(_ENTER, named).first() is not None:
        return None
    found = connection.execute(_FOUND, named).one()
    if bytes(found.content_hash) != asking.content:
        raise KeyTaken("the key stands for another request")
    made: dict[str, Any] | None = found.made
    return made


def keep(connection: Connection, asking: BesideCases, made: dict[str, Any]) -> None:
    """What the request has made: ids and figures, never personal data."""
    named = {"actor": asking.actor, "key": asking.key}
    connection.execute(_KEEP, {**named, "made": json.dumps(made)})
