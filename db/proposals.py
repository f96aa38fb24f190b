"""What one administrator proposes and another approves: changes of law, data and runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, func, insert, update
from sqlmodel import col, select

from db.audit import note
from db.columns import ProposedChange
from db.rows import lock, models
from db.work import ADMINISTRATORS, close_work, open_work
from domain.messages import Actor, Refusal, Role

C = TypeVar("C", bound=ProposedChange)


@dataclass(frozen=True)
class Proposals(Generic[C]):
    """The changes of one kind, in a table of their own.

    `called` is how the audit calls the change, `subject` the column of what it says it was done to.
    By the columns that are `sealed` no two wishes are compared: they never look alike.
    `refuse` says why what holds at an approval does not allow it to this person, `carry_out` does
    in the same transaction what was approved.
    """

    table: type[C]
    called: str
    subject: str = "id"
    sealed: tuple[str, ...] = ()
    refuse: Callable[[Connection, C, UUID], Refusal | None] | None = None
    carry_out: Callable[[Connection, C], None] | None = None

    def propose(self, connection: Connection, person: UUID, **said: Any) -> C:
        """Keep it for approval; the same wish again, whoever has it, is the same row."""
        self._one_at_a_time(connection)
        compared = {name: one for name, one in said.items() if name not in self.sealed}
        alike = select(self.table).filter_by(approved_at=None, **compared)
        if same := models(connection, alike.order_by(col(self.table.id))).first():
            return same
        new = insert(self.table).values(proposed_by=person, **said).returning(self.table)
        made = models(connection, new).one()
        self._note(connection, person, "proposed", made)
        open_work(connection, made.id, "change", self.called, ADMINISTRATORS, first=person)
        return made

    def approve(self, connection: Connection, person: UUID, change: UUID) -> C | Refusal | None:
        """The approved change, why it may not be approved, or None where there is no such one."""
        self._one_at_a_time(connection)
        held = self.read(connection, change)
        if held is None:
            return None
        if held.approved_at is not None:
            return held if held.approved_by == person else Refusal(code="already_decided")
        if held.proposed_by == person:
            return Refusal(code="same_person")
        if self.refuse is not None and (refusal := self.refuse(connection, held, person)):
            return refusal
        self._note(connection, person, "approved", held)
        approval = update(self.table).where(col(self.table.id) == change).returning(self.table)
        values = {"approved_by": person, "approved_at": func.clock_timestamp()}
        done = models(connection, approval.values(values)).one()
        close_work(connection, change)
        if self.carry_out is not None:
            self.carry_out(connection, done)
        return done

    def read(self, connection: Connection, change: UUID) -> C | None:
        """A change by its id."""
        return models(connection, select(self.table).where(self.table.id == change)).one_or_none()

    def page(self, connection: Connection, before: UUID | None, most: int) -> list[C]:
        """The newest first; `before` continues a list."""
        newest = select(self.table).order_by(col(self.table.id).desc()).limit(most)
        if before is not None:
            newest = newest.where(col(self.table.id) < before)
        return list(models(connection, newest))

    def _one_at_a_time(self, connection: Connection) -> None:
        """Two approvals at once would both be the newest."""
        lock(connection, self.table.__name__)

    def _note(self, connection: Connection, person: UUID, done: str, change: C) -> None:
        administrator = Actor(role=Role.ADMINISTRATOR, id=str(person))
        note(connection, administrator, f"{self.called}_{done}", getattr(change, self.subject))
