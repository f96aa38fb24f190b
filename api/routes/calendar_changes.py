"""The calendar of days off: read it, and change it by two people."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import StringConstraints
from sqlalchemy import Connection

from api.auth import Administrator, Reader
from api.calendar_changes import (
    CURSOR,
    Announced,
    ChangeList,
    ChangePreview,
    OutcomeName,
    Provisional,
    Published,
    RecountedPage,
    Version,
    cursor,
    read_cursor,
    told_change,
    told_counts,
    told_provisional,
    told_recounted,
)
from api.deps import EngineDep
from api.mistakes import mistake_at
from api.problems import Invalid, Problem
from api.proposals import APPROVED, NONE, approved, existing, person_of
from api.reading import JSON
from db.calendars import (
    CalendarChange,
    approve,
    learn_from,
    list_changes,
    propose,
    read_change,
    read_days,
)
from db.engine import reads
from db.open_deadlines import BEGIN
from db.provisional import count_provisional, list_provisional
from db.recounts import count_outcomes, list_outcomes
from definitions.calendars import (
    CalendarInvalid,
    calendar_data,
    calendar_text,
    calendar_toml,
    current_calendar,
    prove_announced,
    published_calendars,
)

router = APIRouter(prefix="/v1", tags=["operations"])
TOML: Final = "application/toml"


@dataclass(frozen=True)
class Part:
    """Which open deadlines are asked for."""

    authority: UUID | None = None
    after: Annotated[
        Annotated[str, StringConstraints(pattern=CURSOR)] | None,
        Query(description="The `after` of the part before"),
    ] = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50


@dataclass(frozen=True)
class Filters(Part):
    """The same, perhaps of one outcome."""

    outcome: OutcomeName | None = None


@router.get(
    "/calendars/{version}",
    operation_id="readCalendar",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {TOML: {"schema": {"type": "string"}}}},
        **NONE,
    },
)
def read_calendar(
    reader: Reader, engine: EngineDep, version: Annotated[Version, Path()]
) -> Response:
    """A calendar with which certificates are counted, as `docs/verify_deadline.py` reads it."""
    with reads(engine) as connection:
        days = read_days(connection, version)
    if days is not None:
        return Response(calendar_toml(days), media_type=TOML)
    if version in published_calendars():
        return Response(calendar_text(version), media_type=TOML)
    raise Problem("not_found")


@router.get(
    "/provisional-deadlines", operation_id="readProvisionalDeadlines", response_model=Provisional
)
def read_provisional(
    administrator: Administrator, engine: EngineDep, part: Annotated[Part, Depends()]
) -> dict[str, Any]:
    """Open deadlines that depend on days of which nobody has decided yet.

    The change of the calendar that brings the decision counts them anew.
    """
    after = read_cursor(part.after) if part.after else BEGIN
    with reads(engine) as connection:
        counts = count_provisional(connection, part.authority)
        found = list_provisional(connection, after=after, most=part.limit, authority=part.authority)
    place = cursor(found[-1].place) if len(found) == part.limit else None
    return {**told_provisional(current_calendar(), counts, found), "after": place}


@router.post(
    "/calendar-changes",
    operation_id="proposeCalendar",
    response_model=ChangePreview,
    status_code=201,
    dependencies=JSON,
)
def propose_change(
    administrator: Administrator, engine: EngineDep, body: Published | Announced
) -> dict[str, Any]:
    """Propose a calendar. Nothing changes before a second administrator approves it.

    The same proposal again is the same change.
    """
    days, person = _days(body), person_of(administrator)
    with engine.begin() as connection:
        return _preview(connection, propose(connection, person, days))


def _days(body: Published | Announced) -> dict[str, Any]:
    if isinstance(body, Announced):
        days = body.calendar
    elif body.version in published_calendars():
        days = calendar_data(calendar_text(body.version))
    else:
        allowed = ", ".join(published_calendars())
        raise Invalid([mistake_at("version", "not_allowed_value", allowed=allowed)])
    try:
        prove_announced(days)
    except CalendarInvalid as error:
        raise Invalid([mistake_at("calendar", "calendar_invalid", faults=str(error))]) from None
    return days


def _preview(connection: Connection, change: CalendarChange) -> dict[str, Any]:
    counts = told_counts(count_outcomes(connection, change.calendar))
    return {**told_change(change), **counts}


@router.get("/calendar-changes", operation_id="listCalendarChanges", response_model=ChangeList)
def read_all(
    administrator: Administrator,
    engine: EngineDep,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Every change that was proposed, the newest first."""
    with reads(engine) as connection:
        found = list_changes(connection, after, limit)
    last = found[-1].id if len(found) == limit else None
    return {"changes": [told_change(one) for one in found], "after": last}


@router.get(
    "/calendar-changes/{change_id}",
    operation_id="readCalendarChange",
    response_model=ChangePreview,
    responses=NONE,
)
def read_one(administrator: Administrator, engine: EngineDep, change_id: UUID) -> dict[str, Any]:
    """How far it has gone, and how many open deadlines it would move now, by authority."""
    with reads(engine) as connection:
        return _preview(connection, existing(read_change(connection, change_id)))


@router.get(
    "/calendar-changes/{change_id}/deadlines",
    operation_id="previewCalendarChange",
    response_model=RecountedPage,
    responses=NONE,
)
def preview(
    administrator: Administrator,
    engine: EngineDep,
    change_id: UUID,
    filters: Annotated[Filters, Depends()],
) -> dict[str, Any]:
    """Every open deadline with its old and its new day, and why those stay that do not move."""
    with reads(engine) as connection:
        found = list_outcomes(
            connection,
            existing(read_change(connection, change_id)).calendar,
            after=read_cursor(filters.after) if filters.after else BEGIN,
            most=filters.limit,
            authority=filters.authority,
            outcome=filters.outcome,
        )
    after = cursor(found[-1].place) if len(found) == filters.limit else None
    return {"deadlines": [told_recounted(one) for one in found], "after": after}


@router.post(
    "/calendar-changes/{change_id}/approve",
    operation_id="approveCalendarChange",
    response_model=ChangePreview,
    dependencies=JSON,
    responses=APPROVED,
)
def approve_change(
    administrator: Administrator, engine: EngineDep, change_id: UUID
) -> dict[str, Any]:
    """Approve what another administrator proposed.

    From now on terms are counted with it, and the files of open cases get their later days.
    """
    person = person_of(administrator)
    with engine.begin() as connection:
        found = approved(approve(connection, person, change_id))
    learn_from(engine)
    with reads(engine) as connection:
        return _preview(connection, found)
