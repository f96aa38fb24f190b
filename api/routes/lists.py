"""Lists of cases: filtered, paged by key, and what has changed since."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from api.access import asks, condition, source
from api.auth import Caller, Reader
from api.deps import LinesDep, PoolDep
from api.pages import PRIVATE
from api.rendering import dumps
from api.schemas import CaseList
from api.streams import LAST_ID, Cursor
from db.views import Wanted, read_lines
from definitions.editions import editions
from definitions.forms import is_day
from domain.messages import Role
from domain.sight import ORDER_ENDED

router = APIRouter(prefix="/v1/cases", tags=["cases"])
UUID_PATTERN: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _instant(value: Any) -> datetime:
    if not (isinstance(value, str) and RFC3339.fullmatch(value) and is_day(value[:10])):
        raise PydanticCustomError("datetime_parsing", "wrong form")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise PydanticCustomError("datetime_parsing", "wrong form") from None


class OneOf:
    """A word of a closed list that the definitions give; a wrong one is told with all of them."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = sorted(set(allowed))

    def __call__(self, value: Any) -> Any:
        if value not in self.allowed:
            told = {"expected": ", ".join(self.allowed)}
            raise PydanticCustomError("literal_error", "no such word", told)
        return value


_STATUSES: Final = {
    code: status for one in editions().values() for code, status in one.process.statuses.items()
}
_STATUS: Final = OneOf({*_STATUSES, ORDER_ENDED} - {"none"})
# Whom a status names; of signers one or the other is waited for.
_WAITS: Final = OneOf({*(one.waits_for for one in _STATUSES.values()), *Role} - {"signers"})
StatusCode = Annotated[
    str, BeforeValidator(_STATUS), Field(json_schema_extra={"enum": [*_STATUS.allowed]})
]
WaitsFor = Annotated[
    str, BeforeValidator(_WAITS), Field(json_schema_extra={"enum": [*_WAITS.allowed]})
]
Item = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
Place = Annotated[str, StringConstraints(pattern=rf"^[0-9]{{1,18}}\.{UUID_PATTERN}$")]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    Field(json_schema_extra={"pattern": "^(19|20|21)[0-9]{2}-"}),
]
YesNo = Literal["true", "false"]


class Asked(BaseModel):
    """Which cases, and which part of their list."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    status: StatusCode | None = Field(default=None, description="Code of a status")
    waits_for: WaitsFor | None = Field(default=None, description="Role that must act")
    due_before: Instant | None = Field(default=None, description="The term ends before")
    item: Item | None = Field(default=None, description="Code of the catalogue")
    closed: YesNo | None = Field(default=None, description="Open or closed ones only")
    stuck: YesNo = Field(default="false", description="Only those somebody must look after")
    escalated_to: Literal["me"] | None = Field(
        default=None, description="Only those with an open question that is put to you"
    )
    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = Field(default=None, description="The `after` of the part before")
    changed_since: Place | None = Field(
        default=None, description="The `changed_since` of an earlier answer"
    )
    count: YesNo = Field(default="false", description="Count all that the filters let through")


@router.get(
    "",
    operation_id="listCases",
    response_class=Response,
    responses={200: {"model": CaseList, "description": "Part of the list"}},
)
async def list_cases(
    pool: PoolDep,
    lines: LinesDep,
    reader: Reader,
    asked: Annotated[Asked, Query()],
) -> Response:
    """The cases that you see, oldest first; with `changed_since`, those changed since then."""
    rows = await read_lines(pool, _wanted(reader, asked))
    found = [row for row in rows if row["case_id"] is not None]
    full = len(found) == asked.limit
    after = str(found[-1]["case_id"]) if full and asked.changed_since is None else None
    told = {"after": after, "changed_since": _place(rows[0]["settled"], found, asked, full)}
    if asked.count == "true":
        told["count"] = rows[0]["total"]
    shown = ",".join(lines.render(row, source(reader)) for row in found)
    body = f'{{"cases":[{shown}],{dumps(told)[1:]}'
    return Response(body, headers=PRIVATE, media_type="application/json")


def _wanted(reader: Caller, asked: Asked) -> Wanted:
    access, owner = condition(reader)
    asks_for = asks(reader) if asked.escalated_to == "me" else None
    if asks_for is not None:  # who is asked sees the case, wherever it is
        access, owner = "$1::uuid IS NULL", None
    elif asked.escalated_to == "me":  # a party is never asked
        access, owner = "$1::uuid IS NULL", LAST_ID
    return Wanted(
        source=source(reader),
        access=access,
        owner=owner,
        most=asked.limit,
        after=asked.after,
        since=_cursor(asked.changed_since),
        status=asked.status,
        waits_for=asked.waits_for,
        due_before=asked.due_before,
        item=asked.item,
        closed=None if asked.closed is None else asked.closed == "true",
        stuck=asked.stuck == "true",
        asked=asks_for,
        count=asked.count == "true",
    )


def _cursor(place: str | None) -> Cursor | None:
    if place is None:
        return None
    transaction, _, case = place.partition(".")
    return int(transaction), UUID(case)


def _place(settled: int, found: list[Any], asked: Asked, full: bool) -> str:
    """From where to ask for changes next time; nothing can still appear below it."""
    if asked.changed_since is not None and full:
        return f"{found[-1]['xid']}.{found[-1]['case_id']}"
    return f"{settled - 1}.{LAST_ID}"
