"""Catalogues: which one is in force, every version there is, and how a new one comes in.

A version never changes, so what was read once holds; which one is in force is asked each time, as
part of a statement that is made anyway. As long as none is imported, the build's own holds.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Engine,
    ScalarSelect,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.engine import reads
from db.reference_tables import CatalogueVersion
from db.rows import add_once
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

LEGAL_DAY: Final = cast(func.timezone("Asia/Almaty", func.legal_now()), Date)
_READ: Final[dict[UUID, Catalogue]] = {}


def in_force_on(day: date | ColumnElement[date]) -> ScalarSelect[UUID]:
    """SQL: the id of the version in force on a day, null where none was imported."""
    one = aliased(CatalogueVersion)
    latest = select(col(one.id)).where(col(one.valid_from) <= day).order_by(*_newest(one))
    return latest.limit(1).scalar_subquery()


def _newest(one: type[CatalogueVersion]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The same order as between the build's versions: first day, then name."""
    return col(one.valid_from).desc(), col(one.version).collate("C").desc()


_IN_FORCE = select(in_force_on(bindparam("day", type_=Date)))
_TODAY = select(in_force_on(LEGAL_DAY), LEGAL_DAY)


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
        content = select(col(CatalogueVersion.content)).where(col(CatalogueVersion.id) == imported)
        found = _READ[imported] = made_of(connection.execute(content).scalar_one())
    return found


def known_catalogues() -> list[Catalogue]:
    """What this process has read of all versions, the latest first: what anything was called."""
    every = [*_READ.values(), *map(load_catalogue, versions())]
    return sorted(every, key=lambda one: (one.valid_from, one.version), reverse=True)


def learn_catalogues(engine: Engine) -> None:
    """Read the versions that this process does not know yet."""
    with reads(engine) as connection:
        for imported in connection.scalars(select(col(CatalogueVersion.id))).all():
            catalogue_of(connection, imported)


def catalogue_on(connection: Connection, day: date) -> Catalogue:
    """The catalogue in force on a local day."""
    return catalogue_of(connection, connection.scalar(_IN_FORCE, {"day": day}))


def is_brought(connection: Connection, category: str, day: date) -> bool:
    """Whether what a category grants is goods, which are brought to the person."""
    found = catalogue_on(connection, day).categories.get(category)
    return found is not None and found.kind == "goods"


def catalogue_today(connection: Connection) -> tuple[Catalogue, date]:
    """The catalogue in force now, and the legal day that this is."""
    imported, day = connection.execute(_TODAY).one()
    return catalogue_of(connection, imported), day


def find_catalogue(connection: Connection, version: str) -> Catalogue | None:
    """A version by its name, imported or the build's own."""
    known = select(col(CatalogueVersion.id)).where(col(CatalogueVersion.version) == version)
    imported = connection.scalar(known)
    if imported is not None:
        return catalogue_of(connection, imported)
    return load_catalogue(version) if version in versions() else None


def list_versions(connection: Connection) -> list[KnownVersion]:
    """Every version there is, the latest first; the build's own come last."""
    one = CatalogueVersion
    in_force = func.coalesce(col(one.id) == in_force_on(LEGAL_DAY), False)
    told = col(one.version), col(one.valid_from), col(one.sha256), col(one.imported_at)
    imported = connection.execute(select(*told, in_force).order_by(*_newest(one)))
    found = [KnownVersion(*row) for row in imported]
    fallback = None if any(one.in_force for one in found) else current_catalogue().version
    names = {one.version for one in found}
    own = [load_catalogue(version) for version in reversed(versions()) if version not in names]
    return found + [
        KnownVersion(one.version, one.valid_from, one.sha256, None, one.version == fallback)
        for one in own
    ]


def every_catalogue(connection: Connection) -> list[Catalogue]:
    """Every version there is, imported or the build's own."""
    known = (find_catalogue(connection, one.version) for one in list_versions(connection))
    return [one for one in known if one is not None]


def add_catalogue(connection: Connection, new: Catalogue) -> None:
    """Take a version in that two administrators agree on; one that is known stays as it is."""
    if find_catalogue(connection, new.version) is not None:
        return
    told = {"version": new.version, "valid_from": new.valid_from, "sha256": new.sha256}
    content = dict(new.content)
    add_once(connection, CatalogueVersion, content=content, **told)


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
    every = list_versions(connection)
    faults = [
        Fault(
            ("valid_from",), "version_not_newer", {"version": one.version, "since": one.valid_from}
        )
        for one in every
        if one.imported_at and one.in_force
        if (new.valid_from, new.version) <= (one.valid_from, one.version)
    ]
    known = every_catalogue(connection)
    changed = {fault.path: fault for one in known for fault in unit_faults(new, one)}
    return [*faults, *changed.values()]
