"""Reference data that cases take snapshots of: offers, who pays, what a person already holds."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from db.authorities import payer_of, superior_of
from db.casefile import NoSuchCase
from db.catalogues import catalogue_of, in_force_on
from db.sides import facts_of, read_acts_for
from definitions.catalogues import terms_of
from domain.case.periods import authorities_of
from domain.case.state import Case
from domain.messages import Actor, Role
from domain.parties.sides import recipients_side
from domain.terms.counting import local_day

_SUPPLIER_BY_BIN = text("SELECT id FROM supplier WHERE bin = :bin")
_SUPPLIER_BY_PERSON = text("SELECT id FROM supplier WHERE person_id = :person")
_SUPPLIER_PERSON = text("SELECT person_id FROM supplier WHERE id = :id")
_SUPPLIER_ACTIVE = text("SELECT active FROM supplier WHERE id = :id")
_OFFER = text(
    "SELECT o.supplier_id, o.item, o.price, o.active AS offered, s.active, s.regions, s.person_id,"
    f" {in_force_on('CAST(:day AS date)')} AS catalogue"
    " FROM offer o JOIN supplier s ON s.id = o.supplier_id WHERE o.id = :offer"
)
_DECIDED = text(
    "SELECT 1 FROM inbox WHERE actor_role = 'caseworker' AND on_behalf_of = :authority"
    " AND actor_id = :person AND submitted_at > legal_now() - interval '1 year' LIMIT 1"
)
_NORM = text(
    "SELECT coalesce(sum(quantity), 0) FROM norm_use WHERE person_id = :person AND item = :item"
    " AND year = :year AND case_id <> :case_id"
)
_STATE = text("SELECT state::text FROM case_state WHERE case_id = :case_id")


def read_case(connection: Connection, case_id: str) -> Case:
    """The case as its projection has it. NoSuchCase before its first event too."""
    state = connection.execute(_STATE, {"case_id": case_id}).scalar()
    if state is None:
        raise NoSuchCase("no case file of this id")
    return Case.model_validate_json(state)


def supplier_of(
    connection: Connection, *, bin: str | None = None, person: UUID | None = None
) -> UUID | None:
    """The supplier with a BIN, or the person who is one; None if there is none on the portal."""
    if bin is not None:
        found: UUID | None = connection.execute(_SUPPLIER_BY_BIN, {"bin": bin}).scalar()
        return found
    known: UUID | None = connection.execute(_SUPPLIER_BY_PERSON, {"person": person}).scalar()
    return known


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
    row = connection.execute(_OFFER, {"offer": offer, "day": day}).one_or_none()
    if row is None:
        return {"norm_used": used}
    supplier = str(row.supplier_id)
    sides = recipients_side(case)
    acting = read_acts_for(connection, [supplier], sorted(sides)).get(supplier, [])
    representative = any(person != measure.recipient for person in acting)
    recipient = measure.recipient in acting
    return {
        "supplier": supplier,
        "supplier_active": row.active,
        "offer_item": row.item if row.offered else None,
        "offer_regions": list(row.regions),
        "price": row.price,
        "supplier_is_party": recipient or representative,
        "supplier_is_representative": representative and not recipient,
        "norm_used": used,
        "payer": payer_of(connection, measure.authority),
        **asdict(terms_of(catalogue_of(connection, row.catalogue), measure, day)),
    }


def is_active(connection: Connection, supplier: str) -> bool:
    """Whether a supplier is on the register."""
    return bool(connection.execute(_SUPPLIER_ACTIVE, {"id": supplier}).scalar())


def successor_facts(connection: Connection, case: Case, successor: str) -> dict[str, Any]:
    """The facts of `enter_successor` that the portal knows (row P13)."""
    assert case.measure is not None, "a case with a status has a measure"
    known = connection.execute(_SUPPLIER_PERSON, {"id": successor}).one_or_none()
    acting = read_acts_for(connection, [successor], sorted(recipients_side(case)))
    return {"successor_known": known is not None, "supplier_is_party": bool(acting)}


def known_of(connection: Connection, case: Case, actor: Actor) -> dict[str, Any]:
    """What is known of who asks, beside the case: the same for what is offered and what is decided.

    Who stands on which side, whether a representative decides in the authority, whether a supplier
    is on the register, above which of the case's authorities a caseworker's own one stands.
    """
    found = facts_of(connection, case, actor)
    if actor.id is None or case.measure is None:
        return found
    match actor.role:
        case Role.RECIPIENT if actor.on_behalf_of is not None:
            found["representative_conflict"] = conflict_of(connection, case, actor.id)
        case Role.SUPPLIER if actor.on_behalf_of is not None:
            found["supplier_active"] = is_active(connection, actor.on_behalf_of)
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
    return "caseworker" if connection.execute(_DECIDED, named).first() else None


def norm_used(connection: Connection, case: Case, year: int) -> int:
    """How much of the item other cases of the person hold in a calendar year."""
    assert case.measure is not None
    named = {
        "person": case.measure.recipient,
        "item": case.measure.item,
        "year": year,
        "case_id": case.id,
    }
    return int(connection.execute(_NORM, named).scalar_one())
