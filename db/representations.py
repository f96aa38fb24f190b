"""The papers behind powers to act for somebody: sealed for the person who is represented.

A power is known by its id to the cases that rely on it; number and day of the paper stay here.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from db.persons import Contacts, open_for, save_contacts_of_representative, seal_for
from db.projection_tables import CaseViewRow
from db.reference_tables import Representation, RepresentationContacts
from db.rows import add_once, rows
from db.sealing import Seal
from domain.parties.representatives import Kind, Representative, last_day_of_attorney


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


def keep_power(connection: Connection, sealer: Seal, told: Power) -> Representative:
    """The power as cases snapshot it; its paper is kept once, under the recipient's key."""
    named = (str(told.recipient), str(told.person), told.kind.value, told.number)
    index = sealer.index(json.dumps(named))
    # The same paper for the same two persons is the same power, whoever tells of it again.
    known = select(Representation.id).where(Representation.paper_index == index)
    if connection.scalar(known) is None:
        paper = json.dumps({"number": told.number, "given_on": told.given_on.isoformat()})
        sealed = seal_for(connection, sealer, told.recipient, paper.encode())
        persons = {"recipient_id": told.recipient, "person_id": told.person}
        add_once(connection, Representation, paper_index=index, sealed=sealed, **persons)
    until = told.until
    if told.kind == Kind.ATTORNEY:
        until = last_day_of_attorney(told.given_on, told.until)
    return Representative(
        id=str(connection.execute(known).scalar_one()),
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
    known = select(Representation.recipient_id).where(col(Representation.id) == power.id)
    recipient = connection.execute(known).scalar_one()
    fingerprint = bytes.fromhex(fingerprint_of(sealer, contacts))
    sealed = seal_for(connection, sealer, recipient, said.encode())
    of = {"representation_id": power.id, "fingerprint": fingerprint}
    add_once(connection, RepresentationContacts, sealed=sealed, **of)


def take_contacts(connection: Connection, sealer: Seal, power: str, fingerprint: str) -> None:
    """The power is confirmed: from now on its holder is written to at the contacts entered."""
    entered = select(Representation, RepresentationContacts.sealed).where(
        col(Representation.id) == power,
        RepresentationContacts.representation_id == Representation.id,
        RepresentationContacts.fingerprint == bytes.fromhex(fingerprint),
    )
    row, sealed = rows(connection, entered).one()
    said = json.loads(open_for(connection, sealer, row.recipient_id, sealed))
    contacts = Contacts(**said["contacts"])
    save_contacts_of_representative(connection, sealer, row.person_id, said["iin"], contacts)


def other_cases(connection: Connection, person: UUID, authority: UUID, case_id: str) -> list[str]:
    """The open cases of a person in an authority, but one."""
    view, of = CaseViewRow, {"recipient_id": person, "authority_id": authority, "closed": False}
    asked = select(view.case_id).filter_by(**of).where(col(view.case_id) != case_id)
    others = asked.order_by(col(view.case_id))
    return [str(found) for found in connection.scalars(others)]
