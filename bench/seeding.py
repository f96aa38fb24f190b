"""A database of its own with as many cases as asked for, and who is in it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from bench.files import Around, write_files
from bench.multiply import multiply
from db.missing_words import write_missing_words
from db.put_away import LONG, put_away
from tests.support.intake import SEAL, iin

AUTHORITIES: Final = 220
SUPPLIERS: Final = 3_000
MOST_FILES: Final = 1_500
OBLASTS: Final = tuple(
    str(one)
    for one in (10, 11, 15, 19, 23, 27, 31, 33, 35, 39, 43, 47, 55, 59, 61, 62, 63, 71, 75, 79)
)
_AUTHORITY: Final = text("INSERT INTO authority (bin, name) VALUES (:bin, :bin) RETURNING id")
_SUPPLIER: Final = text(
    "INSERT INTO supplier (bin, name, regions, active)"
    " VALUES (CAST(:bin AS text), 'ТОО ' || CAST(:bin AS text), '{7}', true) RETURNING id"
)
_PERSON: Final = text("INSERT INTO person (iin_index) VALUES (:index) RETURNING id")


@dataclass(frozen=True)
class Seeded:
    """How the largest and a middling authority, a supplier and a recipient are named."""

    largest: str
    middling: str
    supplier: str
    recipient: str
    oblast: str


def seed(owner: Engine, engine: Engine, cases: int, say: Callable[[str], None]) -> Seeded:
    """Real files first, then their copies; 0.7 people and 0.003 suppliers for each case."""
    chance = random.Random(cases)
    files = max(50, min(MOST_FILES, cases // 50))
    with engine.begin() as connection:
        authorities = [_named(connection, _AUTHORITY, 30, n) for n in range(AUTHORITIES)]
        suppliers = [_named(connection, _SUPPLIER, 40, n) for n in range(SUPPLIERS)]
        around = [_around(connection, authorities, suppliers, chance, n) for n in range(files)]
    write_files(engine, around, datetime.now(UTC), chance)
    say(f"{files} real files, {sum(put_away(engine, LONG))} of them put away")
    multiply(owner, cases, max(100, cases * 7 // 10), say)
    list(write_missing_words(engine, SEAL))
    numbers = [authorities.index(one.authority) for one in around]
    largest = max(set(numbers), key=numbers.count)
    middling = sorted(set(numbers), key=numbers.count)[len(set(numbers)) // 2]
    ordered = next(one for one in around if one.supplier in suppliers)
    return Seeded(
        largest=_bin(30, largest),
        middling=_bin(30, middling),
        supplier=_bin(40, suppliers.index(ordered.supplier)),
        recipient=_known(owner, around[0].person),
        oblast=OBLASTS[largest % len(OBLASTS)],
    )


def _bin(kind: int, number: int) -> str:
    return f"2001{kind}{number:06d}"


def _named(connection: Connection, statement: Any, kind: int, number: int) -> UUID:
    found: UUID = connection.execute(statement, {"bin": _bin(kind, number)}).scalar_one()
    return found


def _around(
    connection: Connection,
    authorities: list[UUID],
    suppliers: list[UUID],
    chance: random.Random,
    number: int,
) -> Around:
    """Few authorities have many cases: the largest one about a tenth of all."""
    which = min(AUTHORITIES - 1, int(chance.paretovariate(0.6)) - 1)
    if number < AUTHORITIES or chance.random() < 0.3:
        which = number % AUTHORITIES
    person = connection.execute(_PERSON, {"index": uuid4().bytes + b"-"}).scalar_one()
    region = f"{OBLASTS[which % len(OBLASTS)]}1110000"
    return Around(authorities[which], region, suppliers[number % SUPPLIERS], person)


def _known(owner: Engine, person: UUID) -> str:
    """A recipient with some cases becomes somebody who can sign in."""
    number = 77
    with owner.begin() as connection:
        most = text(
            "SELECT recipient_id FROM case_view WHERE recipient_id <> :but"
            " GROUP BY recipient_id ORDER BY count(*) DESC LIMIT 1"
        )
        chosen = connection.execute(most, {"but": person}).scalar_one()
        update = text("UPDATE person SET iin_index = :index WHERE id = :id")
        connection.execute(update, {"index": SEAL.index(iin(number)), "id": chosen})
    return iin(number)
