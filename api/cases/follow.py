"""Server-sent events: a case, or everything the caller sees."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated, Any, TypeVar
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.auth import Reader
from api.cases.live import Cursor, cursor_in
from api.cases.pages import check_access
from api.cases.timeline import timeline_event
from api.deps import ChangesDep, PoolDep, StreamPlace
from api.labels import labelled
from api.mistakes import parameter_mistake
from api.problems import OF_DATABASE, Invalid, is_passing
from api.rendering import dumps
from db.views import read_settled

log = structlog.get_logger()
router = APIRouter(prefix="/v1", tags=["live"])
RETRY_MILLISECONDS = 2000
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events; resume with Last-Event-ID. A comment comes every 15 seconds.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


T = TypeVar("T")


async def until_away(found: AsyncIterable[T]) -> AsyncIterator[T]:
    """What is found while the database can be asked. Then the stream ends, and is resumed."""
    try:
        async for one in found:
            yield one
    except OF_DATABASE as error:
        if not is_passing(error):
            raise
        log.warning("a stream ends: the database cannot be asked", kind=type(error).__name__)


LastSeq = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,9}$", description="The last event you have"),
]
LastChange = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9]{1,18}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="The last change you have; none that is still ahead",
    ),
]


async def visible(pool: PoolDep, reader: Reader, case_id: UUID, last: LastSeq = None) -> UUID:
    """The case, if the reader sees it and it has got so far: said before the stream begins."""
    stand = await check_access(pool, reader, case_id)
    if int(last or 0) > stand["seq"]:
        raise _ahead()
    return case_id


async def resumed(pool: PoolDep, reader: Reader, last: LastChange = None) -> Cursor | None:
    """After which change a reader goes on. What lies ahead would keep silent about all before."""
    if last is None:
        return None
    after = cursor_in(last)
    if after[0] >= await read_settled(pool):
        raise _ahead()
    return after


def _ahead() -> Invalid:
    return Invalid([parameter_mistake("Last-Event-ID", "cursor_ahead", "header")])


@router.get(
    "/cases/{case_id}/stream",
    operation_id="followCase",
    response_class=EventSourceResponse,
    responses=STREAM,
)
async def follow_case(
    pool: PoolDep,
    changes: ChangesDep,
    reader: Reader,
    case: Annotated[UUID, Depends(visible)],
    held: StreamPlace,
    last: LastSeq = None,
) -> AsyncIterable[ServerSentEvent]:
    """Every event of a case, from the first one on or after the last you have; `id` is its seq."""
    yield ServerSentEvent(comment="following", retry=RETRY_MILLISECONDS)
    async for event in until_away(changes.of_case(pool, reader, case, int(last or 0))):
        told = dumps(labelled(timeline_event(event, reader)))
        yield ServerSentEvent(raw_data=told, event="event", id=str(event["seq"]))


@router.get(
    "/stream", operation_id="followCases", response_class=EventSourceResponse, responses=STREAM
)
async def follow_cases(
    pool: PoolDep,
    changes: ChangesDep,
    reader: Reader,
    held: StreamPlace,
    after: Annotated[Cursor | None, Depends(resumed)],
) -> AsyncIterable[ServerSentEvent]:
    """Every change of a case that you see, from now on or after the last you have."""
    yield ServerSentEvent(comment="following", retry=RETRY_MILLISECONDS)
    async for change, version in until_away(changes.of_all(pool, reader, after)):
        case = str(change.case_id)
        told = {"case": case, "version": version, "at": change.at, "href": f"/v1/cases/{case}"}
        place = f"{change.cursor[0]}.{case}"
        yield ServerSentEvent(raw_data=dumps(told), event="change", id=place)
