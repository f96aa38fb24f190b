"""Documents that people upload: kept with their case for one side of it, sealed for its person.

What no command has named by the end of its time is removed. What one named stays, and is read by
whoever sees the event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from db.case_keys import key_of_case
from db.persons import open_for
from db.rows import lock
from db.sealing import Seal, seal
from domain.messages import Actor, Role

_HELD = text(
    "SELECT count(*) AS number, coalesce(sum(size), 0) AS size FROM upload"
    " WHERE case_id = :case_id AND side = :side AND sha256 <> :sha256"
)
# What was named stays as it was named; what was not begins its time anew.
_KEEP = text(
    "INSERT INTO upload (case_id, sha256, side, kind, type, size, sealed, uploaded_by,"
    " unused_until) VALUES (:case_id, :sha256, :side, :kind, :type, :size, :sealed, :uploaded_by,"
    " legal_now() + CAST(:kept AS interval)) ON CONFLICT (case_id, sha256, side) DO UPDATE SET"
    " kind = CASE WHEN upload.unused_until IS NULL THEN upload.kind ELSE excluded.kind END,"
    " unused_until = CASE WHEN upload.unused_until IS NOT NULL THEN excluded.unused_until END"
    " RETURNING kind, unused_until"
)
_NAMED = text(
    "SELECT sha256, kind, type FROM upload WHERE case_id = :case_id AND side = :side"
    " AND sha256 = ANY(:hashes) ORDER BY sha256 FOR UPDATE"
)
_USE = text(
    "UPDATE upload SET unused_until = NULL WHERE case_id = :case_id AND side = :side"
    " AND sha256 = ANY(:hashes)"
)
_READ = text(
    "SELECT u.type, u.sealed, h.person_id FROM upload u JOIN case_head h USING (case_id)"
    " WHERE u.case_id = :case_id AND u.sha256 = :sha256"
    " AND (u.side = :side OR (:shown AND u.unused_until IS NULL)) LIMIT 1"
)
_FORGET = text(
    "DELETE FROM upload WHERE (case_id, sha256, side) IN (SELECT case_id, sha256, side FROM upload"
    " WHERE unused_until <= legal_now() ORDER BY unused_until LIMIT :most FOR UPDATE SKIP LOCKED)"
)
MOST_FORGOTTEN = 100


class NoRoom(Exception):
    """One side of a case keeps as many documents with it as it may."""


@dataclass(frozen=True, slots=True)
class UploadRoom:
    """How large one document may be, how much one side of a case may keep with it, and how long
    what nobody names.
    """

    largest: int
    documents: int
    size: int
    unused: timedelta


@dataclass(frozen=True, slots=True)
class NewUpload:
    """What somebody hands in: of which kind, of which media type, and the bytes with their hash."""

    kind: str
    type: str
    sha256: str
    content: bytes | bytearray = field(repr=False)


def side_of(actor: Actor) -> str:
    """For whom somebody uploads: whoever acts for the same party names what it uploaded."""
    if actor.role == Role.SUPPLIER:
        return f"{actor.role.value}:{actor.on_behalf_of}"
    return actor.role.value


def keep_upload(
    connection: Connection,
    sealer: Seal,
    case_id: str,
    actor: Actor,
    made: NewUpload,
    room: UploadRoom,
) -> dict[str, Any]:
    """Keep it, once for each side; what is told of it. NoRoom, or NoSuchCase."""
    named = {"case_id": case_id, "side": side_of(actor), "sha256": made.sha256}
    lock(connection, case_id + named["side"])
    held = connection.execute(_HELD, named).one()
    size = len(made.content)
    if held.number >= room.documents or held.size + size > room.size:
        raise NoRoom("one side keeps as much with its case as it may")
    key = key_of_case(connection, sealer, case_id)
    written = {
        "kind": made.kind,
        "type": made.type,
        "size": size,
        "sealed": seal(key, made.content),
        "uploaded_by": actor.id,
        "kept": room.unused,
    }
    row = connection.execute(_KEEP, {**named, **written}).one()
    return {
        "sha256": made.sha256,
        "type": made.type,
        "bytes": size,
        "kind": row.kind,
        "unused_until": row.unused_until,
    }


def find_uploads(
    connection: Connection, case_id: str, side: str, hashes: Sequence[str]
) -> Mapping[str, dict[str, str]]:
    """By hash what an event will say of each that the side keeps; none of them goes meanwhile."""
    named = {"case_id": case_id, "side": side, "hashes": list(hashes)}
    return {row.sha256: dict(row._mapping) for row in connection.execute(_NAMED, named)}


def use_uploads(connection: Connection, case_id: str, side: str, hashes: Sequence[str]) -> None:
    """A command has named them: they stay."""
    connection.execute(_USE, {"case_id": case_id, "side": side, "hashes": list(hashes)})


def read_upload(
    connection: Connection, sealer: Seal, case_id: str, sha256: str, side: str, shown: bool
) -> tuple[str, bytes] | None:
    """Media type and bytes: of the side's own, or of one in an event that the reader is `shown`.

    Unreadable once the person of the case has been erased.
    """
    named = {"case_id": case_id, "sha256": sha256, "side": side, "shown": shown}
    row = connection.execute(_READ, named).one_or_none()
    if row is None:
        return None
    return row.type, open_for(connection, sealer, row.person_id, bytes(row.sealed))


def forget_unused(engine: Engine) -> int:
    """Remove what nobody has named by the end of its time; how many."""
    with engine.begin() as connection:
        return connection.execute(_FORGET, {"most": MOST_FORGOTTEN}).rowcount
