"""Another calendar moves the terms of rejected messages on desks too: later, never earlier."""

import json

from sqlalchemy import Connection, text

from domain.recount import recount
from domain.terms import Calendar, Certificate

_OPEN = text(
    "SELECT journal_id, certificate FROM intake_task"
    " WHERE state = 'open' AND due_at > (SELECT legal_now()) ORDER BY journal_id FOR UPDATE"
)
_MOVE = text(
    "UPDATE intake_task SET due_at = :due_at, certificate = CAST(:certificate AS jsonb)"
    " WHERE journal_id = :id"
)


def recount_tasks(connection: Connection, calendar: Calendar) -> int:
    """Count the terms of all open tasks that have not come anew; how many end later now."""
    moved = []
    for row in connection.execute(_OPEN).all():
        outcome, made = recount(Certificate.from_json(row.certificate), calendar)
        if outcome == "moves":
            certificate = json.dumps(made.to_json())
            moved.append(
                {"id": row.journal_id, "due_at": made.expires_at, "certificate": certificate}
            )
    if moved:
        connection.execute(_MOVE, moved)
    return len(moved)
