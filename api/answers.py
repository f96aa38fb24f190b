"""What routes answer people with: their JSON, with labels beside codes and names beside ids."""

from collections.abc import Collection
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from api.auth import Caller
from api.deps import Parts
from api.labels import labelled
from api.names import Wanted, places_in
from api.problems import OF_DATABASE, is_passing
from api.rendering import dump
from db.engine import reads

log = structlog.get_logger(__name__)


class Worded(JSONResponse):
    """The answer of a route; names are looked up when it is sent, for only then there is a way."""

    def render(self, content: Any) -> bytes:
        self._told = content
        return b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._told is not None:
            reader = scope.get("state", {}).get("caller")
            if reader is not None:
                await _name(scope, reader, self._told)
            self.body = dump(labelled(self._told))
            self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


async def _name(scope: Scope, reader: Caller, told: Any) -> None:
    """While the database cannot be asked, nothing waits for a name."""
    parts: Parts = scope["app"].state.parts
    places = places_in(told, reader)
    if wanted := parts.names.missing(places):
        try:
            await run_in_threadpool(_look_up, parts, wanted)
        except OF_DATABASE as error:
            if not is_passing(error):
                raise
            log.warning("names cannot be read", kind=type(error).__name__)
    parts.names.put(places)


def _look_up(parts: Parts, wanted: Collection[Wanted]) -> None:
    with reads(parts.engine) as connection:
        parts.names.look_up(connection, parts.seal, wanted)
