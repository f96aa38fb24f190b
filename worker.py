"""The worker, a process of its own: clients → activities → workers; health and metrics."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import (
    Interceptor,
    PollerBehaviorAutoscaling,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.esobes import EsobesActivities
from activities.housekeeping import HousekeepingActivities
from activities.notices import NoticeActivities
from activities.payments import PaymentActivities
from activities.records import RecordActivities
from activities.signatures import SignatureActivities
from db.sealing import Seal
from workflows.client import Cases, workflow_id
from workflows.housekeeping import Housekeeping
from workflows.measure import MeasureCase
from workflows.options import CASES, NOTICES, PAYMENTS

GRACE = timedelta(seconds=10)
THREADS = {CASES: 16, NOTICES: 8, PAYMENTS: 4}
CACHED_CASES = 500


@dataclass(frozen=True)
class Effects:
    """The activities that reach beyond the case file, with their clients in them."""

    notices: NoticeActivities
    payments: PaymentActivities
    esobes: EsobesActivities
    signatures: SignatureActivities


@dataclass(frozen=True)
class Parts:
    """What a worker is made of. `prefix` stands before each queue's name (tests use their own)."""

    client: Client
    engine: Engine
    seal: Seal
    effects: Effects
    prefix: str = ""
    cached_cases: int = CACHED_CASES
    interceptors: tuple[Interceptor, ...] = ()


def current_run_of(client: Client, loop: asyncio.AbstractEventLoop) -> Callable[[str], str]:
    """Asks Temporal, from an activity's thread, which run of a case is the current one."""

    def current_run(case_id: str) -> str:
        describing = client.get_workflow_handle(workflow_id(case_id)).describe(
            rpc_timeout=timedelta(seconds=5)
        )
        described = asyncio.run_coroutine_threadsafe(describing, loop).result(timeout=6)
        return described.run_id

    return current_run


def wake_from_thread(cases: Cases, loop: asyncio.AbstractEventLoop) -> Callable[[str, str], bool]:
    """Hands a case its waiting messages, from an activity's thread."""

    def wake(case_id: str, edition: str) -> bool:
        waking = cases.wake(case_id, edition)
        return asyncio.run_coroutine_threadsafe(waking, loop).result(timeout=10)

    return wake


def make_workers(parts: Parts) -> list[Worker]:
    """One worker a queue: cases with their records, notices and reports, payments."""
    loop = asyncio.get_running_loop()
    cases = Cases(parts.client, parts.prefix + CASES)
    records = RecordActivities(parts.engine, current_run_of(parts.client, loop))
    sweep = HousekeepingActivities(parts.engine, parts.seal, wake_from_thread(cases, loop))
    effects = parts.effects
    return [
        _worker(parts, CASES, [records.append, sweep.sweep]),
        _worker(
            parts,
            NOTICES,
            [
                effects.notices.notify,
                effects.notices.tell,
                effects.esobes.report,
                effects.signatures.verify,
            ],
        ),
        _worker(parts, PAYMENTS, [effects.payments.pay, effects.payments.enquire]),
    ]


def _worker(parts: Parts, desk: str, activities: list[Callable[..., object]]) -> Worker:
    """Workflow code is deterministic by its layers and its replay tests, so no sandbox is needed."""
    return Worker(
        parts.client,
        task_queue=parts.prefix + desk,
        workflows=[MeasureCase, Housekeeping] if desk == CASES else [],
        activities=activities,
        activity_executor=ThreadPoolExecutor(THREADS[desk], thread_name_prefix=desk),
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=parts.interceptors,
        max_cached_workflows=parts.cached_cases,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=GRACE,
    )


@asynccontextmanager
async def running(workers: list[Worker]) -> AsyncIterator[None]:
    """All of them while the block lasts; drained on leaving."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield


async def keep_house(client: Client, prefix: str = "") -> None:
    """Start housekeeping, or leave the one that runs."""
    await client.start_workflow(
        Housekeeping.run,
        id=f"{prefix}housekeeping",
        task_queue=prefix + CASES,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
