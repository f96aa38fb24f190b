"""Lists that somebody took away as a file: which, how many rows, and what for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, insert
from sqlmodel import col, select

from db.audit import note
from db.envelopes import envelop, open_envelope
from db.reference_tables import ListExport
from db.rows import models
from db.sealing import Seal, Unreadable
from domain.messages import Actor

EXPORTED: Final = "list_exported"


@dataclass(frozen=True, slots=True)
class Exported:
    """One such list; `which` are its filters, as codes. Without `purpose` that is not kept any
    more.
    """

    form: str
    which: Mapping[str, Any]
    rows: int
    purpose: str | None = field(repr=False)


def record_export(connection: Connection, sealer: Seal, actor: Actor, told: Exported) -> UUID:
    """Write it down, before the file is handed out."""
    values = {
        "form": told.form,
        "list": told.which,
        "rows": told.rows,
        "purpose": envelop(sealer, (told.purpose or "").encode()),
    }
    made: UUID = connection.execute(
        insert(ListExport).values(values).returning(col(ListExport.id))
    ).scalar_one()
    note(connection, actor, EXPORTED, made)
    return made


def read_exports(connection: Connection, sealer: Seal, ids: Sequence[UUID]) -> dict[UUID, Exported]:
    """What is on record of these."""
    if not ids:
        return {}
    found = models(connection, select(ListExport).where(col(ListExport.id).in_(ids)))
    return {
        one.id: Exported(one.form, one.list, one.rows, _purpose(sealer, bytes(one.purpose)))
        for one in found
    }


def _purpose(sealer: Seal, sealed: bytes) -> str | None:
    """None once its term is over."""
    try:
        return open_envelope(sealer, sealed).decode()
    except Unreadable:
        return None
