"""The journal of E-Собес: what came is kept as it came, before anything else is done with it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, text

from db.envelopes import envelop, open_envelope
from db.inbox import fingerprint
from db.persons import open_for
from db.sealing import Seal
from definitions.forms import Fault, is_key, normalise, told
from definitions.intake import LONGEST, Reading, read_message
from definitions.parsing import decode, parse
from integrations.shep import NoEnvelope, Trusting, read_notification

PENDING, ACCEPTED, REJECTED, CONFLICT = "pending", "accepted", "rejected", "conflict"
# A revocation whose measure is not known yet (row R7).
WAITING: Final = "waiting"
# In front of a raw text that now lies under the person's own key.
PERSONAL: Final = b"\x01"
# Why a message is a conflict by its id alone.
ID_TAKEN: Final = "message_id_differs"


@dataclass(frozen=True)
class Raw:
    """One message as it came: its text, and what the text says as JSON.

    `fault`: why it brings no message, where the door knows. Such a text takes no id.
    """

    text: bytes = field(repr=False)
    value: Any = field(repr=False)
    fault: str | None = None


@dataclass(frozen=True)
class JournalEntry:
    """A row of the journal that stands for a message, by its place in the request."""

    id: UUID


@dataclass(frozen=True)
class JournalVerdict:
    """What became of a message."""

    message_id: str | None
    status: str
    case_id: str | None = None
    reference: str | None = None
    mistakes: tuple[dict[str, Any], ...] = ()


_KNOWN = text(
    "SELECT id, message_id, body_hash FROM journal"
    " WHERE message_id = ANY(CAST(:message_ids AS text[]))"
    " UNION ALL SELECT id, message_id, body_hash FROM journal"
    " WHERE message_id IS NULL AND body_hash = ANY(CAST(:body_hashs AS bytea[]))"
)
_ADD = text(
    "INSERT INTO journal (batch_id, place, message_id, body_hash, sealed, verdict, mistakes)"
    " SELECT :batch_id, place, message_id, body_hash,"
    " substr(CAST(:whole AS bytea), starts, length), 'pending', CAST(mistakes AS jsonb)"
    " FROM unnest(CAST(:places AS int[]), CAST(:message_ids AS text[]),"
    " CAST(:body_hashs AS bytea[]), CAST(:startss AS int[]), CAST(:lengths AS int[]),"
    " CAST(:mistakess AS text[]))"
    " AS came (place, message_id, body_hash, starts, length, mistakes)"
    " ON CONFLICT DO NOTHING RETURNING id, place"
)
READ = text(
    "SELECT j.id, j.message_id, j.batch_id, j.sealed, j.received_at, j.verdict, j.case_id,"
    " j.inbox_id, j.mistakes, j.body_hash, h.reference, h.person_id"
    " FROM journal j LEFT JOIN case_head h USING (case_id) WHERE j.id = ANY(:ids)"
)
_VERDICTS = text(
    "SELECT j.id, j.message_id, j.verdict, j.case_id, j.mistakes, h.reference"
    " FROM journal j LEFT JOIN case_head h USING (case_id) WHERE j.id = ANY(:ids)"
)
_BY_MESSAGE = text("SELECT id FROM journal WHERE message_id = :message_id")


def journal(connection: Connection, sealer: Seal, messages: Sequence[Raw]) -> list[JournalEntry]:
    """Keep what came, as it came; commit this before anything else is done with it.

    One entry a message, in order. A message that is known by its id and says the same is the known
    entry; one that says something else is kept too, without the id, and is a conflict. What has no
    id is known by what it says.
    """
    rows = [_row(sealer, place, message) for place, message in enumerate(messages)]
    batch = uuid4()
    found = _add(connection, batch, rows)
    known = _known(connection, [row for row in rows if row["place"] not in found])
    others = []
    for row in rows:
        if row["place"] in found:
            continue
        row_id, body_hash = known[_name(row)]
        if body_hash == row["body_hash"]:
            found[row["place"]] = row_id
        else:
            others.append({**row, "message_id": None, "mistakes": _mistakes(ID_TAKEN)})
    found |= _add(connection, batch, others)
    known = _known(connection, others)
    return [JournalEntry(found.get(row["place"]) or known[row["body_hash"]][0]) for row in rows]


def read_came(raw: bytes, at: datetime | None = None, gateway: Trusting | None = None) -> Reading:
    """What a raw text says, be it JSON or an envelope of the gateway with JSON in it.

    `at`: when it came, where it is read for the first time; `gateway`: whose signatures count then.
    """
    try:
        if not _is_enveloped(raw):
            return read_message(decode(raw))
        came = read_notification(raw, at, gateway)
    except (NoEnvelope, UnicodeDecodeError):
        return Reading(None, faults=(Fault((), "text_unreadable"),))
    if came.text is None:
        fault = Fault((), came.fault or "unreadable")
        return Reading({"message_id": came.message_id}, faults=(fault,))
    return read_message(came.text, came.message_id)


def json_of(raw: bytes) -> Any:
    """The JSON in a raw text as it was written, None where there is none.

    ValueError, RecursionError.
    """
    text = read_notification(raw).text if _is_enveloped(raw) else decode(raw)
    return None if text is None else parse(text).value


def _is_enveloped(raw: bytes) -> bool:
    """Whether it is XML, in any encoding that is told by its first bytes (XML 1.0, appendix F)."""
    begin = raw.decode(json.detect_encoding(raw), "replace").lstrip("\ufeff \t\r\n")
    return begin.startswith("<")


def read_verdicts(connection: Connection, rows: Sequence[UUID]) -> dict[UUID, JournalVerdict]:
    """What became of journalled rows."""
    found = connection.execute(_VERDICTS, {"ids": list(rows)})
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
        "message_id": None if message.fault else _message_id(message.value),
        "body_hash": fingerprint(sealer, _content(message)),
        "sealed": envelop(sealer, message.text),
        "mistakes": _mistakes(message.fault) if message.fault else None,
    }


def _mistakes(code: str) -> str:
    """What is wrong with a message before it is looked at, as the journal keeps it."""
    place = ("message_id",) if code == ID_TAKEN else ()
    return json.dumps([asdict(mistake) for mistake in told([Fault(place, code)])])


def _content(message: Raw) -> bytes:
    """Two texts with other blanks or another order of fields are the same message.

    What brings no message, is too long for one, or has no number where one should be, is compared
    as it came.
    """
    if message.fault or len(message.text) > LONGEST:
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
    """Ids by place of the rows that were added; those that are known are not."""
    if not rows:
        return {}
    columns = {f"{name}s": [row[name] for row in rows] for name in rows[0] if name != "sealed"}
    # An array of bytes would be written out sign by sign, which costs more than to read a message.
    lengths = [len(row["sealed"]) for row in rows]
    parts = {"startss": [*accumulate(lengths, initial=1)][:-1], "lengths": lengths}
    whole = b"".join(row["sealed"] for row in rows)
    added = connection.execute(_ADD, {"batch_id": batch, "whole": whole, **columns, **parts})
    return {row.place: row.id for row in added}


def _known(
    connection: Connection, rows: list[dict[str, Any]]
) -> dict[str | bytes, tuple[UUID, bytes]]:
    """What the journal has under the names of these: its id, and what it says."""
    if not rows:
        return {}
    named = {f"{name}s": [row[name] for row in rows] for name in ("message_id", "body_hash")}
    found = [(row, bytes(row.body_hash)) for row in connection.execute(_KNOWN, named)]
    return {row.message_id or says: (row.id, says) for row, says in found}


def _name(row: dict[str, Any]) -> str | bytes:
    name: str | bytes = row["message_id"] or row["body_hash"]
    return name


def _verdict(row: Row[Any]) -> JournalVerdict:
    return JournalVerdict(
        message_id=row.message_id,
        status=row.verdict,
        case_id=str(row.case_id) if row.case_id else None,
        reference=row.reference,
        mistakes=tuple(row.mistakes or ()),
    )
