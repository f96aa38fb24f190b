"""People with names as common and as rare as names are, found by the product's own words."""

import random
from itertools import product
from typing import Final

from sqlalchemy import Connection, text

from db.words import words_of
from tests.support.intake import SEAL

ROOTS: Final = (
    *("Нур", "Айг", "Сер", "Аба", "Ерм", "Жан", "Кас", "Мур", "Сул", "Тем", "Ахм", "Осп", "Ибр"),
    *("Бол", "Дау", "Ес", "Жум", "Кай", "Мак", "Ора", "Рах", "Сад", "Тол", "Утег", "Шам", "Ива"),
    *("Куз", "Пет", "Сми", "Вол", "Тлеу", "Берд", "Кенж", "Алм", "Баур", "Гул", "Зау", "Маг"),
)
ENDINGS: Final = ("бек", "бай", "жан", "гали", "тай", "хан", "мбет", "ов", "ева", "ина", "лан")
# How many there are of surnames, names and patronymics.
POOLS: Final = (2_000, 400, 1_200)
_POOL: Final = text("INSERT INTO names VALUES (:kind, :n, :words)")
# The first of a pool are common, the last are rare: 2 % are called by the first surname.
_PEOPLE: Final = text(
    "INSERT INTO person (iin_index, words)"
    " SELECT decode(md5(one.n::text), 'hex'), a.words || b.words || c.words"
    " FROM (SELECT n, 1 + floor(random() ^ 2 * :surnames)::int AS surname,"
    "   1 + floor(random() ^ 2 * :names)::int AS name,"
    "   1 + floor(random() ^ 2 * :patronymics)::int AS patronymic"
    "   FROM generate_series(1, CAST(:many AS bigint)) AS n OFFSET 0) AS one"
    " JOIN names a ON a.kind = 0 AND a.n = one.surname"
    " JOIN names b ON b.kind = 1 AND b.n = one.name"
    " JOIN names c ON c.kind = 2 AND c.n = one.patronymic"
)


def pool(many: int) -> list[str]:
    """So many names, the same each time; of one root and one ending, or of more."""
    chance = random.Random(many)
    short = ["".join(parts) for parts in product(ROOTS, ENDINGS)]
    long = [f"{one}{ending}" for one, ending in product(short, ENDINGS)]
    chance.shuffle(short)
    chance.shuffle(long)
    return [*short, *long][:many]


def add_people(connection: Connection, many: int) -> None:
    """So many persons."""
    connection.execute(
        text("CREATE TEMPORARY TABLE names (kind int, n int, words bigint[]) ON COMMIT DROP")
    )
    for kind, size in enumerate(POOLS):
        told = [
            {"kind": kind, "n": n, "words": words_of(SEAL, name)}
            for n, name in enumerate(pool(size), 1)
        ]
        connection.execute(_POOL, told)
    named = dict(zip(("surnames", "names", "patronymics"), POOLS, strict=True))
    connection.execute(_PEOPLE, {"many": many, **named})
