"""Reference data that cases take snapshots of: offers, who pays, what a person already holds."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Text, cast, exists, func, literal_column
from sqlmodel import col, select

from db.authorities import payer_of
from db.casefile import NoSuchCase
from db.catalogues import catalogue_of, in_force_on
from db.projection_tables import CaseState, NormUse
from db.reference_tables import OfferRow, SupplierRow
from db.rows import rows
from db.sides import facts_of, read_acts_for
from db.tables import Inbox
from definitions.catalogues import terms_of
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.parties.sides import recipients_side
from domain.terms.counting import local_day


def read_case(connection: Connection, case_id: str) -> Case:
    """The case as its projection has it. NoSuchCase before its first event too."""
    folded = select(cast(CaseState.state, Text)).where(CaseState.case_id == case_id)
    state = connection.scalar(folded)
    if state is None:
        raise NoSuchCase("no case file of this id")
    return Case.model_validate_json(state)


def supplier_of(
    connection: Connection, *, bin: str | None = None, person: UUID | None = None
) -> UUID | None:
    """The supplier with a BIN, or the person who is one; None if there is none on the portal."""
    # `==` with None would find those who have none.
    one = col(SupplierRow.person_id).in_([person]) if bin is None else col(SupplierRow.bin) == bin
    return connection.scalar(select(SupplierRow.id).where(one))


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
    used = norm_used(connection, case, ((held and held.begins) or day).year)
    asked = select(OfferRow, SupplierRow, in_force_on(day)).where(OfferRow.id == offer)
    found = rows(connection, asked.where(OfferRow.supplier_id == SupplierRow.id)).one_or_none()
    if found is None:
        return {"norm_used": used}
    offered, seller, catalogue = found
    supplier = str(seller.id)
    sides = recipients_side(case)
    acting = read_acts_for(connection, [supplier], sorted(sides)).get(supplier, [])
    representative = any(person != measure.recipient for person in acting)
    recipient = measure.recipient in acting
    return {
        "supplier": supplier,
        "supplier_active": seller.active,
        "offer_item": offered.item if offered.active else None,
        "offer_regions": seller.regions,
        "price": offered.price,
        "supplier_is_party": recipient or representative,
        "supplier_is_representative": representative and not recipient,
        "norm_used": used,
        "payer": payer_of(connection, measure.authority),
        **asdict(terms_of(catalogue_of(connection, catalogue), measure, day)),
    }


def is_active(connection: Connection, supplier: str) -> bool:
    """Whether a supplier is on the register."""
    asked = select(SupplierRow.active).where(col(SupplierRow.id) == supplier)
    return bool(connection.scalar(asked))


def successor_facts(connection: Connection, case: Case, successor: str) -> dict[str, Any]:
    """The facts of `enter_successor` that the portal knows (row P13)."""
    assert case.measure is not None, "a case with a status has a measure"
    known = connection.scalar(select(exists().where(col(SupplierRow.id) == successor)))
    acting = read_acts_for(connection, [successor], sorted(recipients_side(case)))
    return {"successor_known": known, "supplier_is_party": bool(acting)}


def known_of(connection: Connection, case: Case, actor: Actor) -> dict[str, Any]:
    """What is known of who asks, beside the case: the same for what is offered and what is decided.

    Who stands on which side, whether a representative decides in the authority, whether a supplier
    is on the register.
    """
    found = facts_of(connection, case, actor)
    if actor.id is None or case.measure is None:
        return found
    match actor.role:
        case Role.RECIPIENT if actor.on_behalf_of is not None:
            found["representative_conflict"] = conflict_of(connection, case, actor.id)
        case Role.SUPPLIER if actor.on_behalf_of is not None:
            found["supplier_active"] = is_active(connection, actor.on_behalf_of)
    return found


def conflict_of(connection: Connection, case: Case, person: str) -> str | None:
    """`caseworker` for somebody who decides in the authority of the case, whom they represent
    nobody before (APPC 68(4)); None for others. Known is who has acted on the portal within a year.
    """
    assert case.measure is not None, "a case with a status has a measure"
    decided = exists().where(
        col(Inbox.actor_role) == "caseworker",
        col(Inbox.on_behalf_of) == case.measure.authority,
        col(Inbox.actor_id) == person,
        col(Inbox.submitted_at) > func.legal_now() - literal_column("interval '1 year'"),
    )
    return "caseworker" if connection.scalar(select(decided)) else None


def norm_used(connection: Connection, case: Case, year: int) -> int:
    """How much of the item other cases of the person hold in a calendar year."""
    assert case.measure is not None
    used = select(func.coalesce(func.sum(NormUse.quantity), 0)).where(
        col(NormUse.person_id) == case.measure.recipient,
        NormUse.item == case.measure.item,
        NormUse.year == year,
        col(NormUse.case_id) != case.id,
    )
    return connection.execute(used).scalar_one()
