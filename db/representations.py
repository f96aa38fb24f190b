"""The papers behind powers to act for somebody: sealed for the person who is represented.

A power is known by its id to the cases that rely on it; number and day of the paper stay here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from db.persons import Contacts, open_for, save_contacts_of_representative, seal_for
from db.sealing import Seal
from domain.parties.representatives import Kind, Representative, last_day_of_attorney

# The same paper for the same two persons is the same power, whoever tells of it again.
_FIND = text("SELECT id FROM representation WHERE paper_index = :index")
_ADD = text(
    "INSERT INTO representation (recipient_id, person_id, paper_index, sealed)"
    " VALUES (:recipient, :person, :index, :sealed)"
    " ON CONFLICT (paper_index) DO NOTHING RETURNING id"
)
_ADD_CONTACTS = text(
    "INSERT INTO representation_contacts (representation_id, fingerprint, sealed)"
    " VALUES (:id, :fingerprint, :sealed) ON CONFLICT DO NOTHING"
)
_CONTACTS = text(
    "SELECT r.recipient_id, r.person_id, c.sealed FROM representation_contacts c"
    " JOIN representation r ON r.id = c.representation_id"
    " WHERE c.representation_id = :id AND c.fingerprint = :fingerprint"
)
_READ = text("SELECT recipient_id, sealed FROM representation WHERE id = :id")
# For whom else the same would have to be recorded: the recipient's other cases in one authority.
_OTHERS = text(
    "SELECT case_id FROM case_view WHERE recipient_id = :person AND authority_id = :authority"
    " AND NOT closed AND case_id <> :case_id ORDER BY case_id"
)


@dataclass(frozen=True)
class Power:
    """A power as it is told: between whom, on which paper, from when to when, in what."""

    recipient: UUID
    person: UUID
    kind: Kind
    number: str = field(repr=False)
    given_on: date
    since: date | None = None
    until: date | None = None
    scope: tuple[str, ...] = ()


@dataclass(frozen=True)
class PowerPaper:
    """The document that gives a power: number and day."""

    number: str = field(repr=False)
    given_on: date


def keep_power(connection: Connection, sealer: Seal, told: Power) -> Representative:
    """The power as cases snapshot it; its paper is kept once, under the recipient's key."""
    named = (str(told.recipient), str(told.person), told.kind.value, told.number)
    index = sealer.index(json.dumps(named))
    found = connection.execute(_FIND, {"index": index}).scalar()
    if found is None:
        paper = json.dumps({"number": told.number, "given_on": told.given_on.isoformat()})
        added: Mapping[str, Any] = {
            "recipient": told.recipient,
            "person": told.person,
            "index": index,
            "sealed": seal_for(connection, sealer, told.recipient, paper.encode()),
        }
        found = connection.execute(_ADD, added).scalar()
        found = found or connection.execute(_FIND, {"index": index}).scalar_one()
    until = told.until
    if told.kind == Kind.ATTORNEY:
        until = last_day_of_attorney(told.given_on, told.until)
    return Representative(
        id=str(found),
        person=str(told.person),
        kind=told.kind,
        since=told.since or told.given_on,
        until=until,
        scope=told.scope,
    )


def fingerprint_of(sealer: Seal, contacts: Contacts) -> str:
    """By what contacts are named where they may not stand; keyed, so that none can be guessed."""
    return sealer.index(contacts.model_dump_json()).hex()


def keep_contacts(
    connection: Connection, sealer: Seal, power: Representative, iin: str, contacts: Contacts
) -> None:
    """How a representative can be reached, as a caseworker entered it: nobody is written to there
    before a second one has confirmed the power. It lies under the key of who is represented.
    """
    said = json.dumps({"iin": iin, "contacts": contacts.model_dump()})
    held = connection.execute(_READ, {"id": power.id}).one()
    named = {
        "id": power.id,
        "fingerprint": bytes.fromhex(fingerprint_of(sealer, contacts)),
        "sealed": seal_for(connection, sealer, held.recipient_id, said.encode()),
    }
    connection.execute(_ADD_CONTACTS, named)


def take_contacts(connection: Connection, sealer: Seal, power: str, fingerprint: str) -> None:
    """The power is confirmed: from now on its holder is written to at the contacts entered."""
    named = {"id": power, "fingerprint": bytes.fromhex(fingerprint)}
    row = connection.execute(_CONTACTS, named).one()
    said = json.loads(open_for(connection, sealer, row.recipient_id, bytes(row.sealed)))
    contacts = Contacts(**said["contacts"])
    save_contacts_of_representative(connection, sealer, row.person_id, said["iin"], contacts)


def read_paper(connection: Connection, sealer: Seal, power: UUID) -> PowerPaper | None:
    """The paper behind a power. Unreadable once the recipient has been erased."""
    row = connection.execute(_READ, {"id": power}).one_or_none()
    if row is None:
        return None
    said = json.loads(open_for(connection, sealer, row.recipient_id, bytes(row.sealed)))
    return PowerPaper(said["number"], date.fromisoformat(said["given_on"]))


def other_cases(connection: Connection, person: UUID, authority: UUID, case_id: str) -> list[str]:
    """The open cases of a person in an authority, but one."""
    named = {"person": person, "authority": authority, "case_id": case_id}
    return [str(found) for found in connection.execute(_OTHERS, named).scalars()]
