"""The lists that somebody comes back to, under names of their own: only they read them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.persons import open_for, seal_for
from db.sealing import Seal, Unreadable

_SAVE: Final = text(
    "INSERT INTO kept_lists (person_id, sealed) VALUES (:person, :sealed)"
    " ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed"
)
_READ: Final = text("SELECT sealed FROM kept_lists WHERE person_id = :person")


def save_lists(
    connection: Connection, sealer: Seal, person: UUID, lists: Sequence[Mapping[str, Any]]
) -> None:
    """In place of those of before."""
    sealed = seal_for(connection, sealer, person, json.dumps(lists).encode())
    connection.execute(_SAVE, {"person": person, "sealed": sealed})


def read_lists(connection: Connection, sealer: Seal, person: UUID | None) -> list[dict[str, Any]]:
    """Those of a person, in their order; none for somebody who was erased."""
    sealed = connection.execute(_READ, {"person": person}).scalar()
    if sealed is None or person is None:
        return []
    try:
        found: list[dict[str, Any]] = json.loads(
            open_for(connection, sealer, person, bytes(sealed))
        )
    except Unreadable:
        return []
    return found
