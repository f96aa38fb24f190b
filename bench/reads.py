"""Reading one case and a list of fifty, beside bare Starlette answering a constant."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.product import Product
from bench.sides import served
from bench.wire import request, throughput

ROUNDS = 3
LIST_OF = 50


def make_app() -> Any:
    """Bare Starlette: one route, one constant of the size of a small answer."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"status": "choosing"})

    return Starlette(routes=[Route("/", answer)])


async def measure(
    product: Product, number: int, log: Path, say: Callable[[str], None]
) -> dict[str, list[float]]:
    """Answers a second, in turn, several rounds; the case of this number is read."""
    headers = {"Authorization": f"Bearer {product.cast.first.token}"}
    api, case = product.stack.urls["api"], product.players[number].case
    raw: dict[str, list[float]] = {"bare": [], "get": [], "list": []}
    with served("bench.reads:make_app", log) as (url, _):
        asked = {
            "bare": (url, request("GET", "/", "127.0.0.1", {})),
            "get": (api, request("GET", f"/v1/cases/{case}", "127.0.0.1", headers)),
            "list": (api, request("GET", f"/v1/cases?limit={LIST_OF}", "127.0.0.1", headers)),
        }
        for number in range(1, ROUNDS + 1):
            say(f"reads: round {number} of {ROUNDS}")
            for name, (address, what) in asked.items():
                raw[name].append(await throughput(address, what))
    return raw
