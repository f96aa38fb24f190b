"""A worker in a process of its own, which kills itself or has its case reset at a chosen point."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock, Timer
from typing import Any

from sqlalchemy import Engine, text
from temporalio import activity
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.effects import EffectKeys
from activities.records import Glance
from db.engine import make_engine
from tests.support.effects import effects_over
from tests.support.forks import fork
from tests.support.host import connect, last_task, reset
from tests.support.intake import SEAL
from worker import WorkerParts, make_workers, running
from workflows import options

# Where a worker is struck: around a look into the file, around an effect, and around what an effect
# asks outside.
BEFORE_LOOK, AFTER_LOOK = "before look", "after look"
BEFORE_EFFECT, AFTER_EFFECT = "before effect", "after effect"
BEFORE_REQUEST, AFTER_ANSWER = "before request", "after answer"
# While a payment order has left, and the treasury has not read it yet.
ON_ITS_WAY = "on its way"
LEFT_SECONDS = 0.5
# Until a worker is back from its death the order has not arrived; then it does.
SLOW_SECONDS = 12
POINTS = (
    BEFORE_LOOK,
    AFTER_LOOK,
    BEFORE_EFFECT,
    AFTER_EFFECT,
    BEFORE_REQUEST,
    AFTER_ANSWER,
)
_LENGTH = text("SELECT seq FROM case_head WHERE case_id = :case_id")
_dying = Lock()


@dataclass(frozen=True)
class Orders:
    """What a worker process is told.

    `marks` is the file in which it notes the places that it came to, of which it strikes every
    `every`-th. A dead worker is noticed by its `silence`: sooner than in production, unless told.
    """

    address: str
    database_url: str
    sandbox_url: str
    prefix: str
    point: str
    marks: Path
    kills: bool
    every: int
    silence: timedelta = timedelta(seconds=1)

    def met(self) -> list[str]:
        """The places of this point, in the order in which they were come to."""
        return self.marks.read_text().splitlines() if self.marks.exists() else []

    def struck(self) -> list[str]:
        """Those of them at which this point has struck."""
        return self.met()[:: self.every]


@dataclass
class Striker(Interceptor):
    """Strikes at a look or an effect, at one point; the same one once."""

    orders: Orders
    client: Client
    engine: Engine

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Striking(next, self)

    async def at(self, point: str, key: str) -> None:
        """Kill this process, or reset the case, unless it was here before or passes by."""
        if point != self.orders.point:
            return
        if self.orders.kills:
            kill_once(self.orders, key)
            return
        info = activity.info()
        assert info.workflow_id is not None
        assert info.workflow_run_id is not None
        task = await last_task(self.client, info.workflow_id, info.workflow_run_id)
        if task is not None and note(self.orders, key):
            case_id = info.workflow_id.removeprefix("measure/")
            await reset(self.client, case_id, info.workflow_run_id, task)


class _Striking(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, striker: Striker) -> None:
        super().__init__(next)
        self.striker = striker

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        asked, at = input.args[0] if input.args else None, self.striker.at
        kind = activity.info().activity_type
        if isinstance(asked, Glance):
            # Told apart by how long the file was: a run that is reset looks again and again.
            await at(BEFORE_LOOK, f"look {self.length(asked.case_id)}")
            answer = await self.next.execute_activity(input)
            await at(AFTER_LOOK, f"look {answer.seq}")
            return answer
        if isinstance(asked, EffectKeys):
            key = f"{kind} {activity.info().activity_id}"
            await at(BEFORE_EFFECT, key)
            answer = await self.next.execute_activity(input)
            await at(AFTER_EFFECT, key)
            return answer
        return await self.next.execute_activity(input)

    def length(self, case_id: str) -> int:
        with self.striker.engine.connect() as connection:
            return int(connection.execute(_LENGTH, {"case_id": case_id}).scalar_one())


def kill_once(orders: Orders, key: str) -> None:
    """Kill this process where this place is to be struck; one thread at a time."""
    with _dying:
        if note(orders, key):
            os.kill(os.getpid(), signal.SIGKILL)


def note(orders: Orders, key: str) -> bool:
    """Write the place down, on the disk before it is struck; whether it is to be."""
    met = orders.met()
    if key in met:
        return False
    with orders.marks.open("a") as marks:
        marks.write(f"{key}\n")
        marks.flush()
        os.fsync(marks.fileno())
    return len(met) % orders.every == 0


def _watch(orders: Orders) -> Callable[[str], None]:
    """Kills in the middle of an effect: before a request leaves, or when its answer has come."""
    points = {"request": BEFORE_REQUEST, "answer": AFTER_ANSWER}

    def watch(what: str) -> None:
        info = activity.info()
        key = f"{info.activity_type} {info.activity_id}"
        if points[what] == orders.point:
            kill_once(orders, key)
        paying = orders.point == ON_ITS_WAY and info.activity_type == "pay"
        if paying and what == "request":
            Timer(LEFT_SECONDS, kill_once, (orders, key)).start()

    return watch


def work(orders: Orders) -> None:
    """The process: the real worker, until it is struck or terminated."""
    options.OUTSIDE["heartbeat_timeout"] = orders.silence
    options.OUTSIDE["retry_policy"] = RetryPolicy(
        initial_interval=timedelta(milliseconds=100), backoff_coefficient=1.0
    )
    asyncio.run(_work(orders))


async def _work(orders: Orders) -> None:
    client = await connect(orders.address)
    engine = make_engine(orders.database_url)
    on_its_way = timedelta(seconds=2 * SLOW_SECONDS)
    with effects_over(engine, orders.sandbox_url, _watch(orders), on_its_way) as effects:
        parts = WorkerParts(client, engine, SEAL, effects, orders.prefix)
        striker = Striker(orders, client, engine)
        striking = replace(parts, interceptors=(striker,), sticky=timedelta(seconds=1))
        async with running(make_workers(striking)):
            await asyncio.Event().wait()


class Mortal:
    """Such a process, started again each time it died."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.deaths = 0
        self.process = self._start()

    def _start(self) -> BaseProcess:
        return fork(work, self.orders)

    def revive(self) -> int:
        """Start it again if it killed itself; how often it has. Any other end is a failure."""
        if not self.process.is_alive():
            assert self.process.exitcode == -signal.SIGKILL, f"ended with {self.process.exitcode}"
            self.deaths += 1
            self.process = self._start()
        return self.deaths

    def end(self) -> None:
        self.process.kill()
        self.process.join()
