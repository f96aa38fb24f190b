"""One case for those to whom it belongs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import Response

from api.auth import Reader
from api.deps import PagesDep, PoolDep
from api.pages import PRIVATE
from api.schemas import CaseView

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.get(
    "/{case_id}",
    operation_id="readCase",
    response_class=Response,
    responses={
        200: {"model": CaseView, "description": "The case"},
        304: {"description": "Nothing has changed since the version of If-None-Match"},
    },
)
async def read_case(
    pool: PoolDep,
    pages: PagesDep,
    reader: Reader,
    case_id: UUID,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Who acts next, by when, what you may do now, and everything that has happened."""
    page = await pages.read(pool, reader, case_id)
    headers = {"ETag": page.etag, **PRIVATE}
    if if_none_match is not None and page.etag in map(str.strip, if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type="application/json")
