"""The journal of E-Собес: what came is kept as it came, before anything else is done with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, text

from db.envelopes import envelop, open_envelope
from db.inbox import fingerprint
from db.persons import open_for
from db.sealing import Seal
from definitions.forms import Fault, is_key, normalise
from definitions.intake import LONGEST, Reading, read_message
from definitions.parsing import parse
from integrations.shep import Trusting, read_notification

PENDING, ACCEPTED, REJECTED, CONFLICT = "pending", "accepted", "rejected", "conflict"
# A revocation whose measure is not known yet (row R7).
WAITING: Final = "waiting"
# In front of a raw text that now lies under the person's own key.
PERSONAL: Final = b"\x01"


@dataclass(frozen=True)
class Raw:
    """One message as it came: its text, and what the text says as JSON."""

    text: bytes = field(repr=False)
    value: Any = field(repr=False)


@dataclass(frozen=True)
class JournalEntry:
    """A row of the journal that stands for a message, by its place in the request."""

    id: UUID
    conflict: bool = False


@dataclass(frozen=True)
class JournalVerdict:
    """What became of a message."""

    message_id: str | None
    status: str
    case_id: str | None = None
    reference: str | None = None
    mistakes: tuple[dict[str, Any], ...] = ()


_KNOWN = text("SELECT id, message_id, body_hash FROM journal WHERE message_id = ANY(:message_ids)")
_ADD = text(
    "INSERT INTO journal (batch_id, place, message_id, body_hash, sealed, verdict)"
    " SELECT :batch_id, * FROM unnest(CAST(:places AS int[]), CAST(:message_ids AS text[]),"
    " CAST(:body_hashs AS bytea[]), CAST(:sealeds AS bytea[]), CAST(:verdicts AS text[]))"
    " ON CONFLICT (message_id) DO NOTHING RETURNING id, place"
)
READ = text(
    "SELECT j.id, j.message_id, j.batch_id, j.sealed, j.received_at, j.verdict, j.case_id,"
    " j.inbox_id, j.mistakes, j.body_hash, h.reference, h.person_id"
    " FROM journal j LEFT JOIN case_head h USING (case_id) WHERE j.id = ANY(:ids)"
)
_BY_MESSAGE = text("SELECT id FROM journal WHERE message_id = :message_id")


def journal(connection: Connection, sealer: Seal, messages: Sequence[Raw]) -> list[JournalEntry]:
    """Keep what came, as it came; commit this before anything else is done with it.

    One entry a message, in order. A message that is known by its id and says the same is the known
    entry; one that says something else is kept too, and is a conflict.
    """
    rows = [_row(sealer, place, message) for place, message in enumerate(messages)]
    batch = uuid4()
    added = _add(connection, batch, rows)
    ids = [row["message_id"] for row in rows if row["place"] not in added]
    known = {
        row.message_id: (row.id, bytes(row.body_hash))
        for row in connection.execute(_KNOWN, {"message_ids": ids})
    }
    others = [
        {**row, "message_id": None, "verdict": CONFLICT}
        for row in rows
        if row["place"] not in added and known[row["message_id"]][1] != row["body_hash"]
    ]
    conflicts = _add(connection, batch, others)
    return [_entry(row, added, conflicts, known) for row in rows]


def read_came(raw: bytes, at: datetime | None = None, gateway: Trusting | None = None) -> Reading:
    """What a raw text says, be it JSON or an envelope of the gateway with JSON in it.

    `at`: when it came, where it is read for the first time; `gateway`: whose signatures count then.
    """
    if not _is_enveloped(raw):
        return read_message(raw.decode())
    came = read_notification(raw, at, gateway)
    if came.text is None:
        fault = Fault((), came.fault or "unreadable")
        return Reading({"message_id": came.message_id}, faults=(fault,))
    return read_message(came.text, came.message_id)


def json_of(raw: bytes) -> Any:
    """The JSON in a raw text as it was written, None where there is none. RecursionError."""
    text = read_notification(raw).text if _is_enveloped(raw) else raw.decode()
    return None if text is None else parse(text).value


def _is_enveloped(raw: bytes) -> bool:
    return raw.lstrip()[:1] == b"<"


def read_verdicts(connection: Connection, rows: Sequence[UUID]) -> dict[UUID, JournalVerdict]:
    """What became of journalled rows."""
    found = connection.execute(READ, {"ids": list(rows)})
    return {row.id: _verdict(row) for row in found}


def find_message(connection: Connection, message_id: str) -> JournalVerdict | None:
    """What became of a message; None if none of this id was journalled."""
    row_id = connection.execute(_BY_MESSAGE, {"message_id": message_id}).scalar()
    return None if row_id is None else read_verdicts(connection, [row_id])[row_id]


def read_raw(connection: Connection, sealer: Seal, row_id: UUID) -> bytes:
    """The text as it came. Unreadable once the person whom it is about has been erased."""
    row = connection.execute(READ, {"ids": [row_id]}).one()
    sealed = bytes(row.sealed)
    if sealed.startswith(PERSONAL):
        return open_for(connection, sealer, row.person_id, sealed.removeprefix(PERSONAL))
    return open_envelope(sealer, sealed)


def _row(sealer: Seal, place: int, message: Raw) -> dict[str, Any]:
    return {
        "place": place,
        "message_id": _message_id(message.value),
        "body_hash": fingerprint(sealer, _content(message)),
        "sealed": envelop(sealer, message.text),
        "verdict": PENDING,
    }


def _content(message: Raw) -> bytes:
    """Two texts with other blanks or another order of fields are the same message.

    What is too long for a message, or has no number where one should be, is compared as it came.
    """
    if len(message.text) > LONGEST:
        return message.text
    try:
        return json.dumps(message.value, sort_keys=True, separators=(",", ":")).encode()
    except TypeError:
        return message.text


def _message_id(value: Any) -> str | None:
    found = value.get("message_id") if isinstance(value, dict) else None
    told = normalise(found)
    return told if isinstance(told, str) and is_key(told) else None


def _add(connection: Connection, batch: UUID, rows: list[dict[str, Any]]) -> dict[int, UUID]:
    """Ids by place of the rows that were added; those with a message id that is taken are not."""
    if not rows:
        return {}
    columns = {f"{name}s": [row[name] for row in rows] for name in rows[0]}
    added = connection.execute(_ADD, {"batch_id": batch, **columns})
    return {row.place: row.id for row in added}


def _entry(
    row: dict[str, Any],
    added: dict[int, UUID],
    conflicts: dict[int, UUID],
    known: dict[str, tuple[UUID, bytes]],
) -> JournalEntry:
    place = row["place"]
    if place in conflicts:
        return JournalEntry(conflicts[place], conflict=True)
    return JournalEntry(added[place] if place in added else known[row["message_id"]][0])


def _verdict(row: Row[Any]) -> JournalVerdict:
    return JournalVerdict(
        message_id=row.message_id,
        status=row.verdict,
        case_id=str(row.case_id) if row.case_id else None,
        reference=row.reference,
        mistakes=tuple(row.mistakes or ()),
    )
