"""The typed door to the runs of cases, for API, housekeeping and command line."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from db.casefile import NoSuchCase
from db.engine import reads
from db.runs import title
from workflows.codec import Shown
from workflows.measure import MeasureCase, MeasureStart
from workflows.options import CASES
from workflows.pulse import TemporalPulse

ACCEPTED = WorkflowUpdateStage.ACCEPTED
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
    engine: Engine
    queue: str = CASES
    task_timeout: timedelta = TASK_TIMEOUT

    async def feel(self, pulse: TemporalPulse) -> None:
        """Have it know, for as long as the process runs, whether Temporal answers."""
        await pulse.feel(self.client)

    async def tell(self, case_id: str) -> bool:
        """By an update, which costs the server less than a signal.

        A closed case, or one that Temporal lost, gets a new run.
        """
        run: WorkflowHandle[MeasureCase, None] = self.client.get_workflow_handle(
            workflow_id(case_id)
        )
        try:
            await run.start_update(
                MeasureCase.told, wait_for_stage=ACCEPTED, rpc_timeout=RPC_TIMEOUT
            )
        except RPCError as error:
            return error.status == RPCStatusCode.NOT_FOUND and await self._begin(case_id)
        except TemporalError:
            return False
        return True

    async def _begin(self, case_id: str) -> bool:
        if (title := await self._title(case_id)) is None:
            return False
        start = WithStartWorkflowOperation(
            MeasureCase.run,
            MeasureStart(case_id=case_id),
            id=workflow_id(case_id),
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=self.task_timeout,
            static_summary=title,
        )
        try:
            await self.client.start_update_with_start_workflow(
                MeasureCase.told,
                start_workflow_operation=start,
                wait_for_stage=ACCEPTED,
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
        if (title := await self._title(case_id)) is None:
            return False
        try:
            await self.client.start_workflow(
                MeasureCase.run,
                MeasureStart(case_id=case_id),
                id=workflow_id(case_id),
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                task_timeout=self.task_timeout,
                static_summary=title,
                rpc_timeout=RPC_TIMEOUT,
            )
        except RPCError:
            return False
        return True

    async def _title(self, case_id: str) -> Shown | None:
        """What the run is called on Temporal's pages; None where there is no file to look into."""

        def read() -> Shown:
            with reads(self.engine) as connection:
                return Shown(title(connection, case_id))

        try:
            return await asyncio.to_thread(read)
        except (NoSuchCase, SQLAlchemyError):
            return None
