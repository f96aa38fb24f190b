"""Suppliers on the portal and their offers, changed by administrators and by themselves."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import StringConstraints
from sqlalchemy import Connection, Engine

from api.access import Parties, may_see
from api.auth import Administrator, Caller, Reader
from api.auth import Supplier as OwnSupplier
from api.deps import EngineDep, PartsDep, SealDep
from api.offers import (
    ANSWERS,
    CURSOR,
    Item,
    OfferForm,
    OfferList,
    OfferView,
    Region,
    SupplierChangeForm,
    SupplierForm,
    SupplierList,
    SupplierView,
    cursor,
    read_cursor,
)
from api.problems import Problem, Refused
from db.catalogues import catalogue_on, catalogue_today
from db.dispatches import legal_now
from db.engine import reads
from db.removals import bar_of
from db.requests import read_case_row
from db.suppliers import (
    NewSupplier,
    Offer,
    Supplier,
    SupplierChange,
    SupplierContacts,
    Wanted,
    add_supplier,
    change_supplier,
    list_offers,
    list_suppliers,
    put_offer,
    read_supplier,
)
from definitions.catalogues import Terms, terms_of
from domain.case import Case
from domain.messages import Role
from domain.periods import last_supplier
from domain.terms import local_day

router = APIRouter(prefix="/v1", tags=["suppliers"])


@dataclass(frozen=True)
class OfferFilters:
    """What offers may be narrowed to; `case_id` asks for those that fit a case of yours."""

    item: Annotated[Item | None, Query(description="Code of the catalogue")] = None
    region: Annotated[Region | None, Query(description="Beginning of a KATO code")] = None
    supplier_id: Annotated[UUID | None, Query()] = None
    case_id: Annotated[UUID | None, Query(description="For this case")] = None
    after: Annotated[
        Annotated[str, StringConstraints(pattern=CURSOR)] | None,
        Query(description="The `after` of the part before"),
    ] = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50


@router.get("/suppliers", operation_id="listSuppliers", response_model=SupplierList)
def list_all(
    reader: Reader,
    parts: PartsDep,
    active: bool | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The suppliers, those that came first to the portal first."""
    with reads(parts.engine) as connection:
        found = list_suppliers(connection, parts.seal, after, active, limit)
    last = found[-1].id if len(found) == limit else None
    return {"suppliers": [_supplier(one, reader) for one in found], "after": last}


@router.get(
    "/suppliers/{supplier_id}",
    operation_id="readSupplier",
    response_model=SupplierView,
    responses=ANSWERS,
)
def read_one(supplier_id: UUID, reader: Reader, engine: EngineDep, seal: SealDep) -> dict[str, Any]:
    """One supplier."""
    with reads(engine) as connection:
        found = read_supplier(connection, seal, supplier_id)
    if found is None:
        raise Problem("not_found")
    return _supplier(found, reader)


@router.post(
    "/suppliers",
    operation_id="putSupplier",
    response_model=SupplierView,
    status_code=201,
    responses={200: {"model": SupplierView, "description": "Was known, and is now as sent"}},
)
def add(
    form: SupplierForm,
    administrator: Administrator,
    engine: EngineDep,
    seal: SealDep,
    response: Response,
) -> dict[str, Any]:
    """Put a supplier on the portal, or bring the one with this BIN or IIN up to date."""
    contacts = SupplierContacts(
        name=form.name, phone=form.phone, email=form.email, language=form.language
    )
    new = NewSupplier(contacts, form.regions, form.bin, form.iin, form.active)
    with engine.begin() as connection:
        supplier, fresh = add_supplier(connection, seal, administrator.actor, new)
        if supplier.active:
            _check_return(connection, supplier.id)
    response.status_code = 201 if fresh else 200
    return _supplier(supplier, administrator)


@router.patch(
    "/suppliers/{supplier_id}",
    operation_id="changeSupplier",
    response_model=SupplierView,
    responses=ANSWERS,
)
def change(
    supplier_id: UUID,
    form: SupplierChangeForm,
    administrator: Administrator,
    engine: EngineDep,
    seal: SealDep,
) -> dict[str, Any]:
    """Change a supplier, or take it off the portal; orders that it has confirmed stand."""
    with engine.begin() as connection:
        held = read_supplier(connection, seal, supplier_id)
        if held is None:
            raise Problem("not_found")
        if form.active and not held.active:
            _check_return(connection, supplier_id)
        wanted = SupplierChange(_contacts(held, form), form.regions, form.active)
        changed = change_supplier(connection, seal, administrator.actor, supplier_id, wanted)
    return _supplier(changed, administrator)


@router.get("/offers", operation_id="listOffers", response_model=OfferList, responses=ANSWERS)
def list_some(
    reader: Reader,
    engine: EngineDep,
    seal: SealDep,
    filters: Annotated[OfferFilters, Depends()],
) -> dict[str, Any]:
    """Offers on the portal, the cheapest first; for a case those that fit its item and region.

    The supplier of the case's last order is named before all others.
    """
    with reads(engine) as connection:
        case, terms = None, None
        if filters.case_id is not None:
            case, terms = _granted(connection, filters.case_id, reader)
        wanted = _wanted(filters, case, reader)
        found = list_offers(connection, seal, wanted)
    last = found[-1] if len(found) == filters.limit else None
    return {
        "offers": [_offer(one, terms) for one in found],
        "after": last and _cursor_after(last, wanted),
    }


def _cursor_after(last: Offer, wanted: Wanted) -> str:
    """After what is named first come all others: no price is as low as 0."""
    return cursor(0 if str(last.supplier) == wanted.first else last.price, last.id)


@router.put(
    "/offers/{item}", operation_id="putOwnOffer", response_model=OfferView, responses=ANSWERS
)
def put_own(
    item: Item, form: OfferForm, supplier: OwnSupplier, engine: EngineDep
) -> dict[str, Any]:
    """Offer an item at a price, change the price, or withdraw the offer."""
    if supplier.on_behalf_of is None:
        raise Problem("not_allowed")
    return _put(engine, supplier, supplier.on_behalf_of, item, form)


@router.put(
    "/suppliers/{supplier_id}/offers/{item}",
    operation_id="putOffer",
    response_model=OfferView,
    responses=ANSWERS,
)
def put_for(
    supplier_id: UUID, item: Item, form: OfferForm, administrator: Administrator, engine: EngineDep
) -> dict[str, Any]:
    """The same, on behalf of a supplier."""
    return _put(engine, administrator, supplier_id, item, form)


def _check_return(connection: Connection, supplier: UUID) -> None:
    """Who was removed comes back only when the law allows it (Social Code 167(7))."""
    if refusal := bar_of(connection, supplier, legal_now(connection)):
        raise Refused([refusal.model_dump(mode="json")])


def _put(
    engine: Engine, caller: Caller, supplier: UUID, item: str, form: OfferForm
) -> dict[str, Any]:
    with engine.begin() as connection:
        if catalogue_today(connection)[0].item(item) is None:
            raise Problem("not_found")
        offer = put_offer(connection, caller.actor, supplier, item, (form.price, form.active))
    if offer is None:
        raise Problem("not_found")
    return _offer(offer, None)


def _granted(connection: Connection, case_id: UUID, reader: Caller) -> tuple[Case, Terms]:
    """A case, and the terms of an order for it today.

    To those who may not see it, it does not exist; nor to suppliers, who choose nothing.
    """
    row = read_case_row(connection, case_id)
    if (
        reader.role == Role.SUPPLIER
        or row is None
        or row.seq is None
        or not may_see(reader, Parties.of(row._mapping))
    ):
        raise Problem("not_found")
    case = Case.model_validate(row.state)
    assert case.measure is not None, "a case with an event has a measure"
    today = local_day(row.now)
    return case, terms_of(catalogue_on(connection, today), case.measure, today)


def _wanted(filters: OfferFilters, case: Case | None, reader: Caller) -> Wanted:
    measure = case.measure if case else None
    own = reader.role == Role.SUPPLIER and reader.on_behalf_of == filters.supplier_id
    return Wanted(
        item=measure.item if measure else filters.item,
        region=measure.region if measure else filters.region,
        supplier=filters.supplier_id,
        withdrawn=filters.supplier_id is not None
        and (own or reader.role == Role.ADMINISTRATOR)
        and measure is None,
        first=last_supplier(case) if case else None,
        after=read_cursor(filters.after),
        most=filters.limit,
    )


def _contacts(held: Supplier, form: SupplierChangeForm) -> SupplierContacts | None:
    told = form.model_dump(include=set(SupplierContacts.model_fields), exclude_unset=True)
    if told and held.contacts is None:
        raise Problem("not_found")  # the person was erased: there is nobody to reach
    return held.contacts.changed(told) if told and held.contacts else None


def _supplier(held: Supplier, reader: Caller) -> dict[str, Any]:
    trusted = reader.role == Role.ADMINISTRATOR or reader.on_behalf_of == held.id
    contacts = held.contacts if trusted or held.person is None else None
    return {
        "id": held.id,
        "bin": held.bin,
        "name": held.contacts and held.contacts.name,
        "phone": contacts and contacts.phone,
        "email": contacts and contacts.email,
        "regions": held.regions,
        "active": held.active,
    }


def _offer(held: Offer, terms: Terms | None) -> dict[str, Any]:
    return {
        "id": held.id,
        "supplier_id": held.supplier,
        "supplier": held.supplier_name,
        "item": held.item,
        "price": held.price,
        "active": held.active,
        "regions": held.regions,
        "unit_sum": terms and terms.unit_sum,
        "co_payment": None if terms is None else max(0, held.price - terms.unit_sum),
        "catalogue": terms and terms.catalogue,
    }
