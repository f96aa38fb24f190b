"""Suppliers removed from the register: noted once, and told to every case with an order of theirs.

A case is told by a message in its inbox, like by anybody else: what it means is decided on its own
file, when its run looks. The first look is part of the removal's own
transaction. An order may still be on its way that was prepared before it, so there is one more look
once nothing like that can come; a case that has the message is not asked again.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Text, and_, cast, func, insert, text, update
from sqlmodel import col, select

from db.audit import note
from db.reference_tables import SupplierRemoval, SupplierRow
from db.rows import models, rows
from db.sealing import Seal
from db.suppliers import open_of_supplier, seal_of_supplier
from db.tables import EventRow, Inbox
from db.wakes import left
from definitions.calendars import current_calendar
from domain.messages import Actor, Refusal
from domain.parties.suppliers import bar_to_return
from domain.terms.counting import local_day

# A request lives at most ten seconds.
SETTLED: Final = timedelta(seconds=15)

# Whose order is live: one that is being recorded now is found by the last look.
_ASK = text(
    "INSERT INTO inbox (case_id, name, actor_role, actor_key, idempotency_key, body_hash, data,"
    " facts) SELECT h.case_id, 'supplier_removed', 'service', :actor_key, h.case_id, '\\x',"
    " CAST(:data AS jsonb), '{}' FROM supplier_view s JOIN case_head h USING (case_id)"
    " JOIN case_view v USING (case_id) JOIN case_state f USING (case_id)"
    " WHERE s.supplier_id = :supplier AND NOT v.closed AND EXISTS"
    "   (SELECT 1 FROM jsonb_each(f.state -> 'periods') AS p"
    "     CROSS JOIN jsonb_array_elements(p.value -> 'orders') AS o"
    "     WHERE CAST(o ->> 'live' AS boolean)"
    "     AND coalesce(o ->> 'successor', o ->> 'supplier') = CAST(:supplier AS text))"
    " ON CONFLICT (actor_key, idempotency_key, year) DO NOTHING RETURNING id, case_id"
)


def remove(
    connection: Connection, sealer: Seal, actor: Actor, supplier: UUID, said: Mapping[str, str]
) -> tuple[str, ...] | Refusal:
    """Take a supplier out of the register on a ground, with the reason and act of the commission:
    the cases that were told of it just now.

    The same ground again is the same removal. LookupError if there is no such supplier.
    """
    asked = select(SupplierRow).where(SupplierRow.id == supplier).with_for_update()
    held = models(connection, asked).one_or_none()
    if held is None:
        raise LookupError("no supplier of this id")
    last = last_removal(connection, supplier)
    if last is not None and not held.active:
        if last.ground == said["ground"]:
            return ()
        if said["ground"] != "ceased":
            return Refusal(code="supplier_not_active")
    words = {name: said[name] for name in ("reason", "evidence")}
    new = insert(SupplierRemoval).values(
        supplier_id=supplier,
        ground=said["ground"],
        sealed=seal_of_supplier(connection, sealer, held.person_id, words),
    )
    made = models(connection, new.returning(SupplierRemoval)).one()
    connection.execute(update(SupplierRow).filter_by(id=supplier).values(active=False))
    note(connection, actor, "supplier_removed", supplier)
    return _ask(connection, made)


def _ask(connection: Connection, removal: SupplierRemoval, **settled: Any) -> tuple[str, ...]:
    told = {"supplier": str(removal.supplier_id), "ground": removal.ground}
    values = {
        "actor_key": f"service:removal:{removal.id}",
        "supplier": removal.supplier_id,
        "data": json.dumps({**told, "removal": str(removal.id)}),
    }
    asked = connection.execute(_ASK, values).all()
    counted = {"asked": removal.asked + len(asked), **settled}
    connection.execute(update(SupplierRemoval).filter_by(id=removal.id).values(counted))
    left(connection, (str(one.id) for one in asked))
    return tuple(str(one.case_id) for one in asked)


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
            found += len(_ask(connection, removal, settled_at=func.clock_timestamp()))


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
    event = and_(
        col(EventRow.case_id) == Inbox.case_id, col(EventRow.message_id) == cast(Inbox.id, Text)
    )
    told = func.concat("service:removal:", cast(SupplierRemoval.id, Text))
    count = select(func.count()).select_from(Inbox).join(EventRow, event)
    recorded = count.where(col(Inbox.actor_key) == told).scalar_subquery()
    person = connection.scalar(select(SupplierRow.person_id).where(SupplierRow.id == supplier))
    removals = select(SupplierRemoval, recorded).where(SupplierRemoval.supplier_id == supplier)
    latest = rows(connection, removals.order_by(col(SupplierRemoval.id).desc())).all()
    return [
        (one, many, open_of_supplier(connection, sealer, person, one.sealed) or {})
        for one, many in latest
    ]


def bar_of(connection: Connection, supplier: UUID, now: datetime) -> Refusal | None:
    """Why a supplier may not be active on the portal again yet; None: it may."""
    last = last_removal(connection, supplier)
    if last is None:
        return None
    days = local_day(last.removed_at), local_day(now)
    return bar_to_return(last.ground, *days, current_calendar())
