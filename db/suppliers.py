"""Suppliers on the portal and their offers; every change leaves a line in the audit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    bindparam,
    cast,
    exists,
    func,
    insert,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as put
from sqlmodel import col, select

from db.audit import note
from db.envelopes import envelop, open_envelope
from db.persons import open_for, person_to_name, seal_for
from db.reference import supplier_of
from db.reference_tables import OfferRow, SupplierRow
from db.rows import models, part, rows
from db.sealing import Seal, Unreadable
from db.words import words_of, words_of_name
from domain.messages import Actor
from domain.searching import digits_in, is_number

_BY_ID = select(SupplierRow).where(col(SupplierRow.id) == bindparam("id"))


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
    person = person_to_name(connection, sealer, new.iin) if new.iin else new.person
    known = supplier_of(connection, bin=new.bin, person=person)
    if known is not None:
        change = SupplierChange(new.contacts, new.regions, new.active)
        return change_supplier(connection, sealer, actor, known, change), False
    added = insert(SupplierRow).values(
        bin=new.bin,
        person_id=person,
        name=None if person else new.contacts.name,
        contacts=seal_of_supplier(connection, sealer, person, new.contacts.model_dump()),
        words=words_of(sealer, new.contacts.name),
        regions=new.regions,
        active=new.active,
    )
    row = models(connection, added.returning(SupplierRow)).one()
    note(connection, actor, "supplier_added", row.id)
    return _supplier(connection, sealer, row), True


def is_active(connection: Connection, sealer: Seal, named: NewSupplier) -> bool:
    """Whether the supplier of this BIN or IIN is on the portal already."""
    person = person_to_name(connection, sealer, named.iin) if named.iin else named.person
    known = supplier_of(connection, bin=named.bin, person=person)
    asked = select(SupplierRow.active).where(SupplierRow.id == known)
    return known is not None and bool(connection.scalar(asked))


def change_supplier(
    connection: Connection, sealer: Seal, actor: Actor, supplier: UUID, change: SupplierChange
) -> Supplier:
    """Change a supplier; nothing is noted where nothing changes. LookupError if there is none."""
    row = models(connection, _BY_ID.with_for_update(), {"id": supplier}).one_or_none()
    if row is None:
        raise LookupError("no supplier of this id")
    held = _supplier(connection, sealer, row)
    contacts = change.contacts or held.contacts
    regions = held.regions if change.regions is None else tuple(change.regions)
    active = held.active if change.active is None else change.active
    changed = Supplier(held.id, held.bin, held.person, contacts, regions, active)
    if changed == held:
        return held
    sealed = contacts and seal_of_supplier(connection, sealer, held.person, contacts.model_dump())
    name = contacts.name if contacts and held.person is None else row.name
    words = words_of(sealer, contacts.name if contacts else None)
    told = {"name": name, "contacts": sealed, "words": words, "regions": regions, "active": active}
    connection.execute(update(SupplierRow).where(col(SupplierRow.id) == supplier).values(told))
    action = "supplier_changed"
    if active != held.active:
        action = "supplier_activated" if active else "supplier_deactivated"
    note(connection, actor, action, supplier)
    return changed


def read_supplier(connection: Connection, sealer: Seal, supplier: UUID | str) -> Supplier | None:
    """One supplier with its contacts."""
    row = models(connection, _BY_ID, {"id": supplier}).one_or_none()
    return None if row is None else _supplier(connection, sealer, row)


def list_suppliers(
    connection: Connection,
    sealer: Seal,
    after: UUID | None = None,
    *,
    active: bool | None = None,
    called: str | None = None,
    most: int = 50,
) -> list[Supplier]:
    """Suppliers by age, from after one; perhaps only those that a name or a BIN may mean."""
    asked = part(select(SupplierRow), SupplierRow.id, after, most)
    if called is not None and is_number(called):
        asked = asked.where(SupplierRow.bin == digits_in(called))
    elif called is not None:
        words = cast(words_of_name(sealer, called), ARRAY(BigInteger))
        asked = asked.where(col(SupplierRow.words).op("@>")(words))
    if active is not None:
        asked = asked.where(SupplierRow.active == active)
    return [_supplier(connection, sealer, row) for row in models(connection, asked).all()]


def put_offer(
    connection: Connection, actor: Actor, supplier: UUID, item: str, terms: tuple[int, bool]
) -> Offer | None:
    """Offer an item at a price (tiyn), or change the offer there is; `terms` are price and active.

    None if there is no such supplier.
    """
    price, active = terms
    if not lock_supplier(connection, supplier):
        return None
    held = {"price": price, "active": active}
    new = put(OfferRow).values(supplier_id=supplier, item=item, **held)
    known = new.on_conflict_do_update(index_elements=["supplier_id", "item"], set_=held)
    row = models(connection, known.returning(OfferRow)).one()
    note(connection, actor, "offer_put" if active else "offer_withdrawn", row.id)
    return Offer(row.id, supplier, None, row.item, row.price, row.active, ())


def lock_supplier(connection: Connection, supplier: UUID) -> bool:
    """Until the end of this transaction nobody else changes the supplier or an offer of it.

    False if there is no such supplier.
    """
    alone = select(SupplierRow.id).where(SupplierRow.id == supplier)
    return connection.scalar(alone.with_for_update(key_share=True)) is not None


def held_offers(connection: Connection, supplier: UUID) -> dict[str, tuple[int, bool]]:
    """Of everything that a supplier offers or has withdrawn price and whether it is offered."""
    asked = select(OfferRow.item, OfferRow.price, OfferRow.active)
    found = rows(connection, asked.where(OfferRow.supplier_id == supplier)).all()
    return {item: (price, active) for item, price, active in found}


def list_offers(connection: Connection, sealer: Seal, wanted: WantedSuppliers) -> list[Offer]:
    """Offers, the cheapest first after those of a supplier that is named first."""
    offer, supplier = OfferRow, SupplierRow
    asked = select(offer, supplier).where(offer.supplier_id == supplier.id)
    if wanted.item is not None:
        asked = asked.where(offer.item == wanted.item)
    if wanted.supplier is not None:
        asked = asked.where(offer.supplier_id == wanted.supplier)
    if not wanted.withdrawn:
        asked = asked.where(offer.active, supplier.active)
    if wanted.region is not None:
        asked = asked.where(serves(supplier.regions, wanted.region))
    first, place = col(offer.supplier_id) == wanted.first, tuple_(offer.price, offer.id)
    if wanted.first is not None:
        asked = asked.order_by(first.desc())
    if wanted.after is not None:
        asked = asked.where(place > wanted.after, ~first if wanted.first else true())
    cheapest = asked.order_by(col(offer.price), col(offer.id)).limit(wanted.most)
    return [_offer(connection, sealer, *row) for row in rows(connection, cheapest).all()]


def serves(regions: list[str], region: str) -> ColumnElement[bool]:
    """SQL: regions are beginnings of KATO codes, one asked for as a beginning meets longer ones."""
    one = func.unnest(regions).column_valued("one")
    return exists().where(func.starts_with(region, one) | func.starts_with(one, region))


def _offer(connection: Connection, sealer: Seal, row: OfferRow, supplier: SupplierRow) -> Offer:
    contacts = None
    if (person := supplier.person_id) is not None:
        contacts = contacts_of(connection, sealer, person, supplier.contacts)
    name, regions = contacts.name if contacts else supplier.name, tuple(supplier.regions)
    return Offer(row.id, row.supplier_id, name, row.item, row.price, row.active, regions)


def _supplier(connection: Connection, sealer: Seal, row: SupplierRow) -> Supplier:
    contacts = contacts_of(connection, sealer, row.person_id, row.contacts)
    return Supplier(row.id, row.bin, row.person_id, contacts, tuple(row.regions), row.active)


def contacts_of(
    connection: Connection, sealer: Seal, person: UUID | None, sealed: bytes | None
) -> SupplierContacts | None:
    """What is kept of how a supplier is reached, which may be a person."""
    if sealed is None:
        return None
    # Erased: the supplier stays in old cases, without a name.
    said = open_of_supplier(connection, sealer, person, sealed)
    return None if said is None else SupplierContacts.model_validate(said)


def seal_of_supplier(
    connection: Connection, sealer: Seal, person: UUID | None, said: Mapping[str, Any]
) -> bytes:
    """Words of or about a supplier, enciphered for the person where it is one."""
    content = json.dumps(said, ensure_ascii=False).encode()
    if person is None:
        return envelop(sealer, content)
    return seal_for(connection, sealer, person, content)


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
