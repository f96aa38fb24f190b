"""The connection itself: calls that find nobody, wait, or lose their answer on request."""

import asyncio
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.faults import DEFAULT_SLOW_SECONDS, Faults, searchable

# Only what the systems offer to the product can break; the controls of the sandbox never do.
SYSTEMS = {
    "/sms/messages": "sms",
    "/email/messages": "email",
    "/treasury/payments": "treasury",
    "/esobes/results": "esobes",
    "/esobes/returned-messages": "esobes",
    "/esobes/message-notices": "esobes",
    "/shep/async": "esobes",
    "/ca/": "ca",
    "/tsa": "tsa",
    "/cms/": "ncanode",
    "/identity/": "identity",
    "/.well-known/": "identity",
}


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, which also hands its transport to the application, to be cut."""

    def connection_made(self, transport: Any) -> None:
        """Keep the transport where the application finds it: in the state of the scope."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Wire:
    """ASGI middleware that plays the faults `down`, `slow` and `lost_reply`."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system = find_system(scope)
        if system is None:
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        query = scope.get("query_string", b"").decode("latin-1")
        call = f"{scope['path']}?{query}\n{searchable(body.decode('utf-8', 'replace'))}"
        if self._faults.take(system, frozenset({"down"}), call):
            answer = JSONResponse({"detail": "down"}, status_code=503)
            await answer(scope, receive, send)
            return
        if slow := self._faults.take(system, frozenset({"slow"}), call):
            await asyncio.sleep(DEFAULT_SLOW_SECONDS if slow.seconds is None else slow.seconds)
        if self._faults.take(system, frozenset({"lost_reply"}), call):
            await self._app(scope, replay(body, receive), swallow)
            await cut(scope, receive)
            return
        await self._app(scope, replay(body, receive), send)


def find_system(scope: Scope) -> str | None:
    """The outside system that a call is for; None for controls and the like."""
    if scope["type"] != "http":
        return None
    path = str(scope["path"])
    if path.startswith("/esobes/") and scope["method"] == "GET":
        return None
    return next((name for start, name in SYSTEMS.items() if path.startswith(start)), None)


async def read_body(receive: Receive) -> bytes:
    """The whole body of a call."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, once more, and then whatever the connection says."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


async def swallow(message: Message) -> None:
    """An answer that never leaves."""


async def cut(scope: Scope, receive: Receive) -> None:
    """Reset the connection, and wait until the server has seen it: else it would answer 500."""
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
