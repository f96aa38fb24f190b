"""All that is held about a person, as their right to a copy has it: for programs, with the papers.

What others said or signed in a case, and whom they are, is theirs: of it the kind and the hash are
told, and nothing of what it says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.audit import note
from db.bundles import zipped
from db.catalogues import every_catalogue
from db.dispatches import legal_now
from db.documents import APPLICATION, DELIVER_TO
from db.journal import json_of, read_raw
from db.kept_lists import read_lists
from db.papers import KINDS
from db.persons import open_for, read_profile
from db.sealing import Seal, Unreadable
from definitions.papers.held import held_paper
from definitions.papers.sheet import PrintedPaper
from domain.canonical import canonical_bytes, sha256_hex
from domain.messages import Actor
from domain.terms.counting import local_day

# Papers that speak to the person, or that they wrote; a signature shows its signer's number, and
# an account is its owner's.
OWN: Final = frozenset((APPLICATION, DELIVER_TO, *KINDS.values()))
# What a message says of a power to act; who has it is told to nobody else.
POWER: Final = ("kind", "basis_number", "basis_date", "valid_until", "scope")
_CASES: Final = text(
    "SELECT h.case_id, h.reference, h.programme_number, h.measure_id, h.opened_at, v.status,"
    " v.since, v.closed, v.item, v.region, v.authority_id"
    " FROM case_head h LEFT JOIN case_view v USING (case_id) WHERE h.person_id = :person"
    " ORDER BY h.opened_at, h.case_id"
)
_HAPPENED: Final = text(
    "SELECT seq, type, at, period, actor_role FROM event WHERE case_id = :case_id ORDER BY seq"
)
_SAID: Final = text(
    "SELECT id, name, period, submitted_at, sealed, refused IS NOT NULL AS refused FROM inbox"
    " WHERE case_id = :case_id AND actor_id = :person AND actor_role = 'recipient' ORDER BY place"
)
_CAME: Final = text(
    "SELECT id, message_id, received_at FROM journal WHERE case_id = :case_id ORDER BY received_at"
)
_PAPERS: Final = text(
    "SELECT sha256, kind, made_at, sealed, NULL AS type FROM document WHERE case_id = :case_id"
    " UNION ALL SELECT sha256, kind, made_at, CASE WHEN side = 'recipient' THEN sealed END, type"
    " FROM upload WHERE case_id = :case_id ORDER BY made_at, sha256"
)
_SENT: Final = text(
    "SELECT kind, channel, begun_at, outcome IS NOT NULL AS answered FROM dispatch"
    " WHERE case_id = :case_id AND kind IN ('notify', 'tell') ORDER BY begun_at, key"
)
_LOOKED: Final = text(
    "SELECT role, part, purpose, first_at, last_at, times FROM case_read"
    " WHERE case_id = :case_id AND actor_id <> :person ORDER BY id"
)
_OPENED: Final = text(
    "SELECT at, actor_role, action FROM audit WHERE subject = :person AND actor_id <> :person"
    " ORDER BY id"
)
_POWERS: Final = text(
    "SELECT recipient_id = :person AS represented, sealed, made_at FROM representation"
    " WHERE recipient_id = :person OR person_id = :person ORDER BY made_at, id"
)
_SEARCHED: Final = text(
    "SELECT at, kinds, hits FROM person_search WHERE actor_id = :person ORDER BY at, id"
)


@dataclass(frozen=True)
class HeldData:
    """What is held: `told` for programs, and the papers that are the person's, by their hash."""

    told: dict[str, Any] = field(repr=False)
    papers: Mapping[str, bytes] = field(repr=False)


def archive_of(held: HeldData, paper: bytes) -> bytes:
    """One ZIP with all of it, and the same as a paper (PDF) to be read."""
    entries = {
        "data.json": json.dumps(held.told, ensure_ascii=False, indent=1).encode(),
        "paper.pdf": paper,
        **{f"papers/{sha256}": content for sha256, content in held.papers.items()},
    }
    return zipped(entries)


def paper_of(connection: Connection, held: HeldData, languages: Sequence[str]) -> PrintedPaper:
    """The paper to be read, as of today."""
    items = {
        code: item.name
        for catalogue in every_catalogue(connection)
        for code, item in catalogue.items.items()
    }
    return held_paper(held.told, items, languages, local_day(legal_now(connection)))


def note_export(connection: Connection, actor: Actor, person: UUID, held: HeldData) -> None:
    """Write down that it was given away, with its hash."""
    note(connection, actor, "data_exported", person, sha256=sha256_hex(canonical_bytes(held.told)))


def held_about(connection: Connection, sealer: Seal, person: UUID) -> HeldData:
    """Everything, as it stands. Unreadable where nothing is kept of them."""
    profile = read_profile(connection, sealer, person)
    papers: dict[str, bytes] = {}
    named = {"person": person}
    cases = [
        {**_plain(row), **_of_case(connection, sealer, person, row.case_id, papers)}
        for row in connection.execute(_CASES, named)
    ]
    powers = [
        {
            "represented": row.represented,
            "made_at": row.made_at.isoformat(),
            **(_opened_json(connection, sealer, person, row.sealed) if row.represented else {}),
        }
        for row in connection.execute(_POWERS, named)
    ]
    told = {
        "person": profile.model_dump(mode="json"),
        "representations": powers,
        "lists": read_lists(connection, sealer, person),
        "searches": _rows(connection, _SEARCHED, named),
        "opened_by_officials": _rows(connection, _OPENED, named),
        "cases": cases,
    }
    return HeldData(told, papers)


def _of_case(
    connection: Connection, sealer: Seal, person: UUID, case_id: UUID, papers: dict[str, bytes]
) -> dict[str, Any]:
    named = {"case_id": case_id, "person": person}
    kept = []
    for row in connection.execute(_PAPERS, named):
        is_own = row.sealed is not None and (row.type is not None or row.kind in OWN)
        if is_own:
            papers[row.sha256] = open_for(connection, sealer, person, bytes(row.sealed))
        told = {"sha256": row.sha256, "kind": row.kind, "made_at": row.made_at.isoformat()}
        kept.append({**told, "enclosed": is_own})
    return {
        "happened": _rows(connection, _HAPPENED, named),
        "said": [
            {
                **{name: value for name, value in _plain(row).items() if name != "sealed"},
                "words": _words(connection, sealer, person, row.sealed),
            }
            for row in connection.execute(_SAID, named)
        ],
        "messages_of_esobes": [
            {**_plain(row), "text": _own_text(read_raw(connection, sealer, row.id))}
            for row in connection.execute(_CAME, named)
        ],
        "papers": kept,
        "notices": _rows(connection, _SENT, named),
        "looked_at": _rows(connection, _LOOKED, named),
    }


def _own_text(raw: bytes) -> str:
    """A message as it came; of one that names a representative what it says beside who that is."""
    message = json_of(raw)
    told = message.get("representative")
    if told is None:
        return raw.decode("utf-8", "replace")
    power = {name: told[name] for name in POWER if name in told}
    return json.dumps({**message, "representative": power}, ensure_ascii=False)


def _words(connection: Connection, sealer: Seal, person: UUID, sealed: bytes | None) -> Any:
    """The form of a command as it was sent: what stands after the line of its address. None of what
    had no words.
    """
    if sealed is None:
        return None
    body = open_for(connection, sealer, person, bytes(sealed))
    said = body.partition(b"\n")[2] or body
    try:
        return json.loads(said)
    except ValueError:
        return said.decode("utf-8", "replace")


def _opened_json(connection: Connection, sealer: Seal, person: UUID, sealed: bytes) -> Any:
    try:
        return json.loads(open_for(connection, sealer, person, bytes(sealed)))
    except Unreadable:  # of a power of before they were erased, and came back
        return {}


def _rows(connection: Connection, asked: Any, named: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    return [_plain(row) for row in connection.execute(asked, named)]


def _plain(row: Any) -> dict[str, Any]:
    """A row as JSON has it."""
    return {name: _told(value) for name, value in row._mapping.items()}


def _told(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
