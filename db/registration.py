"""Applications to be registered as a supplier: kept, listed for the commission, and decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.audit import note
from db.persons import person_of
from db.reference import supplier_of
from db.removals import bar_of
from db.sealing import Seal
from db.suppliers import (
    NewSupplier,
    Supplier,
    SupplierContacts,
    add_supplier,
    open_of_supplier,
    read_supplier,
    seal_of_supplier,
)
from db.work import NEVER, close_work, holder_of, open_work
from definitions.editions import certified
from domain.messages import Actor, Refusal, Role
from domain.terms.counting import Certificate

_COLUMNS: Final = (
    "id, bin, person_id, regions, assistants_only, proven, sealed, state, submitted_at, decided_at,"
    " reason, supplier_id, legal_now() AS now"
)
_PUT = text(
    "INSERT INTO supplier_application (bin, person_id, regions, assistants_only, proven, sealed,"
    " state) VALUES (:bin, :person, :regions, :assistants_only, :proven, :sealed, 'open')"
    " ON CONFLICT (coalesce(bin, CAST(person_id AS text))) WHERE state = 'open' DO UPDATE SET"
    " regions = excluded.regions, assistants_only = excluded.assistants_only,"
    " proven = excluded.proven, sealed = excluded.sealed"
    f" RETURNING {_COLUMNS}, xmax = 0 AS fresh"
)
_READ = text(f"SELECT {_COLUMNS} FROM supplier_application WHERE id = :id")
_ASKED_BY = text(
    "SELECT 1 FROM audit WHERE action = 'registration_asked' AND subject = :id"
    " AND actor_id = :person LIMIT 1"
)
_LOCK = text(f"SELECT {_COLUMNS} FROM supplier_application WHERE id = :id FOR UPDATE")
# Regions are beginnings of KATO codes: one that is wider or narrower than the other's meets it.
_LIST = text(
    f"SELECT {_COLUMNS} FROM supplier_application"
    " WHERE (CAST(:state AS text) IS NULL OR state = :state)"
    " AND (CAST(:region AS text) IS NULL OR EXISTS (SELECT 1 FROM unnest(regions) AS r"
    "   WHERE starts_with(CAST(:region AS text), r) OR starts_with(r, CAST(:region AS text))))"
    " AND (:everyone OR bin = :bin OR person_id = CAST(:person AS uuid))"
    " AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :most"
)
_DECIDE = text(
    "UPDATE supplier_application SET state = :state, decided_by = :person,"
    " decided_at = legal_now(), reason = :reason, supplier_id = :supplier WHERE id = :id"
    f" RETURNING {_COLUMNS}"
)
_UNDATED = text(
    "SELECT DISTINCT id, since FROM work WHERE kind = 'registration' AND due_at = :never"
)
_DATE = text("UPDATE work SET due_at = :due_at WHERE id = :id")


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

    id: UUID
    bin: str | None
    person: UUID | None
    regions: tuple[str, ...]
    assistants_only: bool
    proven: tuple[str, ...]
    contacts: SupplierContacts | None
    proofs: Mapping[str, str] = field(repr=False)
    state: str
    submitted_at: datetime
    decided_at: datetime | None
    reason: str | None = field(repr=False)
    supplier: UUID | None
    now: datetime

    @cached_property
    def term(self) -> Certificate:
        """Until when it is answered, by the edition of its day and the calendar in force now."""
        return certified("registration", self.submitted_at)

    @property
    def overdue(self) -> bool:
        """It should have been answered."""
        return self.state == "open" and self.now >= self.term.expires_at


@dataclass(frozen=True)
class WantedApplications:
    """Which applications: of a commission's region, or of one applicant."""

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
    person = person_of(connection, sealer, asked.iin) if asked.iin else None
    said = {"contacts": asked.contacts.model_dump(), "proofs": dict(asked.proofs)}
    values = {
        "bin": asked.bin,
        "person": person,
        "regions": list(asked.regions),
        "assistants_only": asked.assistants_only,
        "proven": sorted(asked.proofs),
        "sealed": seal_of_supplier(connection, sealer, person, said),
    }
    row = connection.execute(_PUT, values).one()
    note(connection, actor, "registration_asked", row.id)
    made = _application(connection, sealer, row)
    desks = (holder_of(Role.COMMISSION, one) for one in sorted({r[:2] for r in made.regions}))
    since, due = made.submitted_at, made.term.expires_at
    open_work(
        connection, made.id, "registration", "supplier_applies", *desks, since=since, due_at=due
    )
    return made, row.fresh


def due_registrations(connection: Connection) -> None:
    """Write the last days of applications that were entered into the list without them."""
    for row in connection.execute(_UNDATED, {"never": NEVER}).all():
        due = certified("registration", row.since).expires_at
        connection.execute(_DATE, {"id": row.id, "due_at": due})


def read_application(connection: Connection, sealer: Seal, id_: UUID) -> Registration | None:
    """One application with what was said."""
    row = connection.execute(_READ, {"id": id_}).one_or_none()
    return None if row is None else _application(connection, sealer, row)


def is_own(connection: Connection, held: Registration, person: UUID) -> bool:
    """Whether a person is the applicant, or has asked for it: nobody concludes their own."""
    named = {"id": held.id, "person": person}
    return held.person == person or connection.execute(_ASKED_BY, named).first() is not None


def list_applications(
    connection: Connection, sealer: Seal, wanted: WantedApplications
) -> list[Registration]:
    """Applications, the oldest first."""
    rows = connection.execute(_LIST, wanted.__dict__).all()
    return [_application(connection, sealer, row) for row in rows]


def register(
    connection: Connection, sealer: Seal, actor: Actor, id_: UUID
) -> tuple[Registration, Supplier] | Refusal:
    """The commission admits the supplier; again, it is the same supplier. LookupError."""
    held = _locked(connection, sealer, id_)
    if held.state == "registered":
        assert held.supplier is not None
        found = read_supplier(connection, sealer, held.supplier)
        assert found is not None, "a supplier is never deleted"
        return held, found
    if held.state != "open" or held.contacts is None:
        return Refusal(code="already_decided")
    known = supplier_of(connection, bin=held.bin, person=held.person)
    if known is not None and (bar := bar_of(connection, known, held.now)):
        return bar
    new = NewSupplier(held.contacts, held.regions, bin=held.bin, person=held.person)
    supplier, _ = add_supplier(connection, sealer, actor, new)
    note(connection, actor, "supplier_registered", supplier.id)
    return _decided(connection, sealer, actor, held, "registered", supplier=supplier.id), supplier


def refuse(
    connection: Connection, sealer: Seal, actor: Actor, id_: UUID, reason: str
) -> Registration | Refusal:
    """The commission does not admit the supplier, and says why. LookupError."""
    held = _locked(connection, sealer, id_)
    if held.state != "open":
        same = held.state == "refused" and held.reason == reason
        return held if same else Refusal(code="already_decided")
    note(connection, actor, "registration_refused", id_)
    sealed = seal_of_supplier(connection, sealer, held.person, {"reason": reason})
    return _decided(connection, sealer, actor, held, "refused", reason=sealed)


def _locked(connection: Connection, sealer: Seal, id_: UUID) -> Registration:
    row = connection.execute(_LOCK, {"id": id_}).one_or_none()
    if row is None:
        raise LookupError("no application of this id")
    return _application(connection, sealer, row)


def _decided(
    connection: Connection,
    sealer: Seal,
    actor: Actor,
    held: Registration,
    state: str,
    *,
    supplier: UUID | None = None,
    reason: bytes | None = None,
) -> Registration:
    values = {
        "id": held.id,
        "state": state,
        "person": actor.id,
        "reason": reason,
        "supplier": supplier,
    }
    close_work(connection, held.id)
    return _application(connection, sealer, connection.execute(_DECIDE, values).one())


def _application(connection: Connection, sealer: Seal, row: Row[Any]) -> Registration:
    said = open_of_supplier(connection, sealer, row.person_id, bytes(row.sealed))
    told = None
    if row.reason is not None:
        told = open_of_supplier(connection, sealer, row.person_id, bytes(row.reason))
    return Registration(
        id=row.id,
        bin=row.bin,
        person=row.person_id,
        regions=tuple(row.regions),
        assistants_only=row.assistants_only,
        proven=tuple(row.proven),
        contacts=SupplierContacts(**said["contacts"]) if said else None,
        proofs=said["proofs"] if said else {},
        state=row.state,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        reason=told["reason"] if told else None,
        supplier=row.supplier_id,
        now=row.now,
    )
