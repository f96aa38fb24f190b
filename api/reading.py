"""Read the bodies that outside systems send, whatever they really are."""

import json
from typing import Any

from fastapi import Request

from api.problems import Problem


async def read_json(request: Request) -> Any:
    """Any JSON value. Problem `malformed_json` for what is none."""
    try:
        return json.loads((await request.body()).decode())
    except (ValueError, RecursionError):
        raise Problem("malformed_json") from None


async def read_xml(request: Request) -> bytes:
    """The bytes of an XML document. Problem `unsupported_media_type` for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/xml", "text/xml"):
        raise Problem("unsupported_media_type")
    return await request.body()
