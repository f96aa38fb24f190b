"""Every request passes here: it gets a name, a limit, a line in the log, and never a trace."""

import asyncio
import re
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import structlog
from anyio import BrokenResourceError
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.guarding import guard
from api.language import note
from api.noting import read_of
from api.problems import BodyTooLarge, Problem, answer
from integrations.xml import MAX_BYTES

LARGEST_BODY: Final = 1024 * 1024
LARGEST_BODIES: Final[Mapping[str, int]] = {
    "/v1/esobes/messages": 16 * 1024 * 1024,
    "/v1/treasury/status-reports": MAX_BYTES,
    # A receipt has some 200 bytes; what cannot be read is kept, so that its size is bounded.
    "/v1/receipts/sms": 16 * 1024,
    "/v1/receipts/email": 16 * 1024,
}
# A document as a program sends it, and the form of a page that has documents among its fields.
UPLOADS: Final = re.compile(r"/v1/cases/[^/]+/documents|/cases/[^/]+/do/[^/]+")
# From the end of the head to the last byte of the body.
BODY_SECONDS: Final = 30.0
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
QUIET: Final = ("/health/live", "/health/ready", "/metrics")
log = structlog.get_logger(__name__)


class Figures:
    """What the API counts, by route and never by person."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ozhb_api_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "ozhb_api_request_seconds",
            "Time to the answer",
            ("method", "route"),
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )


class Gate:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        figures: Figures,
        largest_upload: int = LARGEST_BODY,
        body_seconds: float = BODY_SECONDS,
        tell: Callable[[Request, Problem], Response] = answer,
        over_tls: bool = False,
    ) -> None:
        self.app = app
        self.over_tls = over_tls
        self.tell = tell
        self.figures = figures
        self.largest_upload = largest_upload
        self.body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        note(scope)
        largest = self.largest_upload if is_upload(scope) else _largest(scope)
        passage = Passage(scope, receive, send, self.body_seconds, largest, self.over_tls)
        try:
            await passage.through(self.app, self.tell)
        finally:
            self._note(scope, passage)

    def _note(self, scope: Scope, passage: "Passage") -> None:
        route = template(scope)
        seconds = time.perf_counter() - passage.started
        method = scope["method"] if scope["method"] in METHODS else "-"
        self.figures.requests.labels(method, route, str(passage.status)).inc()
        self.figures.seconds.labels(method, route).observe(seconds)
        # A read that went well is counted; a line for each would cost more than some reads.
        quiet = route in QUIET or (method == "GET" and 0 < passage.status < 400)
        if not quiet:
            log.info(
                "request",
                request_id=passage.request_id,
                method=method,
                route=route,
                status=passage.status,
                ms=round(seconds * 1000, 1),
            )


class Passage:
    """One request on its way through."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        body_seconds: float,
        largest: int,
        over_tls: bool = False,
    ) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.over_tls = over_tls
        self.request_id = _request_id(scope)
        self.started = time.perf_counter()
        self.status = 0
        self._whole = False
        self._body_until = asyncio.get_running_loop().time() + body_seconds
        self._largest = self._left = largest

    async def through(
        self, app: ASGIApp, tell: Callable[[Request, Problem], Response] = answer
    ) -> None:
        """Run the application; an exception that nobody caught becomes a problem."""
        try:
            # No name of ours has it, and PostgreSQL takes no text with it.
            if "\0" in self.scope["path"]:
                request = Request(self.scope)
                await tell(request, Problem("not_found"))(self.scope, self.receive, self.send)
                return
            await app(self.scope, self.receive, self.send)
        except Exception as error:
            while isinstance(error, ExceptionGroup):  # of a stream: what happened is inside
                error = error.exceptions[0]
            if self.status and isinstance(error, BrokenResourceError):
                log.info("a reader left", request_id=self.request_id)
                return
            # The text of an exception may repeat what somebody typed: places and kinds only.
            places = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
            kind = type(error).__name__
            log.error("a fault", request_id=self.request_id, kind=kind, places=places[-5:])
            if self.status == 0:
                request = Request(self.scope)
                await tell(request, Problem("internal"))(self.scope, self.receive, self.send)

    async def receive(self) -> Message:
        """The next part of the body, as long as it is neither too large nor too slow."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._body_until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        self._whole = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge(self._largest)
        return message

    async def send(self, message: Message) -> None:
        """The answer, with the name of its request."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status < 400 and (read := read_of(self.scope)) is not None:
                self.scope["app"].state.watch.note(read)
            message["headers"].append((b"x-request-id", self.request_id.encode()))
            guard(message, over_tls=self.over_tls)
        await self._send(message)


def template(scope: Scope) -> str:
    """The path of the route, with its variables unfilled; `-` where no route was found."""
    found: Any = scope.get("route")
    return getattr(found, "path", "-") if found is not None else "-"


def is_upload(scope: Scope) -> bool:
    """Whether the body is or has a document, of whatever kind its sender says that it is."""
    return scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"]) is not None


def _largest(scope: Scope) -> int:
    return LARGEST_BODIES.get(scope["path"], LARGEST_BODY)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if REQUEST_ID.fullmatch(given):
                return str(given)
    return uuid4().hex
