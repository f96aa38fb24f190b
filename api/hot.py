"""Routes that are asked most: what FastAPI works out of each parameter, with every request anew,
takes longer than their answers.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


def hot(quick: Callable[[Request], Awaitable[Response | None]]) -> type[APIRoute]:
    """A kind of route that is described as any other, and answered by `quick`: it lets through
    whom the route lets through. Where it has no answer, FastAPI is asked, as for a mistake.
    """

    class HotRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            usual = super().get_route_handler()

            async def handle(request: Request) -> Response:
                return await quick(request) or await usual(request)

            return handle

    return HotRoute
