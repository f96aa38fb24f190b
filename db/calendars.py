"""Calendars that were announced after the build: proposed by one person, approved by another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, text

from db.engine import reads
from db.proposals import Proposal, Proposals
from definitions.calendars import adopt, current_calendar, read_calendar
from domain.messages import Refusal
from domain.terms.counting import Calendar

# Two approvals at once would both be the newest.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('calendar_change', 0))")
_APPROVED = text(
    "SELECT version, days::text AS days FROM calendar_change WHERE approved_at IS NOT NULL"
)
_DAYS = text(
    "SELECT days FROM calendar_change WHERE version = :version AND approved_at IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChange(Proposal):
    """A change of the calendar; `extended` cases have an extension in their file."""

    version: str
    days: dict[str, Any]

    @property
    def calendar(self) -> Calendar:
        """Proven when it was proposed."""
        return read_calendar(self.version, self.days)


def propose(connection: Connection, person: UUID, days: Mapping[str, Any]) -> CalendarChange:
    """Keep a proven calendar for approval; the same proposal again is the same row."""
    values = {"version": days["version"], "days": json.dumps(days)}
    return CHANGES.propose(connection, person, values)


def _not_newer(connection: Connection, row: Row[Any]) -> Refusal | None:
    learn(connection)
    current = current_calendar().version
    if row.version > current:
        return None
    return Refusal(code="calendar_not_newer", facts={"current": current})


CHANGES: Final = Proposals(
    table="calendar_change",
    kind=CalendarChange,
    said={"version": ":version", "days": "CAST(:days AS jsonb)"},
    called="calendar",
    lock=_ONE_AT_A_TIME,
    refuse=_not_newer,
)
approve = CHANGES.approve
read_change = CHANGES.read
list_changes = CHANGES.page


def read_days(connection: Connection, version: str) -> dict[str, Any] | None:
    """The days of an approved calendar."""
    found: dict[str, Any] | None = connection.execute(_DAYS, {"version": version}).scalar()
    return found


def learn(connection: Connection) -> None:
    """Count with the approved calendars from now on, in this process."""
    adopt(_read(row.version, row.days) for row in connection.execute(_APPROVED))


def learn_from(engine: Engine) -> None:
    """The same with a connection of its own."""
    with reads(engine) as connection:
        learn(connection)


@cache
def _read(version: str, days: str) -> Calendar:
    return read_calendar(version, json.loads(days))
