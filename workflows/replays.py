"""Stored histories: replayed against this build's host, read for what they keep of a file."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Engine
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from activities.orders import EffectOrder, EffectOutcome
from db.casefile import Appended
from db.operations import shapes
from domain.messages import Event, Frozen
from workflows.client import workflow_id
from workflows.measure import MeasureCase
from workflows.operations import NoRun, ask, describe, each, run_ids

HISTORY_TIMEOUT: Final = timedelta(seconds=10)
LOCAL_ACTIVITY: Final = "core_local_activity"
THREADS: Final = 4
# So many histories are fetched together and held until they are replayed.
BATCH: Final = 20
LONGEST_CAUSE: Final = 300
_RAISED: Final = re.compile(r'r#type: "(\w+)"')
T = TypeVar("T")


class Failure(Frozen):
    """A case whose stored history this build cannot go on from, and why."""

    case_id: str
    cause: str
    nondeterministic: bool


class Verdict(Frozen):
    """What a check of histories found. `gone`: cases that Temporal holds no run of."""

    checked: int
    gone: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Mark:
    """An append in a history: the end of its workflow task, and what the file answered."""

    task_end: int
    answer: Appended


@dataclass(frozen=True)
class Kept:
    """What a history keeps of a case file; outcomes of effects by their key."""

    marks: tuple[Mark, ...]
    outcomes: dict[str, EffectOutcome]

    @property
    def events(self) -> dict[int, Event]:
        """Every event that the run was ever answered, by number."""
        return {event.seq: event for mark in self.marks for event in mark.answer.tail}


async def fetch(client: Client, case_id: str, run_id: str | None = None) -> WorkflowHistory:
    """The stored history of a run, by default the current one. Raises NoRun, TemporalDown."""
    handle = client.get_workflow_handle(workflow_id(case_id), run_id=run_id)
    return await ask(handle.fetch_history(rpc_timeout=HISTORY_TIMEOUT))


async def check_replays(
    client: Client, case_ids: Sequence[str], host: type = MeasureCase
) -> Verdict:
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

    found = await _replay(histories(), client.data_converter, host)
    return found.model_copy(update={"gone": tuple(gone)})


async def check_recorded(folder: Path, converter: DataConverter) -> Verdict:
    """Histories that were kept in files (`workflow_id`, `history`), in the order of their names."""

    async def histories() -> AsyncIterator[WorkflowHistory]:
        for file in sorted(folder.glob("*.json")):
            kept = json.loads(file.read_text("utf-8"))
            yield WorkflowHistory.from_json(kept["workflow_id"], kept["history"])

    return await _replay(histories(), converter, MeasureCase)


async def _replay(
    histories: AsyncIterator[WorkflowHistory], converter: DataConverter, host: type
) -> Verdict:
    checked, failures = 0, []
    with ThreadPoolExecutor(THREADS, thread_name_prefix="replay") as threads:
        replayer = Replayer(
            workflows=[host],
            workflow_task_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            data_converter=converter,
        )
        async with replayer.workflow_replay_iterator(histories) as results:
            async for result in results:
                checked += 1
                if result.replay_failure is not None:
                    failures.append(_failure(result.history, result.replay_failure))
    return Verdict(checked=checked, failures=tuple(failures))


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
) -> Verdict:
    """Whether this build can take over: one open case of every distinct shape is replayed.

    `limit` bounds the number of shapes. Raises TemporalDown.
    """

    def sample() -> list[str]:
        with engine.connect() as connection:
            return list(shapes(connection, limit))

    return await check_replays(client, await asyncio.to_thread(sample), host)


async def read_all_kept(client: Client, case_id: str) -> tuple[list[Kept], bool]:
    """What every run of a case keeps that Temporal still holds, the current one first.

    And whether the current run was at rest before it was read. Raises NoRun, TemporalDown.
    """
    found = await describe(client, case_id)
    current = found.workflow_execution_info.execution.run_id
    earlier = [run_id for run_id in await run_ids(client, case_id) if run_id != current]
    kept = [
        await read_kept(client, await fetch(client, case_id, run_id))
        for run_id in (current, *earlier)
    ]
    return kept, not found.HasField("pending_workflow_task")


async def read_kept(client: Client, history: WorkflowHistory) -> Kept:
    """What the appends of a history were answered, and how its effects ended."""
    marks, outcomes, orders = [], {}, {}
    task_end = 0
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                task_end = event.event_id
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                if (result := _result_of(event)) is not None:
                    marks.append(Mark(task_end, await _opened(client, result, Appended)))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                given = event.activity_task_scheduled_event_attributes.input.payloads[0]
                orders[event.event_id] = await _opened(client, given, EffectOrder)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                ended = event.activity_task_completed_event_attributes
                outcome = await _opened(client, ended.result.payloads[0], EffectOutcome)
                outcomes[orders[ended.scheduled_event_id].key] = outcome
    return Kept(tuple(marks), outcomes)


def _result_of(event: HistoryEvent) -> Payload | None:
    """What a local activity answered; None if it failed, or if the marker is another's."""
    marker = event.marker_recorded_event_attributes
    if marker.marker_name != LOCAL_ACTIVITY or "result" not in marker.details:
        return None
    return next(iter(marker.details["result"].payloads), None)


async def _opened(client: Client, payload: Payload, kind: type[T]) -> T:
    (value,) = await client.data_converter.decode([payload], [kind])
    assert isinstance(value, kind), "the converter made what it was asked for"
    return value
