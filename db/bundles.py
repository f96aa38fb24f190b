"""The proof bundle of a case: one ZIP that `docs/verify_bundle.py` checks without any of our code.

For officials whole events and messages are in it; of what was said in free text the hash alone. A
side is told what it may see of each event, and the rest stands there by its digests, so that the
chain goes on holding. Bytes that were signed or shown are in it as they are.
"""

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text
from sqlmodel import col, select

from db.casefile import NoSuchCase
from db.chains import (
    LINKS,
    MESSAGE,
    NAMES,
    Written,
    event_body,
    instant_text,
    message_body,
    parts_of,
)
from db.disclosure import Disclosure, disclosed
from db.documents import read_documents
from db.events import read_events
from db.evidence import read_evidence
from db.heads import LEAF_BYTES, Leaf
from db.inbox import read_bodies
from db.money import read_money
from db.notices import last_notices, notices_of
from db.record_tables import RecordHead, RecordLeaves
from db.rows import models
from db.sealing import Seal, Unreadable
from domain.canonical import canonical_bytes
from domain.merkle import leaf_hash, path
from domain.messages import Role

FORM: Final = 3
_OFFICIALS: Final = (Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR)
MOST_NOTICES: Final = 100_000
_HEAD: Final = text(
    "SELECT case_id, reference, edition, seq, hash, told FROM case_head WHERE case_id = :case_id"
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
_SAID: Final = text(f"SELECT {last_notices(':case_id', 'true', ':most')} AS notices")
_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
# What the treasury reported: its report, the payment, a status, and the hash of the whole word.
_REPORTED: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*:[0-9a-f]{16}")
_PAPERS: Final = text("SELECT sha256, kind, made_at FROM document WHERE case_id = :case_id")


def bundle(
    connection: Connection,
    sealer: Seal,
    case_id: str,
    disclosure: Disclosure | None = None,
    *,
    names: bool = True,
    readers: bool = True,
) -> bytes:
    """The bundle of a case as it stands, for officials or as a side may see it (`disclosure`).

    `readers`: who looked; `names`: which official. Of whoever was erased the papers are gone.
    Raises NoSuchCase.
    """
    named = {"case_id": case_id}
    head = connection.execute(_HEAD, named).one_or_none()
    if head is None:
        raise NoSuchCase("no case file of this id")
    seen = head.seq if disclosure is None else disclosure.last(head.seq)
    heads, proof = _proof(connection, UUID(case_id), seen, newest=seen == head.seq)
    told: dict[str, Any] = {
        "deadlines": _rows(connection, _DEADLINES, case_id),
        "notices": _rows(connection, _NOTICES, case_id),
        "looks": _readers(connection, _LOOKS, case_id, "role", names=names),
        "heads": heads,
        "proof": proof,
    }
    if disclosure is None:
        events = list(_events(connection, case_id))
        told |= {"case": head._mapping, "events": events, "messages": _told(connection, case_id)}
        told["reports"] = _reported(connection, sealer, case_id, told["messages"])
        told["money"] = list(read_money(connection, case_id))
        told["reads"] = _readers(connection, _READS, case_id, "actor_role", names=names)
        for name in () if readers else ("looks", "reads"):
            del told[name]
    else:
        covered = Leaf.of(bytes.fromhex(proof["leaf"])).seq if proof else 0
        events = list(_events(connection, case_id, disclosure))[: max(seen, covered)]
        _narrow(told, disclosure, connection, case_id)
        end = {"seq": len(events), "hash": events[-1]["hash"]} if events else {}
        told |= {"events": events, "case": {**head._mapping, **end, "side": disclosure.side}}
        del told["case"]["told"]
    documents = disclosure.documents if disclosure else _named(events)
    entries = {f"{name}.json": canonical_bytes(_plain(one)) for name, one in told.items()}
    papers, kept = _papers(connection, sealer, case_id, documents)
    entries["documents.json"] = canonical_bytes(_plain(papers))
    entries |= kept | _evidence(connection, sealer, case_id, documents if disclosure else None)
    entries["manifest.json"] = _manifest(entries)
    return zipped(entries)


def _narrow(
    told: dict[str, Any], disclosure: Disclosure, connection: Connection, case_id: str
) -> None:
    """Leave of what stands beside the events what a side is told."""
    named = {"case_id": case_id, "most": MOST_NOTICES}
    said = notices_of(connection.execute(_SAID, named).scalar_one())
    went = {(one.seq, one.who, one.channel) for one in said if disclosure.notice(one)}
    told["notices"] = [one for one in told["notices"] if _place_of(one["key"]) in went]
    told["deadlines"] = [
        one
        for one in told["deadlines"]
        if disclosure.sees_term(one["period"], one["term"], one["revision"])
    ]
    if not disclosure.looks:
        del told["looks"]


def _place_of(key: str) -> tuple[int, str, str] | None:
    """The event that asked for a text, whose contact it is, and the way; None of another effect."""
    parts = key.split("/")
    return (int(parts[1].partition(".")[0]), parts[2], parts[3]) if len(parts) == 4 else None


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


def _events(
    connection: Connection, case_id: str, disclosure: Disclosure | None = None
) -> Iterator[dict[str, Any]]:
    links = connection.execute(LINKS, {"case_id": case_id}).all()
    # Of what came before an event of a former build the chain proves nothing to a side.
    unproven = max((row.seq for row in links if row.salt is None), default=0)
    for event, row in zip(read_events(connection, case_id), links, strict=True):
        written = Written.of(case_id, row)
        body = event_body(event, written)
        chained = {"previous": bytes(row.previous).hex(), "hash": bytes(row.hash).hex()}
        if disclosure is None:
            yield {**body, **chained, "salt": written.salt and written.salt.hex()}
        else:
            salt = written.salt if event.seq > unproven else None
            parts = parts_of(body, salt) if salt else []
            yield disclosed(disclosure, {**body, **chained}, parts)


def _told(connection: Connection, case_id: str) -> list[dict[str, Any]]:
    """What was asked of the case, as it is chained."""
    return [
        {
            **message_body({name: row._mapping[name] for name in (*NAMES, "linked")}),
            "hash": bytes(row.hash).hex(),
        }
        for row in connection.execute(_MESSAGES, {"case_id": case_id})
    ]


def _reported(
    connection: Connection, sealer: Seal, case_id: str, messages: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What the treasury's reports say of the payments of the case, and nothing of others'; of
    whoever was erased None.
    """
    ids = [
        one["id"]
        for one in messages
        if one["name"] == "payment_reported" and _REPORTED.fullmatch(one["idempotency_key"])
    ]
    held = read_bodies(connection, sealer, UUID(case_id), [UUID(one) for one in ids])
    words = {str(message): json.loads(body) for message, body in held.items()}
    return [{"message_id": one, "word": words.get(one)} for one in ids]


def _named(events: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """All that may be the hash of a paper in what events say."""
    return frozenset(_HASH.findall(canonical_bytes(list(events)).decode()))


def _papers(
    connection: Connection, sealer: Seal, case_id: str, wanted: Collection[str]
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """What is wanted of what lies with the case, and its bytes."""
    rows = connection.execute(_PAPERS, {"case_id": case_id}).all()
    named = sorted(
        (row._mapping for row in rows if row.sha256 in wanted), key=lambda row: str(row["sha256"])
    )
    places = [(case_id, str(row["sha256"])) for row in named]
    found = read_documents(connection, sealer, places) if places else {}
    kept = {f"documents/{sha256}": one.content for (_, sha256), one in found.items()}
    return [dict(row) for row in named], kept


def _evidence(
    connection: Connection, sealer: Seal, case_id: str, wanted: Collection[str] | None
) -> dict[str, bytes]:
    """What the verdicts on these signatures (None: all) rest on, and the lists of revoked
    certificates that they name; of whoever was erased there is none.
    """
    try:
        every = read_evidence(connection, sealer, case_id)
    except Unreadable:
        every = []
    held = [one for one in every if wanted is None or one.signature in wanted]
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
    connection: Connection, case_id: UUID, seen: int, *, newest: bool
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The heads from the last that has the case on, and the way from its leaf to the root.

    Where what comes later is not to be told, not the `newest`: the first that has all that is seen.
    """
    within = select(RecordLeaves.head, RecordLeaves.leaves).where(
        col(RecordLeaves.first_case) <= case_id, col(RecordLeaves.last_case) >= case_id
    )
    found: tuple[int, bytes] | None = None
    for number, packed in connection.execute(within.order_by(col(RecordLeaves.head).desc())):
        leaf = next(
            (one for one in _leaves(bytes(packed)) if Leaf.of(one).case_id == case_id), None
        )
        if leaf is None:
            continue
        if found is not None and Leaf.of(leaf).seq < seen:
            break
        found = (number, leaf)
        if newest:
            break
    if found is None:
        return {"heads": [], "keys": []}, None
    number, leaf = found
    parts = select(RecordLeaves.leaves).where(col(RecordLeaves.head) == number)
    packed = b"".join(connection.scalars(parts.order_by(col(RecordLeaves.part))))
    leaves = list(_leaves(packed))
    place = leaves.index(leaf)
    proof = {
        "head": number,
        "leaf": leaf.hex(),
        "place": place,
        "path": [one.hex() for one in path([leaf_hash(one) for one in leaves], place)],
    }
    return _heads_from(connection, number), proof


def _leaves(packed: bytes) -> Iterator[bytes]:
    for at in range(0, len(packed), LEAF_BYTES):
        yield packed[at : at + LEAF_BYTES]


def _heads_from(connection: Connection, number: int) -> dict[str, Any]:
    asked = select(RecordHead).where(col(RecordHead.number) >= number)
    held = models(connection, asked.order_by(col(RecordHead.number))).all()
    keys = {one.public_key["kid"]: one.public_key for one in held}
    told = [{"number": one.number, "made_at": instant_text(one.at), "jws": one.jws} for one in held]
    return {"heads": told, "keys": list(keys.values())}


def _rows(connection: Connection, asked: Any, case_id: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(asked, {"case_id": case_id})]


def _readers(
    connection: Connection, asked: Any, case_id: str, role: str, *, names: bool
) -> list[dict[str, Any]]:
    """Who looked, by role; of officials also who it was, where `names` are told."""
    return [
        one if names and one[role] in _OFFICIALS else {**one, "actor_id": None}
        for one in _rows(connection, asked, case_id)
    ]


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
