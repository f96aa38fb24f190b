"""Another calendar moves the terms of rejected messages on desks too: later, never earlier."""

from typing import Any, TypeVar

from sqlalchemy import Connection, func, update
from sqlmodel import col, select

from db.message_tables import WaitingMessage
from db.rows import models
from db.tables import IntakeTaskRow
from domain.terms.counting import Calendar, Certificate
from domain.terms.recount import recount

T = TypeVar("T", IntakeTaskRow, WaitingMessage)


def recount_tasks(connection: Connection, calendar: Calendar) -> int:
    """Count anew the terms that still run, of tasks and of what waits; how many end later now."""
    tasks = _recounted(connection, calendar, IntakeTaskRow, "due_at", state="open")
    waits = {"ended_at": None, "overdue_at": None}
    return tasks + _recounted(connection, calendar, WaitingMessage, "until", **waits)


def _recounted(
    connection: Connection,
    calendar: Calendar,
    table: type[T],
    end: str,
    **open_: Any,
) -> int:
    now = select(func.legal_now()).scalar_subquery()
    running = select(table).filter_by(**open_).where(col(getattr(table, end)) > now)
    locked = running.order_by(col(table.journal_id)).with_for_update()
    moved = 0
    for row in models(connection, locked).all():
        outcome, made = recount(Certificate.from_json(row.certificate), calendar)
        if outcome == "moves":
            later = {end: made.expires_at, "certificate": made.to_json()}
            connection.execute(update(table).filter_by(journal_id=row.journal_id).values(later))
            moved += 1
    return moved
