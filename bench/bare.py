"""The bare Temporal flow: validated updates, no-op activities, one long timer, defaults.

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
# The shape of all sides, fixed: fewer messages of the product would lower their own yardstick. The
# message that begins a flow is not counted.
MESSAGES, EFFECTS = 9, 9
# About as large as a command of the product.
TEXT = "x" * 300


@dataclass
class BareMessage:
    """What an update carries."""

    number: int
    text: str = TEXT


@activity.defn
async def effect(message: BareMessage) -> str:
    """An outside effect that does nothing."""
    return message.text


@workflow.defn
class BareFlow:
    """Waits for its messages with one long timer running."""

    def __init__(self) -> None:
        self.taken = self.asked = 0

    @workflow.run
    async def run(self) -> None:
        timer = asyncio.create_task(asyncio.sleep(timedelta(days=60).total_seconds()))
        while self.asked < EFFECTS:
            await workflow.wait_condition(self.may_ask)
            self.asked += 1
            await workflow.execute_activity(
                effect, BareMessage(self.asked), start_to_close_timeout=timedelta(seconds=30)
            )
        await workflow.wait_condition(lambda: self.taken == MESSAGES)
        timer.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)

    def may_ask(self) -> bool:
        """Effects keep step with the messages, as the product's do: the first before any."""
        return self.asked * MESSAGES < (self.taken + 1) * EFFECTS

    @workflow.update
    async def take(self, message: BareMessage) -> int:
        self.taken += 1
        return self.taken

    @take.validator
    def check(self, message: BareMessage) -> None:
        if message.number < 1:
            raise ValueError("a message has a number")


async def work(address: str) -> None:
    """A worker with the defaults of the SDK."""
    client = await Client.connect(address)
    async with Worker(client, task_queue=QUEUE, workflows=[BareFlow], activities=[effect]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
