"""Who becomes a supplier, and who is one no more: applications, conclusions, removals."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from api.auth import Applicant, Caller, Commission, Overseer
from api.auth import Supplier as OwnSupplier
from api.deps import EngineDep, Parts, PartsDep, SealDep
from api.mistakes import mistake_at
from api.problems import Invalid, Problem, Refused
from api.reading import JSON
from api.registration import (
    ApplicationToRegister,
    RefuseRegistration,
    RegistrationList,
    RegistrationView,
    RemovalList,
    RemovalView,
    RemoveSupplier,
    State,
    told_application,
    told_removal,
)
from db.casefile import hear
from db.engine import reads
from db.persons import read_profile
from db.registration import (
    Application,
    Applying,
    Wanted,
    apply_for,
    list_applications,
    read_application,
    refuse,
    register,
)
from db.removals import Removed, list_removals, remove
from db.suppliers import Supplier, SupplierContacts, read_supplier
from domain.messages import Refusal, Role
from domain.suppliers import missing_conditions

router = APIRouter(prefix="/v1", tags=["suppliers"])
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is none, or not for you"},
    409: {"description": "Refused, with the reasons"},
}
# So many cases are woken at once with the removal itself; housekeeping wakes the rest.
TOLD_AT_ONCE: Final = 50


@router.post(
    "/supplier-applications",
    operation_id="applyToRegister",
    response_model=RegistrationView,
    status_code=201,
    dependencies=JSON,
    responses={200: {"model": RegistrationView, "description": "The open one, brought up to date"}},
)
def ask(
    form: ApplicationToRegister, supplier: OwnSupplier, parts: PartsDep, response: Response
) -> dict[str, Any]:
    """Apply to become a supplier, or bring your open application up to date."""
    proofs: dict[str, str] = {proof.condition: proof.evidence for proof in form.proofs}
    missing = missing_conditions(frozenset(proofs), assistants_only=form.assistants_only)
    if missing:
        raise Invalid([mistake_at("proofs", "not_proven", conditions=", ".join(missing))])
    contacts = SupplierContacts(
        name=form.name, phone=form.phone, email=form.email, language=form.language
    )
    with parts.engine.begin() as connection:
        asked = Applying(
            contacts=contacts,
            regions=form.regions,
            proofs=proofs,
            bin=supplier.bin,
            iin=None if supplier.bin else _iin(connection, parts, supplier),
            assistants_only=form.assistants_only,
        )
        if supplier.person is None:
            raise Problem("not_allowed")
        held, fresh = apply_for(connection, parts.seal, supplier.actor, asked)
    response.status_code = 201 if fresh else 200
    return told_application(held)


def _iin(connection: Connection, parts: Parts, supplier: Caller) -> str:
    if supplier.person is None:
        raise Problem("not_allowed")
    return read_profile(connection, parts.seal, supplier.person).iin


@router.get(
    "/supplier-applications", operation_id="listApplications", response_model=RegistrationList
)
def list_all(
    reader: Applicant,
    parts: PartsDep,
    state: State | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Applications of the commission's region, or your own, the oldest first."""
    mine = reader.role == Role.SUPPLIER
    wanted = Wanted(
        state=state,
        region=None if mine else _region(reader),
        everyone=not mine,
        bin=reader.bin,
        person=None if reader.bin else reader.person,
        after=after,
        most=limit,
    )
    with reads(parts.engine) as connection:
        found = list_applications(connection, parts.seal, wanted)
    last = found[-1].id if len(found) == limit else None
    return {"applications": [told_application(one) for one in found], "after": last}


@router.get(
    "/supplier-applications/{application_id}",
    operation_id="readApplication",
    response_model=RegistrationView,
    responses=ANSWERS,
)
def read_one(application_id: UUID, reader: Applicant, parts: PartsDep) -> dict[str, Any]:
    """One application with what was said."""
    with reads(parts.engine) as connection:
        return told_application(_seen(connection, parts, application_id, reader))


@router.post(
    "/supplier-applications/{application_id}/register",
    operation_id="registerSupplier",
    response_model=RegistrationView,
    dependencies=JSON,
    responses=ANSWERS,
)
def admit(application_id: UUID, commission: Commission, parts: PartsDep) -> dict[str, Any]:
    """Conclude that the conditions are met: the applicant is a supplier from now on."""
    with parts.engine.begin() as connection:
        _seen(connection, parts, application_id, commission)
        found = register(connection, parts.seal, commission.actor, application_id)
    if isinstance(found, Refusal):
        raise Refused([found.model_dump(mode="json")])
    return told_application(found[0])


@router.post(
    "/supplier-applications/{application_id}/refuse",
    operation_id="refuseRegistration",
    response_model=RegistrationView,
    dependencies=JSON,
    responses=ANSWERS,
)
def turn_down(
    application_id: UUID, form: RefuseRegistration, commission: Commission, parts: PartsDep
) -> dict[str, Any]:
    """Conclude that the conditions are not met, with the reason."""
    with parts.engine.begin() as connection:
        _seen(connection, parts, application_id, commission)
        found = refuse(connection, parts.seal, commission.actor, application_id, form.reason)
    if isinstance(found, Refusal):
        raise Refused([found.model_dump(mode="json")])
    return told_application(found)


@router.post(
    "/suppliers/{supplier_id}/remove",
    operation_id="removeSupplier",
    response_model=RemovalView,
    dependencies=JSON,
    responses=ANSWERS,
)
async def take_off(
    supplier_id: UUID, form: RemoveSupplier, commission: Commission, parts: PartsDep
) -> dict[str, Any]:
    """Remove a supplier from the register; its open orders learn of it.

    The same ground again is the same removal.
    """
    done = await run_in_threadpool(_remove, parts, commission, supplier_id, form)
    # What is more their runs find themselves, told by housekeeping.
    parts.link.tell(*await run_in_threadpool(hear, parts.engine, done.cases[:TOLD_AT_ONCE]))
    return told_removal(done.removal)


def _remove(parts: Parts, commission: Caller, supplier: UUID, form: RemoveSupplier) -> Removed:
    with parts.engine.begin() as connection:
        held = read_supplier(connection, parts.seal, supplier)
        if held is None or not _of_region(held, commission):
            raise Problem("not_found")
        found = remove(connection, parts.seal, commission.actor, supplier, form.model_dump())
    if isinstance(found, Refusal):
        raise Refused([found.model_dump(mode="json")])
    return found


@router.get(
    "/suppliers/{supplier_id}/removals",
    operation_id="listRemovals",
    response_model=RemovalList,
    responses=ANSWERS,
)
def read_removals(
    supplier_id: UUID, reader: Overseer, engine: EngineDep, seal: SealDep
) -> dict[str, Any]:
    """Why and when a supplier was removed, and how many of its cases have it in their file."""
    with reads(engine) as connection:
        if read_supplier(connection, seal, supplier_id) is None:
            raise Problem("not_found")
        if reader.role == Role.SUPPLIER and reader.on_behalf_of != supplier_id:
            raise Problem("not_found")
        found = list_removals(connection, seal, supplier_id)
    return {"removals": [told_removal(one) for one in found]}


def _region(commission: Caller) -> str:
    if commission.region is None:
        raise Problem("not_allowed")
    return commission.region


def _meets(regions: Sequence[str], region: str) -> bool:
    return any(one.startswith(region) or region.startswith(one) for one in regions)


def _of_region(supplier: Supplier, commission: Caller) -> bool:
    return _meets(supplier.regions, _region(commission))


def _seen(connection: Connection, parts: Parts, id_: UUID, reader: Caller) -> Application:
    """To those whom it does not concern, it does not exist."""
    held = read_application(connection, parts.seal, id_)
    if held is None:
        raise Problem("not_found")
    if reader.role == Role.SUPPLIER:
        own = held.bin == reader.bin if reader.bin else held.person == reader.person
    else:
        own = _meets(held.regions, _region(reader))
    if not own:
        raise Problem("not_found")
    return held
