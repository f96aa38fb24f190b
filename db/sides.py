"""Who acts for which supplier, as far as the portal knows, and cases told that somebody does."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Text, cast, text
from sqlmodel import col, select

from db.projection_tables import CaseState
from db.reference_tables import SupplierPerson
from db.rows import add_once
from db.tables import CaseHead
from db.wakes import left
from domain.case.state import Case
from domain.messages import Actor
from domain.parties.sides import FOUND, has_interest, persons_named, suppliers_named

_ACTS_FOR = text(
    "SELECT supplier, person FROM acts_for(CAST(:suppliers AS uuid[]), CAST(:persons AS uuid[]))"
)
_OF_SUPPLIER = text(
    "SELECT s.active, a.supplier, a.person FROM (SELECT CAST(:own AS uuid) AS id) o"
    " LEFT JOIN supplier s ON s.id = o.id LEFT JOIN acts_for(CAST(:suppliers AS uuid[]),"
    " CAST(:persons AS uuid[])) a ON true ORDER BY a.supplier, a.person"
)
# The person's open cases with a live order of this supplier, whichever side was known first.
_TELL = text(
    "INSERT INTO inbox (case_id, name, actor_role, actor_key, idempotency_key, body_hash, data,"
    " facts) SELECT v.case_id, :name, 'service', :actor_key, v.case_id, '\\x', '{}',"
    " CAST(:facts AS jsonb) FROM supplier_view s JOIN case_view v USING (case_id)"
    " WHERE s.supplier_id = :supplier AND NOT v.closed"
    " AND (v.recipient_id = :person OR v.representative_ids @> ARRAY[CAST(:person AS uuid)])"
    " ON CONFLICT (actor_key, idempotency_key, year) DO NOTHING RETURNING id"
)


def read_acts_for(
    connection: Connection, suppliers: Sequence[str], persons: Sequence[str]
) -> dict[str, list[str]]:
    """Of these persons those who act for these suppliers, by supplier."""
    if not suppliers or not persons:
        return {}
    named = {"suppliers": list(suppliers), "persons": list(persons)}
    return _by_supplier(connection.execute(_ACTS_FOR, named))


def _by_supplier(rows: Iterable[Row[Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row.supplier), []).append(str(row.person))
    return found


def sides_of(case: Case, actor: Actor) -> tuple[list[str], list[str]]:
    """The suppliers and the persons of whom is asked who acts for whom: in the case, or asking."""
    if case.measure is None:
        return [], []
    return suppliers_named(case), persons_named(case, actor)


def facts_of(connection: Connection, case: Case, actor: Actor) -> dict[str, Any]:
    """The fact by which rules see who stands on which side."""
    if case.measure is None:
        return {}
    return {"acts_for": read_acts_for(connection, *sides_of(case, actor))}


def facts_of_supplier(connection: Connection, case: Case, actor: Actor) -> dict[str, Any]:
    """The same for who asks for a supplier, and whether that is on the register."""
    suppliers, persons = sides_of(case, actor)
    named = {"suppliers": suppliers, "persons": persons, "own": actor.on_behalf_of}
    rows = connection.execute(_OF_SUPPLIER, named).all()
    acts_for = _by_supplier(row for row in rows if row.supplier)
    return {"acts_for": acts_for, "supplier_active": bool(rows[0].active)}


def own_cases(connection: Connection, person: UUID, cases: Collection[UUID]) -> set[UUID]:
    """Of these cases those in which a person is a party: no official acts in their own."""
    asked = select(CaseHead.case_id, CaseHead.person_id, cast(CaseState.state, Text))
    folded = asked.outerjoin(CaseState, col(CaseState.case_id) == CaseHead.case_id)
    found = connection.execute(folded.where(col(CaseHead.case_id).in_(cases))).all()
    known = {case_id: Case.model_validate_json(state) for case_id, _, state in found if state}
    suppliers = {one for case in known.values() for one in suppliers_named(case)}
    acts_for = read_acts_for(connection, sorted(suppliers), [str(person)])
    theirs = {case_id for case_id, owner, _ in found if owner == person}
    return theirs | {
        key for key, case in known.items() if has_interest(case, acts_for, str(person))
    }


def note_acting(connection: Connection, supplier: UUID, person: UUID) -> None:
    """Somebody signed in for a supplier: for the first time, and the cases it matters to are told.

    Each decides for itself when its run looks (row L15).
    """
    if not add_once(connection, SupplierPerson, supplier_id=supplier, person_id=person):
        return
    facts = {"acts_for": {str(supplier): [str(person)]}}
    told = {"name": FOUND, "actor_key": f"service:sides:{supplier}:{person}"}
    values = {"supplier": supplier, "person": person, **told, "facts": json.dumps(facts)}
    left(connection, map(str, connection.execute(_TELL, values).scalars()))
