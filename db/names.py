"""What authorities, suppliers and those who work for the state are called, by our ids."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, text

from db.authorities import read_authority
from db.persons import read_profile
from db.sealing import Seal, Unreadable
from db.suppliers import read_supplier

_ORGANISATION = text("SELECT name FROM supplier WHERE id = :id")
Name = str | Mapping[str, str]


def names_of(
    connection: Connection, sealer: Seal, kind: str, ids: Collection[str]
) -> dict[str, Name]:
    """Those of one kind (`authority`, `supplier`, `person`) that have a name; authorities have one
    in each language.
    """
    known = connection.execute(_KNOWN[kind], {"ids": list(ids)}).scalars()
    found = {str(one): _READS[kind](connection, sealer, str(one)) for one in known}
    return {one: name for one, name in found.items() if name}


def _authority(connection: Connection, _: Seal, one: str) -> Name | None:
    known = read_authority(connection, one)
    return None if known is None else known.names()


def _supplier(connection: Connection, sealer: Seal, one: str) -> Name | None:
    """An organisation's name stands in its row, a person's is sealed with the contacts."""
    name: str | None = connection.execute(_ORGANISATION, {"id": one}).scalar()
    known = None if name else read_supplier(connection, sealer, one)
    return known.contacts.name if known and known.contacts else name


def _person(connection: Connection, sealer: Seal, one: str) -> Name | None:
    try:
        return read_profile(connection, sealer, UUID(one)).known_as
    except Unreadable:
        return None


_READS = {"authority": _authority, "supplier": _supplier, "person": _person}
# An id may be of somebody who has no row here.
_KNOWN = {
    kind: text(f"SELECT id FROM {kind} WHERE id = ANY(CAST(:ids AS uuid[]))") for kind in _READS
}
