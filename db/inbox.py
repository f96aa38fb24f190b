"""The inbox: what was asked of a case or reported to it, written once and never changed."""

import hmac
import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.casefile import NoSuchCase, left, opened, to_message
from db.persons import open_for, seal_for
from db.sealing import Seal, seal
from domain.messages import Actor, Event, Message

_OWNER = text(
    "SELECT h.person_id, k.wrapped FROM case_head h LEFT JOIN person_key k USING (person_id)"
    " WHERE case_id = :case_id"
)
_COLUMNS = (
    "id, case_id, name, submitted_at, actor_role, actor_id, on_behalf_of, period, data, facts,"
    " body_hash, refused"
)
_PUT = text(
    "INSERT INTO inbox (case_id, name, period, actor_role, actor_id, on_behalf_of, actor_key,"
    " idempotency_key, body_hash, sealed, data, facts, refused)"
    " VALUES (:case_id, :name, :period, :actor_role, :actor_id, :on_behalf_of, :actor_key, :key,"
    " :body_hash, :sealed, CAST(:data AS jsonb), CAST(:facts AS jsonb), CAST(:refused AS jsonb))"
    f" ON CONFLICT (actor_key, idempotency_key) DO NOTHING RETURNING {_COLUMNS}"
)
_FIND = text(
    f"SELECT {_COLUMNS} FROM inbox WHERE actor_key = :actor_key AND idempotency_key = :key"
)
_BODY = text(
    "SELECT i.sealed, h.person_id FROM inbox i JOIN case_head h USING (case_id)"
    " WHERE i.id = :id AND i.case_id = :case_id"
)


@dataclass(frozen=True)
class Submission:
    """What is to be written: `body` is all that was sent, `data` and `facts` hold nothing personal.

    `refused` are the reasons of a refusal at the door: such a row needs no event.
    """

    case_id: str
    name: str
    actor: Actor
    key: str
    body: bytes = field(repr=False)
    period: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    refused: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Stored:
    """A row of the inbox as a message. `fresh`: this call wrote it; else somebody did before.

    `events` are what it made now; `wakes`: the run of the case is to be told of them.
    """

    case_id: str
    message: Message
    body_hash: bytes
    refused: list[dict[str, Any]] | None
    fresh: bool
    events: tuple[Event, ...] = ()
    wakes: bool = False


def actor_key(actor: Actor) -> str:
    """Whose idempotency keys these are: `supplier:<person>:<supplier>`, `gateway:-:-`."""
    return f"{actor.role.value}:{actor.id or '-'}:{actor.on_behalf_of or '-'}"


def fingerprint(sealer: Seal, body: bytes) -> bytes:
    """By what two bodies are compared; keyed, so that a short text cannot be guessed from it."""
    return hmac.new(sealer.index_key, body, sha256).digest()


def put(connection: Connection, sealer: Seal, asked: Submission) -> Stored:
    """Write a row and have the file take it, or find the one of the same actor and key.

    Raises NoSuchCase. What is refused at the door stands in the inbox alone.
    """
    if asked.refused is not None:
        return _put(connection, sealer, asked)
    with opened(connection, asked.case_id) as file:
        file.hear()
        stored = _put(connection, sealer, asked)
        made = file.decide(stored.message) if stored.fresh else ()
    return replace(stored, events=made, wakes=file.wakes)


def leave(connection: Connection, sealer: Seal, asked: Submission) -> Stored:
    """Write a row that the file takes later, in a transaction that writes to several cases."""
    stored = _put(connection, sealer, asked)
    if stored.fresh:
        left(connection, [asked.case_id])
    return stored


def _put(connection: Connection, sealer: Seal, asked: Submission) -> Stored:
    owner = connection.execute(_OWNER, {"case_id": asked.case_id}).one_or_none()
    if owner is None:
        raise NoSuchCase("no case file of this id")
    if owner.wrapped is None:  # erased, and spoken of again
        sealed = seal_for(connection, sealer, owner.person_id, asked.body)
    else:
        sealed = seal(sealer.unwrap(bytes(owner.wrapped)), asked.body)
    values = {
        "case_id": asked.case_id,
        "name": asked.name,
        "period": asked.period,
        "actor_role": asked.actor.role.value,
        "actor_id": asked.actor.id,
        "on_behalf_of": asked.actor.on_behalf_of,
        "actor_key": actor_key(asked.actor),
        "key": asked.key,
        "body_hash": fingerprint(sealer, asked.body),
        "sealed": sealed,
        "data": json.dumps(asked.data, ensure_ascii=False),
        "facts": json.dumps(asked.facts, ensure_ascii=False),
        "refused": None if asked.refused is None else json.dumps(asked.refused),
    }
    row = connection.execute(_PUT, values).one_or_none()
    if row is not None:
        return _stored(row, fresh=True)
    found = find(connection, asked.actor, asked.key)
    assert found is not None, "what stood in the way is there: rows are never deleted"
    return found


def find(connection: Connection, actor: Actor, key: str) -> Stored | None:
    """The row that an actor wrote under an idempotency key."""
    named = {"actor_key": actor_key(actor), "key": key}
    row = connection.execute(_FIND, named).one_or_none()
    return None if row is None else _stored(row, fresh=False)


def read_body(connection: Connection, sealer: Seal, case_id: str, inbox_id: str) -> bytes | None:
    """The whole body of a row, with its free text; None if the case has no such row.

    Unreadable once the person of the case has been erased.
    """
    named = {"id": UUID(inbox_id), "case_id": case_id}
    row = connection.execute(_BODY, named).one_or_none()
    if row is None or row.sealed is None:
        return None
    return open_for(connection, sealer, row.person_id, row.sealed)


def _stored(row: Row[Any], *, fresh: bool) -> Stored:
    return Stored(str(row.case_id), to_message(row), bytes(row.body_hash), row.refused, fresh)
