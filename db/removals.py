"""Suppliers removed from the register: noted once, and told to every case with an order of theirs.

A case is told by a message in its inbox, like by anybody else: what it means is decided on its own
file, when its run looks. The first look is part of the removal's own
transaction. An order may still be on its way that was prepared before it, so there is one more look
once nothing like that can come; a case that has the message is not asked again.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Text, and_, cast, func, insert, text, update
from sqlmodel import col, select

from db.audit import note
from db.reference_tables import SupplierRow
from db.register_tables import SupplierRemoval
from db.rows import models, rows
from db.sealing import Seal
from db.suppliers import open_of_supplier
from db.tables import EventRow, Inbox
from db.wakes import left
from definitions.calendars import current_calendar
from domain.messages import Actor, Refusal
from domain.parties.suppliers import bar_to_return
from domain.terms.counting import local_day

# A request lives at most ten seconds.
SETTLED: Final = timedelta(seconds=15)

# Whose order is live: one that is being recorded now is found by the last look.
WITH_ORDER: Final = (
    "supplier_view s JOIN case_head h USING (case_id)"
    " JOIN case_view v USING (case_id) JOIN case_state f USING (case_id)"
    " WHERE s.supplier_id = :supplier AND NOT v.closed AND EXISTS"
    "   (SELECT 1 FROM jsonb_each(f.state -> 'periods') AS p"
    "     CROSS JOIN jsonb_array_elements(p.value -> 'orders') AS o"
    "     WHERE CAST(o ->> 'live' AS boolean)"
    "     AND coalesce(o ->> 'successor', o ->> 'supplier') = CAST(:supplier AS text))"
)
_ASK = text(
    "INSERT INTO inbox (case_id, name, actor_role, actor_key, idempotency_key, body_hash, data,"
    " facts) SELECT h.case_id, 'supplier_removed', 'service', :actor_key, h.case_id, '\\x',"
    f" CAST(:data AS jsonb), '{{}}' FROM {WITH_ORDER}"
    " ON CONFLICT (actor_key, idempotency_key, year) DO NOTHING RETURNING id, case_id"
)


def not_removable(connection: Connection, supplier: UUID, ground: str) -> Refusal | None:
    """Why a supplier cannot be removed on a ground now: it is off the register already, though who
    was removed on another may cease as well.
    """
    active = connection.scalar(select(SupplierRow.active).where(SupplierRow.id == supplier))
    last = last_removal(connection, supplier)
    if active or last is None or (ground == "ceased" != last.ground):
        return None
    return Refusal(code="supplier_not_active")


def remove(
    connection: Connection, actor: Actor, supplier: UUID, ground: str, sealed: bytes
) -> UUID:
    """Take a supplier out of the register on a ground; `sealed` are the reason and the act. Every
    case with an order of it finds the message in its inbox.
    """
    locked = select(SupplierRow.id).where(SupplierRow.id == supplier).with_for_update()
    connection.execute(locked).one()
    new = insert(SupplierRemoval).values(supplier_id=supplier, ground=ground, sealed=sealed)
    made = models(connection, new.returning(SupplierRemoval)).one()
    connection.execute(update(SupplierRow).filter_by(id=supplier).values(active=False))
    note(connection, actor, "supplier_removed", supplier)
    _ask(connection, made)
    return made.id


def _ask(connection: Connection, removal: SupplierRemoval, **settled: Any) -> int:
    told = {"supplier": str(removal.supplier_id), "ground": removal.ground}
    values = {
        "actor_key": _teller(removal.id),
        "supplier": removal.supplier_id,
        "data": json.dumps({**told, "removal": str(removal.id)}),
    }
    asked = connection.execute(_ASK, values).all()
    counted = {"asked": removal.asked + len(asked), **settled}
    connection.execute(update(SupplierRemoval).filter_by(id=removal.id).values(counted))
    left(connection, (str(one.id) for one in asked))
    return len(asked)


def _teller(removal: UUID | str = "") -> str:
    return f"service:removal:{removal}"


def told_cases(connection: Connection, removal: UUID, most: int) -> list[str]:
    """The first cases that were told of a removal."""
    asked = select(Inbox.case_id).where(Inbox.actor_key == _teller(removal))
    return [str(one) for one in models(connection, asked.order_by(col(Inbox.id)).limit(most))]


def settle_removals(engine: Engine, settled: timedelta = SETTLED) -> int:
    """The last look of each removal; how many cases were found by it."""
    old = col(SupplierRemoval.noted_at) < func.clock_timestamp() - settled
    open_ = select(SupplierRemoval).where(old).filter_by(settled_at=None)
    oldest = open_.order_by(col(SupplierRemoval.id)).limit(1).with_for_update(skip_locked=True)
    found = 0
    while True:
        with engine.begin() as connection:
            removal = models(connection, oldest).one_or_none()
            if removal is None:
                return found
            found += _ask(connection, removal, settled_at=func.clock_timestamp())


def last_removal(connection: Connection, supplier: UUID) -> SupplierRemoval | None:
    """The latest removal of a supplier, if it ever was removed."""
    asked = select(SupplierRemoval).filter_by(supplier_id=supplier)
    return models(connection, asked.order_by(col(SupplierRemoval.id).desc())).first()


def list_removals(
    connection: Connection, sealer: Seal, supplier: UUID
) -> list[tuple[SupplierRemoval, int, dict[str, str]]]:
    """Every removal of a supplier, the latest first; how many of the cases that were told have it
    in their file, and reason and act, unless the person was erased.
    """
    person = connection.scalar(select(SupplierRow.person_id).where(SupplierRow.id == supplier))
    removals = select(SupplierRemoval, _recorded())
    removals = removals.where(SupplierRemoval.supplier_id == supplier)
    latest = rows(connection, removals.order_by(col(SupplierRemoval.id).desc())).all()
    return [
        (one, many, open_of_supplier(connection, sealer, person, one.sealed) or {})
        for one, many in latest
    ]


def read_removal(connection: Connection, removal: UUID) -> tuple[SupplierRemoval, int]:
    """One removal, and how many of the cases that were told have it in their file."""
    asked = select(SupplierRemoval, _recorded()).where(SupplierRemoval.id == removal)
    found, recorded = rows(connection, asked).one()
    return found, recorded


def _recorded() -> Any:
    event = and_(
        col(EventRow.case_id) == Inbox.case_id, col(EventRow.message_id) == cast(Inbox.id, Text)
    )
    told = func.concat(_teller(), cast(SupplierRemoval.id, Text))
    count = select(func.count()).select_from(Inbox).join(EventRow, event)
    return count.where(col(Inbox.actor_key) == told).scalar_subquery()


def bar_of(connection: Connection, supplier: UUID, now: datetime) -> Refusal | None:
    """Why a supplier may not be active on the portal again yet; None: it may."""
    last = last_removal(connection, supplier)
    if last is None:
        return None
    days = local_day(last.removed_at), local_day(now)
    return bar_to_return(last.ground, *days, current_calendar())
