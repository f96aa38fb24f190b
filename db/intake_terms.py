"""Another calendar moves the terms of rejected messages on desks too: later, never earlier."""

import json

from sqlalchemy import Connection, TextClause, text

from domain.terms.counting import Calendar, Certificate
from domain.terms.recount import recount

_OPEN = text(
    "SELECT journal_id, certificate FROM intake_task"
    " WHERE state = 'open' AND due_at > (SELECT legal_now()) ORDER BY journal_id FOR UPDATE"
)
_MOVE = text(
    "UPDATE intake_task SET due_at = :due_at, certificate = CAST(:certificate AS jsonb)"
    " WHERE journal_id = :id"
)


_WAITING = text(
    "SELECT journal_id, certificate FROM waiting_message WHERE ended_at IS NULL"
    " AND overdue_at IS NULL AND until > (SELECT legal_now()) ORDER BY journal_id FOR UPDATE"
)
_WAIT_LONGER = text(
    "UPDATE waiting_message SET until = :due_at, certificate = CAST(:certificate AS jsonb)"
    " WHERE journal_id = :id"
)


def recount_tasks(connection: Connection, calendar: Calendar) -> int:
    """Count anew the terms that still run, of tasks and of what waits; how many end later now."""
    tasks = _recounted(connection, calendar, _OPEN, _MOVE)
    return tasks + _recounted(connection, calendar, _WAITING, _WAIT_LONGER)


def _recounted(
    connection: Connection, calendar: Calendar, running: TextClause, move: TextClause
) -> int:
    moved = []
    for row in connection.execute(running).all():
        outcome, made = recount(Certificate.from_json(row.certificate), calendar)
        if outcome == "moves":
            certificate = json.dumps(made.to_json())
            moved.append(
                {"id": row.journal_id, "due_at": made.expires_at, "certificate": certificate}
            )
    if moved:
        connection.execute(move, moved)
    return len(moved)
