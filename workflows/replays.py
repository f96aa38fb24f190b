"""Stored histories: replayed against this build's host, read for how far they knew a file."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import ActivitySerializationContext, DataConverter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from db.casefile import Look
from db.engine import reads
from db.operations import shapes
from domain.messages import Frozen
from workflows.client import workflow_id
from workflows.measure import WORKFLOW, MeasureCase
from workflows.operations import NoRun, ask, each

HISTORY_TIMEOUT: Final = timedelta(seconds=10)
LOOK: Final = "look"
LOCAL_ACTIVITY: Final = "core_local_activity"
THREADS: Final = 4
# So many histories are fetched together and held until they are replayed.
BATCH: Final = 20
LONGEST_CAUSE: Final = 300
_RAISED: Final = re.compile(r'r#type: "(\w+)"')


class Failure(Frozen):
    """A case whose stored history this build cannot go on from, and why."""

    case_id: str
    cause: str
    nondeterministic: bool


class ReplayVerdict(Frozen):
    """What a check of histories found. `gone`: cases that Temporal holds no run of."""

    checked: int
    gone: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


class Mark(Frozen):
    """A look in a history: the end of its workflow task, and how long the file was then."""

    task_end: int
    seq: int


async def fetch(client: Client, case_id: str, run_id: str | None = None) -> WorkflowHistory:
    """The stored history of a run, by default the current one. Raises NoRun, TemporalDown."""
    handle = client.get_workflow_handle(workflow_id(case_id), run_id=run_id)
    return await ask(handle.fetch_history(rpc_timeout=HISTORY_TIMEOUT))


async def check_replays(
    client: Client, case_ids: Sequence[str], host: type = MeasureCase
) -> ReplayVerdict:
    """The histories of the current runs against the host of this build. Raises TemporalDown."""
    gone: list[str] = []

    async def histories() -> AsyncIterator[WorkflowHistory]:
        for start in range(0, len(case_ids), BATCH):
            chunk = case_ids[start : start + BATCH]
            found = await each(chunk, lambda case_id: _fetch_kept(client, case_id))
            for case_id, history in zip(chunk, found, strict=True):
                if history is None:
                    gone.append(case_id)
                else:
                    yield history

    found = await _replay(histories(), client.data_converter, client.namespace, host)
    return found.model_copy(update={"gone": tuple(gone)})


async def check_recorded(folder: Path, converter: DataConverter, namespace: str) -> ReplayVerdict:
    """Histories that were kept in files (`workflow_id`, `history`), in the order of their names."""

    async def histories() -> AsyncIterator[WorkflowHistory]:
        for file in sorted(folder.glob("*.json")):
            kept = json.loads(file.read_text("utf-8"))
            yield WorkflowHistory.from_json(kept["workflow_id"], kept["history"])

    return await _replay(histories(), converter, namespace, MeasureCase)


async def _replay(
    histories: AsyncIterator[WorkflowHistory], converter: DataConverter, namespace: str, host: type
) -> ReplayVerdict:
    checked, failures = 0, []
    with ThreadPoolExecutor(THREADS, thread_name_prefix="replay") as threads:
        replayer = Replayer(
            workflows=[host],
            workflow_task_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            data_converter=converter,
            namespace=namespace,
        )
        async with replayer.workflow_replay_iterator(histories) as results:
            async for result in results:
                checked += 1
                if result.replay_failure is not None:
                    failures.append(_failure(result.history, result.replay_failure))
    return ReplayVerdict(checked=checked, failures=tuple(failures))


async def _fetch_kept(client: Client, case_id: str) -> WorkflowHistory | None:
    try:
        return await fetch(client, case_id)
    except NoRun:
        return None


def _failure(history: WorkflowHistory, error: Exception) -> Failure:
    changed = isinstance(error, NondeterminismError)
    told = " ".join(str(error).split())[:LONGEST_CAUSE]
    if not changed:
        # Of an exception in the host only its kind: a message may tell what must not be told.
        raised = _RAISED.search(str(error))
        told = f"the host raised {raised[1] if raised else 'an exception'}"
    return Failure(
        case_id=history.workflow_id.partition("/")[2], cause=told, nondeterministic=changed
    )


async def check_release(
    client: Client, engine: Engine, limit: int | None = None, host: type = MeasureCase
) -> ReplayVerdict:
    """Whether this build can take over: one open case of every distinct shape is replayed.

    `limit` bounds the number of shapes. Raises TemporalDown.
    """

    def sample() -> list[str]:
        with reads(engine) as connection:
            return list(shapes(connection, limit))

    return await check_replays(client, await asyncio.to_thread(sample), host)


async def looks_in(client: Client, history: WorkflowHistory) -> list[Mark]:
    """How far each look into the file saw."""
    marks, task_end = [], 0
    converter = client.data_converter.with_context(
        ActivitySerializationContext(
            namespace=client.namespace,
            workflow_id=history.workflow_id,
            workflow_type=WORKFLOW,
            activity_id=None,
            activity_type=LOOK,
            activity_task_queue=None,
            is_local=True,
        )
    )
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            task_end = event.event_id
        elif (result := _result_of(event)) is not None:
            (look,) = await converter.decode([result], [Look])
            marks.append(Mark(task_end=task_end, seq=look.seq))
    return marks


def _result_of(event: HistoryEvent) -> Payload | None:
    """What a look answered; None of another event, or of a look that failed."""
    if event.event_type != EventType.EVENT_TYPE_MARKER_RECORDED:
        return None
    marker = event.marker_recorded_event_attributes
    if marker.marker_name != LOCAL_ACTIVITY or "result" not in marker.details:
        return None
    return next(iter(marker.details["result"].payloads), None)
