"""Who takes work from which queue, as Temporal saw it in the last minutes."""

from datetime import UTC, datetime
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from domain.messages import Frozen
from workflows.operations import RPC_TIMEOUT, ask
from workflows.options import CASES, PAYMENTS

_ACTIVITIES: Final = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
_WORKFLOWS: Final = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
# By what is polled for: the runs of cases, what they ask of the outside, and payments.
_POLLED: Final = {
    "cases": (CASES, _WORKFLOWS),
    "effects": (CASES, _ACTIVITIES),
    "payments": (PAYMENTS, _ACTIVITIES),
}


class Poller(Frozen):
    """A worker that takes work of one kind."""

    queue: str
    identity: str
    seen_at: datetime


async def pollers(client: Client, prefix: str = "") -> list[Poller]:
    """Of every queue those that ask for work. Raises TemporalDown."""
    found = []
    for name, (queue, kind) in _POLLED.items():
        asked = DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=prefix + queue),
            task_queue_type=kind,
        )
        answer = await ask(client.workflow_service.describe_task_queue(asked, timeout=RPC_TIMEOUT))
        for one in answer.pollers:
            seen_at = one.last_access_time.ToDatetime(tzinfo=UTC)
            found.append(Poller(queue=name, identity=one.identity, seen_at=seen_at))
    return found
