"""`make bench ARGS=long`: what a case costs that has grown long, by the number of its commands.

`python -m bench long --commands 100` does it with fewer. The portal and its database stand in this
process and beside it; commands come one by one, so that each pays for the length of the file alone.
Then a run is told so often, and its history replayed.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from api.limits import Limits
from bench.meters import cpu_seconds
from bench.million import base
from cli.postgres import fresh_passwords
from logs import configure
from tests.api.apps import make_app, make_parts
from tests.api.world import Person, World, person
from tests.support.host import Host as RealHost
from tests.support.host import hosting
from tests.support.outside import outside_world
from tests.support.play import Host
from tests.support.servers import postgres_server, temporal_server
from workflows.client import workflow_id
from workflows.replays import check_replays

COMMANDS: Final = 600
MARKS: Final = (1, 100, 300, 600)
# So many commands up to a mark are looked at together.
SAMPLE: Final = 15
MOST_PAGE: Final = 30_000
MOST_REPLAY: Final = 2.0
Ask = Callable[[int], Awaitable[Any]]


@dataclass
class Grown:
    """Milliseconds and CPU milliseconds of each command, bytes of the page at each mark."""

    took: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    pages: dict[int, int] = field(default_factory=dict)

    def at(self, mark: int, of: str = "took") -> float:
        end = max(mark, SAMPLE)
        found: list[float] = getattr(self, of)[end - SAMPLE : end]
        return median(found) if of == "took" else sum(found) / len(found)


async def grow(world: World, case: str, ask: Ask, pid: int, commands: int) -> Grown:
    """Commands of one case, one after the other."""
    found = Grown()
    for number in range(1, commands + 1):
        begun, before = time.perf_counter(), cpu_seconds(pid) + time.process_time()
        answer = await ask(number)
        found.took.append((time.perf_counter() - begun) * 1000)
        found.cpu.append((cpu_seconds(pid) + time.process_time() - before) * 1000)
        assert answer.status_code == 200, answer.text
        if number in MARKS:
            page = await world.get(f"/v1/cases/{case}", world.clerk)
            found.pages[number] = len(page.content)
    return found


def left_open(world: World, case: str) -> Ask:
    """Questions that nobody answers, each of another caseworker."""

    async def ask(number: int) -> httpx.Response:
        return await _put(world, case, _clerk(number))

    return ask


def answered(world: World, case: str) -> Ask:
    """A question, and its answer."""
    asked: list[str] = []

    async def ask(_: int) -> httpx.Response:
        if asked:
            said = {"escalation": asked.pop(), "reason": "Да"}
            return await world.ask(case, "answer_escalation", world.clerk, said)
        answer = await _put(world, case, world.clerk)
        asked.append(answer.json()["escalations"][-1]["id"])
        return answer

    return ask


def _clerk(number: int) -> Person:
    return person("caseworker", 1_000 + number, authority="200140900011")


async def _put(world: World, case: str, by: Person) -> httpx.Response:
    return await world.ask(case, "escalate", by, {"to": "administrators", "reason": "Вопрос"})


async def commands(home: Path, most: int) -> dict[str, Grown]:
    """Every shape of a long case, on a base of its own."""
    with base(home, fresh_passwords(), {}) as (_, engine, dsn, pid):
        host = Host(engine, asleep=True)
        unlimited = Limits(requests_per_second=1_000_000)
        app = make_app(replace(make_parts(engine, dsn, host), limits=unlimited))
        async with app.router.lifespan_context(app):
            wire = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=wire, base_url="http://portal") as http:
                world = World(app, engine, host, http)
                return await _shapes(world, engine, pid, most)


async def _shapes(world: World, engine: Engine, pid: int, most: int) -> dict[str, Grown]:
    world.host.asleep = False
    plain, asked = [await world.choosing(number) for number in (1, 2)]
    ended = await world.ordered(3)
    await world.act(ended, "refuse_order", world.supplier, reason="Нет на складе")
    shapes = {
        "asked and answered": (asked, answered(world, asked)),
        "the same after an order that ended": (ended, answered(world, ended)),
        "questions left open": (plain, left_open(world, plain)),
    }
    return {name: await grow(world, case, ask, pid, most) for name, (case, ask) in shapes.items()}


async def replayed(home: Path, looks: int) -> tuple[int, float]:
    """Events of the longest history of a run that was told so often, and seconds of its replay."""
    with (
        postgres_server(home) as server,
        temporal_server(home) as temporal,
        outside_world(home) as outside,
    ):
        server.migrate()
        async with (
            hosting(temporal.address, server.copy(), outside) as host,
            host.working(),
        ):
            return await _told(host, looks)


async def _told(host: RealHost, looks: int) -> tuple[int, float]:
    party = await host.begin()
    await host.play(party, "choosing")
    longest = slowest = 0.0
    for number in range(1, looks + 1):
        await host.tells(party)
        if number % (SAMPLE * 4) == 0:
            handle = host.client.get_workflow_handle(workflow_id(party.file.id))
            longest = max(longest, (await handle.describe()).history_length)
            begun = time.perf_counter()
            verdict = await check_replays(host.client, [party.file.id])
            assert not verdict.failures
            slowest = max(slowest, time.perf_counter() - begun)
    return int(longest), slowest


def show(console: Console, found: dict[str, Grown]) -> None:
    """Milliseconds a command by mark, CPU in brackets, the ratio of last and first, the page."""
    table = Table(title="milliseconds a command (CPU of portal, client and database)")
    marks = [mark for mark in MARKS if all(mark in one.pages for one in found.values())]
    for heading in ("case", *map(str, marks), "ratio", "page, bytes", ""):
        table.add_column(heading)
    for name, one in found.items():
        cells = [f"{one.at(mark):.1f} ({one.at(mark, 'cpu'):.1f})" for mark in marks]
        ratios = [one.at(marks[-1], of) / one.at(1, of) for of in ("took", "cpu")]
        page = max(one.pages.values())
        met = "met" if page <= MOST_PAGE else "missed"
        table.add_row(name, *cells, "{:.2f} ({:.2f})".format(*ratios), str(page), met)
    console.print(table)


def main(arguments: list[str]) -> None:
    """Grow the cases, tell a run, show what that took."""
    parser = argparse.ArgumentParser(prog="python -m bench long")
    parser.add_argument("--commands", type=int, default=COMMANDS)
    asked, console = parser.parse_args(arguments), Console(width=140)
    configure("warning")
    with tempfile.TemporaryDirectory(prefix="ozhb-bench-") as folder:
        grown, told = Path(folder) / "grown", Path(folder) / "told"
        for home in (grown, told):
            home.mkdir()
        show(console, asyncio.run(commands(grown, asked.commands)))
        events, seconds = asyncio.run(replayed(told, asked.commands))
    met = "met" if seconds <= MOST_REPLAY else "missed"
    console.print(
        f"a run told {asked.commands} times: at most {events} events of history,"
        f" replayed in {seconds:.2f} s (aim ≤ {MOST_REPLAY} s: {met})"
    )
