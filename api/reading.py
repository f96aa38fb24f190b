"""Read the bodies that others send, whatever they really are."""

from dataclasses import asdict
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.gate import is_upload
from api.problems import Problem, answer, http_problem
from definitions.forms import inlined, told
from definitions.parsing import decode, parse

# What these bring is kept before it is read, be it JSON or not.
READ_APART: Final = frozenset(("/v1/esobes/messages", "/v1/receipts/sms", "/v1/receipts/email"))
# What is longer is parsed in a thread: the loop answers others meanwhile.
LONG: Final = 64 * 1024


class StrictJson:
    """Lets no JSON body pass that two readers could read differently, and passes the rest as UTF-8.

    A key given twice, and what is no number of JSON, are mistakes of the form at their places.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_json(scope) or _is_read_apart(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
            text = await run_in_threadpool(_proven, body) if len(body) > LONG else _proven(body)
        except ClientDisconnect:
            return
        except HTTPException as stopped:
            response = await http_problem(request, stopped)
        except Problem as problem:
            response = answer(request, problem)
        else:
            await self.app(scope, _Again(text, receive), send)
            return
        await response(scope, receive, send)


class _Again:
    """The body once more, and then whatever the connection brings."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        body, self._body = self._body, None
        if body is None:
            return await self._receive()
        return {"type": "http.request", "body": body, "more_body": False}


def _is_read_apart(scope: Scope) -> bool:
    return scope["path"] in READ_APART or is_upload(scope)


def _is_json(scope: Scope) -> bool:
    kinds = (value for name, value in scope["headers"] if name == b"content-type")
    kind = next(kinds, b"").decode("latin-1").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _proven(body: bytes) -> bytes:
    """The body in UTF-8 without a mark. Problem: malformed_json, form_invalid."""
    if not body:
        return body
    try:
        text = decode(body)
        faults = parse(text).faults
    except (ValueError, RecursionError):
        raise Problem("malformed_json") from None
    if faults:
        raise Problem("form_invalid", errors=[asdict(one) for one in told(faults)])
    return text.encode()


def json_body(*forms: type[BaseModel]) -> dict[str, Any]:
    """For OpenAPI: a body that is one of these forms, for whoever sends which."""
    made = [form.model_json_schema() for form in forms]
    whole = [inlined({**one, "$defs": one.get("$defs", {})}) for one in made]
    content = {"application/json": {"schema": {"anyOf": whole}}}
    return {"requestBody": {"required": True, "content": content}}


def require_json(request: Request) -> None:
    """Problem `unsupported_media_type` for a body that is not JSON."""
    length = request.headers.get("content-length", "0")
    empty = length == "0" and "transfer-encoding" not in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not empty and kind != "application/json" and not kind.endswith("+json"):
        raise Problem("unsupported_media_type")


JSON: Final[list[Any]] = [Depends(require_json)]


async def read_json(request: Request) -> Any:
    """Any JSON value. Problem `malformed_json` for what is none."""
    try:
        return parse(decode(await request.body())).value
    except (ValueError, RecursionError):
        raise Problem("malformed_json") from None


async def read_xml(request: Request) -> bytes:
    """The bytes of an XML document. Problem `unsupported_media_type` for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/xml", "text/xml"):
        raise Problem("unsupported_media_type")
    return await request.body()
