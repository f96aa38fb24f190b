"""Calendars that were announced after the build: proposed by one person, approved by another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, text

from db.audit import note
from definitions.calendars import adopt, current_calendar, read_calendar
from domain.messages import Actor, Refusal, Role
from domain.terms import Calendar

_COLUMNS: Final = (
    "id, version, days, proposed_by, proposed_at, approved_by, approved_at, looked_at, extended,"
    " extended_at, told_at"
)
_SAME = text(
    f"SELECT {_COLUMNS} FROM calendar_change WHERE proposed_by = :person"
    " AND days = CAST(:days AS jsonb) AND approved_at IS NULL LIMIT 1"
)
_PROPOSE = text(
    "INSERT INTO calendar_change (version, days, proposed_by)"
    f" VALUES (:version, CAST(:days AS jsonb), :person) RETURNING {_COLUMNS}"
)
_READ = text(f"SELECT {_COLUMNS} FROM calendar_change WHERE id = :id")
_LOCK = text(f"SELECT {_COLUMNS} FROM calendar_change WHERE id = :id FOR UPDATE")
_LIST = text(
    f"SELECT {_COLUMNS} FROM calendar_change WHERE (CAST(:before AS uuid) IS NULL OR id < :before)"
    " ORDER BY id DESC LIMIT :most"
)
_APPROVE = text(
    "UPDATE calendar_change SET approved_by = :person, approved_at = clock_timestamp()"
    f" WHERE id = :id RETURNING {_COLUMNS}"
)
# Two approvals at once would both be the newest.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('calendar_change', 0))")
_APPROVED = text(
    "SELECT version, days::text AS days FROM calendar_change WHERE approved_at IS NOT NULL"
)
_DAYS = text(
    "SELECT days FROM calendar_change WHERE version = :version AND approved_at IS NOT NULL"
)
_NEWER = text(
    "SELECT 1 FROM calendar_change WHERE approved_at IS NOT NULL AND version > :version LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """A change of the calendar; instants are of the wall clock.

    `looked_at` open cases were looked at, `extended` of them have an extension in their file.
    """

    id: UUID
    version: str
    days: dict[str, Any]
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    looked_at: int
    extended: int
    extended_at: datetime | None
    told_at: datetime | None

    @property
    def calendar(self) -> Calendar:
        """Proven when it was proposed."""
        return read_calendar(self.version, self.days)


def propose(connection: Connection, person: UUID, days: Mapping[str, Any]) -> CalendarChange:
    """Keep a proven calendar for approval; the same proposal again is the same row."""
    named = {"person": person, "version": days["version"], "days": json.dumps(days)}
    if same := connection.execute(_SAME, named).one_or_none():
        return _change(same)
    made = _change(connection.execute(_PROPOSE, named).one())
    note(connection, _administrator(person), "calendar_proposed", made.id)
    return made


def approve(connection: Connection, person: UUID, change: UUID) -> CalendarChange | Refusal | None:
    """The approved change, why it may not be approved, or None where there is no such change."""
    connection.execute(_ONE_AT_A_TIME)
    row = connection.execute(_LOCK, {"id": change}).one_or_none()
    if row is None:
        return None
    if row.approved_at is not None:
        return _change(row) if row.approved_by == person else Refusal(code="already_decided")
    if row.proposed_by == person:
        return Refusal(code="same_person")
    learn(connection)
    current = current_calendar().version
    if row.version <= current:
        return Refusal(code="calendar_not_newer", facts={"current": current})
    note(connection, _administrator(person), "calendar_approved", change)
    return _change(connection.execute(_APPROVE, {"id": change, "person": person}).one())


def read_change(connection: Connection, change: UUID) -> CalendarChange | None:
    """A change by its id."""
    row = connection.execute(_READ, {"id": change}).one_or_none()
    return None if row is None else _change(row)


def list_changes(connection: Connection, before: UUID | None, most: int) -> list[CalendarChange]:
    """The newest first; `before` continues a list."""
    return [_change(row) for row in connection.execute(_LIST, {"before": before, "most": most})]


def read_days(connection: Connection, version: str) -> dict[str, Any] | None:
    """The days of an approved calendar."""
    found: dict[str, Any] | None = connection.execute(_DAYS, {"version": version}).scalar()
    return found


def is_outdated(connection: Connection, version: str) -> bool:
    """Whether a newer calendar than this one has been approved."""
    return connection.execute(_NEWER, {"version": version}).first() is not None


def learn(connection: Connection) -> None:
    """Count with the approved calendars from now on, in this process."""
    adopt(_read(row.version, row.days) for row in connection.execute(_APPROVED))


def learn_from(engine: Engine) -> None:
    """The same with a connection of its own."""
    with engine.connect() as connection:
        learn(connection)


def _administrator(person: UUID) -> Actor:
    return Actor(role=Role.ADMINISTRATOR, id=str(person))


@cache
def _read(version: str, days: str) -> Calendar:
    return read_calendar(version, json.loads(days))


def _change(row: Row[Any]) -> CalendarChange:
    return CalendarChange(**row._mapping)
