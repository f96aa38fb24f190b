"""Who did which operation: what was changed from outside the process of a case."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.auth import Administrator
from api.bodies import Day
from api.deps import EngineDep, SealDep
from api.queries import Unmarked, marked
from api.schemas import Answer
from db.audit import Action, Wanted, list_operations
from db.engine import reads
from db.exports import EXPORTED, Exported, read_exports

router = APIRouter(prefix="/v1", tags=["operations"])
MOST_ID = 10**15


class ExportRecord(Answer):
    """Which list was taken away, and what for."""

    form: str = Field(description="Which kind of file")
    list: dict[str, Any] = Field(description="Which list, with its filters as codes")
    rows: int = Field(description="How many rows it had")
    purpose: str | None = Field(
        description="What for, in the words of who took it; null: not kept any more"
    )


class DoneOperation(Answer):
    """One line of the record, which never changes."""

    id: int
    at: datetime = Field(description="When it was done, in legal time")
    action: str = Field(description="What was done, by code")
    role: str = Field(description="In which role")
    person: UUID = Field(description="Who did it")
    person_label: str | None = Field(None, description="The name; null: it is not known")
    subject: UUID = Field(description="To what: a case, a change, a supplier, a task, an offer")
    case: UUID | None = Field(description="In which case it was done; null: in none")
    export: ExportRecord | None = Field(None, description="Of a list that was taken away, which")
    reference: str | None = Field(description="Of the case to which or in which it was done")
    switch: str | None = Field(description="Of a hold: what was held")


class OperationList(Answer):
    """The newest first; `after` continues the list."""

    operations: list[DoneOperation] = Field(description="A part of them")
    after: str | None = Field(description="Where the next part begins; null: there is none")


@router.get("/operations", operation_id="listOperations", response_model=OperationList)
def read_all(
    request: Request,
    administrator: Administrator,
    engine: EngineDep,
    sealer: SealDep,
    case: Annotated[UUID | None, Query(description="Only what was done to or in this case")] = None,
    official: Annotated[UUID | None, Query(description="Only what this one did")] = None,
    action: Annotated[Action | None, Query(description="Only what was done so")] = None,
    day: Annotated[Day | None, Query(description="Only what was done on this local day")] = None,
    after: Annotated[
        Annotated[int, Query(ge=1, le=MOST_ID, description="The `after` of the part before")]
        | None,
        Unmarked,
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
) -> dict[str, Any]:
    """Every operation on cases, and every change of law, reference data and desks, with who did it.

    Who only read what is personal is on record too, and not told here.
    """
    with reads(engine) as connection:
        found = list_operations(connection, Wanted(case, official, action, day), after, limit)
        exports = read_exports(
            connection, sealer, [one.subject for one in found if one.action == EXPORTED]
        )
    last = found[-1].id if len(found) == limit else None
    return {
        "operations": [_told(row, exports.get(row.subject)) for row in found],
        "after": marked(request, last),
    }


def _told(row: Any, export: Exported | None) -> dict[str, Any]:
    shown = ("id", "at", "action", "subject", "reference", "switch")
    told = {name: getattr(row, name) for name in shown}
    if export is not None:
        kept = {"form": export.form, "rows": export.rows, "purpose": export.purpose}
        told["export"] = {**kept, "list": export.which}
    return {**told, "role": row.actor_role, "person": row.actor_id, "case": row.case_id}
