"""Beside whom the product is measured, each with servers of its own: bare Temporal, and DBOS."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType

import httpx
from temporalio.client import Client

from bench.bare import MESSAGES, QUEUE, TEXT, BareFlow, BareMessage
from bench.counters import CountedStatement
from bench.turns import IN_FLIGHT
from bench.wire import Wire
from cli.ports import free_port
from cli.postgres import SUPERUSER, Postgres, fresh_passwords
from cli.program import Program, Running, running
from cli.temporal import Temporal


class Bare:
    """The bare flow."""

    def __init__(self, client: Client, temporal: CountedStatement, pids: dict[str, int]) -> None:
        self.client, self.temporal, self.pids = client, temporal, pids
        self.answers: list[tuple[str, float]] = []
        # So many seconds before each message.
        self.pause = 0.0

    async def play(self, number: int) -> str:
        name = f"bare-{number}"
        handle = await self.client.start_workflow(BareFlow.run, id=name, task_queue=QUEUE)
        for message in range(1, MESSAGES + 1):
            await asyncio.sleep(self.pause)
            begun = time.perf_counter()
            await handle.execute_update(BareFlow.take, BareMessage(message))
            self.answers.append(("update", time.perf_counter() - begun))
        await handle.result()
        return name


@asynccontextmanager
async def bare(home: Path) -> AsyncIterator[Bare]:
    """A server with the settings of the product's, and a worker with those of the SDK."""
    temporal, log = Temporal(free_port(), database=home / "bare.sqlite"), home / "bare-temporal.log"
    argv = (sys.executable, "-m", "bench.bare", temporal.address)
    program = Program(name="bare", argv=argv, answers=lambda: True)
    with running(temporal.program(), log) as server, running(program, home / "bare.log") as worker:
        client = await Client.connect(temporal.address)
        pids = {"temporal": server.pid, "worker": worker.pid}
        yield Bare(client, CountedStatement(client, log), pids)


@contextmanager
def at_pace(side: Bare, cases_per_second: float) -> Iterator[Bare]:
    """The bare flow, its messages so far apart that it ends so many cases a second."""
    side.pause = IN_FLIGHT / cases_per_second / MESSAGES
    yield side
    side.pause = 0


class Peer:
    """The flow on DBOS, through its door."""

    def __init__(self, wire: Wire, pids: dict[str, int]) -> None:
        self.wire, self.pids = wire, pids
        self.answers: list[tuple[str, float]] = []

    async def play(self, number: int) -> str:
        name = f"peer-{number}"
        await self.ask(name)
        for message in range(1, MESSAGES + 1):
            begun = time.perf_counter()
            await self.ask(f"{name}/{message}")
            self.answers.append(("message", time.perf_counter() - begun))
        await self.ask(f"{name}/end")
        return name

    async def ask(self, path: str) -> None:
        answer = await self.wire.ask("POST", f"/{path}", {}, TEXT.encode())
        if answer.status != 200:
            raise RuntimeError(f"the peer answered {path} with {answer.status}")


@asynccontextmanager
async def peer(home: Path) -> AsyncIterator[Peer]:
    """A PostgreSQL with the settings of the product's, and the app."""
    postgres = Postgres(home / "peer", free_port(), fresh_passwords())
    postgres.prepare()
    with running(postgres.program(), home / "peer-postgres.log") as server:
        database = {"PEER_DATABASE": postgres.url(SUPERUSER, "peer")}
        with served("bench.peer:make_app", home / "peer.log", database) as (url, app):
            yield Peer(Wire(url), {"postgres": server.pid, "app": app.pid})


@contextmanager
def served(
    app: str, log: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, Running]]:
    """An app of the benchmark, on a port of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    argv = (sys.executable, "-m", "uvicorn", app, "--factory", "--port", str(port))
    program = Program(
        name=app,
        argv=(*argv, "--no-access-log", "--log-level", "warning"),
        answers=partial(_answers, url),
        environment={**os.environ, **environment},
    )
    with running(program, log) as child:
        yield url, child


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return True
