"""Typed doors to the workflows, for API, housekeeping and command line."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from domain.messages import Message
from workflows.measure import MeasureCase, Start
from workflows.options import CASES

RPC_TIMEOUT = timedelta(seconds=5)
# A killed worker costs one task time-out; the default of ten seconds is longer than a caller waits.
TASK_TIMEOUT = timedelta(seconds=5)


def workflow_id(case_id: str) -> str:
    """Of the one workflow of a case."""
    return f"measure/{case_id}"


@dataclass(frozen=True)
class Cases:
    """Starts, wakes and asks the workflows of cases. False means: not known, look into the file."""

    client: Client
    queue: str = CASES
    task_timeout: timedelta = TASK_TIMEOUT

    async def start(self, case_id: str, edition: str) -> bool:
        """Start the case's run, or leave the one that runs."""
        try:
            await self.client.start_workflow(
                MeasureCase.run,
                Start(case_id=case_id, edition=edition),
                id=workflow_id(case_id),
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                task_timeout=self.task_timeout,
                rpc_timeout=RPC_TIMEOUT,
            )
        except RPCError:
            return False
        return True

    async def wake(self, case_id: str, edition: str) -> bool:
        """Have the run read the inbox; a closed case, or one that Temporal lost, gets a new run."""
        try:
            await self.client.start_workflow(
                MeasureCase.run,
                Start(case_id=case_id, edition=edition),
                id=workflow_id(case_id),
                task_queue=self.queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                task_timeout=self.task_timeout,
                rpc_timeout=RPC_TIMEOUT,
                start_signal="wake",
            )
        except RPCError:
            return False
        return True

    async def submit(self, case_id: str, message: Message, timeout: float = 5.0) -> bool:
        """Hand a message over and wait until the file has it, but not longer than `timeout` (s).

        The update's id is the message's, so that a repetition is the same update.
        """
        handle = self.client.get_workflow_handle(workflow_id(case_id))
        within = timedelta(seconds=timeout)
        try:
            async with asyncio.timeout(timeout):
                _ = await handle.execute_update(
                    MeasureCase.submit, message, id=message.id, rpc_timeout=within
                )
        except (
            RPCError,
            TimeoutError,
            WorkflowUpdateFailedError,
            WorkflowUpdateRPCTimeoutOrCancelledError,
        ):
            return False
        return True
