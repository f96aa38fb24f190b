"""One workflow that keeps one sweep going, whichever worker lives."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.housekeeping import HousekeepingActivities
    from workflows.options import SWEEP

WORKFLOW = "housekeeping"


@workflow.defn(name=WORKFLOW)
class Housekeeping:
    """For ever: a sweep after another, each run a short history."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(HousekeepingActivities.sweep, **SWEEP)
        workflow.continue_as_new()
