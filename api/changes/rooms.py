"""What a kind of change is to the API, and which part of its effects is asked for."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import Query
from pydantic import StringConstraints
from sqlalchemy import Connection

from api.changes.models import OutcomeName
from api.queries import Unmarked
from db.columns import ProposedChange
from db.open_deadlines import Place
from db.proposals import Proposals
from db.sealing import Seal
from domain.messages import Refusal

CURSOR: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[0-9]{1,4}\.[a-z_]{1,40})?$"


@dataclass(frozen=True)
class ChangePart:
    """Which open deadlines or cases are asked for."""

    authority: Annotated[UUID | None, Query(description="Only of this authority")] = None
    after: Annotated[
        Annotated[str, StringConstraints(pattern=CURSOR)] | None,
        Unmarked,
        Query(description="The `after` of the part before"),
    ] = None
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50


@dataclass(frozen=True)
class Filters(ChangePart):
    """The same, perhaps of one outcome."""

    outcome: Annotated[OutcomeName | None, Query(description="Only deadlines that come out so")] = (
        None
    )


class Room(Protocol):
    """One kind of change, in tables of its own.

    `passed_over` are parameters that would narrow its effects no further.
    """

    proposals: Proposals[Any]
    passed_over: tuple[str, ...]

    def propose(
        self, connection: Connection, seal: Seal, person: UUID, wish: Any
    ) -> ProposedChange:
        """Keep it for approval. Raises Invalid with every mistake of its content."""

    def approve(
        self, connection: Connection, seal: Seal, person: UUID, change: UUID
    ) -> ProposedChange | Refusal | None:
        """It holds; or why it may not be approved; None where there is no such one."""

    def named(self, connection: Connection, change: Any) -> dict[str, Any]:
        """The kind, what tells this change from others of it, and what it says of its state."""

    def counted(self, connection: Connection, seal: Seal, change: Any) -> dict[str, Any]:
        """What it would still do now."""

    def effects(
        self, connection: Connection, change: Any, filters: Filters
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Part of the open cases that it concerns, and where the next part begins."""

    def woken(self, connection: Connection, change: Any) -> list[str]:
        """Cases that an approval has told of it, to be woken at once."""


class ByTwo:
    """What needs no more for its approval than that another administrator gives it, and wakes none:
    a sweep tells the open cases.
    """

    proposals: Proposals[Any]

    def approve(
        self, connection: Connection, _: Seal, person: UUID, change: UUID
    ) -> ProposedChange | Refusal | None:
        """It holds from now on, or from its day on."""
        approved: ProposedChange | Refusal | None = self.proposals.approve(
            connection, person, change
        )
        return approved

    def woken(self, connection: Connection, change: Any) -> list[str]:
        """None at once."""
        return []


def cursor(place: Place) -> str:
    """After which deadline the next part begins."""
    return ".".join(map(str, place))


def read_cursor(text: str) -> Place:
    """The place that a cursor names; of a case alone, its beginning."""
    case_id, _, rest = text.partition(".")
    period, _, term = rest.partition(".")
    return UUID(case_id), int(period or 0), term
