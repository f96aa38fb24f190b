"""Moves of open cases to a later edition: proposed, previewed, approved and followed."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.calendar_changes import OutcomeName, Outcomes
from api.operations import Asked
from api.proposals import ProposalView, told_proposal
from api.schemas import Answer, Texts
from db.edition_changes import AuthorityCount, EditionChange, MovingCase
from definitions.editions import edition
from definitions.wording import every_language


class Move(Asked):
    """The edition under which open cases are to go on, by its code."""

    edition: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]


class MoveView(ProposalView):
    """A move to an edition; `extended` cases go on under it."""

    edition: str


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
    return {**told_proposal(change), "edition": edition(change.edition).code}


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
