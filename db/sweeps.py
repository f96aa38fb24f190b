"""Carry a change of the law out in the files of open cases: an event to each that it concerns.

In batches, each one transaction under the locks of its heads, so that a kill loses nothing and
repeats nothing: how far it went stands in the same transaction, and a case that has the message of
the change is not asked again. The runs learn of it as they learn of everything: the tail of their
next append. Only those of whom somebody must be told are woken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, Row, TextClause, text

from db.casefile import Append, write
from domain.apply import fold
from domain.case import Case
from domain.messages import Event, Frozen

BATCH: Final = 200


class Work(Protocol):
    """What one change means for a case."""

    @property
    def message(self) -> str:
        """The id of the message that each case is told once."""

    def concerns(self, case: Case, now: datetime) -> bool:
        """Without a lock, whether a case is to be looked at again under it."""

    def decide(self, case: Case, now: datetime) -> list[Event]:
        """What the file gets; a refusal is not recorded."""

    def finish(self, connection: Connection) -> None:
        """What it means beside the files of cases, once all of them were looked at."""


@dataclass(frozen=True)
class Kind:
    """Changes of one kind: where they stand, and how one of them is begun.

    `named` is the column that `begin` understands, `event` the type of the events made; `newest`:
    the newest one does the work of older ones that are not done.
    """

    table: str
    named: str
    event: str
    newest: bool
    begin: Callable[[Connection, str], Work]

    @cached_property
    def next(self) -> TextClause:
        order = f"{self.named} DESC" if self.newest else "approved_at"
        return text(
            f"SELECT id, {self.named} AS named, place FROM {self.table}"
            " WHERE approved_at < clock_timestamp() - CAST(:settled AS interval)"
            f" AND extended_at IS NULL ORDER BY {order} LIMIT 1 FOR UPDATE SKIP LOCKED"
        )

    @cached_property
    def moved(self) -> TextClause:
        return text(
            f"UPDATE {self.table} SET place = :place, looked_at = looked_at + :looked_at,"
            " extended = extended + :extended WHERE id = :id"
        )

    @cached_property
    def done(self) -> TextClause:
        which = f"{self.named} <= :named" if self.newest else "id = :id"
        return text(
            f"UPDATE {self.table} SET extended_at = clock_timestamp()"
            f" WHERE approved_at IS NOT NULL AND extended_at IS NULL AND {which}"
        )

    @cached_property
    def untold(self) -> TextClause:
        return text(
            f"SELECT id, {self.named} AS named, told_to FROM {self.table}"
            " WHERE extended_at IS NOT NULL AND told_at IS NULL ORDER BY approved_at LIMIT 1"
        )

    @cached_property
    def to_tell(self) -> TextClause:
        return text(
            "SELECT DISTINCT e.case_id, h.edition FROM event e JOIN case_head h USING (case_id)"
            f" WHERE e.type = '{self.event}' AND e.message_id = :message AND e.data ? 'effects'"
            " AND (CAST(:place AS uuid) IS NULL OR e.case_id > :place)"
            " ORDER BY e.case_id LIMIT :most"
        )

    @cached_property
    def told_to(self) -> TextClause:
        return text(f"UPDATE {self.table} SET told_to = :place WHERE id = :id")

    @cached_property
    def told(self) -> TextClause:
        return text(f"UPDATE {self.table} SET told_at = clock_timestamp() WHERE id = :id")


_OPEN = text(
    "SELECT case_id, state, legal_now() AS now FROM case_view WHERE NOT closed"
    " AND (CAST(:place AS uuid) IS NULL OR case_id > :place) ORDER BY case_id LIMIT :most"
)
_LOCK = text(
    "SELECT case_id FROM case_head WHERE case_id = ANY(CAST(:ids AS uuid[])) ORDER BY case_id"
    " FOR UPDATE"
)
# Apart from the locking: who waited for a lock would read beside it what stood before.
_LOCKED = text(
    "SELECT h.case_id, h.hash, v.state, legal_now() AS now FROM case_head h"
    " JOIN case_view v USING (case_id) WHERE h.case_id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS"
    " (SELECT 1 FROM event e WHERE e.case_id = h.case_id AND e.message_id = :message)"
    " ORDER BY h.case_id"
)


class Waiting(Frozen):
    """Cases that have an event of which somebody must be told: id and edition."""

    change: str
    cases: tuple[tuple[str, str], ...]


def sweep_batch(engine: Engine, kind: Kind, settled: timedelta, most: int = BATCH) -> bool:
    """One batch of the next approved change; False where nothing is left or another does it."""
    with engine.begin() as connection:
        change = connection.execute(kind.next, {"settled": settled}).one_or_none()
        if change is None:
            return False
        work = kind.begin(connection, change.named)
        found = connection.execute(_OPEN, {"place": change.place, "most": most}).all()
        if not found:
            work.finish(connection)
            connection.execute(kind.done, {"id": change.id, "named": change.named})
            return True
        meant = [row.case_id for row in found if work.concerns(_case(row), row.now)]
        recorded = _record_all(connection, meant, work) if meant else 0
        moved = {"place": found[-1].case_id, "looked_at": len(found), "extended": recorded}
        connection.execute(kind.moved, {"id": change.id, **moved})
    return True


def _record_all(connection: Connection, ids: Sequence[Any], work: Work) -> int:
    """Lock, decide on the files as they now are, and record; how many got an event."""
    connection.execute(_LOCK, {"ids": ids})
    rows = connection.execute(_LOCKED, {"ids": ids, "message": work.message}).all()
    return sum(_record(connection, row, work) for row in rows)


def _record(connection: Connection, row: Row[Any], work: Work) -> bool:
    case = _case(row)
    events = work.decide(case, row.now)
    if not events or events[0].type == "refused":
        return False
    recorded = Append(
        case_id=case.id,
        expected_seq=case.seq,
        events=tuple(events),
        case=fold(case, events),
    )
    write(connection, recorded, row.hash)
    return True


def _case(row: Row[Any]) -> Case:
    return Case.model_validate(row.state)


def find_untold(engine: Engine, kind: Kind, most: int = BATCH) -> Waiting | None:
    """The next cases to be woken of a change that stands in every file; None: all were."""
    with engine.begin() as connection:
        change = connection.execute(kind.untold).one_or_none()
        if change is None:
            return None
        message = kind.begin(connection, change.named).message
        named = {"message": message, "place": change.told_to, "most": most}
        cases = tuple(
            (str(row.case_id), row.edition) for row in connection.execute(kind.to_tell, named)
        )
        if not cases:
            connection.execute(kind.told, {"id": change.id})
        return Waiting(change=str(change.id), cases=cases)


def note_told(engine: Engine, kind: Kind, waiting: Waiting) -> None:
    """They were woken; of what is woken again nothing comes twice."""
    with engine.begin() as connection:
        place = {"id": waiting.change, "place": waiting.cases[-1][0]}
        connection.execute(kind.told_to, place)
