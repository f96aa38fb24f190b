"""Suppliers on the portal and their offers, changed by administrators and by themselves."""

from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Connection

from api.auth import Caller, Newcomer, Reader, person_of
from api.deps import Parts, PartsDep
from api.mistakes import mistake_at, mistakes_of, parameter_mistake
from api.once import Once, OnceDep
from api.problems import Invalid, Problem, Refused, told_reasons
from api.queries import Unmarked, marked
from api.reading import JSON, json_body, read_json
from api.register.models import (
    ANSWERS,
    ChangeSupplier,
    SupplierForm,
    SupplierList,
    SupplierView,
)
from api.register.pricelist import OffersAnswer, PutOffers, put_many
from api.register.registrations import (
    ApplicationToRegister,
    RegistrationView,
    told_application,
)
from api.register.removals import told_removal
from db.dispatches import legal_now
from db.engine import reads
from db.persons import read_profile
from db.registration import Applying, apply_for, read_application
from db.removals import bar_of, list_removals
from db.sides import read_acts_for
from db.suppliers import (
    NewSupplier,
    Supplier,
    SupplierChange,
    SupplierContacts,
    add_supplier,
    change_supplier,
    is_active,
    list_suppliers,
    lock_supplier,
    read_supplier,
)
from domain.messages import Role
from domain.parties.suppliers import missing_conditions
from domain.searching import words_in

router = APIRouter(prefix="/v1", tags=["suppliers"])
F = TypeVar("F", bound=BaseModel)
OVERSEERS: Final = (Role.COMMISSION, Role.ADMINISTRATOR)
SupplierCommand = Annotated[ChangeSupplier | PutOffers, Field(discriminator="command")]
_FORMS: Final = json_body(SupplierForm, ApplicationToRegister)


@router.get("/suppliers", operation_id="listSuppliers", response_model=SupplierList)
def list_all(
    request: Request,
    reader: Reader,
    parts: PartsDep,
    called: Annotated[
        str | None,
        Query(min_length=1, max_length=140, description="Of this BIN, or with this in the name"),
    ] = None,
    active: bool | None = None,
    after: Annotated[UUID | None, Unmarked] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The suppliers, those that came first to the portal first."""
    if called is not None and not words_in(called):
        raise Invalid([parameter_mistake("called", "too_short")])
    with reads(parts.engine) as connection:
        found = list_suppliers(
            connection, parts.seal, after, active=active, called=called, most=limit
        )
    last = found[-1].id if len(found) == limit else None
    return {"suppliers": [_supplier(one, reader) for one in found], "after": marked(request, last)}


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
async def add(
    request: Request, caller: Newcomer, once: OnceDep, parts: PartsDep, response: Response
) -> Any:
    """Put a supplier on the portal; or, as one who would be a supplier, apply to become one.

    What is known by its BIN or IIN, or applied for and open, is brought up to date.
    """
    body = await read_json(request)
    if caller.role == Role.SUPPLIER:
        application = _read(ApplicationToRegister, body)
        told, fresh = await run_in_threadpool(_apply, parts, caller, once, application)
    else:
        form = _read(SupplierForm, body)
        told, fresh = await run_in_threadpool(_add, parts, caller, once, form)
    response.status_code = 201 if fresh else 200
    return told


def _read(form: type[F], body: Any) -> F:
    """The form that a caller of this role sends. Invalid with every mistake."""
    try:
        return form.model_validate(body)
    except ValidationError as invalid:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in invalid.errors()]
        raise Invalid(mistakes_of(errors, body)) from None


def _add(
    parts: Parts, administrator: Caller, once: Once, form: SupplierForm
) -> tuple[dict[str, Any], bool]:
    new = NewSupplier(_contacts_of(form), form.regions, form.bin, form.iin, form.active)

    def act(connection: Connection) -> dict[str, Any]:
        if not new.active and is_active(connection, parts.seal, new):
            raise _by_two()
        supplier, fresh = add_supplier(connection, parts.seal, administrator.actor, new)
        not_own(connection, administrator, supplier.id)
        if supplier.active:
            _check_return(connection, supplier.id)
        return {"supplier": str(supplier.id), "fresh": fresh}

    with parts.engine.begin() as connection:
        made = once.make(connection, act)
        held = read_supplier(connection, parts.seal, UUID(made["supplier"]))
    assert held is not None, "suppliers are never deleted"
    return _supplier(held, administrator), made["fresh"]


def _apply(
    parts: Parts, supplier: Caller, once: Once, form: ApplicationToRegister
) -> tuple[dict[str, Any], bool]:
    person = person_of(supplier)
    proofs: dict[str, str] = {proof.condition: proof.evidence for proof in form.proofs}
    missing = missing_conditions(frozenset(proofs), assistants_only=form.assistants_only)
    if missing:
        raise Invalid([mistake_at("proofs", "not_proven", conditions=", ".join(missing))])

    def act(connection: Connection) -> dict[str, Any]:
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
        return {"application": str(held.row.id), "fresh": fresh}

    with parts.engine.begin() as connection:
        made = once.make(connection, act)
        held = read_application(connection, parts.seal, UUID(made["application"]))
    assert held is not None, "applications are never deleted"
    return told_application(held), made["fresh"]


def _contacts_of(form: SupplierForm | ApplicationToRegister) -> SupplierContacts:
    return SupplierContacts(
        name=form.name, phone=form.phone, email=form.email, language=form.language
    )


@router.post(
    "/suppliers/{supplier_id}/commands",
    operation_id="commandSupplier",
    response_model=SupplierView | OffersAnswer,
    dependencies=JSON,
    responses={**ANSWERS, 409: {"description": "The key is in use"}},
)
async def command(
    supplier_id: UUID,
    form: SupplierCommand,
    caller: Newcomer,
    once: OnceDep,
    parts: PartsDep,
) -> dict[str, Any]:
    """Change a supplier, or put many offers: a supplier its own, an administrator those of any.

    One that is on the portal is taken off it by a change of two administrators alone
    (`POST /v1/changes`, `suppliers`).
    """
    if isinstance(form, PutOffers):
        return await run_in_threadpool(_put_offers, parts, caller, once, supplier_id, form)
    if caller.role != Role.ADMINISTRATOR:
        raise Problem("not_allowed")
    await run_in_threadpool(_change, parts, caller, once, supplier_id, form)
    return await run_in_threadpool(_shown, parts, caller, supplier_id)


def _put_offers(
    parts: Parts, caller: Caller, once: Once, supplier: UUID, form: PutOffers
) -> dict[str, Any]:
    if caller.role not in (Role.SUPPLIER, Role.ADMINISTRATOR):
        raise Problem("not_allowed")
    if caller.role == Role.SUPPLIER and caller.on_behalf_of != supplier:
        raise Problem("not_found")
    with reads(parts.engine) as connection:
        if read_supplier(connection, parts.seal, supplier) is None:
            raise Problem("not_found")
        if caller.role == Role.ADMINISTRATOR:
            not_own(connection, caller, supplier)
    return put_many(parts, caller, once, supplier, form)


def _change(
    parts: Parts, administrator: Caller, once: Once, supplier: UUID, form: ChangeSupplier
) -> None:
    def act(connection: Connection) -> dict[str, Any]:
        # What is not said stays as it is, and not as somebody else has just found it.
        lock_supplier(connection, supplier)
        held = read_supplier(connection, parts.seal, supplier)
        if held is None:
            raise Problem("not_found")
        not_own(connection, administrator, supplier)
        if form.active and not held.active:
            _check_return(connection, supplier)
        if form.active is False and held.active:
            raise _by_two()
        wanted = SupplierChange(_contacts(held, form), form.regions, form.active)
        change_supplier(connection, parts.seal, administrator.actor, supplier, wanted)
        return {}

    with parts.engine.begin() as connection:
        once.make(connection, act)


def _by_two() -> Refused:
    """Who is on the portal is taken off it by a change alone."""
    return Refused([{"code": "removed_by_two", "facts": {}}])


def not_own(connection: Connection, caller: Caller, supplier: UUID) -> None:
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
            told["removals"] = [told_removal(*one) for one in removed]
            if removed and not found.active:
                told["barred"] = _barred(connection, supplier)
    return told


def _check_return(connection: Connection, supplier: UUID) -> None:
    """Who was removed comes back only when the law allows it (Social Code 167(7))."""
    if refusal := bar_of(connection, supplier, legal_now(connection)):
        raise Refused([refusal.model_dump(mode="json")])


def _barred(connection: Connection, supplier: UUID) -> Any:
    bar = bar_of(connection, supplier, legal_now(connection))
    return told_reasons([bar.model_dump(mode="json")])[0] if bar else None


def _contacts(held: Supplier, form: ChangeSupplier) -> SupplierContacts | None:
    told = form.model_dump(include=set(SupplierContacts.model_fields), exclude_unset=True)
    if (told or form.active) and held.contacts is None:
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
