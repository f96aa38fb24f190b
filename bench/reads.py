"""Reading one case and a list of fifty, beside bare Starlette answering a constant."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bench.product import cast, message, recipient
from bench.wire import request, throughput
from cli.ports import free_port
from cli.program import Program, Running
from cli.stack import Stack

ROUNDS = 3
LIST_OF = 50
FIRST_PERSON = 5_000


@dataclass(frozen=True)
class Reading:
    """Ratios to bare Starlette (medians), and every single rate in answers a second."""

    ratios: dict[str, float]
    raw: dict[str, list[float]]


def make_app() -> Any:
    """Bare Starlette: one route, one constant of the size of a small answer."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"status": "choosing"})

    return Starlette(routes=[Route("/", answer)])


async def measure(stack: Stack, say: Callable[[str], None]) -> Reading:
    """In turn, several rounds: the machine's speed drifts, the ratios less."""
    api = stack.urls["api"]
    person, case = open_fifty(stack)
    headers = {"Authorization": f"Bearer {person}"}
    port = free_port()
    argv = (sys.executable, "-m", "uvicorn", "bench.reads:make_app", "--factory")
    served = (*argv, "--port", str(port), "--no-access-log", "--log-level", "warning")
    url = f"http://127.0.0.1:{port}"
    program = Program(name="bare-http", argv=served, answers=lambda: _answers(url))
    server = Running(program, stack.home / "logs" / "bare-http.log")
    server.await_answer()
    asked = {
        "bare": (url, request("GET", "/", "127.0.0.1", {})),
        "get": (api, request("GET", f"/v1/cases/{case}", "127.0.0.1", headers)),
        "list": (api, request("GET", f"/v1/cases?limit={LIST_OF}", "127.0.0.1", headers)),
    }
    raw: dict[str, list[float]] = {name: [] for name in asked}
    try:
        for number in range(1, ROUNDS + 1):
            say(f"reads: round {number} of {ROUNDS}")
            for name, (address, what) in asked.items():
                raw[name].append(await throughput(address, what))
    finally:
        server.stop()
    return Reading(
        ratios={f"{name}_ratio": _median_ratio(raw[name], raw["bare"]) for name in ("get", "list")},
        raw=raw,
    )


def open_fifty(stack: Stack) -> tuple[str, str]:
    """Fifty cases at the start of their two months; a caseworker's token and one case's id."""
    api, sandbox = stack.urls["api"], stack.urls["sandbox"]
    played = cast(api, sandbox)
    people = [recipient(sandbox, FIRST_PERSON + n) for n in range(LIST_OF)]
    batch = [message(person, FIRST_PERSON + n) for n, person in enumerate(people)]
    headers = {"Authorization": f"Bearer {played.esobes}"}
    with httpx.Client(base_url=api, timeout=60, trust_env=False) as client:
        told = client.post("/v1/esobes/messages", json=batch, headers=headers)
        told.raise_for_status()
    return played.first.token, str(told.json()[0]["case_id"])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _median_ratio(ours: list[float], theirs: list[float]) -> float:
    found = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return found[len(found) // 2]
