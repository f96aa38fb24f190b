"""The bare Temporal flow: as many validated updates and no-op activities, one long timer, defaults.

Run as `python -m bench.bare ADDRESS` it is the worker, a process of its own.
"""

import asyncio
import sys
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "bare"


@dataclass
class Shape:
    """How many messages a flow takes and how many effects it asks for, spread over the messages."""

    messages: int
    effects: int


@dataclass
class Message:
    """About as large as a command of the product."""

    number: int
    text: str = "x" * 300


@activity.defn
async def effect(message: Message) -> str:
    """An outside effect that does nothing."""
    return message.text


@workflow.defn
class BareFlow:
    """Waits for its messages with one long timer running."""

    @workflow.init
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.taken = 0
        self.asked = 0
        self.done = 0

    @workflow.run
    async def run(self, shape: Shape) -> int:
        timer = asyncio.create_task(asyncio.sleep(timedelta(days=60).total_seconds()))
        while self.taken < shape.messages or self.done < shape.effects:
            await workflow.wait_condition(self.may_ask)
            if self.done == shape.effects:
                continue
            self.asked += 1
            await workflow.execute_activity(
                effect, Message(self.asked), start_to_close_timeout=timedelta(seconds=30)
            )
            self.done += 1
        timer.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.done

    def may_ask(self) -> bool:
        """Effects keep step with the messages, the last ones follow the last message."""
        if self.done == self.shape.effects:
            return self.taken == self.shape.messages
        return self.asked * self.shape.messages < (self.taken + 1) * self.shape.effects

    @workflow.update
    async def take(self, message: Message) -> int:
        self.taken += 1
        return self.taken

    @take.validator
    def check(self, message: Message) -> None:
        if message.number < 1:
            raise ValueError("a message has a number")


async def work(address: str) -> None:
    """A worker with the defaults of the SDK."""
    client = await Client.connect(address)
    async with Worker(client, task_queue=QUEUE, workflows=[BareFlow], activities=[effect]):
        await asyncio.Event().wait()


async def play(client: Client, name: str, shape: Shape) -> None:
    """One flow from start to end, one message after the other."""
    handle = await client.start_workflow(BareFlow.run, shape, id=name, task_queue=QUEUE)
    for number in range(1, shape.messages + 1):
        await handle.execute_update(BareFlow.take, Message(number))
    await handle.result()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
