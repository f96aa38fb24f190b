"""The same shape on DBOS: an app that keeps its flows in PostgreSQL itself, and its HTTP door.

`uvicorn bench.peer:make_app --factory` serves it; PEER_DATABASE says where it keeps them. Its one
process is door and worker: with its PostgreSQL it does what the four parts of the product do.
"""

import os
from typing import Any, Final

from dbos import DBOS, SetWorkflowID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bench.bare import MESSAGES

SIXTY_DAYS: Final = 60 * 24 * 3600.0
PATIENCE_SECONDS: Final = 30


@DBOS.step()
async def effect(text: str) -> str:
    """An outside effect that does nothing."""
    return text


@DBOS.workflow()
async def flow() -> None:
    """Takes its messages, with one effect each; the event of its number answers a message."""
    for number in range(1, MESSAGES + 1):
        text = await DBOS.recv_async(timeout_seconds=SIXTY_DAYS)
        await DBOS.set_event_async(str(number), number)
        await effect(text)


def make_app() -> Starlette:
    """The door: begin a flow; send it a message and wait until it took it; wait for its end."""
    running: dict[str, Any] = {}

    async def begin(request: Request) -> Response:
        name = request.path_params["name"]
        with SetWorkflowID(name):
            running[name] = await DBOS.start_workflow_async(flow)
        return PlainTextResponse(name)

    async def take(request: Request) -> Response:
        name, number = request.path_params["name"], request.path_params["number"]
        await DBOS.send_async(name, (await request.body()).decode())
        taken = await DBOS.get_event_async(name, number, PATIENCE_SECONDS)
        return PlainTextResponse(str(taken), 200 if taken else 504)

    async def end(request: Request) -> Response:
        await running.pop(request.path_params["name"]).get_result()
        return PlainTextResponse("ended")

    DBOS(config={"name": "peer", "system_database_url": os.environ["PEER_DATABASE"]})
    DBOS.launch()
    routes = [("/{name}", begin), ("/{name}/end", end), ("/{name}/{number}", take)]
    return Starlette(routes=[Route(path, what, methods=["POST"]) for path, what in routes])
