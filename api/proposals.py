"""What the API tells of a change of the law that two administrators make together."""

from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from api.auth import Caller
from api.problems import Problem, Refused
from api.schemas import Answer
from db.proposals import Proposal, Proposed, State
from domain.messages import Refusal

NONE: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "There is none"}}
APPROVED: Final[dict[int | str, dict[str, Any]]] = {
    **NONE,
    409: {"description": "Refused, with the reasons"},
}
C = TypeVar("C", bound=Proposed)


class ProposalView(Answer):
    """A change and how far it has gone; instants are of the wall clock.

    `looked_at` open cases were looked at, in the files of `extended` of them it changed something.
    """

    id: UUID
    state: State
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    looked_at: int
    extended: int
    extended_at: datetime | None


def told_proposal(change: Proposal) -> dict[str, Any]:
    """What every change has, in JSON types."""
    return {name: getattr(change, name) for name in ProposalView.model_fields}


def person_of(administrator: Caller) -> UUID:
    """Who proposes or approves. Problem `not_allowed` for one without a person."""
    if administrator.person is None:
        raise Problem("not_allowed")
    return administrator.person


def existing(found: C | None) -> C:
    """The change that is there. Problem `not_found` otherwise."""
    if found is None:
        raise Problem("not_found")
    return found


def approved(outcome: C | Refusal | None) -> C:
    """The change as it was approved. Problem `not_found`, or the reason of the refusal."""
    if isinstance(outcome, Refusal):
        raise Refused([outcome.model_dump(mode="json")])
    return existing(outcome)
