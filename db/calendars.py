"""Calendars that were announced after the build: proposed by one person, approved by another."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Text, cast
from sqlmodel import col, select

from db.engine import reads
from db.proposals import Proposals
from db.reference_tables import CalendarChange
from db.rows import models
from definitions.calendars import adopt, current_calendar, read_calendar
from domain.messages import Refusal
from domain.terms.counting import Calendar

_APPROVED = select(CalendarChange.version, cast(CalendarChange.days, Text)).where(
    col(CalendarChange.approved_at).is_not(None)
)


def propose(connection: Connection, person: UUID, days: Mapping[str, Any]) -> CalendarChange:
    """Keep a proven calendar for approval; the same proposal again is the same row."""
    return CHANGES.propose(connection, person, version=days["version"], days=days)


def calendar_of(change: CalendarChange) -> Calendar:
    """Proven when it was proposed."""
    return read_calendar(change.version, change.days)


def not_newer(connection: Connection, version: str) -> Refusal | None:
    """Why a calendar of this version cannot come after the one that counts now."""
    learn(connection)
    current = current_calendar().version
    if version > current:
        return None
    return Refusal(code="calendar_not_newer", facts={"current": current})


def _outdated(connection: Connection, change: CalendarChange, _: UUID) -> Refusal | None:
    return not_newer(connection, change.version)


CHANGES: Final = Proposals(table=CalendarChange, called="calendar", refuse=_outdated)
approve = CHANGES.approve
read_change = CHANGES.read
list_changes = CHANGES.page


def read_days(connection: Connection, version: str) -> dict[str, Any] | None:
    """The days of an approved calendar."""
    asked = select(col(CalendarChange.days)).where(CalendarChange.version == version)
    approved = asked.where(col(CalendarChange.approved_at).is_not(None))
    return models(connection, approved).one_or_none()


def learn(connection: Connection) -> None:
    """Count with the approved calendars from now on, in this process."""
    adopt(_read(version, days) for version, days in connection.execute(_APPROVED))


def learn_from(engine: Engine) -> None:
    """The same with a connection of its own."""
    with reads(engine) as connection:
        learn(connection)


@cache
def _read(version: str, days: str) -> Calendar:
    return read_calendar(version, json.loads(days))
