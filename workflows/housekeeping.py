"""Workflows that keep one look around going for ever, whichever worker lives."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.housekeeping import HousekeepingActivities
    from activities.returns import ReturnActivities
    from workflows.options import SWEEP, TELLING

WORKFLOW = "housekeeping"
RETURNS = "returns"


@workflow.defn(name=WORKFLOW)
class Housekeeping:
    """For ever: a sweep after another, each run a short history."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(HousekeepingActivities.sweep, **SWEEP)
        workflow.continue_as_new()


@workflow.defn(name=RETURNS)
class TellReturned:
    """For ever: E-Собес is told what is handed back; apart, so that its silence stops no sweep."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(ReturnActivities.tell_returned, **TELLING)
        workflow.continue_as_new()
