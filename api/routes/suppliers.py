"""Suppliers on the portal and their offers, changed by administrators and by themselves."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from sqlalchemy import Connection

from api.access import Parties, may_see
from api.auth import Caller, Newcomer, Reader, Registrar, person_of
from api.deps import EngineDep, Parts, PartsDep, SealDep
from api.mistakes import mistake_at, mistakes_of
from api.offers import (
    ANSWERS,
    CURSOR,
    ChangeSupplier,
    Item,
    OfferForm,
    OfferList,
    OfferView,
    Region,
    SupplierForm,
    SupplierList,
    SupplierView,
    cursor,
    read_cursor,
)
from api.problems import Invalid, Problem, Refused
from api.reading import JSON, json_body, read_json
from api.removals import RemoveSupplier, told_removal
from api.work.registrations import (
    ApplicationToRegister,
    RegistrationView,
    meets,
    region_of,
    told_application,
)
from db.casefile import hear
from db.catalogues import catalogue_on, catalogue_today
from db.dispatches import legal_now
from db.engine import reads
from db.persons import read_profile
from db.registration import Applying, apply_for
from db.removals import Removed, bar_of, list_removals, remove
from db.requests import read_case_row
from db.sides import read_acts_for
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
from domain.messages import Refusal, Role
from domain.periods import last_supplier
from domain.suppliers import missing_conditions
from domain.terms import local_day

router = APIRouter(prefix="/v1", tags=["suppliers"])
F = TypeVar("F", bound=BaseModel)
OVERSEERS: Final = (Role.COMMISSION, Role.ADMINISTRATOR)
SupplierCommand = Annotated[ChangeSupplier | RemoveSupplier, Field(discriminator="command")]
# So many cases are woken at once with the removal itself; housekeeping wakes the rest.
TOLD_AT_ONCE: Final = 50
_FORMS: Final = json_body(SupplierForm, ApplicationToRegister)


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
def read_one(supplier_id: UUID, reader: Reader, parts: PartsDep) -> dict[str, Any]:
    """One supplier; to those who oversee it, and to itself, why and when it was removed."""
    return _shown(parts, reader, supplier_id)


@router.post(
    "/suppliers",
    operation_id="putSupplier",
    response_model=SupplierView | RegistrationView,
    status_code=201,
    dependencies=JSON,
    responses={
        200: {"description": "Was known, and is now as sent"},
        409: {"description": "Refused, with the reasons"},
    },
    openapi_extra=_FORMS,
)
async def add(request: Request, caller: Newcomer, parts: PartsDep, response: Response) -> Any:
    """Put a supplier on the portal; or, as one who would be a supplier, apply to become one.

    What is known by its BIN or IIN, or applied for and open, is brought up to date.
    """
    body = await read_json(request)
    if caller.role == Role.SUPPLIER:
        application = _read(ApplicationToRegister, body)
        told, fresh = await run_in_threadpool(_apply, parts, caller, application)
    else:
        form = _read(SupplierForm, body)
        told, fresh = await run_in_threadpool(_add, parts, caller, form)
    response.status_code = 201 if fresh else 200
    return told


def _read(form: type[F], body: Any) -> F:
    """The form that a caller of this role sends. Invalid with every mistake."""
    try:
        return form.model_validate(body)
    except ValidationError as invalid:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in invalid.errors()]
        raise Invalid(mistakes_of(errors)) from None


def _add(parts: Parts, administrator: Caller, form: SupplierForm) -> tuple[dict[str, Any], bool]:
    new = NewSupplier(_contacts_of(form), form.regions, form.bin, form.iin, form.active)
    with parts.engine.begin() as connection:
        supplier, fresh = add_supplier(connection, parts.seal, administrator.actor, new)
        _not_own(connection, administrator, supplier.id)
        if supplier.active:
            _check_return(connection, supplier.id)
    return _supplier(supplier, administrator), fresh


def _apply(
    parts: Parts, supplier: Caller, form: ApplicationToRegister
) -> tuple[dict[str, Any], bool]:
    person = person_of(supplier)
    proofs: dict[str, str] = {proof.condition: proof.evidence for proof in form.proofs}
    missing = missing_conditions(frozenset(proofs), assistants_only=form.assistants_only)
    if missing:
        raise Invalid([mistake_at("proofs", "not_proven", conditions=", ".join(missing))])
    with parts.engine.begin() as connection:
        iin = None if supplier.bin else read_profile(connection, parts.seal, person).iin
        asked = Applying(
            contacts=_contacts_of(form),
            regions=form.regions,
            proofs=proofs,
            bin=supplier.bin,
            iin=iin,
            assistants_only=form.assistants_only,
        )
        held, fresh = apply_for(connection, parts.seal, supplier.actor, asked)
    return told_application(held), fresh


def _contacts_of(form: SupplierForm | ApplicationToRegister) -> SupplierContacts:
    return SupplierContacts(
        name=form.name, phone=form.phone, email=form.email, language=form.language
    )


@router.post(
    "/suppliers/{supplier_id}/commands",
    operation_id="commandSupplier",
    response_model=SupplierView,
    dependencies=JSON,
    responses=ANSWERS,
)
async def command(
    supplier_id: UUID, form: SupplierCommand, official: Registrar, parts: PartsDep
) -> dict[str, Any]:
    """Change a supplier, take it off the portal, or remove it from the register.

    Orders that it has confirmed stand; after a removal its open orders learn of it. The same
    ground again is the same removal.
    """
    if isinstance(form, RemoveSupplier):
        if official.role != Role.COMMISSION:
            raise Problem("not_allowed")
        done = await run_in_threadpool(_remove, parts, official, supplier_id, form)
        # What is more their runs find themselves, told by housekeeping.
        parts.link.tell(*await run_in_threadpool(hear, parts.engine, done.cases[:TOLD_AT_ONCE]))
    else:
        if official.role != Role.ADMINISTRATOR:
            raise Problem("not_allowed")
        await run_in_threadpool(_change, parts, official, supplier_id, form)
    return await run_in_threadpool(_shown, parts, official, supplier_id)


def _change(parts: Parts, administrator: Caller, supplier: UUID, form: ChangeSupplier) -> None:
    with parts.engine.begin() as connection:
        held = read_supplier(connection, parts.seal, supplier)
        if held is None:
            raise Problem("not_found")
        if form.active and not held.active:
            _check_return(connection, supplier)
        _not_own(connection, administrator, supplier)
        wanted = SupplierChange(_contacts(held, form), form.regions, form.active)
        change_supplier(connection, parts.seal, administrator.actor, supplier, wanted)


def _remove(parts: Parts, commission: Caller, supplier: UUID, form: RemoveSupplier) -> Removed:
    with parts.engine.begin() as connection:
        held = read_supplier(connection, parts.seal, supplier)
        if held is None or not meets(held.regions, region_of(commission)):
            raise Problem("not_found")
        _not_own(connection, commission, supplier)
        said = form.model_dump(exclude={"command"})
        found = remove(connection, parts.seal, commission.actor, supplier, said)
    if isinstance(found, Refusal):
        raise Refused([found.model_dump(mode="json")])
    return found


def _not_own(connection: Connection, caller: Caller, supplier: UUID) -> None:
    """No official decides about a supplier for whom they act."""
    person = str(person_of(caller))
    if read_acts_for(connection, [str(supplier)], [person]):
        raise Refused([{"code": "party_cannot_decide", "facts": {}}])


def _shown(parts: Parts, reader: Caller, supplier: UUID) -> dict[str, Any]:
    """A supplier; to those who oversee it, and to itself, why and when it was removed."""
    with reads(parts.engine) as connection:
        found = read_supplier(connection, parts.seal, supplier)
        if found is None:
            raise Problem("not_found")
        told = _supplier(found, reader)
        if reader.role in OVERSEERS or reader.on_behalf_of == supplier:
            removed = list_removals(connection, parts.seal, supplier)
            told["removals"] = [told_removal(one) for one in removed]
    return told


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
    "/suppliers/{supplier_id}/offers/{item}",
    operation_id="putOffer",
    response_model=OfferView,
    responses=ANSWERS,
)
def put(
    supplier_id: UUID, item: Item, form: OfferForm, caller: Newcomer, engine: EngineDep
) -> dict[str, Any]:
    """Offer an item at a price, change the price, or withdraw the offer.

    A supplier does so for itself, an administrator for any.
    """
    if caller.role == Role.SUPPLIER and caller.on_behalf_of != supplier_id:
        raise Problem("not_found")
    with engine.begin() as connection:
        if catalogue_today(connection)[0].item(item) is None:
            raise Problem("not_found")
        if caller.role != Role.SUPPLIER:
            _not_own(connection, caller, supplier_id)
        told = (form.price, form.active)
        offer = put_offer(connection, caller.actor, supplier_id, item, told)
    if offer is None:
        raise Problem("not_found")
    return _offer(offer, None)


def _check_return(connection: Connection, supplier: UUID) -> None:
    """Who was removed comes back only when the law allows it (Social Code 167(7))."""
    if refusal := bar_of(connection, supplier, legal_now(connection)):
        raise Refused([refusal.model_dump(mode="json")])


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


def _contacts(held: Supplier, form: ChangeSupplier) -> SupplierContacts | None:
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
