"""The typed door to the runs of cases, for API, housekeeping and command line."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateStage
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

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
    """Tells the runs of cases to look into their files. False: none has heard of it."""

    client: Client
    queue: str = CASES
    task_timeout: timedelta = TASK_TIMEOUT

    async def tell(self, case_id: str) -> bool:
        """A closed case, or one that Temporal lost, gets a new run.

        By an update, which costs the server less than a signal.
        """
        start = WithStartWorkflowOperation(
            MeasureCase.run,
            Start(case_id=case_id),
            id=workflow_id(case_id),
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=self.task_timeout,
        )
        try:
            await self.client.start_update_with_start_workflow(
                MeasureCase.told,
                start_workflow_operation=start,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                rpc_timeout=RPC_TIMEOUT,
            )
        except (RPCError, TemporalError):
            # The SDK keeps the failure for whoever asks for the handle, and complains of nobody.
            with suppress(RPCError, TemporalError):
                await start.workflow_handle()
            return False
        return True

    async def restart(self, case_id: str) -> bool:
        """A new run in the place of whatever run there is: it knows the file and nothing else."""
        try:
            await self.client.start_workflow(
                MeasureCase.run,
                Start(case_id=case_id),
                id=workflow_id(case_id),
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                task_timeout=self.task_timeout,
                rpc_timeout=RPC_TIMEOUT,
            )
        except RPCError:
            return False
        return True
