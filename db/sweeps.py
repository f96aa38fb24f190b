"""Carry a change of the law out in the files of open cases: an event to each that it concerns.

In batches, each one transaction under the locks of its heads, so that a kill loses nothing and
repeats nothing: how far it went stands in the same transaction, and a case that has the message of
the change is not asked again. The runs of whom something is asked by it are told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, func, update
from sqlmodel import col, select

from db.casefile import opened
from db.columns import SweptChange
from db.rows import models
from domain.case.state import Case
from domain.messages import Event

BATCH: Final = 200
BEGIN: Final = UUID(int=0)
C = TypeVar("C", bound=SweptChange)


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
class SweepKind(Generic[C]):
    """Changes of one kind: where they stand, and how one of them is begun.

    `newest`: the one approved last does the work of older ones that are not done.
    """

    table: type[C]
    newest: bool
    begin: Callable[[Connection, C], Work]


def sweep_batch(engine: Engine, kind: SweepKind[C], settled: timedelta, most: int = BATCH) -> bool:
    """One batch of the next approved change; False where nothing is left or another does it."""
    with engine.begin() as connection:
        change = _next(connection, kind, settled)
        if change is None:
            return False
        work = kind.begin(connection, change)
        part = work.part(connection, change.place or BEGIN, most)
        this = col(kind.table.id) == change.id
        if part.looked_at:
            recorded = sum(_record(connection, str(one), work) for one in part.meant)
            looked_at, extended = change.looked_at + part.looked_at, change.extended + recorded
            moved = {"place": part.last, "looked_at": looked_at, "extended": extended}
            connection.execute(update(kind.table).where(this).values(moved))
        else:
            work.finish(connection)
            older = col(kind.table.approved_at) <= change.approved_at
            done = update(kind.table).where(older if kind.newest else this)
            left = done.where(col(kind.table.extended_at).is_(None))
            connection.execute(left.values(extended_at=func.clock_timestamp()))
    return True


def _next(connection: Connection, kind: SweepKind[C], settled: timedelta) -> C | None:
    approved_at = col(kind.table.approved_at)
    old = approved_at < func.clock_timestamp() - settled
    left = select(kind.table).where(old, col(kind.table.extended_at).is_(None)).limit(1)
    ordered = left.order_by(approved_at.desc() if kind.newest else approved_at)
    return models(connection, ordered.with_for_update(skip_locked=True)).one_or_none()


def _record(connection: Connection, case_id: str, work: Work) -> bool:
    with opened(connection, case_id) as file:
        if file.knows(work.message):
            return False
        events = work.decide(file.case, file.now)
        if not events or events[0].type == "refused":
            return False
        file.record(events)
    return True
