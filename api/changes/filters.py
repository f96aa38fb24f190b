"""Which part of what a change does is asked for."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from pydantic import StringConstraints

from api.changes.models import OutcomeName
from api.queries import Unmarked

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
