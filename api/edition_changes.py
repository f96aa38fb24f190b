"""Moves of open cases to a later edition: proposed, previewed, approved and followed."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.calendar_changes import OutcomeName, Outcomes, State
from api.operations import Asked
from api.schemas import Answer, Texts
from db.edition_changes import AuthorityCount, EditionChange, MovingCase
from definitions.editions import edition
from definitions.wording import every_language


class Move(Asked):
    """The edition under which open cases are to go on, by its code."""

    edition: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]


class MoveView(Answer):
    """A move and how far it has gone; instants are of the wall clock.

    `looked_at` open cases were looked at, `extended` of them go on under the edition.
    """

    id: UUID
    edition: str
    state: State
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    looked_at: int
    extended: int
    extended_at: datetime | None
    told_at: datetime | None


class AuthorityMoves(Answer):
    """Of one authority: cases that move, by status, those that stay, and what deadlines become.

    A case stays that has a status or a term which the edition does not know.
    """

    authority: UUID
    name: str | None
    moving: int
    staying: int
    statuses: dict[str, int]
    deadlines: Outcomes


class MovePreview(MoveView):
    """The move with exact counts of what it would still do now, in all and by authority."""

    moving: int
    staying: int
    authorities: list[AuthorityMoves]


class MoveList(Answer):
    """The newest first; `after` continues the list."""

    moves: list[MoveView]
    after: UUID | None


class MovedDeadline(Answer):
    """One deadline, and what the edition makes of it: `text` says why."""

    period: int
    term: str
    revision: int
    old: date
    new: date
    outcome: OutcomeName
    text: Texts


class MovingCaseView(Answer):
    """One open case of an earlier edition; one that does not move keeps its own."""

    case_id: UUID
    reference: str
    authority: UUID
    status: str
    edition: str
    moves: bool
    deadlines: list[MovedDeadline]


class MovingPage(Answer):
    """Part of the open cases; `after` continues it."""

    cases: list[MovingCaseView]
    after: UUID | None = Field(description="null: this was the last part")


def told_move(change: EditionChange) -> dict[str, Any]:
    """A move in JSON types."""
    shown = MoveView.model_fields.keys() - {"state", "edition"}
    told = {name: getattr(change, name) for name in shown}
    return {**told, "edition": edition(change.edition).code, "state": _state(change)}


def told_counts(counts: list[AuthorityCount]) -> dict[str, Any]:
    """Counts by authority, and their sum."""
    return {
        "moving": sum(one.moving for one in counts),
        "staying": sum(one.staying for one in counts),
        "authorities": [
            {
                "authority": one.authority,
                "name": one.name,
                "moving": one.moving,
                "staying": one.staying,
                "statuses": one.statuses,
                "deadlines": one.deadlines,
            }
            for one in counts
        ],
    }


def told_case(one: MovingCase) -> dict[str, Any]:
    """One case in JSON types and words."""
    shown = MovingCaseView.model_fields.keys() - {"deadlines"}
    told = MovedDeadline.model_fields.keys() - {"text"}
    return {
        **{name: getattr(one, name) for name in shown},
        "deadlines": [
            {
                **{name: getattr(deadline, name) for name in told},
                "text": every_language(f"recount.{deadline.outcome}"),
            }
            for deadline in one.deadlines
        ],
    }


def _state(change: EditionChange) -> State:
    if change.approved_at is None:
        return "proposed"
    if change.extended_at is None:
        return "extending"
    return "telling" if change.told_at is None else "done"
