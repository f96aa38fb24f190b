"""Applications to be registered as a supplier: kept, listed for the commission, and decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, func, literal_column, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from db.audit import note
from db.persons import person_to_name
from db.reference import supplier_of
from db.reference_tables import Audit
from db.register_tables import ONE_OPEN, SupplierApplication
from db.removals import bar_of
from db.rows import models, part, rows
from db.sealing import Seal
from db.suppliers import (
    NewSupplier,
    Supplier,
    SupplierContacts,
    add_supplier,
    open_of_supplier,
    read_supplier,
    seal_of_supplier,
    serves,
)
from db.work import NEVER, close_work, holder_of, open_work
from definitions.editions import certified
from domain.messages import Actor, Refusal, Role
from domain.terms.counting import Certificate

_ASKED: Final = select(SupplierApplication, func.legal_now())
_UNDATED: Final = text(
    "SELECT DISTINCT id, since FROM work WHERE kind = 'registration' AND due_at = :never"
)
OVERDUE: Final = "overdue"
# What is done has left the list of work.
_LATE: Final = text(
    "EXISTS (SELECT 1 FROM work WHERE work.id = supplier_application.id"
    " AND work.due_at <= legal_now())"
)
_DATE: Final = text("UPDATE work SET due_at = :due_at WHERE id = :id")


@dataclass(frozen=True)
class Applying:
    """Who applies, and what for: one of `bin` and `iin`. `proofs` are words by condition."""

    contacts: SupplierContacts
    regions: Sequence[str]
    proofs: Mapping[str, str] = field(repr=False)
    bin: str | None = None
    iin: str | None = field(default=None, repr=False)
    assistants_only: bool = False


@dataclass(frozen=True)
class Registration:
    """An application as it stands. `contacts` and `proofs` of an erased person are gone."""

    row: SupplierApplication
    contacts: SupplierContacts | None
    proofs: Mapping[str, str] = field(repr=False)
    reason: str | None = field(repr=False)
    now: datetime

    @cached_property
    def term(self) -> Certificate:
        """Until when it is answered, by the edition of its day and the calendar in force now."""
        return certified("registration", self.row.submitted_at)

    @property
    def overdue(self) -> bool:
        """It should have been answered."""
        return self.row.state == "open" and self.now >= self.term.expires_at


@dataclass(frozen=True)
class WantedApplications:
    """Which applications: of a commission's region, or of one applicant.

    `state` may be that they are open and past their day, too (`OVERDUE`).
    """

    state: str | None = None
    region: str | None = None
    everyone: bool = True
    bin: str | None = None
    person: UUID | None = None
    after: UUID | None = None
    most: int = 50


def apply_for(
    connection: Connection, sealer: Seal, actor: Actor, asked: Applying
) -> tuple[Registration, bool]:
    """Keep an application, or bring the open one of the applicant up to date; true if it is new."""
    person = person_to_name(connection, sealer, asked.iin) if asked.iin else None
    said = {"contacts": asked.contacts.model_dump(), "proofs": dict(asked.proofs)}
    told = {
        "regions": asked.regions,
        "assistants_only": asked.assistants_only,
        "proven": sorted(asked.proofs),
        "sealed": seal_of_supplier(connection, sealer, person, said),
    }
    new = insert(SupplierApplication).values(bin=asked.bin, person_id=person, state="open", **told)
    known = new.on_conflict_do_update(constraint=ONE_OPEN, set_=told)
    found = known.returning(SupplierApplication, func.legal_now(), literal_column("xmax = 0"))
    row, now, fresh = rows(connection, found).one()
    note(connection, actor, "registration_asked", row.id)
    made = _application(connection, sealer, row, now)
    desks = (holder_of(Role.COMMISSION, one) for one in sorted({r[:2] for r in row.regions}))
    since, due = row.submitted_at, made.term.expires_at
    open_work(
        connection, row.id, "registration", "supplier_applies", *desks, since=since, due_at=due
    )
    return made, fresh


def due_registrations(connection: Connection) -> None:
    """Write the last days of applications that were entered into the list without them."""
    for row in connection.execute(_UNDATED, {"never": NEVER}).all():
        due = certified("registration", row.since).expires_at
        connection.execute(_DATE, {"id": row.id, "due_at": due})


def read_application(connection: Connection, sealer: Seal, id_: UUID) -> Registration | None:
    """One application with what was said."""
    found = rows(connection, _ASKED.where(col(SupplierApplication.id) == id_)).one_or_none()
    return None if found is None else _application(connection, sealer, *found)


def is_own(connection: Connection, held: Registration, person: UUID) -> bool:
    """Whether a person is the applicant, or has asked for it: nobody concludes their own."""
    asked = select(Audit.id).filter_by(action="registration_asked", subject=held.row.id)
    theirs = asked.where(Audit.actor_id == person).limit(1)
    return held.row.person_id == person or connection.scalar(theirs) is not None


def list_applications(
    connection: Connection, sealer: Seal, wanted: WantedApplications
) -> list[Registration]:
    """Applications, the oldest first."""
    row = SupplierApplication
    asked = part(_ASKED, row.id, wanted.after, wanted.most)
    if wanted.state == OVERDUE:
        asked = asked.where(_LATE)
    elif wanted.state is not None:
        asked = asked.where(row.state == wanted.state)
    if wanted.region is not None:
        asked = asked.where(serves(row.regions, wanted.region))
    if not wanted.everyone:
        # `==` with None would find those who have none.
        own = col(row.bin).in_([wanted.bin]) | col(row.person_id).in_([wanted.person])
        asked = asked.where(own)
    return [_application(connection, sealer, *found) for found in rows(connection, asked).all()]


def register(
    connection: Connection, sealer: Seal, actor: Actor, id_: UUID
) -> tuple[Registration, Supplier] | Refusal:
    """The commission admits the supplier; again, it is the same supplier. LookupError."""
    held = _locked(connection, sealer, id_)
    if held.row.state == "registered":
        assert held.row.supplier_id is not None
        found = read_supplier(connection, sealer, held.row.supplier_id)
        assert found is not None, "a supplier is never deleted"
        return held, found
    if held.row.state != "open" or held.contacts is None:
        return Refusal(code="already_decided")
    known = supplier_of(connection, bin=held.row.bin, person=held.row.person_id)
    if known is not None and (bar := bar_of(connection, known, held.now)):
        return bar
    new = NewSupplier(held.contacts, held.row.regions, bin=held.row.bin, person=held.row.person_id)
    supplier, _ = add_supplier(connection, sealer, actor, new)
    note(connection, actor, "supplier_registered", supplier.id)
    became = {"state": "registered", "supplier_id": supplier.id}
    return _decided(connection, sealer, held, **became), supplier


def refuse(
    connection: Connection, sealer: Seal, actor: Actor, id_: UUID, reason: str
) -> Registration | Refusal:
    """The commission does not admit the supplier, and says why. LookupError."""
    held = _locked(connection, sealer, id_)
    if held.row.state != "open":
        same = held.row.state == "refused" and held.reason == reason
        return held if same else Refusal(code="already_decided")
    note(connection, actor, "registration_refused", id_)
    sealed = seal_of_supplier(connection, sealer, held.row.person_id, {"reason": reason})
    return _decided(connection, sealer, held, state="refused", reason=sealed)


def _locked(connection: Connection, sealer: Seal, id_: UUID) -> Registration:
    asked = _ASKED.where(col(SupplierApplication.id) == id_).with_for_update()
    found = rows(connection, asked).one_or_none()
    if found is None:
        raise LookupError("no application of this id")
    return _application(connection, sealer, *found)


def _decided(
    connection: Connection, sealer: Seal, held: Registration, **became: Any
) -> Registration:
    close_work(connection, held.row.id)
    asked = update(SupplierApplication).where(col(SupplierApplication.id) == held.row.id)
    decided = asked.values(decided_at=func.legal_now(), **became)
    row = models(connection, decided.returning(SupplierApplication)).one()
    return _application(connection, sealer, row, held.now)


def _application(
    connection: Connection, sealer: Seal, row: SupplierApplication, now: datetime
) -> Registration:
    said = open_of_supplier(connection, sealer, row.person_id, row.sealed)
    told = row.reason and open_of_supplier(connection, sealer, row.person_id, row.reason)
    return Registration(
        row=row,
        contacts=SupplierContacts(**said["contacts"]) if said else None,
        proofs=said["proofs"] if said else {},
        reason=told["reason"] if told else None,
        now=now,
    )
