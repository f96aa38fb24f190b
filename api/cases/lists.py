"""Lists of cases: filtered, paged by key, and what has changed since."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from api.access import OFFICIALS, asks, seen
from api.auth import READERS, Caller, Reader
from api.cases.figures import FigureWalks
from api.cases.lines import Lines
from api.cases.listings import CaseList
from api.cases.live import LAST_ID, cursor_in
from api.cases.pages import PRIVATE
from api.hot import hot
from api.labels import labelled
from api.mistakes import parameter_mistake
from api.problems import Invalid, Problem
from api.queries import Unmarked, marked, refuse_beside
from api.rendering import dumps, instant
from db.lists import (
    MOST_COUNTED,
    NOTHING,
    SILENCE,
    Place,
    Sort,
    WantedCases,
    escalated,
    legal_now,
    read_lines,
)
from db.pool import ReadPool
from definitions.editions import editions
from definitions.forms import is_day
from domain.messages import Role
from domain.parties.sight import ORDER_ENDED

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
    """A word of a closed list that the definitions give; a wrong one is told with all of them, in
    the order of the process.
    """

    def __init__(self, allowed: Iterable[str], *but: str) -> None:
        self.allowed = [one for one in dict.fromkeys(allowed) if one not in but]

    def __call__(self, value: Any) -> Any:
        if value not in self.allowed:
            told = {"expected": ", ".join(self.allowed)}
            raise PydanticCustomError("literal_error", "no such word", told)
        return value


_STATUSES: Final = {
    code: status for one in editions().values() for code, status in one.process.statuses.items()
}
_OPEN: Final = {code for code, status in _STATUSES.items() if not status.closed} - {
    code
    for one in editions().values()
    for code, status in one.process.statuses.items()
    if status.closed
}
_STATUS: Final = OneOf((*_STATUSES, ORDER_ENDED), "none")
# Whom a status names; of signers one or the other is waited for.
_WAITS: Final = OneOf(
    (*(one.value for one in Role), *(one.waits_for for one in _STATUSES.values())), "signers"
)
StatusCode = Annotated[
    str, BeforeValidator(_STATUS), Field(json_schema_extra={"enum": [*_STATUS.allowed]})
]
WaitsFor = Annotated[
    str, BeforeValidator(_WAITS), Field(json_schema_extra={"enum": [*_WAITS.allowed]})
]
Item = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
Since = Annotated[str, StringConstraints(pattern=rf"^[0-9]{{1,18}}\.{UUID_PATTERN}$")]
REFERENCE: Final = re.compile(r"[A-Z0-9]{1,32}")
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    Field(json_schema_extra={"pattern": "^(19|20|21)[0-9]{2}-"}),
]
Area = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,9}$")]
Reference = Annotated[str, StringConstraints(pattern=f"^{REFERENCE.pattern}$")]
YesNo = Literal["true", "false"]
Spoken = Literal["kk", "ru", "en", "none"]
# Beside figures of all they would be passed over.
NARROWING: Final = (
    *("status", "waits_for", "due_before", "item", "reference", "closed", "stuck", "region"),
    *("escalated_to", "after", "changed_since", "silent", "language"),
)


class AskedList(BaseModel):
    """Which cases, and which part of their list."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    status: StatusCode | None = Field(default=None, description="Code of a status")
    waits_for: WaitsFor | None = Field(default=None, description="Role that must act")
    due_before: Instant | None = Field(default=None, description="The term ends before")
    item: Item | None = Field(default=None, description="Code of the catalogue")
    reference: Reference | None = Field(default=None, description="Only the case that is called so")
    closed: YesNo | None = Field(default=None, description="Open or closed ones only")
    stuck: YesNo = Field(default="false", description="Only those somebody must look after")
    escalated_to: Literal["me"] | None = Field(
        default=None, description="Only those with an open question that is put to you"
    )
    sort: Sort = Field(
        default="reference", description="Soonest due, longest in its status, or oldest first"
    )
    limit: int = Field(default=50, ge=1, le=200)
    after: Annotated[str | None, Unmarked] = Field(
        default=None, max_length=100, description="The `after` of the part before"
    )
    changed_since: Since | None = Field(
        default=None, description="The `changed_since` of an earlier answer"
    )
    region: Area | None = Field(
        default=None, description="Where it is: the beginning of the code of a place"
    )
    silent: YesNo = Field(
        default="false",
        description="Only those in which nobody was told or said anything for so long that it is"
        " to be looked at",
    )
    language: Spoken | None = Field(
        default=None,
        description="In which language the recipient was written to last; `none`: in none yet",
    )
    count: YesNo = Field(
        default="false", description=f"Count what is let through, to {MOST_COUNTED}"
    )
    figures: YesNo = Field(
        default="false", description="To officials, figures of all open cases that you see"
    )

    @field_validator("after")
    @classmethod
    def in_order(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Only a place of the order that is asked for continues its list."""
        if value is not None:
            _read_place(value, info.data.get("sort", "reference"))
        return value


def _read_place(after: str, sort: str) -> Place:
    """From `_place_of`. PydanticCustomError for anything else."""
    if sort == "reference" and REFERENCE.fullmatch(after):
        return Place(after)
    value, _, case = after.rpartition("~")
    if sort != "reference" and re.fullmatch(UUID_PATTERN, case) and (value or sort == "due"):
        return Place(_instant(value) if value else None, UUID(case))
    raise PydanticCustomError("string_pattern_mismatch", "wrong form")


def _place_of(row: Any, sort: str) -> str:
    """Where a list goes on after a row: exact, also where many have the same value."""
    if sort == "reference":
        return str(row["reference"])
    value = row["due_at" if sort == "due" else "since"]
    return f"{'' if value is None else instant(value)}~{row['case_id']}"


async def _rightly(request: Request) -> Response | None:
    """The list for who asks without a mistake."""
    try:
        asked = AskedList.model_validate(dict(request.query_params))
    except ValidationError:
        return None
    return await list_cases(request, await READERS(request), asked)


router = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=hot(_rightly))


@router.get(
    "",
    operation_id="listCases",
    response_class=Response,
    responses={200: {"model": CaseList, "description": "Part of the list"}},
)
async def list_cases(
    request: Request, reader: Reader, asked: Annotated[AskedList, Query()]
) -> Response:
    """The cases that you see in an order; with `changed_since`, those changed since then.

    Changes have an order of their own, and go on by the `changed_since` of their answer.
    """
    pool: ReadPool = request.app.state.pool
    lines: Lines = request.app.state.lines
    if asked.changed_since is not None:
        refuse_beside(request, "sort", "after", "count")
    if asked.figures == "true":
        refuse_beside(request, *NARROWING)
        if reader.role not in OFFICIALS:
            raise Problem("not_allowed")
    wanted = wanted_of(reader, asked)
    if wanted.seen.table != "case_view":
        refuse_beside(request, "region", "silent", "language")
    if asked.stuck == "true":
        wanted = replace(wanted, stuck_at=await legal_now(pool))
    rows = await read_lines(pool, wanted)
    if wanted.since is not None and wanted.since[0] >= rows[0]["settled"]:
        raise Invalid([parameter_mistake("changed_since", "cursor_ahead")])
    found = [row for row in rows if row["case_id"] is not None]
    full = len(found) == asked.limit
    goes_on = full and asked.changed_since is None
    told = {
        "after": marked(request, _place_of(found[-1], asked.sort)) if goes_on else None,
        "changed_since": _place(rows[0]["settled"], found, asked, full),
    }
    if asked.count == "true":
        total = rows[0]["total"]
        told |= {"count": min(total, MOST_COUNTED), "at_least": total > MOST_COUNTED}
    if asked.figures == "true":
        state = request.app.state
        walks: FigureWalks = state.case_figures
        told["figures"] = labelled(await walks.read(pool, state.parts.engine, reader, wanted.seen))
    shown = ",".join(lines.render(row, wanted.seen.table) for row in found)
    body = f'{{"cases":[{shown}],{dumps(told)[1:]}'
    return Response(body, headers=PRIVATE, media_type="application/json")


def wanted_of(reader: Caller, asked: AskedList) -> WantedCases:
    """The part that is asked for of what a reader sees."""
    sees = seen(reader)
    if asked.escalated_to == "me":
        asks_for = asks(reader)  # a party is never asked
        sees = NOTHING if asks_for is None else escalated(asks_for)
    return WantedCases(
        seen=sees,
        most=asked.limit,
        sort=asked.sort,
        after=None if asked.after is None else _read_place(asked.after, asked.sort),
        since=cursor_in(asked.changed_since) if asked.changed_since else None,
        status=asked.status,
        waits_for=asked.waits_for,
        due_before=asked.due_before,
        item=asked.item,
        reference=asked.reference,
        closed=_closed(asked),
        count=asked.count == "true",
        region=asked.region,
        language="" if asked.language == "none" else asked.language,
        found=SILENCE if asked.silent == "true" else None,
    )


def _closed(asked: AskedList) -> bool | None:
    """A status that no edition closes is one of open cases."""
    if asked.closed is None:
        return False if asked.status in _OPEN else None
    return asked.closed == "true"


def _place(settled: int, found: list[Any], asked: AskedList, full: bool) -> str:
    """From where to ask for changes next time; nothing can still appear below it."""
    if asked.changed_since is not None and full:
        return f"{found[-1]['xid']}.{found[-1]['case_id']}"
    return f"{settled - 1}.{LAST_ID}"
