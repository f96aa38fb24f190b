"""Suppliers removed from the register: noted once, and told to every case with an order of theirs.

A case is told by a message in its inbox, like by anybody else: what it means is decided on its own
file, when its run looks. The first look is part of the removal's own
transaction. An order may still be on its way that was prepared before it, so there is one more look
once nothing like that can come; a case that has the message is not asked again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, text

from db.audit import note
from db.casefile import left
from db.sealing import Seal
from db.suppliers import open_of_supplier, seal_of_supplier
from definitions.calendars import current_calendar
from domain.messages import Actor, Refusal
from domain.parties.suppliers import bar_to_return
from domain.terms.counting import local_day

# A request lives at most ten seconds.
SETTLED: Final = timedelta(seconds=15)

_COLUMNS: Final = "id, supplier_id, ground, removed_by, removed_at, asked, settled_at"
_OWNER = text("SELECT person_id FROM supplier WHERE id = :id")
_LOCK = text("SELECT id, person_id, active FROM supplier WHERE id = :id FOR UPDATE")
_LAST = text(
    f"SELECT {_COLUMNS} FROM supplier_removal WHERE supplier_id = :id ORDER BY id DESC LIMIT 1"
)
_LIST = text(
    f"SELECT {_COLUMNS}, sealed, (SELECT count(*) FROM inbox i"
    "   JOIN event e ON e.case_id = i.case_id AND e.message_id = CAST(i.id AS text)"
    "   WHERE i.actor_key = 'service:removal:' || r.id) AS recorded"
    " FROM supplier_removal r WHERE supplier_id = :id ORDER BY id DESC"
)
_REMOVE = text("UPDATE supplier SET active = false WHERE id = :id")
_NOTE = text(
    "INSERT INTO supplier_removal (supplier_id, ground, removed_by, sealed)"
    f" VALUES (:supplier, :ground, :person, :sealed) RETURNING {_COLUMNS}"
)
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
_COUNT = text("UPDATE supplier_removal SET asked = asked + :more WHERE id = :id")
_UNSETTLED = text(
    f"SELECT {_COLUMNS} FROM supplier_removal WHERE settled_at IS NULL"
    " AND noted_at < clock_timestamp() - CAST(:settled AS interval)"
    " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_SETTLE = text("UPDATE supplier_removal SET settled_at = clock_timestamp() WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal; `asked` cases were told, `recorded` of them have it in their file.

    `words` are reason and act; none where nobody asked for them, or the person was erased.
    """

    id: UUID
    supplier: UUID
    ground: str
    removed_by: UUID
    removed_at: datetime
    asked: int
    settled_at: datetime | None
    recorded: int = 0
    words: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal with the cases that were told of it just now."""

    removal: Removal
    cases: tuple[str, ...] = ()


def remove(
    connection: Connection, sealer: Seal, actor: Actor, supplier: UUID, said: Mapping[str, str]
) -> Removed | Refusal:
    """Take a supplier out of the register on a ground, with the reason and act of the commission.

    The same ground again is the same removal. LookupError if there is no such supplier.
    """
    held = connection.execute(_LOCK, {"id": supplier}).one_or_none()
    if held is None:
        raise LookupError("no supplier of this id")
    last = last_removal(connection, supplier)
    if last is not None and not held.active:
        if last.ground == said["ground"]:
            return Removed(last)
        if said["ground"] != "ceased":
            return Refusal(code="supplier_not_active")
    assert actor.id is not None, "the commission is a person here"
    words = seal_of_supplier(connection, sealer, held.person_id, _words(said))
    values = {
        "supplier": supplier,
        "ground": said["ground"],
        "person": actor.id,
        "sealed": words,
    }
    made = _removal(connection.execute(_NOTE, values).one())
    connection.execute(_REMOVE, {"id": supplier})
    note(connection, actor, "supplier_removed", supplier)
    cases = _ask(connection, made)
    return Removed(replace(made, asked=len(cases)), cases)


def _words(said: Mapping[str, str]) -> dict[str, str]:
    return {name: said[name] for name in ("reason", "evidence")}


def _ask(connection: Connection, removal: Removal) -> tuple[str, ...]:
    values = {
        "actor_key": f"service:removal:{removal.id}",
        "supplier": removal.supplier,
        "data": json.dumps(
            {
                "supplier": str(removal.supplier),
                "ground": removal.ground,
                "removal": str(removal.id),
            }
        ),
    }
    asked = connection.execute(_ASK, values).all()
    connection.execute(_COUNT, {"id": removal.id, "more": len(asked)})
    left(connection, (str(one.id) for one in asked))
    return tuple(str(one.case_id) for one in asked)


def settle_removals(engine: Engine, settled: timedelta = SETTLED) -> int:
    """The last look of each removal; how many cases were found by it."""
    found = 0
    while True:
        with engine.begin() as connection:
            row = connection.execute(_UNSETTLED, {"settled": settled}).one_or_none()
            if row is None:
                return found
            found += len(_ask(connection, _removal(row)))
            connection.execute(_SETTLE, {"id": row.id})


def last_removal(connection: Connection, supplier: UUID) -> Removal | None:
    """The latest removal of a supplier, if it ever was removed."""
    row = connection.execute(_LAST, {"id": supplier}).one_or_none()
    return None if row is None else _removal(row)


def list_removals(connection: Connection, sealer: Seal, supplier: UUID) -> list[Removal]:
    """Every removal of a supplier, the latest first, with its words and how far it was told."""
    named = {"id": supplier}
    person = connection.execute(_OWNER, named).scalar()
    found = []
    for row in connection.execute(_LIST, named).all():
        words = open_of_supplier(connection, sealer, person, bytes(row.sealed))
        found.append(replace(_removal(row), recorded=row.recorded, words=words or {}))
    return found


def bar_of(connection: Connection, supplier: UUID, now: datetime) -> Refusal | None:
    """Why a supplier may not be active on the portal again yet; None: it may."""
    last = last_removal(connection, supplier)
    if last is None:
        return None
    days = local_day(last.removed_at), local_day(now)
    return bar_to_return(last.ground, *days, current_calendar())


def _removal(row: Row[Any]) -> Removal:
    return Removal(
        row.id,
        row.supplier_id,
        row.ground,
        row.removed_by,
        row.removed_at,
        row.asked,
        row.settled_at,
    )
