"""Suppliers taken off the register: proposed by one administrator, told beforehand case by case,
carried out by the approval of another.

What it makes of an open order is not guessed: the decider is asked, as it will be asked then.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, text, update
from sqlmodel import col, select

from db.authorities import authority_names
from db.edition_changes import AT_ONCE, BEGIN, by_authority
from db.inbox import fingerprint
from db.proposals import Proposals
from db.reference_tables import SupplierRow
from db.register_tables import RemovalChange
from db.removals import WITH_ORDER, not_removable, remove
from db.rows import models
from db.sealing import Seal
from db.sides import read_acts_for
from db.suppliers import open_of_supplier, seal_of_supplier
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.case.state import Case
from domain.decide import decide
from domain.messages import SERVICE, Actor, Message, Refusal, Role
from domain.process import BOOKKEEPING

_TOUCHED: Final = text(
    "SELECT h.case_id, v.reference, v.authority_id AS authority, v.status,"
    " CAST(f.state AS text) AS state, legal_now() AS now"
    f" FROM {WITH_ORDER} AND h.case_id > :after"
    " AND (CAST(:authority AS uuid) IS NULL OR v.authority_id = :authority)"
    " ORDER BY h.case_id LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class TouchedCase:
    """An open case with a live order of the supplier.

    `moves`: the removal changes something in it; `becomes` is where it stands then.
    """

    case_id: UUID
    reference: str
    authority: UUID
    status: str
    moves: bool
    becomes: str | None


@dataclass(frozen=True, slots=True)
class TouchedCount:
    """Of an authority: how many open orders the removal changes, by status, and how many stand."""

    authority: UUID
    name: str | None
    moving: int
    staying: int
    statuses: Mapping[str, int]


def propose(
    connection: Connection, sealer: Seal, person: UUID, supplier: UUID, said: Mapping[str, str]
) -> RemovalChange | Refusal:
    """Keep it for approval; the same in the same words is the same row.

    LookupError if there is no such supplier.
    """
    held = models(connection, select(SupplierRow).filter_by(id=supplier)).one_or_none()
    if held is None:
        raise LookupError("no supplier of this id")
    if refusal := _refused(connection, supplier, said["ground"], person):
        return refusal
    words = {name: said[name] for name in ("reason", "evidence")}
    content = json.dumps(words, ensure_ascii=False, sort_keys=True).encode()
    return CHANGES.propose(
        connection,
        person,
        supplier_id=supplier,
        ground=said["ground"],
        fingerprint=fingerprint(sealer, b"removal " + content),
        sealed=seal_of_supplier(connection, sealer, held.person_id, words),
    )


def words_of_change(
    connection: Connection, sealer: Seal, change: RemovalChange
) -> dict[str, str | None]:
    """Reason and act, unless the person was erased whom they are about."""
    asked = select(SupplierRow.person_id).where(SupplierRow.id == change.supplier_id)
    told = open_of_supplier(connection, sealer, connection.scalar(asked), change.sealed) or {}
    return {name: told.get(name) for name in ("reason", "evidence")}


def list_touched(
    connection: Connection,
    change: RemovalChange,
    *,
    after_case: UUID = BEGIN,
    most: int,
    authority: UUID | None = None,
) -> list[TouchedCase]:
    """Open cases with an order of the supplier, in the order of their ids."""
    named = {
        "supplier": change.supplier_id,
        "after": after_case,
        "authority": authority,
        "most": most,
    }
    return [_touched(one, change) for one in connection.execute(_TOUCHED, named).all()]


def count_touched(connection: Connection, change: RemovalChange) -> list[TouchedCount]:
    """Exact counts over all open cases with an order of the supplier, by authority."""
    found = by_authority(
        lambda place: list_touched(connection, change, after_case=place, most=AT_ONCE)
    )
    names = authority_names(connection, found)
    return [_counted(one, names.get(one), found[one]) for one in sorted(found)]


def _touched(row: Row[tuple[object, ...]], change: RemovalChange) -> TouchedCase:
    moves, becomes = _decided(Case.model_validate_json(row.state), change, row.now)
    return TouchedCase(row.case_id, row.reference, row.authority, row.status, moves, becomes)


def _decided(case: Case, change: RemovalChange, now: datetime) -> tuple[bool, str | None]:
    """Whether the file gets more than a line, and the status that it comes to."""
    told = {"supplier": str(change.supplier_id), "ground": change.ground}
    message = Message(
        id=str(uuid4()),
        name="supplier_removed",
        at=now,
        actor=SERVICE,
        data={**told, "removal": str(change.id)},
    )
    events = decide(case, message, edition(case.edition), current_calendar())
    meant = [one for one in events if one.type != "refused" and one.row != BOOKKEEPING]
    reached = [one.data["to"] for one in meant if "to" in one.data]
    return bool(meant), reached[-1] if reached else None


def _counted(authority: UUID, name: str | None, cases: list[TouchedCase]) -> TouchedCount:
    moving = [one for one in cases if one.moves]
    statuses = dict(Counter(one.status for one in moving))
    return TouchedCount(authority, name, len(moving), len(cases) - len(moving), statuses)


def _refused(connection: Connection, supplier: UUID, ground: str, person: UUID) -> Refusal | None:
    """Who acts for a supplier does not decide about it."""
    if read_acts_for(connection, [str(supplier)], [str(person)]):
        return Refusal(code="party_cannot_decide")
    return not_removable(connection, supplier, ground)


def _refuse(connection: Connection, change: RemovalChange, person: UUID) -> Refusal | None:
    return _refused(connection, change.supplier_id, change.ground, person)


def _carry_out(connection: Connection, change: RemovalChange) -> None:
    administrator = Actor(role=Role.ADMINISTRATOR, id=str(change.approved_by))
    made = remove(connection, administrator, change.supplier_id, change.ground, change.sealed)
    this = update(RemovalChange).where(col(RemovalChange.id) == change.id)
    connection.execute(this.values(removal_id=made))


CHANGES: Final = Proposals(
    table=RemovalChange,
    called="removal",
    subject="supplier_id",
    sealed=("sealed",),
    refuse=_refuse,
    carry_out=_carry_out,
)
