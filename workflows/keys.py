"""Which payload keys the histories of running workflows need."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecution

from workflows.codec import ENCODING

_RUNNING: Final = "ExecutionStatus = 'Running'"


async def count_running(client: Client) -> int:
    """How many workflows run, as Temporal's list has it."""
    return (await client.count_workflows(_RUNNING)).count


async def needed(client: Client) -> AsyncIterator[Counter[str]]:
    """Of each running workflow the keys of its payloads, by id. RPCError."""
    async for one in client.list_workflows(_RUNNING):
        yield await _of_history(client, one)


async def _of_history(client: Client, one: WorkflowExecution) -> Counter[str]:
    found: Counter[str] = Counter()
    handle = client.get_workflow_handle(one.id, run_id=one.run_id)
    async for event in handle.fetch_history_events():
        found.update(_keys(event))
    return found


def _keys(message: Message) -> Iterator[str]:
    """The ids of keys in a message of the service, however deep its payloads stand."""
    if isinstance(message, Payload):
        if message.metadata.get("encoding") == ENCODING:
            yield message.metadata["key"].decode("ascii", "replace")
        return
    for _, value in message.ListFields():
        for inner in _messages(value):
            yield from _keys(inner)


def _messages(value: Any) -> Iterator[Message]:
    """What is a message in the value of a field: itself, or those of a list or a map."""
    if isinstance(value, Message):
        yield value
    elif isinstance(value, Mapping):
        yield from (one for one in value.values() if isinstance(one, Message))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield from (one for one in value if isinstance(one, Message))
