"""The proof bundle of a case: one ZIP that `docs/verify_bundle.py` checks without any of our code.

Whole events and messages are in it, for without what they say their hashes prove nothing; of what
was said in free text the hash alone. Bytes that were signed or shown are in it as they are.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text
from sqlmodel import col, select

from db.casefile import NoSuchCase
from db.chains import MESSAGE, NAMES, instant_text, message_body
from db.documents import read_documents
from db.events import read_events
from db.evidence import read_evidence
from db.heads import LEAF_BYTES, Leaf
from db.money import read_money
from db.record_tables import RecordHead, RecordLeaves
from db.rows import models
from db.sealing import Seal, Unreadable
from domain.canonical import canonical_bytes
from domain.merkle import leaf_hash, path

FORM: Final = 1
_HEAD: Final = text(
    "SELECT case_id, reference, edition, seq, hash, told FROM case_head WHERE case_id = :case_id"
)
_WRITTEN: Final = text(
    "SELECT seq, previous, hash, recorded_at, xid FROM event WHERE case_id = :case_id ORDER BY seq"
)
_MESSAGES: Final = text(
    f"SELECT {MESSAGE}, coalesce(k.hash, i.hash) AS hash, k.place AS linked FROM inbox i"
    " LEFT JOIN linked k ON k.inbox_id = i.id WHERE i.case_id = :case_id"
    " AND coalesce(k.hash, i.hash) IS NOT NULL ORDER BY coalesce(k.place, i.place)"
)
_DEADLINES: Final = text(
    "SELECT period, term, revision, expires_at, last_day, certificate FROM deadline"
    " WHERE case_id = :case_id ORDER BY period, term, revision"
)
# What went out, and what a gateway said of it.
_NOTICES: Final = text(
    "SELECT d.key, d.kind, d.channel, d.provider_id, d.outcome, d.begun_at, r.state,"
    " r.at AS said_at, r.received_at FROM dispatch d LEFT JOIN receipt r"
    " ON r.channel = d.channel AND r.provider_id = d.provider_id"
    " WHERE d.case_id = :case_id ORDER BY d.key, r.received_at, r.state"
)
# What was opened and done beside the procedure, one by one; and who looked at which part, by hours.
_READS: Final = text(
    "SELECT id, at, actor_id, actor_role, on_behalf_of, action FROM audit"
    " WHERE case_id = :case_id ORDER BY id"
)
_LOOKS: Final = text(
    "SELECT hour, actor_id, role, place, part, purpose, first_at, last_at, times FROM case_read"
    " WHERE case_id = :case_id ORDER BY id"
)
_PAPERS: Final = text("SELECT sha256, kind, made_at FROM document WHERE case_id = :case_id")


def bundle(connection: Connection, sealer: Seal, case_id: str) -> bytes:
    """The bundle of a case as it stands; of whoever was erased the papers are gone. NoSuchCase."""
    named = {"case_id": case_id}
    head = connection.execute(_HEAD, named).one_or_none()
    if head is None:
        raise NoSuchCase("no case file of this id")
    events = list(_events(connection, case_id))
    messages = [
        {
            **message_body({name: row._mapping[name] for name in (*NAMES, "linked")}),
            "hash": bytes(row.hash).hex(),
        }
        for row in connection.execute(_MESSAGES, named)
    ]
    heads, proof = _proof(connection, UUID(case_id), events, messages)
    told: dict[str, Any] = {
        "case": head._mapping,
        "events": events,
        "messages": messages,
        "deadlines": _rows(connection, _DEADLINES, case_id),
        "money": list(read_money(connection, case_id)),
        "notices": _rows(connection, _NOTICES, case_id),
        "reads": _rows(connection, _READS, case_id),
        "looks": _rows(connection, _LOOKS, case_id),
        "heads": heads,
        "proof": proof,
    }
    entries = {f"{name}.json": canonical_bytes(_plain(one)) for name, one in told.items()}
    papers, kept = _papers(connection, sealer, case_id, events)
    entries["documents.json"] = canonical_bytes(_plain(papers))
    entries |= kept | _evidence(connection, sealer, case_id)
    entries["manifest.json"] = _manifest(entries)
    return zipped(entries)


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """The one archive that these files make: in the order of their names, stored as they are."""
    body, directory = bytearray(), bytearray()
    for name in sorted(entries):
        content, named = entries[name], name.encode()
        told = (20, 0x800, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(named))
        directory += struct.pack("<4sH5H3IH", b"PK\1\2", 20, *told)
        directory += struct.pack("<4H2I", 0, 0, 0, 0, 0, len(body)) + named
        body += struct.pack("<4s5H3I2H", b"PK\3\4", *told, 0) + named + content
    end = (b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + struct.pack("<4s4H2IH", *end))


def _manifest(entries: Mapping[str, bytes]) -> bytes:
    files = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in entries.items()
    }
    return canonical_bytes({"form": FORM, "files": files})


def _events(connection: Connection, case_id: str) -> Iterator[dict[str, Any]]:
    written = connection.execute(_WRITTEN, {"case_id": case_id}).all()
    for event, row in zip(read_events(connection, case_id), written, strict=True):
        yield {
            **event.model_dump(mode="json"),
            "case_id": case_id,
            "recorded_at": instant_text(row.recorded_at),
            "xid": row.xid,
            "previous": bytes(row.previous).hex(),
            "hash": bytes(row.hash).hex(),
        }


def _papers(
    connection: Connection, sealer: Seal, case_id: str, events: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """What the events name of what lies with the case, and its bytes."""
    said = canonical_bytes(list(events)).decode()
    rows = connection.execute(_PAPERS, {"case_id": case_id}).all()
    named = sorted(
        (row._mapping for row in rows if row.sha256 in said), key=lambda row: str(row["sha256"])
    )
    places = [(case_id, str(row["sha256"])) for row in named]
    found = read_documents(connection, sealer, places) if places else {}
    kept = {f"documents/{sha256}": one.content for (_, sha256), one in found.items()}
    return [dict(row) for row in named], kept


def _evidence(connection: Connection, sealer: Seal, case_id: str) -> dict[str, bytes]:
    """What the verdicts on its signatures rest on, and the lists of revoked certificates that they
    name; of whoever was erased there is none.
    """
    try:
        held = read_evidence(connection, sealer, case_id)
    except Unreadable:
        held = []
    told = [
        {
            "signature": one.signature,
            "document": one.document,
            "at": one.at,
            "verdict": one.verdict.model_dump(mode="json"),
        }
        for one in held
    ]
    lists = {f"revoked/{name}": der for one in held for name, der in one.lists.items()}
    return {"evidence.json": canonical_bytes(_plain(told)), **lists}


def _proof(
    connection: Connection,
    case_id: UUID,
    events: Sequence[Mapping[str, Any]],
    messages: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The heads from the last that has the case on, and the way from its leaf to the root."""
    within = select(RecordLeaves.head).where(
        col(RecordLeaves.first_case) <= case_id, col(RecordLeaves.last_case) >= case_id
    )
    numbers = connection.execute(within.distinct().order_by(col(RecordLeaves.head).desc()))
    for number in numbers.scalars().all():
        leaves = _leaves(connection, number)
        place = next((at for at, one in enumerate(leaves) if one.case_id == case_id), None)
        if place is None:
            continue
        held = _heads_from(connection, number)
        beside = path([leaf_hash(one.packed) for one in leaves], place)
        proof = {
            "head": number,
            "leaf": leaves[place].packed.hex(),
            "place": place,
            "path": [one.hex() for one in beside],
        }
        return held, proof
    return {"heads": [], "keys": []}, None


def _leaves(connection: Connection, head: int) -> list[Leaf]:
    parts = select(RecordLeaves.leaves).where(col(RecordLeaves.head) == head)
    packed = b"".join(
        bytes(one) for one in connection.scalars(parts.order_by(col(RecordLeaves.part)))
    )
    return [Leaf.of(packed[at : at + LEAF_BYTES]) for at in range(0, len(packed), LEAF_BYTES)]


def _heads_from(connection: Connection, number: int) -> dict[str, Any]:
    asked = select(RecordHead).where(col(RecordHead.number) >= number)
    held = models(connection, asked.order_by(col(RecordHead.number))).all()
    keys = {one.public_key["kid"]: one.public_key for one in held}
    told = [{"number": one.number, "made_at": instant_text(one.at), "jws": one.jws} for one in held]
    return {"heads": told, "keys": list(keys.values())}


def _rows(connection: Connection, asked: Any, case_id: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(asked, {"case_id": case_id})]


def _plain(value: Any) -> Any:
    """As JSON."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, (date, UUID)):
        return str(value)
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
