"""Resets of runs: one administrator proposes, another approves, and only then is a run cut."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.audit import note
from db.work import ADMINISTRATORS, close_work, open_work
from domain.messages import Actor, Refusal, Role

_COLUMNS: Final = (
    "id, case_id, run_id, to_seq, to_event, proposed_by, proposed_at, approved_by, approved_at"
)
_SAME = text(
    f"SELECT {_COLUMNS} FROM run_reset WHERE case_id = :case AND run_id = :run AND approved_at IS"
    " NULL AND to_seq IS NOT DISTINCT FROM CAST(:to_seq AS integer)"
    " AND to_event IS NOT DISTINCT FROM CAST(:to_event AS integer) ORDER BY id LIMIT 1"
)
_ONE_AT_A_TIME = text("SELECT 1 FROM case_head WHERE case_id = :case FOR UPDATE")
_ADD = text(
    "INSERT INTO run_reset (case_id, run_id, to_seq, to_event, proposed_by)"
    f" VALUES (:case, :run, :to_seq, :to_event, :person) RETURNING {_COLUMNS}"
)
_LOCKED = text(f"SELECT {_COLUMNS} FROM run_reset WHERE id = :id AND case_id = :case FOR UPDATE")
_OPEN = text(
    f"SELECT {_COLUMNS} FROM run_reset WHERE case_id = :case AND approved_at IS NULL ORDER BY id"
)
_APPROVE = text(
    "UPDATE run_reset SET approved_by = :person, approved_at = clock_timestamp() WHERE id = :id"
    f" RETURNING {_COLUMNS}"
)


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """A reset of the run `run_id` to one point; instants are of the wall clock."""

    id: UUID
    case_id: UUID
    run_id: str
    to_seq: int | None
    to_event: int | None
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None


def propose(
    connection: Connection, person: UUID, case: UUID, run: str, point: dict[str, Any]
) -> ResetRequest:
    """Keep it for approval; the same wish again, whoever has it, is the same row."""
    to = {"to_seq": None, "to_event": None, **point}
    named = {"case": case, "run": run, "person": person, **to}
    connection.execute(_ONE_AT_A_TIME, named)
    if same := connection.execute(_SAME, named).one_or_none():
        return _made(same)
    made = _made(connection.execute(_ADD, named).one())
    note(connection, _administrator(person), "case_reset_proposed", case)
    open_work(connection, made.id, "change", "case_reset", ADMINISTRATORS, first=person)
    return made


def read_open(connection: Connection, case: UUID) -> list[ResetRequest]:
    """What waits for a second administrator, the oldest first."""
    return [_made(row) for row in connection.execute(_OPEN, {"case": case})]


def approve(
    connection: Connection, person: UUID, case: UUID, reset: UUID, run: str
) -> ResetRequest | Refusal | None:
    """The approved reset, why it may not be approved, or None where there is no such one.

    `run` is the current one: a run that was replaced since is not what the first one looked at.
    Whoever approved it may say so again, to carry out what was interrupted.
    """
    row = connection.execute(_LOCKED, {"id": reset, "case": case}).one_or_none()
    if row is None:
        return None
    if row.approved_at is not None and row.approved_by != person:
        return Refusal(code="already_decided")
    if row.proposed_by == person:
        return Refusal(code="same_person")
    if row.run_id != run:
        return Refusal(code="reset_outdated")
    if row.approved_at is not None:
        return _made(row)
    note(connection, _administrator(person), "case_reset", case)
    close_work(connection, reset)
    return _made(connection.execute(_APPROVE, {"id": reset, "person": person}).one())


def _administrator(person: UUID) -> Actor:
    return Actor(role=Role.ADMINISTRATOR, id=str(person))


def _made(row: Any) -> ResetRequest:
    return ResetRequest(**{field.name: getattr(row, field.name) for field in fields(ResetRequest)})
