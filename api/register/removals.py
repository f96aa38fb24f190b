"""Who is a supplier no more, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.language import Text, said
from api.schemas import Answer
from db.register_tables import SupplierRemoval

Ground = Literal[
    "own_application",
    "ceased",
    "bad_faith_procurement",
    "bad_faith_samruk",
    "commission_conclusion",
    "permits_register",
]


class RemovalView(Answer):
    """One removal: `asked` cases with an order were told, `recorded` of them have it in the file.

    `settled`: nobody more is to be told.
    """

    id: UUID
    supplier_id: UUID
    ground: str
    label: Text
    removed_at: datetime
    asked: int
    recorded: int
    settled: bool
    reason: str | None
    evidence: str | None


def told_removal(held: SupplierRemoval, recorded: int, words: Mapping[str, str]) -> dict[str, Any]:
    """A removal in JSON types and words."""
    return {
        "id": held.id,
        "supplier_id": held.supplier_id,
        "ground": held.ground,
        "label": said(f"removal_ground.{held.ground}"),
        "removed_at": held.removed_at,
        "asked": held.asked,
        "recorded": recorded,
        "settled": held.settled_at is not None,
        "reason": words.get("reason"),
        "evidence": words.get("evidence"),
    }
