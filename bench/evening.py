"""Files whose terms end at one midnight: real ones, of several statuses and terms, by the product's
own code; recipients have a telephone, so that they are told.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, TextClause, text

from bench.files import Around, answer, write_file
from db.engine import make_engine
from db.persons import person_with_profile
from db.sealing import Seal
from domain.terms.agenda import GRACE, soonest
from sandbox.identities import make_iin, make_phone
from tests.domain.play import CURRENT, WAY, Play

# Status → how many days before its end a case has to begin, where it goes the straight way.
BEGUN: Final = {
    "notifying": (7, 8, 9),
    "choosing": (61, 62, 60),
    "ordered": (3, 4, 5),
    "in_fulfilment": (30, 31, 29),
    "delivered": (14, 15, 13),
    "awaiting_signatures": (14, 15, 13),
    "under_review": (3, 4, 5),
    "payment_pending": (3, 4, 5),
}
# Whoever clicks over midnight has a case of these.
CLICKED: Final = "choosing"
PROCESSES: Final = 2
_AUTHORITY: Final = text("INSERT INTO authority (bin, name) VALUES (:bin, :bin) RETURNING id")
_SUPPLIER: Final = text(
    "INSERT INTO supplier (bin, name, regions, active)"
    " VALUES (CAST(:bin AS text), CAST(:bin AS text), '{75}', true) RETURNING id"
)
# Whoever else acts in a case is somebody of whom nothing is known.
_OTHERS: Final = text(
    "INSERT INTO person (id, iin_index) SELECT one, decode(md5(CAST(one AS text)), 'hex')"
    " FROM case_view v CROSS JOIN unnest(v.representative_ids) AS one WHERE v.case_id = :case"
    " ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True)
class Evening:
    """The midnight, and the base in which its cases are written."""

    midnight: datetime
    url: str
    seal: Seal


def straight(status: str, days: int, midnight: datetime) -> Play | None:
    """A case that stands there on the evening and has a term that ends at midnight, if so."""
    play = Play(now=midnight - timedelta(days=days, hours=14))
    for (reached, step), (following, _) in zip(WAY, (*WAY[1:], ("", None)), strict=True):
        play.now += timedelta(minutes=30)
        step(play)
        answer(play, "tell")
        if reached == status != following:
            break
    play.wait(midnight - timedelta(hours=1))
    answer(play, "tell")
    due = soonest(play.case, CURRENT.process)
    ends = due is not None and due.wake_at == midnight + GRACE
    return play if ends and play.status == status and not play.case.outbox else None


@cache
def models(midnight: datetime) -> dict[str, Play]:
    """One of each status that has one."""
    found = {
        status: next((one for day in days if (one := straight(status, day, midnight))), None)
        for status, days in BEGUN.items()
    }
    return {status: play for status, play in found.items() if play is not None}


def write(evening: Evening, cases: int) -> dict[str, list[tuple[UUID, str]]]:
    """So many cases, as many of each status: their ids, and who is entitled in them."""
    engine = make_engine(evening.url)
    with engine.begin() as connection:
        shared = (_made(connection, _AUTHORITY), _made(connection, _SUPPLIER))
    engine.dispose()
    parts = [range(first, cases + 1, PROCESSES) for first in range(1, PROCESSES + 1)]
    found: dict[str, list[tuple[UUID, str]]] = {}
    with ProcessPoolExecutor(PROCESSES) as pool:
        for part in pool.map(partial(_write_part, evening, shared), parts):
            for status, case, iin in part:
                found.setdefault(status, []).append((case, iin))
    return found


def _write_part(
    evening: Evening, shared: tuple[UUID, UUID], numbers: Sequence[int]
) -> list[tuple[str, UUID, str]]:
    engine = make_engine(evening.url)
    made = list(_written(engine, evening, shared, numbers))
    engine.dispose()
    return made


def _written(
    engine: Engine, evening: Evening, shared: tuple[UUID, UUID], numbers: Sequence[int]
) -> Iterator[tuple[str, UUID, str]]:
    authority, supplier = shared
    plays = list(models(evening.midnight).items())
    for number in numbers:
        status, play = plays[number // PROCESSES % len(plays)]
        iin = make_iin(number)
        with engine.begin() as connection:
            person = _enrolled(connection, evening.seal, iin, number)
        around = Around(authority, "751110000", supplier, person)
        case = write_file(engine, play, around, number)
        with engine.begin() as connection:
            connection.execute(_OTHERS, {"case": case})
        yield status, case, iin


def _enrolled(connection: Connection, seal: Seal, iin: str, number: int) -> UUID:
    told: dict[str, str | bool] = {"iin": iin, "surname": "Үлгі", "name": "Алушы", "language": "kk"}
    told |= {"phone": make_phone(number), "phone_confirmed": True}
    programme = {"number": f"MIDNIGHT-{number}", "revision": 1}
    person, _ = person_with_profile(connection, seal, {"person": told, "programme": programme})
    return person


def _made(connection: Connection, statement: TextClause) -> UUID:
    found: UUID = connection.execute(statement, {"bin": str(uuid4().int)[:12]}).scalar_one()
    return found
