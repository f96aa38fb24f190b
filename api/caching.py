"""Answers that their reader keeps, and asks for again only if they have changed."""

import hashlib
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.cases.pages import PRIVATE

# For OpenAPI: the header, and the answer to it.
IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer you have",
    "schema": {"type": "string"},
}
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Nothing has changed since the version of If-None-Match"}
}


def unless_known(
    request: Request, body: bytes, etag: str, media_type: str = "application/json", **headers: str
) -> Response:
    """The answer; without its body where the reader has it."""
    told = {"ETag": etag, **PRIVATE, **headers}
    known = request.headers.get("if-none-match")
    if known is not None and etag in map(str.strip, known.split(",")):
        return Response(status_code=304, headers=told)
    return Response(body, headers=told, media_type=media_type)


def tagged(body: bytes) -> str:
    """The ETag of an answer by its content."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'
