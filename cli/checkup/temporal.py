"""Whether Temporal answers, and its namespace is as ozhb needs it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli.checkup.finding import MOST_SKEW, Finding, fault, judged, ok, skew, unknown
from settings import Settings
from workflows.connection import connect
from workflows.measure import WORKFLOW
from workflows.namespace import of_attributes, of_retention, read_namespace
from workflows.options import CASES
from workflows.pages import ATTRIBUTES

_PATIENCE: Final = timedelta(seconds=5)
# A poll lasts so long at most: whoever polls was heard within it.
_POLL: Final = timedelta(seconds=90)
_SAMPLES: Final = 5


async def temporal(settings: Settings) -> AsyncIterator[Finding]:
    """All of it; where Temporal does not answer, that alone."""
    try:
        client = await connect(settings)
        async for finding in _of_server(client, settings):
            yield finding
    except RuntimeError as error:
        yield fault("temporal", " ".join(str(error).split()), "OZHB_TEMPORAL_*")
    except RPCError as error:
        seen = f"it refuses: {error.status.name}: {error.message}"
        yield fault("temporal", seen, "the rights of the account of OZHB_TEMPORAL_*")


async def _of_server(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    try:
        found = await read_namespace(client)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        yield ok("temporal", f"it answers at {settings.temporal_address}")
        seen = f"{client.namespace} is not known"
        yield fault("namespace", seen, "`ozhb namespace ensure`")
        return
    lacks = [f"it cannot do {one}" for one in found.lacks]
    seen = f"server {found.version} at {settings.temporal_address}"
    yield judged("temporal", seen, lacks, "a newer server")
    helps = "`ozhb namespace ensure`, and what it says"
    yield ok("namespace", f"{client.namespace} is known")
    yield judged("retention", f"{found.retention.days} days", list(of_retention(found)), helps)
    yield judged("search attributes", ", ".join(ATTRIBUTES), list(of_attributes(found)), helps)
    yield unknown(
        "visibility limits",
        "a server does not tell them",
        "frontend.namespaceRPS.visibility of the server: 10 a second, its default, refuses lists"
        " while many cases are looked at; 100 is enough",
    )
    yield await _clock(client)
    yield await _payload_keys(client, settings)


async def _clock(client: Client) -> Finding:
    """Temporal does not tell its time, but when it heard of who polls."""
    name = "clock of temporal"
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=CASES),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    now = datetime.now(UTC)
    found = await client.workflow_service.describe_task_queue(asked, timeout=_PATIENCE)
    heard = [one.last_access_time.ToDatetime(UTC) for one in found.pollers]
    if not heard:
        return unknown(name, "no worker polls, and nothing else tells it", "a worker")
    ahead = max(heard) - now
    if -_POLL <= ahead <= MOST_SKEW:
        ago = max(-ahead, timedelta()).total_seconds()
        return ok(name, f"it heard of a worker {ago:.0f} s ago")
    return skew(name, "Temporal", ahead)


async def _payload_keys(client: Client, settings: Settings) -> Finding:
    """Of some open cases: whether what began them can be opened."""
    name, ring = "payload keys", settings.payload_key_ring
    asked = ListWorkflowExecutionsRequest(
        namespace=client.namespace,
        page_size=_SAMPLES,
        query=f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'",
    )
    runs = await client.workflow_service.list_workflow_executions(asked, timeout=_PATIENCE)
    used: set[str] = set()
    for run in runs.executions:
        begun = GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace, execution=run.execution, maximum_page_size=1
        )
        told = await client.workflow_service.get_workflow_execution_history(
            begun, timeout=_PATIENCE
        )
        (first, *_) = told.history.events
        for payload in first.workflow_execution_started_event_attributes.input.payloads:
            used.add(payload.metadata.get("key", b"").decode("ascii", "replace"))
    if not used:
        return unknown(name, f"{', '.join(ring)}; no case is open that would show which it needs")
    wrong = [f"{one} enciphered an open case, and is not in the settings" for one in used - {*ring}]
    seen = f"{', '.join(ring)}; {len(runs.executions)} open cases need {', '.join(sorted(used))}"
    return judged(name, seen, wrong, "OZHB_PAYLOAD_KEYS with every key that an open case needs")
