"""Offers of suppliers: found for cases, put and withdrawn."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import StringConstraints
from sqlalchemy import Connection

from api.access import Parties, may_see
from api.auth import Caller, Newcomer, Reader
from api.deps import EngineDep, SealDep
from api.problems import Problem
from api.queries import Unmarked, marked, refuse_beside
from api.register.models import (
    ANSWERS,
    CURSOR,
    Item,
    OfferForm,
    OfferList,
    OfferView,
    Region,
    cursor,
    read_cursor,
)
from api.register.suppliers import not_own
from db.catalogues import catalogue_on, catalogue_today
from db.engine import reads
from db.figures import waited_for
from db.requests import read_case_row
from db.suppliers import Offer, WantedSuppliers, list_offers, put_offer
from definitions.catalogues import Terms, terms_of
from domain.case.periods import last_supplier
from domain.case.state import Case
from domain.messages import Role
from domain.terms.counting import local_day

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
        Unmarked,
        Query(description="The `after` of the part before"),
    ] = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50


@router.get("/offers", operation_id="listOffers", response_model=OfferList, responses=ANSWERS)
def list_some(
    request: Request,
    reader: Reader,
    engine: EngineDep,
    seal: SealDep,
    filters: Annotated[OfferFilters, Depends()],
) -> dict[str, Any]:
    """Offers on the portal, the cheapest first; for a case those that fit its item and region.

    The supplier of the case's last order is named before all others.
    """
    if filters.case_id is not None:
        refuse_beside(request, "item", "region")
    with reads(engine) as connection:
        case, terms = None, None
        if filters.case_id is not None:
            case, terms = _granted(connection, filters.case_id, reader)
        wanted = _wanted(filters, case, reader)
        found = list_offers(connection, seal, wanted)
    waited = waited_for(engine, wanted.item) if wanted.item and found else {}
    last = found[-1] if len(found) == filters.limit else None
    return {
        "offers": [_offer(one, terms, waited.get(str(one.supplier))) for one in found],
        "after": marked(request, last and _cursor_after(last, wanted)),
    }


def _cursor_after(last: Offer, wanted: WantedSuppliers) -> str:
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
            not_own(connection, caller, supplier_id)
        told = (form.price, form.active)
        offer = put_offer(connection, caller.actor, supplier_id, item, told)
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


def _wanted(filters: OfferFilters, case: Case | None, reader: Caller) -> WantedSuppliers:
    measure = case.measure if case else None
    own = reader.role == Role.SUPPLIER and reader.on_behalf_of == filters.supplier_id
    return WantedSuppliers(
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


def _offer(held: Offer, terms: Terms | None, waited: int | None = None) -> dict[str, Any]:
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
        "waited_days": waited,
    }
