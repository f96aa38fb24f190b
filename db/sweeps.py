"""Carry a change of the law out in the files of open cases: an event to each that it concerns.

In batches, each one transaction under the locks of its heads, so that a kill loses nothing and
repeats nothing: how far it went stands in the same transaction, and a case that has the message of
the change is not asked again. The runs of whom something is asked by it are told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import Connection, Engine, TextClause, text

from db.casefile import opened
from domain.case.state import Case
from domain.messages import Event

BATCH: Final = 200
BEGIN: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class SweepPart:
    """So many cases were looked at, up to `last`; `meant` are those that it may concern."""

    looked_at: int
    last: UUID
    meant: Sequence[UUID]


class Work(Protocol):
    """What one change means for a case."""

    @property
    def message(self) -> str:
        """The id of the message that each case is told once."""

    def part(self, connection: Connection, place: UUID, most: int) -> SweepPart:
        """The next cases after one, and which of them are to be looked at under their locks."""

    def decide(self, case: Case, now: datetime) -> list[Event]:
        """What the file gets; a refusal is not recorded."""

    def finish(self, connection: Connection) -> None:
        """What it means beside the files of cases, once all of them were looked at."""


@dataclass(frozen=True)
class SweepKind:
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


def sweep_batch(engine: Engine, kind: SweepKind, settled: timedelta, most: int = BATCH) -> bool:
    """One batch of the next approved change; False where nothing is left or another does it."""
    with engine.begin() as connection:
        change = connection.execute(kind.next, {"settled": settled}).one_or_none()
        if change is None:
            return False
        work = kind.begin(connection, change.named)
        part = work.part(connection, change.place or BEGIN, most)
        if not part.looked_at:
            work.finish(connection)
            connection.execute(kind.done, {"id": change.id, "named": change.named})
            return True
        recorded = sum(_record(connection, str(one), work) for one in part.meant)
        moved = {"place": part.last, "looked_at": part.looked_at, "extended": recorded}
        connection.execute(kind.moved, {"id": change.id, **moved})
    return True


def _record(connection: Connection, case_id: str, work: Work) -> bool:
    with opened(connection, case_id) as file:
        if file.knows(work.message):
            return False
        events = work.decide(file.case, file.now)
        if not events or events[0].type == "refused":
            return False
        file.record(events)
    return True
