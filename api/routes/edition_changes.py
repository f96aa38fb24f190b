"""Open cases go on under a later edition: previewed, and carried out by two people."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from api.auth import Administrator
from api.deps import EngineDep
from api.edition_changes import (
    Move,
    MoveList,
    MovePreview,
    MovingPage,
    told_case,
    told_counts,
    told_move,
)
from api.mistakes import mistake_at
from api.problems import Invalid
from api.proposals import APPROVED, NONE, approved, existing, person_of
from api.reading import JSON
from db.dispatches import legal_now
from db.edition_changes import (
    BEGIN,
    EditionChange,
    approve_move,
    count_moving,
    list_moves,
    list_moving,
    propose_move,
    read_move,
)
from db.engine import reads
from definitions.editions import edition, editions
from domain.process import Edition
from domain.terms import local_day

router = APIRouter(prefix="/v1/edition-changes", tags=["operations"])


@dataclass(frozen=True)
class Filters:
    """Which open cases are asked for."""

    authority: UUID | None = None
    after: Annotated[UUID | None, Query(description="The `after` of the part before")] = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50


@router.post(
    "",
    operation_id="proposeEditionMove",
    response_model=MovePreview,
    status_code=201,
    dependencies=JSON,
)
def propose(administrator: Administrator, engine: EngineDep, body: Move) -> dict[str, Any]:
    """Propose that open cases go on under a later edition; nothing changes before the approval.

    The edition must be in force, and published so that open cases move. The same proposal again is
    the same move.
    """
    person = person_of(administrator)
    with engine.begin() as connection:
        after = _in_force(connection, body.edition)
        return _preview(connection, propose_move(connection, person, after))


def _in_force(connection: Connection, code: str) -> Edition:
    """The edition of this code, if it takes open cases over today."""
    today = local_day(legal_now(connection))
    moving = [
        one
        for one in editions().values()
        if one.open_cases == "move" and one.valid_from <= today
        if one.valid_to is None or today <= one.valid_to
    ]
    found = next((one for one in moving if one.code == code), None)
    if found is None:
        allowed = ", ".join(one.code for one in moving) or "-"
        raise Invalid([mistake_at("edition", "not_allowed_value", allowed=allowed)])
    return found


def _preview(connection: Connection, change: EditionChange) -> dict[str, Any]:
    counts = count_moving(connection, edition(change.edition))
    return {**told_move(change), **told_counts(counts)}


@router.get("", operation_id="listEditionMoves", response_model=MoveList)
def read_all(
    administrator: Administrator,
    engine: EngineDep,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Every move that was proposed, the newest first."""
    with reads(engine) as connection:
        found = list_moves(connection, after, limit)
    last = found[-1].id if len(found) == limit else None
    return {"moves": [told_move(one) for one in found], "after": last}


@router.get(
    "/{change_id}", operation_id="readEditionMove", response_model=MovePreview, responses=NONE
)
def read_one(administrator: Administrator, engine: EngineDep, change_id: UUID) -> dict[str, Any]:
    """How far it has gone, and what it would still do now, by authority."""
    with reads(engine) as connection:
        return _preview(connection, existing(read_move(connection, change_id)))


@router.get(
    "/{change_id}/cases",
    operation_id="previewEditionMove",
    response_model=MovingPage,
    responses=NONE,
)
def preview(
    administrator: Administrator,
    engine: EngineDep,
    change_id: UUID,
    filters: Annotated[Filters, Depends()],
) -> dict[str, Any]:
    """Every open case that is concerned, with its deadlines: no day becomes an earlier one."""
    with reads(engine) as connection:
        found = list_moving(
            connection,
            edition(existing(read_move(connection, change_id)).edition),
            after_case=filters.after or BEGIN,
            most=filters.limit,
            authority=filters.authority,
        )
    after = found[-1].case_id if len(found) == filters.limit else None
    return {"cases": [told_case(one) for one in found], "after": after}


@router.post(
    "/{change_id}/approve",
    operation_id="approveEditionMove",
    response_model=MovePreview,
    dependencies=JSON,
    responses=APPROVED,
)
def approve(administrator: Administrator, engine: EngineDep, change_id: UUID) -> dict[str, Any]:
    """Approve what another administrator proposed: the files of open cases get the edition."""
    person = person_of(administrator)
    with engine.begin() as connection:
        found = approved(approve_move(connection, person, change_id))
    with reads(engine) as connection:
        return _preview(connection, found)
