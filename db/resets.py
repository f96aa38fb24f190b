"""Resets of runs: one administrator proposes, another approves, and only then is a run cut."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from db.operation_tables import RunReset
from db.proposals import Proposals
from db.rows import models
from domain.messages import Refusal

RESETS: Final = Proposals(table=RunReset, called="case_reset", subject="case_id")


def propose(
    connection: Connection, person: UUID, case: UUID, run: str, point: dict[str, int | None]
) -> RunReset:
    """Keep it for approval; the same wish again, whoever has it, is the same row."""
    to = {"to_seq": None, "to_event": None, **point}
    return RESETS.propose(connection, person, case_id=case, run_id=run, **to)


def read_open(connection: Connection, case: UUID) -> list[RunReset]:
    """What waits for a second administrator, the oldest first."""
    waiting = select(RunReset).filter_by(case_id=case, approved_at=None).order_by(col(RunReset.id))
    return list(models(connection, waiting))


def approve(
    connection: Connection, person: UUID, case: UUID, reset: UUID, run: str
) -> RunReset | Refusal | None:
    """The approved reset, why it may not be approved, or None where there is no such one.

    `run` is the current one: a run that was replaced since is not what the first one looked at.
    Whoever approved it may say so again, to carry out what was interrupted.
    """
    held = RESETS.read(connection, reset)
    if held is None or held.case_id != case:
        return None
    if held.run_id != run:
        return Refusal(code="reset_outdated")
    return RESETS.approve(connection, person, reset)
