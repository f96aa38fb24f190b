"""What E-Собес told of measures in which revision, and revocations that came before their measure.

A revocation whose measure is not known waits for it (row R7); the same revision with other content
is a conflict (row R8). What is decided of one measure is decided under its lock, so that no order
of arrival loses anything.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.inbox import fingerprint
from db.sealing import Seal
from definitions.editions import certified

REVISION_CONFLICT: Final = "revision_conflict"
UNKNOWN_MEASURE: Final = "unknown_measure"
# Told to E-Собес, or found overdue, in one look; what is more waits for the next.
AT_ONCE: Final = 8
_NO_CONTENT: Final = ("message_id", "kind")


@dataclass(frozen=True)
class ToldMeasure:
    """What a right message tells: of which measure, in which revision, and what.

    Fingerprints: the number of a programme and the content of a message are personal.
    """

    measure_key: bytes
    kind: str
    revision: int
    content_hash: bytes


@dataclass(frozen=True)
class KnownMeasure:
    """What was told before: whether this revision otherwise, and what waits for the measure."""

    otherwise: bool
    waiting: tuple[UUID, ...]


@dataclass(frozen=True)
class Notice:
    """Something that E-Собес is to be told of a message: it conflicts, or its measure is late."""

    id: UUID
    message_id: str | None
    kind: str
    at: datetime


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('measure:' || :key, 0))")
_KNOWN = text(
    "SELECT (SELECT content_hash FROM told_revision WHERE measure_key = :measure_key"
    "   AND kind = :kind AND revision = :revision) AS content_hash,"
    " ARRAY(SELECT journal_id FROM waiting_message WHERE measure_key = :measure_key"
    "   AND ended_at IS NULL ORDER BY revision, journal_id) AS waiting"
)
_REMEMBER = text(
    "INSERT INTO told_revision (measure_key, kind, revision, content_hash)"
    " VALUES (:measure_key, :kind, :revision, :content_hash) ON CONFLICT DO NOTHING"
)
_WAIT = text(
    "INSERT INTO waiting_message (journal_id, measure_key, revision, since, until, certificate)"
    " VALUES (:id, :measure_key, :revision, :since, :until, CAST(:certificate AS jsonb))"
)
_END = text(
    "UPDATE waiting_message SET ended_at = legal_now() WHERE journal_id = :id AND ended_at IS NULL"
)
_DUE = text(
    "SELECT journal_id, until FROM waiting_message WHERE ended_at IS NULL AND overdue_at IS NULL"
    " AND until <= (SELECT legal_now()) ORDER BY until LIMIT :most FOR UPDATE SKIP LOCKED"
)
_OVERDUE = text("UPDATE waiting_message SET overdue_at = legal_now() WHERE journal_id = :id")
_NOTE = text(
    "INSERT INTO message_notice (journal_id, kind) VALUES (:id, :kind)"
    " ON CONFLICT (journal_id, kind) DO NOTHING"
)
_UNTOLD = text(
    "SELECT n.id, j.message_id, n.kind, n.at FROM message_notice n"
    " JOIN journal j ON j.id = n.journal_id WHERE n.told IS NULL ORDER BY n.at, n.id LIMIT :most"
)
_TOLD = text("UPDATE message_notice SET told = :told WHERE id = :id")


def told_by(sealer: Seal, message: Mapping[str, Any]) -> ToldMeasure:
    """What a right message in its normal form tells; its own id, and what is null, are nothing."""
    programme = message["programme"]
    content = {name: value for name, value in message.items() if name not in _NO_CONTENT}
    canonical = json.dumps(_without_null(content), sort_keys=True, separators=(",", ":"))
    return ToldMeasure(
        measure_key=measure_key(sealer, programme["number"], message["measure_id"]),
        kind=message.get("kind") or "measure",
        revision=programme["revision"],
        content_hash=fingerprint(sealer, canonical.encode()),
    )


def measure_key(sealer: Seal, programme: str, measure: str) -> bytes:
    """By what a measure is known where its programme's number must not stand."""
    return fingerprint(sealer, json.dumps([programme, measure]).encode())


def _without_null(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_null(one) for name, one in value.items() if one is not None}
        case list():
            return [_without_null(one) for one in value]
    return value


def lock_measure(connection: Connection, told: ToldMeasure) -> KnownMeasure:
    """Hold off every other message of this measure until the transaction ends; what is known."""
    connection.execute(_LOCK, {"key": told.measure_key.hex()})
    row = connection.execute(_KNOWN, asdict(told)).one()
    before = row.content_hash
    otherwise = before is not None and bytes(before) != told.content_hash
    return KnownMeasure(otherwise, tuple(row.waiting))


def remember(connection: Connection, told: ToldMeasure) -> None:
    """Keep what this revision says; the first word counts."""
    connection.execute(_REMEMBER, asdict(told))


def wait(connection: Connection, row_id: UUID, told: ToldMeasure, at: datetime) -> None:
    """Let a revocation wait for its measure, up to a day that a certificate explains (policy)."""
    certificate = certified("unknown_measure", at)
    values = {
        "id": row_id,
        "measure_key": told.measure_key,
        "revision": told.revision,
        "since": at,
        "until": certificate.expires_at,
        "certificate": json.dumps(certificate.to_json()),
    }
    connection.execute(_WAIT, values)


def end_wait(connection: Connection, row_id: UUID) -> bool:
    """The measure has come, or the message went back; False if it did not wait any more."""
    return connection.execute(_END, {"id": row_id}).rowcount == 1


def overdue_waits(connection: Connection) -> list[tuple[UUID, datetime]]:
    """Mark what has waited too long: the rows and when their time was over. It waits on."""
    rows = [(row.journal_id, row.until) for row in connection.execute(_DUE, {"most": AT_ONCE})]
    for row_id, _ in rows:
        connection.execute(_OVERDUE, {"id": row_id})
    return rows


def note(connection: Connection, row_id: UUID, kind: str) -> None:
    """E-Собес is to be told this of a message, once."""
    connection.execute(_NOTE, {"id": row_id, "kind": kind})


def untold_notices(connection: Connection) -> list[Notice]:
    """What E-Собес has not acknowledged to know, the oldest first."""
    return [Notice(*row) for row in connection.execute(_UNTOLD, {"most": AT_ONCE})]


def mark_notice(connection: Connection, notice: UUID, told: str) -> None:
    """Keep how E-Собес took it: `acknowledged`, or the code with which it refused."""
    connection.execute(_TOLD, {"id": notice, "told": told})
