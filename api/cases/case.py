"""One case for those to whom it belongs."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Parties, actor_of
from api.auth import Caller, Reader
from api.caching import IF_NONE_MATCH, UNCHANGED, unless_known
from api.cases.delivery import DeliverToView, read_delivery
from api.cases.pages import PRIVATE, Page, WantedPage, check_access, read_events, sight_of
from api.cases.timeline import brought, told_of, told_with_documents
from api.deps import Parts, PartsDep, PoolDep
from api.problems import Problem
from api.schemas import CaseView, PersonView, TimelinePage
from db.audit import note
from db.documents import ACCOUNT, APPLICATION, SIGNATURE, read_document
from db.papers import KINDS as PAPERS
from db.persons import read_profile
from db.sealing import Unreadable
from db.uploads import read_upload, side_of
from db.views import read_papers
from domain.messages import Role
from integrations.documents import TYPES

router = APIRouter(prefix="/v1/cases", tags=["cases"])
MOST_SEQ: Final = 10**9
MOST_PERIODS: Final = 1_000
MEDIA: Final = {
    APPLICATION: "application/json",
    ACCOUNT: "application/json",
    SIGNATURE: "application/pkcs7-signature",
    **dict.fromkeys(PAPERS.values(), "application/json"),
}


# Nothing is shown by itself in a browser: it is a document to be saved, by our own name.
SUFFIXES: Final = {
    "application/json": "json",
    "application/pkcs7-signature": "p7s",
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/heic": "heic",
    "application/pkcs7-mime": "p7m",
    "application/vnd.etsi.asic-e+zip": "asice",
    "application/vnd.etsi.asic-s+zip": "asics",
}


@dataclass(frozen=True)
class Where:
    """A document of a case."""

    case_id: UUID
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


DocumentPlace = Annotated[Where, Depends()]


@router.get(
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
    # The hottest of all routes: each dependency of FastAPI would cost it a twentieth.
    state = request.app.state
    wanted = WantedPage(may == "all", period)
    page: Page = await state.pages.read(state.pool, reader, case_id, wanted)
    return unless_known(request, page.body, page.etag)


@router.get("/{case_id}/events", operation_id="readEvents", response_model=TimelinePage)
async def read_timeline(
    pool: PoolDep,
    reader: Reader,
    case_id: UUID,
    after: Annotated[int, Query(ge=0, le=MOST_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Part of the timeline, with the documents that each line brought."""
    found = await read_events(pool, reader, case_id, after, limit)
    last = found[-1]["seq"] if len(found) == limit else None
    return {"events": [told_with_documents(one, case_id) for one in found], "after": last}


@router.get(
    "/{case_id}/documents/{sha256}",
    operation_id="readDocument",
    response_class=Response,
    responses={
        200: {
            "description": "The very bytes",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                **{
                    media: {"schema": {"type": "string", "format": "binary"}}
                    for media in (MEDIA[SIGNATURE], *TYPES)
                },
            },
        }
    },
)
async def read_bytes(
    pool: PoolDep, parts: PartsDep, reader: Reader, where: DocumentPlace
) -> Response:
    """A document that stands in the file of the case, or an upload of your own side.

    Who reads it is noted.
    """
    seen = await sight_of(pool, reader, where.case_id)
    shown = where.sha256 in brought(told_of(seen, await read_papers(pool, where.case_id)))
    stand = await check_access(pool, reader, where.case_id)
    found = await run_in_threadpool(_document, parts, where, reader, Parties.of(stand), shown)
    if found is None:
        raise Problem("not_found")
    media, content = found
    name = f"{where.sha256}.{SUFFIXES[media]}"
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media)


def _document(
    parts: Parts, where: Where, reader: Caller, parties: Parties, shown: bool
) -> tuple[str, bytes] | None:
    """Media type and bytes. An application names its parties by IIN, and a photograph shows a home:
    of whom, to whom and in which case is on record.
    """
    actor, case_id = actor_of(reader, parties), str(where.case_id)
    with parts.engine.begin() as connection:
        try:
            made = read_document(connection, parts.seal, case_id, where.sha256) if shown else None
            found = (MEDIA[made.kind], made.content) if made else None
            side = side_of(actor)
            found = found or read_upload(connection, parts.seal, case_id, where.sha256, side, shown)
        except Unreadable:  # the person was erased, and all that was sealed for them with it
            return None
        if found is not None:
            note(connection, actor, "document_read", parties.recipient, where.case_id)
        return found


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
            raise Problem("not_found") from None
    return PersonView(**profile.model_dump(include=set(PersonView.model_fields)))
