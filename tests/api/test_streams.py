"""Live changes: no gap and no repeat, whatever breaks in between."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import uvicorn
from anyio import BrokenResourceError
from sqlalchemy import text
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from api.cases.follow import until_away
from api.gate import Figures, Gate
from cli.ports import free_port
from tests.api.world import AUTHORITY_BIN, Person, World, person, token
from tests.support.authorities import agree, sample_of
from tests.support.intake import iin
from tests.support.polling import BOUND_SECONDS


@pytest.fixture
async def served(world: World) -> AsyncIterator[World]:
    """The same application behind a real server: a stream needs a wire."""
    port = free_port()
    config = uvicorn.Config(world.app, port=port, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        yield World(world.app, world.engine, world.host, http)
        server.force_exit = server.should_exit = True
        await running


@asynccontextmanager
async def following(
    world: World, path: str, who: Person, last: str | None = None
) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """Ids and contents of the events as they come."""
    headers = {"Authorization": f"Bearer {who.token}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with world.http.stream("GET", path, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with aclosing(_events(answer)) as events:
            yield events


async def _events(answer: httpx.Response) -> AsyncGenerator[tuple[str, Any], None]:
    found: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name in ("id", "data"):
            found[name] = value
        elif not line and "data" in found:
            yield found["id"], json.loads(found["data"])
            found = {}


async def take(events: AsyncIterator[tuple[str, Any]], count: int) -> list[tuple[str, Any]]:
    async with asyncio.timeout(BOUND_SECONDS):
        return [await anext(events) for _ in range(count)]


async def test_a_case_is_followed_from_its_first_event_on(served: World) -> None:
    case = served.receive(1)
    async with following(served, f"/v1/cases/{case}/stream", served.clerk) as events:
        old = await take(events, 2)
        await served.act(case, "open_case", served.recipient(1))
        ((number, new),) = await take(events, 1)
    assert [number for number, _ in old] == ["1", "2"]
    assert (number, new["type"], new["to"]) == ("3", "notified", "choosing")


async def test_a_broken_stream_of_a_case_goes_on_where_it_was(served: World) -> None:
    case = served.receive(1)
    path, seen = f"/v1/cases/{case}/stream", []
    async with following(served, path, served.clerk) as events:
        seen += await take(events, 2)
    await served.act(case, "open_case", served.recipient(1))
    await served.act(case, "escalate", served.clerk, to="authority_lead", reason="Вопрос")
    for _ in range(2):
        async with following(served, path, served.clerk, last=seen[-1][0]) as events:
            seen += await take(events, 1)
    assert [number for number, _ in seen] == ["1", "2", "3", "4"]


async def test_all_cases_are_followed_from_now_on_and_resumed_without_gap(served: World) -> None:
    served.receive(1)
    seen: list[tuple[str, Any]] = []
    async with following(served, "/v1/stream", served.clerk) as events:
        await served.listening()
        second = served.receive(2)
        seen += await take(events, 1)
    third, fourth = served.receive(3), served.receive(4)
    await served.act(third, "open_case", served.recipient(3))
    while len(seen) < 4:
        async with following(served, "/v1/stream", served.clerk, last=seen[-1][0]) as events:
            seen += await take(events, 1)
    assert [told["case"] for _, told in seen] == [second, third, fourth, third]
    assert [told["version"] for _, told in seen] == [2, 2, 2, 3]


async def test_a_caseworker_follows_before_the_authority_has_its_first_case(served: World) -> None:
    async with following(served, "/v1/stream", served.clerk) as events:
        await served.listening()
        first = served.receive(1)
        seen = await take(events, 1)
    assert [told["case"] for _, told in seen] == [first]


async def test_nobody_is_told_of_the_cases_of_others(served: World) -> None:
    async with following(served, "/v1/stream", served.recipient(2)) as events:
        await served.listening()
        served.receive(1)
        mine = served.receive(2)
        seen = await take(events, 1)
    assert [told["case"] for _, told in seen] == [mine]


async def test_who_follows_a_case_is_on_record_from_the_first_moment_on(served: World) -> None:
    case = served.receive()
    async with following(served, f"/v1/cases/{case}/stream", served.clerk):
        await served.app.state.watch.write_down()
        with served.engine.connect() as connection:
            parts = connection.execute(text("SELECT part FROM case_read")).scalars().all()
    assert parts == ["stream"]


async def test_a_stream_ends_with_its_token(served: World) -> None:
    soon = int(time.time()) + 5
    person = Person(token("administrator", iin=iin(3), exp=soon), served.admin.signer)
    async with following(served, "/v1/stream", person) as events:
        with pytest.raises(StopAsyncIteration):
            await take(events, 1)


async def test_a_stream_that_nobody_may_see_is_a_problem_at_once(world: World) -> None:
    case = world.receive(1)
    answer = await world.get(f"/v1/cases/{case}/stream", world.recipient(2))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    odd = await world.get(f"/v1/cases/{case}/stream", world.recipient(1), Last_Event_ID="x")
    assert (odd.status_code, odd.json()["code"]) == (422, "form_invalid")


@pytest.mark.parametrize("missed", [False, True])
async def test_a_superior_authority_that_is_asked_is_told_live_and_after_a_break(
    served: World, missed: bool
) -> None:
    superior = person("caseworker", 922, authority="200140900041")
    head = {"post": {"kk": "Басшы", "ru": "Глава", "en": "Head"}, "people": [iin(922)]}
    mine, above = sample_of(AUTHORITY_BIN), sample_of("200140900041", head=head)
    both = [one for sample in (mine, above) for one in sample["authorities"]]
    agree(served.engine, "authorities", {"authorities": both, "commissions": []})
    case, last = await served.choosing(1), None
    asked = {"to": "superior_lead", "reason": "Вопрос"}
    if missed:
        last = f"1.{UUID(int=0)}"
        await served.act(case, "escalate", served.clerk, **asked)
    async with following(served, "/v1/stream", superior, last=last) as events:
        if not missed:
            await served.listening()
            await served.act(case, "escalate", served.clerk, **asked)
        seen = await take(events, 1)
    assert [told["case"] for _, told in seen] == [case]


async def broken_off(error: Exception) -> AsyncIterator[int]:
    yield 1
    raise error


@pytest.mark.parametrize("error", [psycopg.OperationalError("closing"), TimeoutError(), OSError()])
async def test_a_stream_ends_where_the_database_goes_away_so_that_it_is_resumed(
    error: Exception,
) -> None:
    assert [one async for one in until_away(broken_off(error))] == [1]


@pytest.mark.parametrize("error", [psycopg.errors.UndefinedTable("gone"), ValueError("ours")])
async def test_what_is_wrong_with_us_breaks_a_stream_off_and_is_a_fault(error: Exception) -> None:
    with pytest.raises(type(error)):
        [one async for one in until_away(broken_off(error))]


@pytest.mark.parametrize(("begun", "level"), [(True, "info"), (False, "error")])
async def test_a_reader_who_leaves_while_a_line_is_on_its_way_is_no_fault(
    begun: bool, level: str
) -> None:
    async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ExceptionGroup("of a stream", [BrokenResourceError()])

    async def asked() -> Message:
        return {"type": "http.disconnect"}

    async def answered(_: Message) -> None:
        """Nobody reads it any more."""

    scope: Scope = {"type": "http", "method": "GET", "path": "/v1/stream"}
    scope.update(headers=[], query_string=b"")
    with capture_logs() as lines:
        await Gate(streaming, Figures())(scope, asked, answered)
    assert lines[0]["log_level"] == level


@pytest.mark.parametrize(
    ("path", "ahead"),
    [
        ("/v1/stream", "999999999999999999.ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("/v1/cases/{case}/stream", "3"),
        ("/v1/cases/{case}/stream", "999999999"),
    ],
)
async def test_nobody_resumes_after_what_has_not_happened_yet(
    world: World, path: str, ahead: str
) -> None:
    case = world.receive()
    address = path.format(case=case)
    answer = await world.get(address, world.clerk, Last_Event_ID=ahead)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["code"]) == (422, "cursor_ahead")
    assert (mistake["in"], mistake["name"]) == ("header", "Last-Event-ID")
    assert (await world.get(address, Last_Event_ID=ahead)).status_code == 401
