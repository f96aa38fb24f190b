"""From a command's request to its answer: the case with the command's effect in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from api.auth import Caller
from api.bodies import Body
from api.deps import IdempotencyKey
from api.door import Asked, Desk, Door, Outcome, Prepared
from api.facts import Facts
from api.pages import PRIVATE, Pages
from api.parties import Parties
from api.problems import Problem, Refused, told_reasons
from api.rendering import dump
from api.schemas import CommandAnswer

# What the answers of every command are, for OpenAPI.
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": CommandAnswer, "description": "The case, with the effect in it"},
    204: {"description": "Done, and the case is not yours any more"},
    409: {"description": "Refused, with the reasons; or the key is in use"},
}


def command(operation_id: str) -> dict[str, Any]:
    """What the route of a command says besides its address."""
    return {"operation_id": operation_id, "response_class": Response, "responses": ANSWERS}


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way: to which case, under which key."""

    door: Door
    pages: Pages
    pool: Any
    facts: Facts
    parties: Parties
    case_id: UUID
    key: str

    async def make(
        self,
        caller: Caller,
        name: str,
        body: Body,
        prepare: Callable[[Desk], Prepared] | None = None,
        *,
        outside: bool = False,
    ) -> Response:
        """Ask, and answer with the case as the caller sees it now.

        `outside` if `prepare` waits for a system that is not ours.
        """
        asked = Asked(
            case_id=self.case_id,
            name=name,
            caller=caller,
            key=self.key,
            body=body.model_dump_json().encode(),
            prepare=prepare or self.facts.plain(body),
            period=body.period,
            outside=outside,
        )
        outcome = await self.door.command(asked)
        if outcome.refused is not None:
            raise Refused(outcome.refused, outcome.recorded_at, message=str(outcome.message_id))
        try:
            page = await self.pages.read(self.pool, caller, self.case_id)
        except Problem as problem:
            if problem.code != "not_found":
                raise
            return Response(status_code=204, headers=PRIVATE)  # it is not theirs any more
        told = page.body[:-1] + b',"outcome":' + dump(told_outcome(outcome)) + b"}"
        headers = {"ETag": page.etag, **PRIVATE}
        return Response(told, headers=headers, media_type="application/json")


def told_outcome(outcome: Outcome) -> dict[str, Any]:
    """An outcome in JSON."""
    shown = ("seq", "type", "row", "at", "period")
    return {
        "message": str(outcome.message_id),
        "events": [
            {**{name: event[name] for name in shown}, "to": event["data"].get("to")}
            for event in outcome.events
        ],
        "refused": None if outcome.refused is None else told_reasons(outcome.refused),
    }


async def call(request: Request, case_id: UUID, key: IdempotencyKey) -> Call:
    """The parts of the application that a command needs."""
    require_json(request)
    state = request.app.state
    return Call(state.door, state.pages, state.pool, state.facts, state.parties, case_id, key)


def require_json(request: Request) -> None:
    """Problem `unsupported_media_type` for a body that is not JSON."""
    length = request.headers.get("content-length", "0")
    empty = length == "0" and "transfer-encoding" not in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not empty and kind != "application/json" and not kind.endswith("+json"):
        raise Problem("unsupported_media_type")


CallDep = Annotated[Call, Depends(call)]
JSON: Final[list[Any]] = [Depends(require_json)]
