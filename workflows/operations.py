"""The runs of cases as Temporal sees them: what hangs where, and how to get it going again.

Everything is asked of the raw service with a time-out: a run that is not understood (a paused one)
or does not answer must not hide the others. No workflow is ever queried.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import (
    EventType,
    PendingActivityState,
    WorkflowExecutionStatus,
    WorkflowTaskFailedCause,
)
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
    ListWorkflowExecutionsRequest,
    ResetActivityRequest,
    ResetWorkflowExecutionRequest,
    UnpauseActivityRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.case.desks import place
from domain.messages import Frozen
from workflows.client import Cases, workflow_id
from workflows.effects import keys_of
from workflows.measure import WORKFLOW
from workflows.options import PARKED_AFTER

RPC_TIMEOUT: Final = timedelta(seconds=3)
AT_ONCE: Final = 20
LOOKS, BETWEEN_LOOKS = 20, 0.1
PAGE: Final = 1000
PROBLEMS: Final = "TemporalReportedProblems"
# Enough to find the failed task: what follows it is one line a retry at most.
LAST_LINES: Final = 10
T = TypeVar("T")
R = TypeVar("R")


class TemporalDown(Exception):
    """Temporal does not answer, or not in time."""


class NoRun(Exception):
    """Temporal holds no run of this case."""


class Pending(Frozen):
    """An activity that has not ended. `last_error` is the name of the failure's kind alone."""

    id: str
    kind: str
    attempt: int
    state: str
    since: datetime
    last_error: str | None = None
    next_attempt_at: datetime | None = None
    paused: bool = False

    @property
    def parked(self) -> bool:
        """Tried beyond its bound, or held: somebody has to look."""
        return self.paused or self.attempt > PARKED_AFTER


class WorkflowTask(Frozen):
    """A workflow task that has not ended; from its second attempt on with what went wrong."""

    attempt: int
    since: datetime
    cause: str | None = None
    error: str | None = None


class Run(Frozen):
    """The current run of a case."""

    run_id: str
    status: str
    started_at: datetime
    closed_at: datetime | None = None
    history_length: int
    activities: tuple[Pending, ...] = ()
    task: WorkflowTask | None = None


@dataclass(frozen=True)
class Failing:
    """A case whose workflow task fails, with what Temporal reports of it."""

    case_id: str
    run_id: str
    problems: tuple[str, ...]


async def ask(answering: Awaitable[T]) -> T:
    """The answer of the service. Raises NoRun, TemporalDown."""
    try:
        return await answering
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NoRun("Temporal holds no run of this case") from error
        raise TemporalDown(f"Temporal answered {error.status.name}") from error


async def each(
    items: Iterable[T], do: Callable[[T], Awaitable[R]], at_once: int = AT_ONCE
) -> list[R]:
    """The results in the order of the items; so many at a time."""
    room = asyncio.Semaphore(at_once)

    async def one(item: T) -> R:
        async with room:
            return await do(item)

    return await asyncio.gather(*(one(item) for item in items))


def answering(key: str, activities: Sequence[Pending]) -> Pending | None:
    """The activity that does an effect."""
    return next((one for one in activities if key in keys_of(one.id)), None)


def execution(case_id: str, run_id: str = "") -> WorkflowExecution:
    """A case's run as requests name it; without `run_id` the current one."""
    return WorkflowExecution(workflow_id=workflow_id(case_id), run_id=run_id)


def page_of(ui_url: str, namespace: str, case_id: str, run_id: str | None) -> str:
    """Where Temporal's own pages show a case."""
    name = quote(workflow_id(case_id), safe="")
    shown = f"{ui_url}/namespaces/{quote(namespace, safe='')}/workflows/{name}"
    return f"{shown}/{run_id}/history" if run_id else shown


async def look(client: Client, case_id: str) -> Run:
    """The current run of a case. Raises NoRun, TemporalDown."""
    found = await describe(client, case_id)
    info = found.workflow_execution_info
    task = await _task(client, case_id, found) if found.HasField("pending_workflow_task") else None
    return Run(
        run_id=info.execution.run_id,
        status=_status(info.status),
        started_at=_instant(info.start_time),
        closed_at=_instant(info.close_time) if info.HasField("close_time") else None,
        history_length=info.history_length,
        activities=tuple(
            sorted(map(_pending, found.pending_activities), key=lambda one: place(one.id))
        ),
        task=task,
    )


async def describe(
    client: Client, case_id: str, run_id: str = ""
) -> DescribeWorkflowExecutionResponse:
    """What the service says of a run, as it says it."""
    asked = DescribeWorkflowExecutionRequest(
        namespace=client.namespace, execution=execution(case_id, run_id)
    )
    return await ask(
        client.workflow_service.describe_workflow_execution(asked, timeout=RPC_TIMEOUT)
    )


async def _task(
    client: Client, case_id: str, found: DescribeWorkflowExecutionResponse
) -> WorkflowTask:
    pending = found.pending_workflow_task
    retried = pending.HasField("original_scheduled_time")
    since = pending.original_scheduled_time if retried else pending.scheduled_time
    cause, error = None, None
    if pending.attempt > 1:
        run_id = found.workflow_execution_info.execution.run_id
        cause, error = await _why_failed(client, case_id, run_id)
    return WorkflowTask(attempt=pending.attempt, since=_instant(since), cause=cause, error=error)


async def _why_failed(client: Client, case_id: str, run_id: str) -> tuple[str | None, str | None]:
    """The cause and the kind of failure of the last task that did not end well."""
    asked = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=execution(case_id, run_id),
        maximum_page_size=LAST_LINES,
    )
    answer = await ask(
        client.workflow_service.get_workflow_execution_history_reverse(asked, timeout=RPC_TIMEOUT)
    )
    for event in answer.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failed = event.workflow_task_failed_event_attributes
            name = WorkflowTaskFailedCause.Name(failed.cause)
            return name.removeprefix("WORKFLOW_TASK_FAILED_CAUSE_").lower(), _kind(failed.failure)
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
            return "timed_out", None
    return None, None


def _pending(info: PendingActivityInfo) -> Pending:
    waits = info.HasField("next_attempt_schedule_time")
    state = PendingActivityState.Name(info.state).removeprefix("PENDING_ACTIVITY_STATE_")
    return Pending(
        id=info.activity_id,
        kind=info.activity_type.name,
        attempt=info.attempt,
        state=state.lower(),
        since=_instant(info.scheduled_time),
        last_error=_kind(info.last_failure) if info.HasField("last_failure") else None,
        next_attempt_at=_instant(info.next_attempt_schedule_time) if waits else None,
        paused=info.paused,
    )


def _kind(failure: Failure) -> str:
    """Never the message: it may tell what must not be told here."""
    if failure.HasField("application_failure_info"):
        return failure.application_failure_info.type or "Exception"
    return (failure.WhichOneof("failure_info") or "failure").removesuffix("_failure_info")


def _status(number: int) -> str:
    """Of an enumeration that servers extend: an unknown one is shown by its number."""
    known: dict[int, str] = {int(value): name for name, value in WorkflowExecutionStatus.items()}
    return known.get(number, str(number)).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()


def _instant(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


async def failing(client: Client) -> list[Failing]:
    """Every case with a failing workflow task. Raises TemporalDown."""
    # A run that was replaced or has ended keeps what was last reported of it.
    running = f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'"
    found = []
    async for info in _listed(client, f"{running} AND {PROBLEMS} IS NOT NULL"):
        attributes = info.search_attributes.indexed_fields
        problems = json.loads(attributes[PROBLEMS].data) if PROBLEMS in attributes else []
        case_id = info.execution.workflow_id.partition("/")[2]
        found.append(Failing(case_id, info.execution.run_id, tuple(problems)))
    return found


async def revive(cases: Cases, since: datetime) -> int:
    """Cases whose runs were ended by hand, or failed, get new ones; how many. Raises TemporalDown.

    A run that was replaced is listed too: to be told once more is harmless.
    """
    ended = (
        f"WorkflowType = '{WORKFLOW}' AND TaskQueue = '{cases.queue}' AND CloseTime >"
        f" '{since.isoformat()}' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut',"
        " 'Canceled')"
    )
    found = {one.execution.workflow_id async for one in _listed(cases.client, ended)}
    told = await each((name.partition("/")[2] for name in found), cases.tell)
    return sum(told)


async def _listed(client: Client, query: str) -> AsyncIterator[Any]:
    token = b""
    while True:
        asked = ListWorkflowExecutionsRequest(
            namespace=client.namespace, page_size=PAGE, next_page_token=token, query=query
        )
        answer = await ask(
            client.workflow_service.list_workflow_executions(asked, timeout=RPC_TIMEOUT)
        )
        for info in answer.executions:
            yield info
        if not (token := answer.next_page_token):
            return


async def looks(client: Client, case_ids: Sequence[str]) -> dict[str, Run]:
    """The current runs of many cases; those that Temporal does not hold are left out."""

    async def one(case_id: str) -> Run | None:
        try:
            return await look(client, case_id)
        except NoRun:
            return None

    found = await each(case_ids, one)
    return {case_id: run for case_id, run in zip(case_ids, found, strict=True) if run}


async def retry(client: Client, case_id: str, activity_ids: Sequence[str] | None = None) -> Run:
    """Try what is parked now: pending activities from their first attempt, a failing task anew.

    `activity_ids` None: all of them. Answers with the run as it stood before. Raises NoRun,
    TemporalDown.
    """
    run = await look(client, case_id)
    for one in run.activities:
        if activity_ids is None or one.id in activity_ids:
            await _retry_activity(client, case_id, await _between_attempts(client, case_id, one))
    if run.task is not None and run.task.attempt > 1 and activity_ids is None:
        await reset(client, case_id, run.run_id, await _last_task(client, case_id, run.run_id))
    return run


async def _between_attempts(client: Client, case_id: str, pending: Pending) -> Pending | None:
    """The activity once it waits for its next attempt; None if it has ended or is being tried.

    An attempt under way must not be reset: the server would lose its end and wait for a time-out.
    """
    for _ in range(LOOKS):
        if pending.state != "started":
            return pending
        await asyncio.sleep(BETWEEN_LOOKS)
        activities = (await look(client, case_id)).activities
        found = next((one for one in activities if one.id == pending.id), None)
        if found is None:
            return None
        pending = found
    return None


async def _retry_activity(client: Client, case_id: str, pending: Pending | None) -> None:
    if pending is None:
        return
    service, at = client.workflow_service, execution(case_id)
    if pending.paused:
        unpause = UnpauseActivityRequest(
            namespace=client.namespace, execution=at, id=pending.id, reset_attempts=True
        )
        await ask(service.unpause_activity(unpause, timeout=RPC_TIMEOUT))
    else:
        again = ResetActivityRequest(namespace=client.namespace, execution=at, id=pending.id)
        await ask(service.reset_activity(again, timeout=RPC_TIMEOUT))


async def _last_task(client: Client, case_id: str, run_id: str) -> int:
    """The event to reset to so that no more than the failing task is done again."""
    handle = client.get_workflow_handle(workflow_id(case_id), run_id=run_id)
    history = await ask(handle.fetch_history(rpc_timeout=RPC_TIMEOUT))
    ends = (
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    )
    return max(event.event_id for event in history.events if event.event_type in ends)


async def reset(client: Client, case_id: str, run_id: str, to_event: int) -> str:
    """Begin a new run that keeps the history before the end of a workflow task; its id.

    Signals and updates that came later are sent to it again; each is recorded once all the same.
    """
    asked = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=execution(case_id, run_id),
        reason="ozhb",
        workflow_task_finish_event_id=to_event,
        request_id=str(uuid4()),
        identity=client.identity,
    )
    answer = await ask(client.workflow_service.reset_workflow_execution(asked, timeout=RPC_TIMEOUT))
    return answer.run_id


async def restart(cases: Cases, known: Sequence[str]) -> list[str]:
    """A new run for every case, in the place of whatever run there is; those that got none.

    A run knows the file and nothing else: to repeat this is harmless.
    """
    begun = await each(known, cases.restart)
    return [case_id for case_id, fine in zip(known, begun, strict=True) if not fine]
