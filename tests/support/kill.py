"""A worker in a process of its own, which kills itself or has its case reset at a chosen point."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.orders import EffectOrder
from db.casefile import Append
from db.engine import make_engine
from tests.support.effects import effects_over
from tests.support.host import connect, last_task, reset
from tests.support.intake import SEAL
from worker import Parts, make_workers, running
from workflows import options

# Where a worker is struck: around an append, around an effect, around what an effect asks outside.
BEFORE_APPEND, AFTER_APPEND = "before append", "after append"
BEFORE_EFFECT, AFTER_EFFECT = "before effect", "after effect"
BEFORE_REQUEST, AFTER_ANSWER = "before request", "after answer"
POINTS = (
    BEFORE_APPEND,
    AFTER_APPEND,
    BEFORE_EFFECT,
    AFTER_EFFECT,
    BEFORE_REQUEST,
    AFTER_ANSWER,
)
# A process is forked from one that has imported everything, so that a start costs little.
_dying = Lock()
_context = get_context("forkserver")
_context.set_forkserver_preload(["tests.support.kill"])


@dataclass(frozen=True)
class Orders:
    """What a worker process is told. `marks` is the file in which it notes whom it struck."""

    address: str
    database_url: str
    sandbox_url: str
    prefix: str
    point: str
    marks: Path
    kills: bool

    def struck(self) -> list[str]:
        """Whom this point has struck, in order."""
        return self.marks.read_text().splitlines() if self.marks.exists() else []


@dataclass
class Striker(Interceptor):
    """Strikes once for each message (append) or effect, at one point."""

    orders: Orders
    client: Client

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Striking(next, self)

    async def at(self, point: str, key: str) -> None:
        """Kill this process, or reset the case, unless that was done here already."""
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
        if isinstance(asked, Append) and asked.message is not None:
            key = f"{asked.message.name} {asked.message.id}"
            await at(BEFORE_APPEND, key)
            answer = await self.next.execute_activity(input)
            await at(AFTER_APPEND, key)
            return answer
        if isinstance(asked, EffectOrder):
            key = f"{asked.kind} {asked.key}"
            await at(BEFORE_EFFECT, key)
            answer = await self.next.execute_activity(input)
            await at(AFTER_EFFECT, key)
            return answer
        return await self.next.execute_activity(input)


def kill_once(orders: Orders, key: str) -> None:
    """Kill this process, unless that was done for this key; one thread at a time."""
    with _dying:
        if note(orders, key):
            os.kill(os.getpid(), signal.SIGKILL)


def note(orders: Orders, key: str) -> bool:
    """Write down who is struck, on the disk before it happens; False if it was done before."""
    if key in orders.struck():
        return False
    with orders.marks.open("a") as marks:
        marks.write(f"{key}\n")
        marks.flush()
        os.fsync(marks.fileno())
    return True


def _watch(orders: Orders) -> Callable[[str], None]:
    """Kills in the middle of an effect: before a request leaves, or when its answer has come."""
    points = {"request": BEFORE_REQUEST, "answer": AFTER_ANSWER}

    def watch(what: str) -> None:
        info = activity.info()
        if points[what] == orders.point:
            kill_once(orders, f"{info.activity_type} {info.activity_id}")

    return watch


def work(orders: Orders) -> None:
    """The process: the real worker, until it is struck or terminated."""
    # A dead worker is noticed when its attempt has run out: sooner here than in production.
    options.OUTSIDE["start_to_close_timeout"] = timedelta(seconds=1)
    options.OUTSIDE["retry_policy"] = RetryPolicy(
        initial_interval=timedelta(milliseconds=100), backoff_coefficient=1.0
    )
    asyncio.run(_work(orders))


async def _work(orders: Orders) -> None:
    client = await connect(orders.address)
    engine = make_engine(orders.database_url)
    with effects_over(engine, orders.sandbox_url, _watch(orders)) as effects:
        parts = Parts(client, engine, SEAL, effects, orders.prefix)
        striker = Striker(orders, client)
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
        process = _context.Process(target=work, args=(self.orders,), daemon=True)
        process.start()
        return process

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
