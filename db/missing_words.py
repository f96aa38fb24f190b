"""Words of the blind index for those who were there before it: a migration has no key."""

from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, text

from db.persons import read_profile
from db.sealing import Seal, Unreadable
from db.suppliers import read_supplier
from db.words import words_of

BATCH: Final = 200
_ORGANISATION = text("SELECT name FROM supplier WHERE id = :id")
log = structlog.get_logger(__name__)


def write_missing_words(engine: Engine, sealer: Seal) -> Iterator[None]:
    """A batch after another, each one transaction, until nobody is without words."""
    for table, words in _WORDS.items():
        while _write_some(engine, sealer, table, words):
            yield


def _write_some(
    engine: Engine, sealer: Seal, table: str, words: Callable[[Connection, Seal, UUID], list[int]]
) -> bool:
    # Whoever is written of meanwhile gets their words by that, and is not waited for.
    some = text(
        f"SELECT id FROM {table} WHERE words IS NULL ORDER BY id LIMIT {BATCH}"
        " FOR NO KEY UPDATE SKIP LOCKED"
    )
    write = text(f"UPDATE {table} SET words = :words WHERE id = :id")
    with engine.begin() as connection:
        found = connection.execute(some).scalars().all()
        for one in found:
            connection.execute(write, {"id": one, "words": words(connection, sealer, one)})
    return len(found) > 0


def _of_person(connection: Connection, sealer: Seal, person: UUID) -> list[int]:
    try:
        profile = read_profile(connection, sealer, person)
    except Unreadable:
        # Their master key is missing; with what is written of them next they are found again.
        log.error("a person cannot be read, and is not found by name", person=str(person))
        return []
    return words_of(sealer, profile.full_name, profile.phone)


def _of_supplier(connection: Connection, sealer: Seal, supplier: UUID) -> list[int]:
    """An organisation's name stands in its row, a person's is sealed with the contacts."""
    name: str | None = connection.execute(_ORGANISATION, {"id": supplier}).scalar()
    held = None if name else read_supplier(connection, sealer, supplier)
    return words_of(sealer, held.contacts.name if held and held.contacts else name)


_WORDS: Final = {"person": _of_person, "supplier": _of_supplier}
