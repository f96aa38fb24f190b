"""Erasing a person as a change: two administrators decide, and a certificate says that it was done.

It stands beside the other kinds because it is decided alike.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from api.changes.models import Certified, NewErasure
from api.changes.rooms import Filters
from api.operations.asking import person_meant
from api.problems import Refused, told_reasons
from db import erasures
from db.columns import ProposedChange
from db.erasure_tables import Erasure
from db.erasures import ErasureRefused, against, certificate_of
from db.sealing import Seal
from domain.messages import Refusal

T = TypeVar("T")


class Erasures:
    """Of a person: whatever stands against it is told with every reason, and nothing is done."""

    proposals = erasures.ERASURES
    passed_over: tuple[str, ...] = ("outcome", "authority", "after")

    def propose(
        self, connection: Connection, seal: Seal, person: UUID, wish: NewErasure
    ) -> ProposedChange:
        """Refused while anything stands against it."""
        whom, ground = person_meant(connection, wish.content), wish.content.ground
        return _or_refused(lambda: erasures.propose(connection, seal, person, whom, ground))

    def approve(
        self, connection: Connection, seal: Seal, person: UUID, change: UUID
    ) -> ProposedChange | Refusal | None:
        """Their key is destroyed at once; refused while anything stands against it."""
        return _or_refused(lambda: erasures.approve(connection, seal, person, change))

    def named(self, _: Connection, change: Erasure) -> dict[str, Any]:
        """By the id of the person, which says nothing of them."""
        return {"kind": "erasure", "person": change.person_id, "ground": change.ground}

    def counted(self, connection: Connection, seal: Seal, change: Erasure) -> dict[str, Any]:
        """What stands against it now, or the certificate that it was done."""
        made = certificate_of(connection, change.id)
        if made is not None:
            told = {name: getattr(made, name) for name in Certified.model_fields}
            return {"certificate": told}
        found = against(connection, seal, change.person_id)
        return {"against": told_reasons(one.model_dump(mode="json") for one in found)}

    def effects(
        self, _: Connection, __: Erasure, ___: Filters
    ) -> tuple[list[dict[str, Any]], str | None]:
        """None: no case goes another way, and every chain holds."""
        return [], None

    def woken(self, _: Connection, __: Erasure) -> list[str]:
        """None: it refuses whoever has an open case."""
        return []


def _or_refused(act: Callable[[], T]) -> T:
    try:
        return act()
    except ErasureRefused as refused:
        raise Refused([one.model_dump(mode="json") for one in refused.reasons]) from None
