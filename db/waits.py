"""What E-Собес told of measures in which revision, and revocations that came before their measure.

A revocation whose measure is not known waits for it (row R7); the same revision with other content
is a conflict (row R8). What is decided of one measure is decided under its lock, so that no order
of arrival loses anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, insert, text, update
from sqlmodel import col, select

from db.inbox import fingerprint
from db.message_tables import MessageNoticeRow, ToldRevision, WaitingMessage
from db.rows import add_once, lock
from db.sealing import Seal
from db.tables import Journal
from definitions.editions import certified

REVISION_CONFLICT: Final = "revision_conflict"
UNKNOWN_MEASURE: Final = "unknown_measure"
# Told to E-Собес, or found overdue, in one look; what is more waits for the next.
AT_ONCE: Final = 8
_NO_CONTENT: Final = ("message_id", "kind")


@dataclass(frozen=True)
class KnownMeasure:
    """What was told before: whether this revision otherwise, and what waits for the measure."""

    otherwise: bool
    waiting: tuple[UUID, ...]


class Notice(NamedTuple):
    """Something that E-Собес is to be told of a message: it conflicts, or its measure is late."""

    id: UUID
    message_id: str | None
    kind: str
    at: datetime


_KNOWN = text(
    "SELECT (SELECT content_hash FROM told_revision WHERE measure_key = :measure_key"
    "   AND kind = :kind AND revision = :revision) AS content_hash,"
    " ARRAY(SELECT journal_id FROM waiting_message WHERE measure_key = :measure_key"
    "   AND ended_at IS NULL ORDER BY revision, journal_id) AS waiting"
)


def told_by(sealer: Seal, message: Mapping[str, Any]) -> ToldRevision:
    """What a right message in its normal form tells; its own id, and what is null, are nothing."""
    programme = message["programme"]
    content = {name: value for name, value in message.items() if name not in _NO_CONTENT}
    canonical = json.dumps(_without_null(content), sort_keys=True, separators=(",", ":"))
    return ToldRevision(
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


def lock_measure(connection: Connection, told: ToldRevision) -> KnownMeasure:
    """Hold off every other message of this measure until the transaction ends; what is known."""
    lock(connection, f"measure:{told.measure_key.hex()}")
    row = connection.execute(_KNOWN, told.model_dump()).one()
    before = row.content_hash
    otherwise = before is not None and before != told.content_hash
    return KnownMeasure(otherwise, tuple(row.waiting))


def remember(connection: Connection, told: ToldRevision) -> None:
    """Keep what this revision says; the first word counts."""
    add_once(connection, ToldRevision, **told.model_dump())


def wait(connection: Connection, row_id: UUID, told: ToldRevision, at: datetime) -> None:
    """Let a revocation wait for its measure, up to a day that a certificate explains (policy)."""
    certificate = certified("unknown_measure", at)
    waiting = insert(WaitingMessage).values(
        journal_id=row_id,
        measure_key=told.measure_key,
        revision=told.revision,
        since=at,
        until=certificate.expires_at,
        certificate=certificate.to_json(),
    )
    connection.execute(waiting)


def end_wait(connection: Connection, row_id: UUID) -> bool:
    """The measure has come, or the message went back; False if it did not wait any more."""
    waiting = update(WaitingMessage).filter_by(journal_id=row_id, ended_at=None)
    return connection.execute(waiting.values(ended_at=func.legal_now())).rowcount == 1


def overdue_waits(connection: Connection) -> list[tuple[UUID, datetime]]:
    """Mark what has waited too long: the rows and when their time was over. It waits on."""
    until = col(WaitingMessage.until)
    waiting = select(WaitingMessage.journal_id, WaitingMessage.until)
    waiting = waiting.filter_by(ended_at=None, overdue_at=None)
    over = waiting.where(until <= select(func.legal_now()).scalar_subquery()).order_by(until)
    due = over.limit(AT_ONCE).with_for_update(skip_locked=True)
    found = [(row_id, at) for row_id, at in connection.execute(due)]
    late = update(WaitingMessage).where(
        col(WaitingMessage.journal_id).in_([row_id for row_id, _ in found])
    )
    connection.execute(late.values(overdue_at=func.legal_now()))
    return found


def note(connection: Connection, row_id: UUID, kind: str) -> None:
    """E-Собес is to be told this of a message, once."""
    add_once(connection, MessageNoticeRow, journal_id=row_id, kind=kind)


def untold_notices(connection: Connection) -> list[Notice]:
    """What E-Собес has not acknowledged to know, the oldest first."""
    notice = MessageNoticeRow
    asked = select(notice.id, Journal.message_id, notice.kind, notice.at)
    untold = asked.where(notice.journal_id == Journal.id, col(notice.told).is_(None))
    oldest = untold.order_by(col(notice.at), col(notice.id)).limit(AT_ONCE)
    return [Notice(*row) for row in connection.execute(oldest)]


def mark_notice(connection: Connection, notice: UUID, told: str) -> None:
    """Keep how E-Собес took it: `acknowledged`, or the code with which it refused."""
    connection.execute(update(MessageNoticeRow).filter_by(id=notice).values(told=told))
