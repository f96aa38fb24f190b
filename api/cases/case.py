"""One case for those to whom it belongs."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import READERS, Caller, Reader
from api.caching import IF_NONE_MATCH, UNCHANGED, unless_known
from api.cases.delivery import DeliverToView, read_delivery
from api.cases.lists import YesNo
from api.cases.messages import words_in
from api.cases.notices import is_told, told_notice
from api.cases.pages import USUAL, Page, WantedPage, check_access, read_events
from api.cases.timeline import NOTED, told_with_documents
from api.deps import Parts, PartsDep, PoolDep
from api.hot import hot
from api.problems import Problem
from api.schemas import CaseView, PersonView, TimelinePage
from db.audit import note
from db.engine import reads
from db.notices import read_notices
from db.persons import read_profile
from db.sealing import Unreadable
from domain.messages import Role


async def _plainly(request: Request) -> Response | None:
    """The page for who asks without any parameter."""
    if request.scope["query_string"]:
        return None
    try:
        case_id = UUID(request.path_params["case_id"])
    except ValueError:
        return None
    return await _page(request, await READERS(request), case_id, USUAL)


plain = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=hot(_plainly))
router = APIRouter(prefix="/v1/cases", tags=["cases"])
MOST_SEQ: Final = 10**9
MOST_PERIODS: Final = 1_000
# Of one part of a timeline.
MOST_NOTICES: Final = 2_000


@plain.get(
    "/{case_id}",
    operation_id="readCase",
    response_class=Response,
    responses={200: {"model": CaseView, "description": "The case"}, **UNCHANGED},
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
async def read_case(
    request: Request,
    reader: Reader,
    case_id: UUID,
    may: Annotated[
        Literal["all"] | None,
        Query(description="`all`: also the commands that are not allowed now, with the reasons"),
    ] = None,
    period: Annotated[
        int | None, Query(ge=1, le=MOST_PERIODS, description="This period alone, open or ended")
    ] = None,
) -> Response:
    """Who acts next, by when, what you may do now, and what has happened last."""
    return await _page(request, reader, case_id, WantedPage(may == "all", period))


async def _page(request: Request, reader: Caller, case_id: UUID, wanted: WantedPage) -> Response:
    state = request.app.state
    page: Page = await state.pages.read(state.pool, reader, case_id, wanted)
    return unless_known(request, page.body, page.etag)


@router.get("/{case_id}/events", operation_id="readEvents", response_model=TimelinePage)
async def read_timeline(
    pool: PoolDep,
    parts: PartsDep,
    reader: Reader,
    case_id: UUID,
    after: Annotated[int, Query(ge=0, le=MOST_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    noted: Annotated[
        YesNo,
        Query(description="`true`: also the lines that only say that a message was written down"),
    ] = "false",
) -> dict[str, Any]:
    """Part of the timeline: what happened, who acted, what they said, what it brought, and what was
    told to whom.
    """
    found = await read_events(pool, reader, case_id, after, limit)
    shown = [one for one in found if noted == "true" or one["type"] != NOTED]
    told = [told_with_documents(one, case_id, reader) for one in shown]
    sent = await read_notices(pool, case_id, [one["seq"] for one in shown], MOST_NOTICES)
    notices = [told_notice(one, in_full=True) for one in sent if is_told(one, reader)]
    for one in told:
        one["notices"] = [notice for notice in notices if notice["seq"] == one["seq"]]
    return {
        "events": await run_in_threadpool(_with_words, parts, reader, case_id, told),
        "noted": len(found) - len(shown),
        "after": found[-1]["seq"] if len(found) == limit else None,
    }


def _with_words(
    parts: Parts, reader: Caller, case_id: UUID, lines: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The same with the words of those who acted, for who may read them."""
    with reads(parts.engine) as connection:
        said = words_in(connection, parts.seal, reader, case_id, lines)
    return [{**one, "words": said.get(one["message"])} for one in lines]


@router.get(
    "/{case_id}/person",
    operation_id="readPerson",
    responses={409: {"description": "No order that is confirmed and not at its end"}},
)
async def read_person(
    pool: PoolDep,
    parts: PartsDep,
    reader: Reader,
    case_id: UUID,
    purpose: Annotated[
        Literal["delivery"] | None,
        Query(description="`delivery`: only what it takes to deliver, all that a supplier is told"),
    ] = None,
    period: Annotated[
        int | None, Query(ge=1, le=MOST_PERIODS, description="For delivery: which, if several")
    ] = None,
) -> PersonView | DeliverToView:
    """Name and contacts of the recipient, or where to bring what is ordered.

    Who reads them is noted.
    """
    if reader.role == Role.SUPPLIER or purpose == "delivery":
        if reader.role in (Role.COMMISSION, Role.ADMINISTRATOR):
            raise Problem("not_allowed")
        read = (parts.engine, parts.seal, reader, case_id, period)
        return await run_in_threadpool(read_delivery, *read)
    if reader.role == Role.COMMISSION:
        raise Problem("not_allowed")
    stand = await check_access(pool, reader, case_id)
    person = stand["recipient_id"]
    if reader.role == Role.RECIPIENT and reader.person != person:
        raise Problem("not_found")
    return await run_in_threadpool(_person, parts, reader, person, case_id)


def _person(parts: Parts, reader: Caller, person: UUID, case_id: UUID) -> PersonView:
    with parts.engine.begin() as connection:
        note(connection, reader.actor, "person_read", person, case_id)
        try:
            profile = read_profile(connection, parts.seal, person)
        except Unreadable:
            raise Problem("person_erased") from None
    return PersonView(**profile.model_dump(include=set(PersonView.model_fields)))
