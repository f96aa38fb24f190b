"""Suppliers on the portal and their offers; every change leaves a line in the audit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Connection, Row, text

from db.audit import note
from db.envelopes import envelop, open_envelope
from db.persons import open_for, person_of, seal_for
from db.reference import supplier_of
from db.sealing import Seal, Unreadable
from db.words import words_of
from domain.messages import Actor

_ADD = text(
    "INSERT INTO supplier (bin, person_id, name, contacts, words, regions, active)"
    " VALUES (:bin, :person, :name, :contacts, :words, :regions, :active) RETURNING id"
)
_LOCK = text(
    "SELECT id, bin, person_id, name, contacts, regions, active FROM supplier"
    " WHERE id = :id FOR UPDATE"
)
_READ = text(
    "SELECT id, bin, person_id, name, contacts, regions, active FROM supplier WHERE id = :id"
)
_CHANGE = text(
    "UPDATE supplier SET name = :name, contacts = :contacts, words = :words, regions = :regions,"
    " active = :active WHERE id = :id"
)
_LIST = text(
    "SELECT id, bin, person_id, name, contacts, regions, active FROM supplier"
    " WHERE (CAST(:after AS uuid) IS NULL OR id > :after)"
    " AND (CAST(:active AS boolean) IS NULL OR active = :active) ORDER BY id LIMIT :most"
)
_PUT_OFFER = text(
    "INSERT INTO offer (supplier_id, item, price, active)"
    " SELECT id, :item, :price, :active FROM supplier WHERE id = :supplier"
    " ON CONFLICT (supplier_id, item) DO UPDATE SET price = excluded.price,"
    " active = excluded.active RETURNING id, item, price, active"
)
# Regions are beginnings of KATO codes; a region asked for as a beginning meets longer ones too.
_OFFERS = text(
    "SELECT o.id, o.supplier_id, o.item, o.price, o.active, s.bin, s.person_id, s.name,"
    " s.contacts, s.regions FROM offer o JOIN supplier s ON s.id = o.supplier_id"
    " WHERE (CAST(:item AS text) IS NULL OR o.item = :item)"
    " AND (CAST(:supplier AS uuid) IS NULL OR o.supplier_id = :supplier)"
    " AND (:withdrawn OR (o.active AND s.active))"
    " AND (CAST(:region AS text) IS NULL OR EXISTS (SELECT 1 FROM unnest(s.regions) AS r"
    "   WHERE starts_with(CAST(:region AS text), r) OR starts_with(r, CAST(:region AS text))))"
    " AND (CAST(:price AS bigint) IS NULL OR ((o.price, o.id) > (:price, CAST(:after AS uuid))"
    "   AND o.supplier_id IS DISTINCT FROM CAST(:first AS uuid)))"
    " ORDER BY o.supplier_id IS NOT DISTINCT FROM CAST(:first AS uuid) DESC, o.price, o.id"
    " LIMIT :most"
)


def _language(value: Any) -> Any:
    """Rows from before every write was validated may have none."""
    return "kk" if value is None else value


class SupplierContacts(BaseModel):
    """How a supplier is called and reached. Sealed: of a sole proprietor all of it is personal."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: str = Field(repr=False, min_length=1)
    phone: str | None = Field(default=None, repr=False)
    email: str | None = Field(default=None, repr=False)
    language: Annotated[Literal["kk", "ru", "en"], BeforeValidator(_language)] = "kk"

    def changed(self, told: Mapping[str, Any]) -> "SupplierContacts":
        """With other values, all of it validated as it will be read."""
        return SupplierContacts.model_validate({**self.model_dump(), **told})


@dataclass(frozen=True)
class NewSupplier:
    """A supplier to be put on the portal: one of `bin`, `iin` and a `person` known already."""

    contacts: SupplierContacts
    regions: Sequence[str]
    bin: str | None = None
    iin: str | None = field(default=None, repr=False)
    active: bool = True
    person: UUID | None = None


@dataclass(frozen=True)
class Supplier:
    """A supplier as it stands; `contacts` is None when its person has been erased."""

    id: UUID
    bin: str | None
    person: UUID | None
    contacts: SupplierContacts | None
    regions: tuple[str, ...]
    active: bool


@dataclass(frozen=True)
class SupplierChange:
    """What to change; None leaves it."""

    contacts: SupplierContacts | None = None
    regions: Sequence[str] | None = None
    active: bool | None = None


@dataclass(frozen=True)
class Offer:
    """An offer, with the supplier's name for people; the price in tiyn."""

    id: UUID
    supplier: UUID
    supplier_name: str | None
    item: str
    price: int
    active: bool
    regions: tuple[str, ...]


@dataclass(frozen=True)
class WantedSuppliers:
    """Which offers; `after` is (price, id) of the last one seen. `withdrawn` adds inactive ones.

    What the supplier `first` offers comes before all others, and after no `after`.
    """

    item: str | None = None
    region: str | None = None
    supplier: UUID | None = None
    withdrawn: bool = False
    first: str | None = None
    after: tuple[int, UUID] | None = None
    most: int = 50


def add_supplier(
    connection: Connection, sealer: Seal, actor: Actor, new: NewSupplier
) -> tuple[Supplier, bool]:
    """Put a supplier on the portal, or bring the known one up to date; true if it is new."""
    person = person_of(connection, sealer, new.iin) if new.iin else new.person
    known = supplier_of(connection, bin=new.bin, person=person)
    if known is not None:
        change = SupplierChange(new.contacts, new.regions, new.active)
        return change_supplier(connection, sealer, actor, known, change), False
    values = {
        "bin": new.bin,
        "person": person,
        "name": None if person else new.contacts.name,
        "contacts": _sealed(connection, sealer, person, new.contacts),
        "words": words_of(sealer, new.contacts.name),
        "regions": list(new.regions),
        "active": new.active,
    }
    made: UUID = connection.execute(_ADD, values).scalar_one()
    note(connection, actor, "supplier_added", made)
    found = read_supplier(connection, sealer, made)
    assert found is not None
    return found, True


def change_supplier(
    connection: Connection, sealer: Seal, actor: Actor, supplier: UUID, change: SupplierChange
) -> Supplier:
    """Change a supplier; nothing is noted where nothing changes. LookupError if there is none."""
    row = connection.execute(_LOCK, {"id": supplier}).one_or_none()
    if row is None:
        raise LookupError("no supplier of this id")
    held = _supplier(connection, sealer, row)
    contacts = change.contacts or held.contacts
    regions = held.regions if change.regions is None else tuple(change.regions)
    active = held.active if change.active is None else change.active
    changed = Supplier(held.id, held.bin, held.person, contacts, regions, active)
    if changed == held:
        return held
    values = {
        "id": supplier,
        "name": contacts.name if contacts and held.person is None else row.name,
        "contacts": _sealed(connection, sealer, held.person, contacts) if contacts else None,
        "words": words_of(sealer, contacts.name if contacts else None),
        "regions": list(regions),
        "active": active,
    }
    connection.execute(_CHANGE, values)
    action = "supplier_changed"
    if active != held.active:
        action = "supplier_activated" if active else "supplier_deactivated"
    note(connection, actor, action, supplier)
    return changed


def read_supplier(connection: Connection, sealer: Seal, supplier: UUID | str) -> Supplier | None:
    """One supplier with its contacts."""
    row = connection.execute(_READ, {"id": supplier}).one_or_none()
    return None if row is None else _supplier(connection, sealer, row)


def list_suppliers(
    connection: Connection,
    sealer: Seal,
    after: UUID | None = None,
    active: bool | None = None,
    most: int = 50,
) -> list[Supplier]:
    """Suppliers by age, from after one."""
    rows = connection.execute(_LIST, {"after": after, "active": active, "most": most})
    return [_supplier(connection, sealer, row) for row in rows.all()]


def put_offer(
    connection: Connection, actor: Actor, supplier: UUID, item: str, terms: tuple[int, bool]
) -> Offer | None:
    """Offer an item at a price (tiyn), or change the offer there is; `terms` are price and active.

    None if there is no such supplier.
    """
    price, active = terms
    values = {"supplier": supplier, "item": item, "price": price, "active": active}
    row = connection.execute(_PUT_OFFER, values).one_or_none()
    if row is None:
        return None
    note(connection, actor, "offer_put" if active else "offer_withdrawn", row.id)
    return Offer(row.id, supplier, None, row.item, row.price, row.active, ())


def list_offers(connection: Connection, sealer: Seal, wanted: WantedSuppliers) -> list[Offer]:
    """Offers, the cheapest first after those of a supplier that is named first."""
    price, after = wanted.after or (None, None)
    values = {
        "item": wanted.item,
        "region": wanted.region,
        "supplier": wanted.supplier,
        "withdrawn": wanted.withdrawn,
        "first": wanted.first,
        "price": price,
        "after": after,
        "most": wanted.most,
    }
    return [_offer(connection, sealer, row) for row in connection.execute(_OFFERS, values).all()]


def _offer(connection: Connection, sealer: Seal, row: Row[Any]) -> Offer:
    contacts = _contacts(connection, sealer, row) if row.person_id else None
    name = contacts.name if contacts else row.name
    regions = tuple(row.regions)
    return Offer(row.id, row.supplier_id, name, row.item, row.price, row.active, regions)


def _supplier(connection: Connection, sealer: Seal, row: Row[Any]) -> Supplier:
    contacts = _contacts(connection, sealer, row)
    return Supplier(row.id, row.bin, row.person_id, contacts, tuple(row.regions), row.active)


def _contacts(connection: Connection, sealer: Seal, row: Row[Any]) -> SupplierContacts | None:
    if row.contacts is None:
        return None
    sealed = bytes(row.contacts)
    if row.person_id is None:
        return SupplierContacts.model_validate_json(open_envelope(sealer, sealed))
    try:
        content = open_for(connection, sealer, row.person_id, sealed)
    except Unreadable:  # erased: the supplier stays in old cases, without a name
        return None
    return SupplierContacts.model_validate_json(content)


def _sealed(
    connection: Connection, sealer: Seal, person: UUID | None, contacts: SupplierContacts
) -> bytes:
    return _seal(connection, sealer, person, contacts.model_dump_json().encode())


def seal_of_supplier(
    connection: Connection, sealer: Seal, person: UUID | None, said: Mapping[str, Any]
) -> bytes:
    """Words of or about a supplier, enciphered for the person where it is one."""
    return _seal(connection, sealer, person, json.dumps(said, ensure_ascii=False).encode())


def open_of_supplier(
    connection: Connection, sealer: Seal, person: UUID | None, sealed: bytes
) -> dict[str, Any] | None:
    """What was sealed; None where the person has been erased."""
    try:
        content = (
            open_envelope(sealer, sealed)
            if person is None
            else open_for(connection, sealer, person, sealed)
        )
    except Unreadable:
        return None
    found: dict[str, Any] = json.loads(content)
    return found


def _seal(connection: Connection, sealer: Seal, person: UUID | None, content: bytes) -> bytes:
    if person is None:
        return envelop(sealer, content)
    return seal_for(connection, sealer, person, content)
