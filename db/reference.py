"""Reference data that cases take snapshots of: offers, who pays, what a person already holds."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Date, Text, Uuid, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlmodel import col

from db.authorities import KnownAuthority, superior_of, told_payer
from db.casefile import NoSuchCase
from db.catalogues import catalogue_of, in_force_on
from db.projection_tables import CaseState, NormUse
from db.reference_tables import Authority, OfferRow, SupplierRow
from db.sides import facts_of, facts_of_supplier, read_acts_for
from db.tables import Inbox
from definitions.catalogues import terms_of
from domain.case.periods import authorities_of
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.parties.sides import recipients_side
from domain.terms.counting import local_day

_STATE = select(cast(CaseState.state, Text)).where(col(CaseState.case_id) == bindparam("case_id"))
_BY_BIN = select(col(SupplierRow.id)).where(col(SupplierRow.bin) == bindparam("bin"))
_BY_PERSON = select(col(SupplierRow.id)).where(col(SupplierRow.person_id) == bindparam("person"))
_ACTIVE = select(col(SupplierRow.active)).where(col(SupplierRow.id) == bindparam("id"))
_OFFERED = col(OfferRow.item), col(OfferRow.price), col(OfferRow.active)
_SELLER = col(SupplierRow.id), col(SupplierRow.active), col(SupplierRow.regions)
_DECIDED = select(col(Inbox.id)).where(
    col(Inbox.actor_role) == "caseworker",
    col(Inbox.on_behalf_of) == bindparam("authority"),
    col(Inbox.actor_id) == bindparam("person"),
    col(Inbox.submitted_at) > func.legal_now() - func.make_interval(1),
)
_NORM = select(func.coalesce(func.sum(NormUse.quantity), 0)).where(
    col(NormUse.person_id) == bindparam("person"),
    col(NormUse.item) == bindparam("item"),
    col(NormUse.year) == bindparam("year"),
    col(NormUse.case_id) != bindparam("case_id"),
)
_SIDES = func.acts_for(
    array([col(SupplierRow.id)]), bindparam("persons", type_=ARRAY(Uuid))
).table_valued("supplier", "person")
# Of the recipient's side those who act for whoever offers.
_ACTING = func.array(
    select(_SIDES.c.person).correlate(SupplierRow).scalar_subquery(), type_=ARRAY(Uuid)
)
_PAYER = col(Authority.id), col(Authority.bin), col(Authority.name), col(Authority.record)
_ASKED = select(bindparam("offer", type_=Uuid).label("offer")).subquery("asked")
# What is known though there is no such offer comes first.
_OFFER = (
    select(
        _NORM.scalar_subquery(),
        *_OFFERED,
        *_SELLER,
        in_force_on(bindparam("day", type_=Date)),
        _ACTING,
        *_PAYER,
    )
    .select_from(_ASKED)
    .outerjoin(OfferRow, col(OfferRow.id) == _ASKED.c.offer)
    .outerjoin(SupplierRow, col(SupplierRow.id) == OfferRow.supplier_id)
    .outerjoin(Authority, col(Authority.id) == bindparam("authority"))
)

_LIMITING = select(_NORM.scalar_subquery(), in_force_on(bindparam("day", type_=Date)))


def read_case(connection: Connection, case_id: str) -> Case:
    """The case as its projection has it. NoSuchCase before its first event too."""
    state = connection.scalar(_STATE, {"case_id": case_id})
    if state is None:
        raise NoSuchCase("no case file of this id")
    return Case.model_validate_json(state)


def supplier_of(
    connection: Connection, *, bin: str | None = None, person: UUID | None = None
) -> UUID | None:
    """The supplier with a BIN, or the person who is one; None if there is none on the portal."""
    if bin is not None:
        return connection.scalar(_BY_BIN, {"bin": bin})
    return connection.scalar(_BY_PERSON, {"person": person})


def offer_facts(
    connection: Connection, case: Case, offer: UUID, at: datetime, period: int = 1
) -> dict[str, Any]:
    """The facts of `place_order` that the portal knows; without the offer only `norm_used`.

    The norm is that of the year in which the period begins, or of the day. An offer withdrawn by
    its supplier offers nothing: `offer_item` is None. Guaranteed sums, unit, norm and share are
    those of the catalogue in force on the day, which is named.
    """
    measure = case.measure
    assert measure is not None, "a case with a status has a measure"
    day = local_day(at)
    held = case.periods.get(period)
    sides = sorted(recipients_side(case))
    asked = {"offer": offer, "day": day, "persons": sides, "authority": measure.authority}
    year = ((held and held.begins) or day).year
    row = connection.execute(_OFFER, {**asked, **_of_norm(case, year)}).one()
    used, item, price, offered, seller, active, regions, catalogue, acts_for, *payer = row
    if seller is None:
        return {"norm_used": used}
    acting = [str(person) for person in acts_for]
    representative = any(person != measure.recipient for person in acting)
    recipient = measure.recipient in acting
    return {
        "supplier": str(seller),
        "supplier_active": active,
        "offer_item": item if offered else None,
        "offer_regions": regions,
        "price": price,
        "supplier_is_party": recipient or representative,
        "supplier_is_representative": representative and not recipient,
        "norm_used": used,
        "payer": told_payer(KnownAuthority(*payer) if payer[0] else None),
        **asdict(terms_of(catalogue_of(connection, catalogue), measure, day)),
    }


def limiting_facts(connection: Connection, case: Case, at: datetime, period: int) -> dict[str, Any]:
    """What limits an order, whoever offers: what is used of the norm, sums, norm and share."""
    measure = case.measure
    assert measure is not None, "a case with a status has a measure"
    day, held = local_day(at), case.periods[period]
    norm = _of_norm(case, (held.begins or day).year)
    used, catalogue = connection.execute(_LIMITING, {"day": day, **norm}).one()
    terms = terms_of(catalogue_of(connection, catalogue), measure, day)
    return {"norm_used": used, **asdict(terms)}


def successor_facts(connection: Connection, case: Case, successor: str) -> dict[str, Any]:
    """The facts of `enter_successor` that the portal knows (row P13)."""
    assert case.measure is not None, "a case with a status has a measure"
    known = connection.scalar(_ACTIVE, {"id": successor}) is not None
    acting = read_acts_for(connection, [successor], sorted(recipients_side(case)))
    return {"successor_known": known, "supplier_is_party": bool(acting)}


def known_of(connection: Connection, case: Case, actor: Actor) -> dict[str, Any]:
    """What is known of who asks, beside the case: the same for what is offered and what is decided.

    Who stands on which side, whether a representative decides in the authority, whether a supplier
    is on the register, above which of the case's authorities a caseworker's own one stands.
    """
    if actor.id is None or case.measure is None:
        return facts_of(connection, case, actor)
    if actor.role == Role.SUPPLIER and actor.on_behalf_of is not None:
        return facts_of_supplier(connection, case, actor)
    found = facts_of(connection, case, actor)
    match actor.role:
        case Role.RECIPIENT if actor.on_behalf_of is not None:
            found["representative_conflict"] = conflict_of(connection, case, actor.id)
        case Role.CASEWORKER:
            theirs = authorities_of(case)
            found["superior_of"] = superior_of(connection, actor.on_behalf_of, theirs)
    return found


def conflict_of(connection: Connection, case: Case, person: str) -> str | None:
    """`caseworker` for somebody who decides in the authority of the case, whom they represent
    nobody before (APPC 68(4)); None for others. Known is who has acted on the portal within a year.
    """
    assert case.measure is not None, "a case with a status has a measure"
    named = {"authority": case.measure.authority, "person": person}
    return "caseworker" if connection.scalar(_DECIDED.limit(1), named) else None


def _of_norm(case: Case, year: int) -> dict[str, Any]:
    """How much of the item other cases of the person hold in a calendar year is asked by these."""
    assert case.measure is not None
    measure = case.measure
    return {"person": measure.recipient, "item": measure.item, "year": year, "case_id": case.id}
