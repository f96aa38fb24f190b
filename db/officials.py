"""Who works for the state: in which role and where, as their tokens last said."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from domain.messages import Role

_NOTE = text(
    "INSERT INTO official (person_id, role, place) VALUES (:person, :role, :place)"
    " ON CONFLICT (person_id, role) DO UPDATE SET place = excluded.place"
    " WHERE official.place <> excluded.place"
)
# More than anybody chooses among.
MOST_COLLEAGUES: Final = 200
_COLLEAGUES = text(
    "SELECT person_id FROM official WHERE role = :role AND place = :place AND person_id <> :person"
    " ORDER BY person_id LIMIT :most"
)
_KNOWN = text("SELECT role, place FROM official WHERE person_id = :person ORDER BY role")


def note_official(connection: Connection, person: UUID, role: Role, place: str) -> None:
    """Keep where an official stands: an authority, a region, or (administrators) nowhere."""
    connection.execute(_NOTE, {"person": person, "role": role.value, "place": place})


def posts_of(connection: Connection, person: UUID) -> list[tuple[Role, str]]:
    """Every role that somebody has had, and where last; none for who never signed in as one."""
    found = connection.execute(_KNOWN, {"person": person})
    return [(Role(row.role), row.place) for row in found]


def colleagues_of(connection: Connection, person: UUID, role: Role, place: str) -> list[UUID]:
    """Who else stands there in this role, whether or not they have any work."""
    asked = {"role": role.value, "place": place, "person": person, "most": MOST_COLLEAGUES}
    return list(connection.execute(_COLLEAGUES, asked).scalars())
