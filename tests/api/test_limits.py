"""Nobody can hold the door shut for others: time, size, number and pace have their bounds."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.connections import Connection
from api.gate import Figures, Gate
from api.limits import BURST_SECONDS, Limits, Places, Rates
from api.problems import Problem
from cli.ports import free_port
from domain.messages import PERSONS, Role
from tests.api.apps import make_app, make_parts
from tests.api.world import World, token
from tests.support.play import Host
from tests.support.polling import BOUND_SECONDS

PERSON = UUID(int=1)


class Hasty(Connection):
    """As in production, but with little patience and few places."""

    head_seconds = 1.0
    largest_head = 2000
    most = 3
    taking_seconds = 1.0


@asynccontextmanager
async def serving(app: ASGIApp, **more: Any) -> AsyncIterator[int]:
    """A real server; its port."""
    port = free_port()
    config = uvicorn.Config(app, port=port, http=Hasty, lifespan="off", log_config=None, **more)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield port
    server.force_exit = server.should_exit = True
    await running


async def said_to(port: int, *parts: bytes) -> bytes:
    """What a server answers to these bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("part", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A", b"GET"])
async def test_a_head_that_never_ends_is_answered_and_closed(part: bytes) -> None:
    async with serving(PlainTextResponse("fine")) as port:
        assert (await said_to(port, part)).startswith(b"HTTP/1.1 408 ")


async def test_a_head_without_end_is_not_read_for_ever() -> None:
    async with serving(PlainTextResponse("fine")) as port:
        told = await said_to(port, b"GET / HTTP/1.1\r\n", *[b"X-A: " + b"a" * 500 + b"\r\n"] * 8)
        assert told.startswith(b"HTTP/1.1 431 ")
        whole = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert (await said_to(port, whole)).endswith(b"fine")


@asynccontextmanager
async def every_place(port: int, asked: bytes) -> AsyncIterator[list[socket.socket]]:
    """All places of the process are taken, each by somebody who has begun to read an answer."""
    with ExitStack() as held:
        taken = []
        for _ in range(Hasty.most):
            one = held.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            # At once: who says nothing after knocking is sent away.
            one.sendall(asked)
            assert (await asyncio.to_thread(one.recv, 1000)).startswith(b"HTTP/1.1 200 ")
            taken.append(one)
        yield taken


LONG = b"a" * 20_000_000


async def short_or_long(scope: Scope, receive: Receive, send: Send) -> None:
    """What is asked for at `/long` fills every buffer on the way."""
    await Response(LONG if scope["path"] == "/long" else b"fine")(scope, receive, send)


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
async def test_who_takes_nothing_of_an_answer_keeps_no_place(more: bytes) -> None:
    asked, last = b"GET / HTTP/1.1\r\nHost: x\r\n", b"Connection: close\r\n\r\n"
    long = asked.replace(b"/", b"/long", 1) + more + b"\r\n"
    async with (
        serving(short_or_long) as port,
        asyncio.timeout(BOUND_SECONDS),
        every_place(port, long),
    ):
        assert (await said_to(port, asked + last)).startswith(b"HTTP/1.1 503 ")
        while not (await said_to(port, asked + last)).endswith(b"fine"):
            pass


async def test_who_takes_a_long_answer_slowly_gets_all_of_it() -> None:
    async with serving(short_or_long) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        taken = 0
        while part := await reader.read(2**16):
            taken += len(part)
        writer.close()
    assert taken > len(LONG)


async def test_beyond_the_places_of_a_process_nobody_is_let_in() -> None:
    async with serving(PlainTextResponse("fine"), timeout_keep_alive=60) as port:
        asked = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        last = asked[:-2] + b"Connection: close\r\n\r\n"
        async with every_place(port, asked) as held, asyncio.timeout(BOUND_SECONDS):
            assert (await said_to(port, asked)).startswith(b"HTTP/1.1 503 ")
            held[-1].close()
            while not (await said_to(port, last)).endswith(b"fine"):
                pass


async def test_a_body_that_never_ends_is_answered_and_closed(world: World) -> None:
    async with serving(Gate(world.app, Figures(), body_seconds=0.2)) as port:
        head = (
            f"POST /v1/esobes/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            f"Authorization: Bearer {token('esobes')}\r\nContent-Type: application/json\r\n\r\n"
        )
        told = await said_to(port, head.encode(), b"{")
        assert told.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"request_timeout"' in told


def test_who_asks_steadily_is_never_told_to_wait_and_who_asks_too_often_is() -> None:
    now = [0.0]
    rates = Rates(10.0, lambda: now[0])
    for _ in range(1000):
        rates.take(Role.RECIPIENT, PERSON)
        now[0] += 0.1
    for _ in range(int(10 * BURST_SECONDS)):
        rates.take(Role.RECIPIENT, PERSON)
    with pytest.raises(Problem) as told:
        rates.take(Role.RECIPIENT, PERSON)
    assert (told.value.code, told.value.headers["Retry-After"]) == ("too_many_requests", "1")
    rates.take(Role.RECIPIENT, uuid4())
    now[0] += 1.0
    rates.take(Role.RECIPIENT, PERSON)


@pytest.mark.parametrize("system", [role for role in Role if role not in PERSONS])
def test_systems_are_never_told_to_wait(system: Role) -> None:
    rates = Rates(1.0, lambda: 0.0)
    for _ in range(1000):
        rates.take(system, PERSON)


def test_streams_are_bounded_for_each_and_for_all() -> None:
    places = Places(Limits(streams_per_person=1, streams=2))

    def refused(who: UUID) -> str:
        with pytest.raises(Problem) as told, places.hold(who):
            pass
        return told.value.code

    first, second, third = uuid4(), uuid4(), uuid4()
    with places.hold(first):
        assert refused(first) == "too_many_requests"
        with places.hold(second):
            assert refused(third) == "unavailable"
        with places.hold(third):
            pass
    with places.hold(first):
        pass


@pytest.fixture
async def bounded(
    world: World, app_database_url: str
) -> AsyncIterator[tuple[World, Callable[[], int]]]:
    """An application whose people have ten requests and one stream, behind a real server."""
    limits = Limits(requests_per_second=10 / BURST_SECONDS, streams_per_person=1)
    parts = replace(make_parts(world.engine, app_database_url, Host(world.engine)), limits=limits)
    app = make_app(parts)
    app.state.pool = world.app.state.pool
    async with (
        serving(app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield World(app, world.engine, world.host, http), lambda: app.state.places._held.total()


async def test_one_who_asks_too_often_stops_nobody_else(
    bounded: tuple[World, Callable[[], int]],
) -> None:
    world, _ = bounded
    answers = [await world.get("/v1/me", world.clerk) for _ in range(10)]
    assert [one.status_code for one in answers] == [200] * 10
    # While a slow machine answers, one or another is let through again.
    while answers[-1].status_code == 200 and len(answers) < 100:
        answers.append(await world.get("/v1/me", world.clerk))
    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "too_many_requests"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert (await world.get("/v1/me", world.recipient(1))).status_code == 200


async def test_a_stream_gives_its_place_back(bounded: tuple[World, Callable[[], int]]) -> None:
    world, held = bounded
    headers = {"Authorization": f"Bearer {world.clerk.token}"}
    async with world.http.stream("GET", "/v1/stream", headers=headers) as first:
        assert first.status_code == 200
        assert (await world.get("/v1/stream", world.clerk)).status_code == 429
    async with asyncio.timeout(BOUND_SECONDS):
        while held():
            await asyncio.sleep(0.01)
    async with world.http.stream("GET", "/v1/stream", headers=headers) as again:
        assert again.status_code == 200
