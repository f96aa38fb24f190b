"""The inbox: what was asked of a case or reported to it, written once and never changed."""

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.case_keys import keys_of_cases
from db.casefile import File, opened, to_message
from db.chains import NAMES, message_hash, sealed_hash
from db.columns import uuid7
from db.persons import key_of, open_all, open_for
from db.sealing import Seal, Unreadable, seal
from db.wakes import Untold, left
from domain.messages import Actor, Event, Message

_COLUMNS = (
    "id, case_id, name, submitted_at, actor_role, actor_id, on_behalf_of, period, data, facts,"
    " body_hash, refused"
)
# What is refused has no event, and moves the end of the messages alone.
_PUT = text(
    "WITH put AS (INSERT INTO inbox (id, case_id, name, period, submitted_at, actor_role, actor_id,"
    " on_behalf_of, actor_key, idempotency_key, body_hash, sealed, data, facts, refused, place,"
    " received_at, hash) VALUES (:id, :case_id, :name, :period, :at, :actor_role, :actor_id,"
    " :on_behalf_of, :actor_key, :key, :body_hash, :sealed, CAST(:data AS jsonb),"
    " CAST(:facts AS jsonb), CAST(:refused AS jsonb), :place, :received_at, :hash)"
    f" ON CONFLICT (actor_key, idempotency_key, year) DO NOTHING RETURNING {_COLUMNS}),"
    " head AS (UPDATE case_head SET told = :hash"
    " WHERE case_id = :case_id AND EXISTS (SELECT 1 FROM put)) SELECT * FROM put"
)
_FIND = text(
    f"SELECT {_COLUMNS} FROM inbox WHERE actor_key = :actor_key AND idempotency_key = :key"
)
# In the order in which they are told; one that stands there twice, or before, is one row.
_LEAVE = text(
    "INSERT INTO inbox (id, case_id, name, period, submitted_at, actor_role, actor_id,"
    " on_behalf_of, actor_key, idempotency_key, body_hash, sealed, data, facts)"
    " SELECT id, case_id, name, period, coalesce(at, legal_now()), actor_role, actor_id,"
    " on_behalf_of, actor_key, key, body_hash, sealed, CAST(data AS jsonb), CAST(facts AS jsonb)"
    " FROM unnest(CAST(:id AS uuid[]), CAST(:case_id AS uuid[]), CAST(:name AS text[]),"
    " CAST(:period AS int[]), CAST(:at AS timestamptz[]), CAST(:actor_role AS text[]),"
    " CAST(:actor_id AS uuid[]), CAST(:on_behalf_of AS uuid[]), CAST(:actor_key AS text[]),"
    " CAST(:key AS text[]), CAST(:body_hash AS bytea[]), CAST(:sealed AS bytea[]),"
    " CAST(:data AS text[]), CAST(:facts AS text[])) WITH ORDINALITY AS w(id, case_id, name,"
    " period, at, actor_role, actor_id, on_behalf_of, actor_key, key, body_hash, sealed, data,"
    " facts, n) ORDER BY n ON CONFLICT (actor_key, idempotency_key, year) DO NOTHING RETURNING id"
)
_LEFT = text(
    "SELECT id, actor_key, idempotency_key FROM inbox"
    " WHERE actor_key = ANY(CAST(:actor_key AS text[]))"
    " AND idempotency_key = ANY(CAST(:key AS text[]))"
)
_BODY = text(
    "SELECT i.sealed, h.person_id FROM inbox i JOIN case_head h USING (case_id)"
    " WHERE i.id = :id AND i.case_id = :case_id"
)


_BODIES = text(
    "SELECT i.id, i.sealed, h.person_id FROM inbox i JOIN case_head h USING (case_id)"
    " WHERE i.id = ANY(:ids) AND i.case_id = :case_id AND i.sealed IS NOT NULL"
)


@dataclass(frozen=True)
class Submission:
    """What is to be written: `body` is all that was sent, `data` and `facts` hold nothing personal.

    `notice`: what an outside system reports is recorded whatever the case thinks of it. `at`: when
    it came, where that is not now.
    """

    case_id: str
    name: str
    actor: Actor
    key: str
    body: bytes = field(repr=False)
    period: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    notice: bool = True
    at: datetime | None = None


@dataclass(frozen=True)
class Stored:
    """A row of the inbox as a message. `fresh`: this call wrote it; else somebody did before.

    `refused`: why the case did not take it, and has no event of it. `events` are what it made now;
    `untold`: the run of the case is to be told of them.
    """

    case_id: str
    message: Message
    body_hash: bytes
    refused: list[dict[str, Any]] | None
    fresh: bool
    events: tuple[Event, ...] = ()
    untold: Untold | None = None


def actor_key(actor: Actor) -> str:
    """Whose idempotency keys these are: `supplier:<person>:<supplier>`, `gateway:-:-`."""
    return f"{actor.role.value}:{actor.id or '-'}:{actor.on_behalf_of or '-'}"


def fingerprint(sealer: Seal, body: bytes) -> bytes:
    """By what two bodies are compared; keyed, so that a short text cannot be guessed from it."""
    return hmac.new(sealer.index_key, body, sha256).digest()


def put(connection: Connection, sealer: Seal, asked: Submission) -> Stored:
    """Open the file and write a row there, or find the one of the same actor and key.

    Raises NoSuchCase.
    """
    request = (actor_key(asked.actor), asked.key)
    with opened(connection, asked.case_id, request=request) as file:
        file.hear()
        known = find(connection, asked.actor, asked.key) if file.row.answered else None
        stored = known or write(file, sealer, asked)
    return replace(stored, untold=file.untold)


def write(
    file: File, sealer: Seal, asked: Submission, refused: list[dict[str, Any]] | None = None
) -> Stored:
    """Decide what is new, and write it with what it makes; a refusal stands in the inbox alone.

    `refused`: why it is not even decided. Where the same key was used in another case at the same
    time, that row is the answer to a refusal; else leaving the file is an IntegrityError.
    """
    message = Message(
        id=str(uuid7()),
        name=asked.name,
        at=asked.at or file.row.arrived,
        actor=asked.actor,
        period=asked.period,
        data=asked.data,
        facts=asked.facts,
    )
    events = [] if refused else file.decided(message)
    if events and events[0].type == "refused" and not asked.notice:
        refused, events = events[0].data["reasons"], []
    sealed = seal(key_of(file.connection, sealer, file.row), asked.body)
    values = _values(sealer, asked, sealed, message, refused)
    values |= {"place": file.place(), "received_at": file.row.wall}
    values["hash"] = _chained(file.told, values)
    if not events:
        row = file.connection.execute(_PUT, values).one_or_none()
        if row is None:
            return _found(file.connection, asked)
        file.told = values["hash"]
        return _stored(row, fresh=True)
    file.told = values["hash"]
    file.words.append(_in_json(values, asked))
    file.record(events)
    return Stored(asked.case_id, message, values["body_hash"], None, True, tuple(events))


def _chained(previous: bytes, values: Mapping[str, Any]) -> bytes:
    """The hash of a message in the chain of its case, as the row will have it."""
    plain = ("data", "facts", "refused")
    named = {
        "idempotency_key": values["key"],
        "submitted_at": values["at"],
        "sealed_hash": sealed_hash(values["sealed"]),
        "linked": None,
        **{name: values[name] and json.loads(values[name]) for name in plain},
    }
    return message_hash(previous, {name: {**values, **named}[name] for name in (*NAMES, "linked")})


def _in_json(values: dict[str, Any], asked: Submission) -> dict[str, Any]:
    """The same as the file writes it with its events."""
    told = {"id": str(values["id"]), "at": values["at"].isoformat()}
    told |= {name: values[name].hex() for name in ("body_hash", "sealed", "hash")}
    told["received_at"] = values["received_at"].isoformat()
    return {**values, **told, "data": asked.data, "facts": asked.facts}


def leave(connection: Connection, sealer: Seal, asked: Sequence[Submission]) -> list[str]:
    """Write rows that the files take later, in a transaction that writes to several cases.

    The ids of the messages, in their order; of one that was left before, its own. NoSuchCase.
    """
    if not asked:
        return []
    keys = keys_of_cases(connection, sealer, {one.case_id for one in asked})
    rows = [_values(sealer, one, seal(keys[one.case_id], one.body)) for one in asked]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    left(connection, map(str, connection.execute(_LEAVE, columns).scalars()))
    named = {"actor_key": sorted({*columns["actor_key"]}), "key": columns["key"]}
    found = connection.execute(_LEFT, named)
    known = {(row.actor_key, row.idempotency_key): str(row.id) for row in found}
    return [known[row["actor_key"], row["key"]] for row in rows]


def _values(
    sealer: Seal,
    asked: Submission,
    sealed: bytes,
    message: Message | None = None,
    refused: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "id": message.id if message else uuid7(),
        "at": message.at if message else asked.at,
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
        "refused": None if refused is None else json.dumps(refused),
    }


def _found(connection: Connection, asked: Submission) -> Stored:
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


def read_bodies(
    connection: Connection, sealer: Seal, case_id: UUID, ids: Collection[UUID]
) -> dict[UUID, bytes]:
    """The same of several rows; none once the person of the case has been erased."""
    rows = connection.execute(_BODIES, {"ids": list(ids), "case_id": case_id}).all()
    sealed = {row.id: row.sealed for row in rows}
    try:
        return open_all(connection, sealer, rows[0].person_id, sealed) if rows else {}
    except Unreadable:
        return {}


def _stored(row: Row[Any], *, fresh: bool) -> Stored:
    return Stored(str(row.case_id), to_message(row), bytes(row.body_hash), row.refused, fresh)
