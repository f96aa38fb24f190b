"""The legal clock goes forward for the database and for every open case alike."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cli.ports import free_port
from cli.program import running
from cli.temporal import Temporal
from tests.sandbox.test_gateway import hear_receipts, send
from tests.sandbox.test_wire import SMS
from tests.sandbox.world import Product, World, find_port, listening, wait_until
from tests.support.servers import Database, temporal_server

pytestmark = pytest.mark.long

DAY = 86_400.0


@activity.defn
async def take_two_seconds() -> None:
    """An effect that is under way when the clock moves."""
    await asyncio.sleep(2)


@workflow.defn(name="case")
class Case:
    """A case as the sandbox sees it: a type, a timer, perhaps work under way."""

    @workflow.run
    async def run(self, kind: str) -> str:
        """Wait sixty days."""
        if kind == "busy":
            await workflow.execute_activity(
                take_two_seconds, start_to_close_timeout=timedelta(seconds=30)
            )
        if kind == "stuck":
            raise RuntimeError("a bug")
        await workflow.sleep(timedelta(days=60))
        return "expired"


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own: an advance forwards every open case on it."""
    with temporal_server(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


@pytest.fixture
def make_world(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Sandboxes over the test's database."""
    made = []

    def make(**environment: str) -> World:
        world = World(
            tmp_path_factory.mktemp("sandbox") / "data",
            Product(find_port()),
            OZHB_SANDBOX_DATABASE_URL=database.sandbox_url,
            **environment,
        )
        world.start()
        made.append(world)
        return world

    yield make
    for world in made:
        world.kill()
        world.client.close()


@pytest.fixture
def clocked(make_world: Any, temporal: str) -> World:
    """A sandbox with database and Temporal."""
    world: World = make_world(
        OZHB_SANDBOX_TEMPORAL_ADDRESS=temporal, OZHB_SANDBOX_CASE_TIMEOUT_SECONDS="5"
    )
    return world


@asynccontextmanager
async def working(address: str) -> AsyncIterator[Any]:
    """A worker, and a way to start cases; what is still open at the end is terminated."""
    client = await Client.connect(address)
    queue = f"test-{uuid4().hex}"
    handles: list[WorkflowHandle[Any, Any]] = []

    async def start(kind: str = "idle") -> WorkflowHandle[Any, Any]:
        handles.append(await client.start_workflow("case", kind, id=uuid4().hex, task_queue=queue))
        return handles[-1]

    async with Worker(
        client,
        task_queue=queue,
        workflows=[Case],
        activities=[take_two_seconds],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield start
        for handle in handles:
            if (await handle.describe()).close_time is None:
                await handle.terminate()


async def advance(world: World, **by: Any) -> Any:
    """Move the clock without holding up the worker of this process."""
    return await asyncio.to_thread(world.post, "/clock/advance", **by)


async def read_ahead(address: str, handle: WorkflowHandle[Any, Any]) -> float:
    """How many seconds a case is ahead of the wall clock."""
    skipper = TimeSkipper(await Client.connect(address))
    return ((await skipper.get_current_time(handle)) - datetime.now(UTC)).total_seconds()


def read_row(database: Database) -> float:
    """How many seconds the row is ahead of the wall clock, as the product reads it."""
    with psycopg.connect(database.app_url) as connection:
        found = connection.execute("select extract(epoch from legal_now() - clock_timestamp())")
        return float((found.fetchone() or (0,))[0])


def test_the_row_moves_and_stays_moved(make_world: Any, database: Database) -> None:
    world = make_world()
    assert world.get("/clock")["offset_seconds"] == 0
    answer = world.post("/clock/advance", days=60, seconds=5)
    assert answer["offset_seconds"] == pytest.approx(60 * DAY + 5, abs=0.1)
    assert (answer["cases"], answer["failed"]) == (0, 0)
    assert read_row(database) == pytest.approx(60 * DAY + 5, abs=0.1)
    world.kill()
    world.start()
    assert world.get("/clock")["offset_seconds"] == pytest.approx(60 * DAY + 5, abs=0.1)


def test_the_clock_moves_to_an_instant_and_never_back(make_world: Any, database: Database) -> None:
    world = make_world()
    to = datetime.now(UTC) + timedelta(days=10)
    now = datetime.fromisoformat(world.post("/clock/advance", to=to.isoformat())["now"])
    assert abs((now - to).total_seconds()) < 5
    back = {"to": (to - timedelta(days=1)).isoformat()}
    assert world.client.post("/clock/advance", json=back).status_code == 400
    for body in ({"seconds": -1}, {"days": -1}, {}, {"days": 1, **back}):
        assert world.client.post("/clock/advance", json=body).status_code == 422
    assert read_row(database) == pytest.approx(10 * DAY, abs=5)


def test_without_a_database_nothing_moves(world: World) -> None:
    assert world.client.post("/clock/advance", json={"days": 1}).status_code == 503
    assert world.get("/clock")["offset_seconds"] == 0


def test_receipts_carry_the_legal_time(make_world: Any) -> None:
    world = make_world()
    world.post("/clock/advance", days=60)
    with listening(world.product):
        (receipt,) = hear_receipts(world, "sms", send(world, "sms", SMS))
    ahead = datetime.fromisoformat(receipt["at"]) - datetime.now(UTC)
    assert ahead.total_seconds() == pytest.approx(60 * DAY, abs=10)


async def test_every_open_case_comes_along_and_its_timer_ends(
    clocked: World, temporal: str
) -> None:
    async with working(temporal) as start:
        cases = [await start() for _ in range(60)]
        answer = await advance(clocked, days=59)
        assert (answer["cases"], answer["failed"]) == (60, 0)
        assert await read_ahead(temporal, cases[0]) == pytest.approx(59 * DAY, abs=2)
        assert (await advance(clocked, days=1, seconds=5))["failed"] == 0
        ends = await asyncio.gather(*(case.result() for case in cases))
        assert set(ends) == {"expired"}
        assert (await advance(clocked, days=1))["cases"] == 0


async def test_a_case_that_began_behind_the_clock_catches_up_with_it(
    clocked: World, temporal: str
) -> None:
    async with working(temporal) as start:
        await advance(clocked, days=10)
        case = await start()
        answer = await advance(clocked, seconds=0)
        assert answer["cases"] == 1
        assert await read_ahead(temporal, case) == pytest.approx(10 * DAY, abs=2)


async def test_an_effect_under_way_is_waited_for(clocked: World, temporal: str) -> None:
    async with working(temporal) as start:
        case = await start("busy")
        answer = await advance(clocked, days=5)
        assert (answer["cases"], answer["failed"]) == (1, 0)
        assert await read_ahead(temporal, case) == pytest.approx(5 * DAY, abs=2)


async def test_a_stuck_case_is_counted_as_failed_and_holds_up_no_other(
    clocked: World, temporal: str
) -> None:
    async with working(temporal) as start:
        stuck, healthy = await start("stuck"), await start()
        answer = await advance(clocked, days=5)
        assert (answer["cases"], answer["failed"]) == (1, 1)
        assert await read_ahead(temporal, healthy) == pytest.approx(5 * DAY, abs=2)
        assert await read_ahead(temporal, stuck) < DAY
        assert stuck.id in clocked.log()


async def test_an_advance_that_a_kill_cut_short_is_finished_at_the_next_start(
    make_world: Any, database: Database, tmp_path: Path
) -> None:
    server = Temporal(free_port())
    world = make_world(OZHB_SANDBOX_TEMPORAL_ADDRESS=server.address)
    assert world.client.post("/clock/advance", json={"days": 7}).status_code == 503
    assert read_row(database) == pytest.approx(7 * DAY, abs=1)
    world.kill()
    # The thread that starts a program must outlive it.
    with ThreadPoolExecutor(1) as starter, running(server.program(), tmp_path / "temporal.log"):
        async with working(server.address) as start:
            case = await start()
            await asyncio.get_running_loop().run_in_executor(starter, world.start)
            loop = asyncio.get_running_loop()

            def read() -> float:
                later = asyncio.run_coroutine_threadsafe(read_ahead(server.address, case), loop)
                return later.result()

            ahead = await asyncio.to_thread(wait_until, read, lambda ahead: ahead > DAY)
            assert ahead == pytest.approx(7 * DAY, abs=2)
