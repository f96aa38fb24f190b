"""Catalogues: which one is in force, every version there is, and how a new one comes in.

A version never changes, so what was read once holds; which one is in force is asked each time, as
part of a statement that is made anyway. As long as none is imported, the build's own holds.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from definitions.catalogues import (
    NAMES,
    Catalogue,
    CatalogueInvalid,
    current_catalogue,
    load_catalogue,
    made_of,
    unit_faults,
    versions,
)
from definitions.forms import Fault, told

LEGAL_DAY: Final = "CAST(legal_now() AT TIME ZONE 'Asia/Almaty' AS date)"
_READ: Final[dict[UUID, Catalogue]] = {}


def in_force_on(day: str) -> str:
    """SQL: the id of the version in force on a day (an expression), null where none was imported.

    The same order as between the build's versions: first day, then name.
    """
    return (
        f"(SELECT c.id FROM catalogue c WHERE c.valid_from <= {day}"
        ' ORDER BY c.valid_from DESC, c.version COLLATE "C" DESC LIMIT 1)'
    )


_IN_FORCE = text(f"SELECT {in_force_on('CAST(:day AS date)')}")
_IN_FORCE_NOW = text(f"SELECT {in_force_on(LEGAL_DAY)} AS id, {LEGAL_DAY} AS day")
_CONTENT = text("SELECT content FROM catalogue WHERE id = :id")
_FIND = text("SELECT id FROM catalogue WHERE version = :version")
_ALL = text(
    "SELECT id, version, valid_from, sha256, imported_at,"
    f" id = {in_force_on(LEGAL_DAY)} AS in_force"
    ' FROM catalogue ORDER BY valid_from DESC, version COLLATE "C" DESC'
)
_ADD = text(
    "INSERT INTO catalogue (version, valid_from, content, sha256, imported_by)"
    " VALUES (:version, :valid_from, CAST(:content AS jsonb), :sha256, :by)"
)


class VersionTaken(Exception):
    """There is a version of this name, and it says something else."""


@dataclass(frozen=True)
class KnownVersion:
    """A version there is; `imported_at` is None for the build's own."""

    version: str
    valid_from: date
    sha256: str
    imported_at: datetime | None
    in_force: bool


def catalogue_of(connection: Connection, imported: UUID | None) -> Catalogue:
    """The version of an id that `in_force_on` found; for None the build's own."""
    if imported is None:
        return current_catalogue()
    found = _READ.get(imported)
    if found is None:
        content = connection.execute(_CONTENT, {"id": imported}).scalar_one()
        found = _READ[imported] = made_of(content)
    return found


def catalogue_on(connection: Connection, day: date) -> Catalogue:
    """The catalogue in force on a local day."""
    return catalogue_of(connection, connection.execute(_IN_FORCE, {"day": day}).scalar())


def is_brought(connection: Connection, category: str, day: date) -> bool:
    """Whether what a category grants is goods, which are brought to the person."""
    found = catalogue_on(connection, day).categories.get(category)
    return found is not None and found.kind == "goods"


def catalogue_today(connection: Connection) -> tuple[Catalogue, date]:
    """The catalogue in force now, and the legal day that this is."""
    row = connection.execute(_IN_FORCE_NOW).one()
    return catalogue_of(connection, row.id), row.day


def find_catalogue(connection: Connection, version: str) -> Catalogue | None:
    """A version by its name, imported or the build's own."""
    imported = connection.execute(_FIND, {"version": version}).scalar()
    if imported is not None:
        return catalogue_of(connection, imported)
    return load_catalogue(version) if version in versions() else None


def list_versions(connection: Connection) -> list[KnownVersion]:
    """Every version there is, the latest first; the build's own come last."""
    rows = connection.execute(_ALL).all()
    found = [
        KnownVersion(row.version, row.valid_from, row.sha256, row.imported_at, bool(row.in_force))
        for row in rows
    ]
    fallback = None if any(one.in_force for one in found) else current_catalogue().version
    names = {one.version for one in found}
    own = [load_catalogue(version) for version in reversed(versions()) if version not in names]
    return found + [
        KnownVersion(one.version, one.valid_from, one.sha256, None, one.version == fallback)
        for one in own
    ]


def every_catalogue(connection: Connection) -> list[Catalogue]:
    """Every version there is, imported or the build's own."""
    imported = [catalogue_of(connection, row.id) for row in connection.execute(_ALL)]
    return [*imported, *(load_catalogue(version) for version in versions())]


def add_catalogue(connection: Connection, person: UUID, new: Catalogue) -> None:
    """Take a version in that two administrators agree on; one that is known stays as it is."""
    if find_catalogue(connection, new.version) is not None:
        return
    values = {
        "version": new.version,
        "valid_from": new.valid_from,
        "content": json.dumps(dict(new.content), ensure_ascii=False),
        "sha256": new.sha256,
        "by": person,
    }
    connection.execute(_ADD, values)


def prove_fits(connection: Connection, new: Catalogue) -> None:
    """Raises VersionTaken, or CatalogueInvalid for what it contradicts in the versions there are.

    A version that is known with this very content contradicts nothing.
    """
    # Asked first: what another brings in meanwhile may be this very version.
    faults = _contradictions(connection, new)
    held = find_catalogue(connection, new.version)
    if held is None and faults:
        raise CatalogueInvalid(told(faults, NAMES))
    if held is not None and held.sha256 != new.sha256:
        raise VersionTaken(new.version)


def _contradictions(connection: Connection, new: Catalogue) -> list[Fault]:
    """A version that would never be in force, and units that are not what they were."""
    rows = connection.execute(_ALL).all()
    faults = [
        Fault(
            ("valid_from",), "version_not_newer", {"version": row.version, "since": row.valid_from}
        )
        for row in rows
        if row.in_force and (new.valid_from, new.version) <= (row.valid_from, row.version)
    ]
    known = every_catalogue(connection)
    changed = {fault.path: fault for one in known for fault in unit_faults(new, one)}
    return [*faults, *changed.values()]
