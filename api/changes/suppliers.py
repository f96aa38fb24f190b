"""Suppliers that are to be taken off the register: what becomes of their open orders."""

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from api.changes.models import NewRemoval
from api.changes.rooms import ByTwo, Filters, read_cursor
from api.mistakes import mistake_at
from api.problems import Invalid, Refused
from db.columns import ProposedChange
from db.edition_changes import BEGIN
from db.register_tables import RemovalChange
from db.removal_changes import (
    CHANGES,
    count_touched,
    list_touched,
    propose,
    words_of_change,
)
from db.removals import read_removal, told_cases
from db.sealing import Seal
from domain.messages import Refusal

# So many cases are woken at once with the approval itself; housekeeping wakes the rest.
TOLD_AT_ONCE: Final = 50


class Removals(ByTwo):
    """Suppliers: every open case with an order of theirs, and whether the order ends."""

    proposals = CHANGES
    # A case is told with what becomes of it.
    passed_over: tuple[str, ...] = ("outcome",)

    def propose(
        self, connection: Connection, seal: Seal, person: UUID, wish: NewRemoval
    ) -> ProposedChange:
        """By whoever does not act for it; on a ground that can still hold."""
        content = wish.content
        words = content.model_dump(include={"ground", "reason", "evidence"})
        try:
            made = propose(connection, seal, person, content.supplier, words)
        except LookupError:
            raise Invalid([mistake_at("content/supplier", "unknown_supplier")]) from None
        if isinstance(made, Refusal):
            raise Refused([made.model_dump(mode="json")])
        return made

    def named(self, connection: Connection, change: RemovalChange) -> dict[str, Any]:
        """By the supplier and the ground; after the approval, how many cases know of it."""
        told: dict[str, Any] = {
            "kind": "suppliers",
            "supplier": change.supplier_id,
            "ground": change.ground,
        }
        if change.removal_id is None:
            return told
        removal, recorded = read_removal(connection, change.removal_id)
        far = {"looked_at": removal.asked, "extended": recorded, "extended_at": removal.settled_at}
        return {**told, **far, "state": "done" if removal.settled_at else "extending"}

    def counted(self, connection: Connection, seal: Seal, change: RemovalChange) -> dict[str, Any]:
        """Why, and open orders that end and that stand; of what was approved, no more orders."""
        why = words_of_change(connection, seal, change)
        if change.removal_id is not None:
            return why
        counts = count_touched(connection, change)
        return {
            **why,
            "moving": sum(one.moving for one in counts),
            "staying": sum(one.staying for one in counts),
            "authorities": [asdict(one) for one in counts],
        }

    def effects(
        self, connection: Connection, change: RemovalChange, filters: Filters
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Every open case with an order of it; once they were told, none any more."""
        if change.removal_id is not None:
            return [], None
        found = list_touched(
            connection,
            change,
            after_case=read_cursor(filters.after)[0] if filters.after else BEGIN,
            most=filters.limit,
            authority=filters.authority,
        )
        after = str(found[-1].case_id) if len(found) == filters.limit else None
        return [{**asdict(one), "deadlines": []} for one in found], after

    def woken(self, connection: Connection, change: RemovalChange) -> list[str]:
        """The first cases with an order of it."""
        if change.removal_id is None:
            return []
        return told_cases(connection, change.removal_id, TOLD_AT_ONCE)
