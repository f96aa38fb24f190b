"""What one administrator proposes and another approves: changes of law and reference data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from db.audit import note
from db.work import ADMINISTRATORS, close_work, open_work
from domain.messages import Actor, Refusal, Role

State = Literal["proposed", "extending", "done"]
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:table, 1))")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChange:
    """What every such change has; instants are of the wall clock."""

    id: UUID
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(ProposedChange):
    """A change that open cases take over one by one, and how far it went.

    `looked_at` open cases were looked at, in the files of `extended` of them it changed something.
    """

    looked_at: int
    extended: int
    extended_at: datetime | None

    @property
    def state(self) -> State:
        """How far it has gone."""
        if self.approved_at is None:
            return "proposed"
        if self.extended_at is None:
            return "extending"
        return "done"


C = TypeVar("C", bound=ProposedChange)


@dataclass(frozen=True)
class Proposals(Generic[C]):
    """The changes of one kind, in a table of their own.

    `said` are the columns that say what is proposed, each with its value in SQL; `called` is how
    the audit calls the change. `lock` is run before an approval, `refuse` says why what holds
    then does not allow it, `carry_out` does in the same transaction what was approved.
    """

    table: str
    kind: type[C]
    said: Mapping[str, str]
    called: str
    lock: TextClause | None = None
    refuse: Callable[[Connection, Row[Any]], Refusal | None] | None = None
    carry_out: Callable[[Connection, C], None] | None = None

    def propose(self, connection: Connection, person: UUID, values: Mapping[str, Any]) -> C:
        """Keep it for approval; the same wish again, whoever has it, is the same row."""
        named = {"person": person, **values}
        connection.execute(_ONE_AT_A_TIME, {"table": self.table})
        if same := connection.execute(self._same, named).one_or_none():
            return self._made(same)
        made = self._made(connection.execute(self._insert, named).one())
        note(connection, _administrator(person), f"{self.called}_proposed", made.id)
        open_work(connection, made.id, "change", self.called, ADMINISTRATORS, first=person)
        return made

    def approve(self, connection: Connection, person: UUID, change: UUID) -> C | Refusal | None:
        """The approved change, why it may not be approved, or None where there is no such one."""
        if self.lock is not None:
            connection.execute(self.lock)
        row = connection.execute(self._locked, {"id": change}).one_or_none()
        if row is None:
            return None
        if row.approved_at is not None:
            return self._made(row) if row.approved_by == person else Refusal(code="already_decided")
        if row.proposed_by == person:
            return Refusal(code="same_person")
        if self.refuse is not None and (refusal := self.refuse(connection, row)):
            return refusal
        note(connection, _administrator(person), f"{self.called}_approved", change)
        named = {"id": change, "person": person}
        done = self._made(connection.execute(self._approve, named).one())
        close_work(connection, change)
        if self.carry_out is not None:
            self.carry_out(connection, done)
        return done

    def read(self, connection: Connection, change: UUID) -> C | None:
        """A change by its id."""
        row = connection.execute(self._read, {"id": change}).one_or_none()
        return None if row is None else self._made(row)

    def page(self, connection: Connection, before: UUID | None, most: int) -> list[C]:
        """The newest first; `before` continues a list."""
        found = connection.execute(self._page, {"before": before, "most": most})
        return [self._made(row) for row in found]

    def _made(self, row: Row[Any]) -> C:
        return self.kind(**row._mapping)

    @cached_property
    def _columns(self) -> str:
        return ", ".join(field.name for field in fields(self.kind))

    @cached_property
    def _same(self) -> TextClause:
        alike = " AND ".join(f"{column} = {value}" for column, value in self.said.items())
        return text(
            f"SELECT {self._columns} FROM {self.table} WHERE {alike} AND approved_at IS NULL"
            " ORDER BY id LIMIT 1"
        )

    @cached_property
    def _insert(self) -> TextClause:
        return text(
            f"INSERT INTO {self.table} ({', '.join(self.said)}, proposed_by)"
            f" VALUES ({', '.join(self.said.values())}, :person) RETURNING {self._columns}"
        )

    @cached_property
    def _read(self) -> TextClause:
        return text(f"SELECT {self._columns} FROM {self.table} WHERE id = :id")

    @cached_property
    def _locked(self) -> TextClause:
        return text(f"SELECT {self._columns} FROM {self.table} WHERE id = :id FOR UPDATE")

    @cached_property
    def _page(self) -> TextClause:
        return text(
            f"SELECT {self._columns} FROM {self.table}"
            " WHERE (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :most"
        )

    @cached_property
    def _approve(self) -> TextClause:
        return text(
            f"UPDATE {self.table} SET approved_by = :person, approved_at = clock_timestamp()"
            f" WHERE id = :id RETURNING {self._columns}"
        )


def _administrator(person: UUID) -> Actor:
    return Actor(role=Role.ADMINISTRATOR, id=str(person))
