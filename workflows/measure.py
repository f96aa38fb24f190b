"""The run of a case: it keeps time and promises, and decides nothing.

The file says what there is to do: effects that its outbox holds, and the next instant. Whatever a
run was told or has forgotten, it looks into the file; so continue-as-new, a reset, a restart on an
empty Temporal and the re-opening of a closed case are one path.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.orders import EffectKey
    from activities.records import RecordActivities
    from db.casefile import Look, Owed
    from domain.messages import Frozen
    from workflows.effects import EFFECTS
    from workflows.options import CASES, OUTSIDE, RECORDS

WORKFLOW = "case"
# A timer that comes a little early finds the legal clock not there yet and is armed again.
LEAST_WAIT = timedelta(milliseconds=50)


class Start(Frozen):
    """All that a run is started with; everything else it reads from the file."""

    case_id: str


@workflow.defn(name=WORKFLOW)
class MeasureCase:
    """Looks into the file, starts what it owes, sets one timer, and waits."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.case_id = start.case_id
        self.behind = True
        self.seen: Look | None = None
        self.seen_at: datetime | None = None
        self.effects: dict[str, asyncio.Task[None]] = {}
        self.news = False
        self.reset = asyncio.Event()
        self.timer: asyncio.Task[None] | None = None
        self.timer_at: datetime | None = None
        self.failure: ActivityError | None = None
        workflow.register_random_seed_callback(lambda _: self.reset.set())

    @workflow.run
    async def run(self, start: Start) -> None:
        """Until the case is closed and nothing is owed to the outside."""
        watching = asyncio.create_task(self.watch_for_reset())
        while not self.finished():
            await workflow.wait_condition(self.has_work)
            await self.work()
            if self.may_continue_as_new():
                workflow.continue_as_new(start)
        await workflow.wait_condition(workflow.all_handlers_finished)
        watching.cancel()

    @workflow.update(name="told")
    async def told(self) -> None:
        """Something was recorded that this run must see to: look."""
        self.behind = True

    async def watch_for_reset(self) -> None:
        """After a reset the file is ahead of this run; where it is said, only a waiter hears it.

        The server then starts the timer anew, in full: it is armed again to its instant.
        """
        while True:
            await self.reset.wait()
            self.reset.clear()
            self.disarm()
            self.behind = True

    def has_work(self) -> bool:
        return self.behind or self.news or self.failure is not None

    def waits(self) -> bool:
        """For the end of an effect."""
        return any(not task.done() for task in self.effects.values())

    def finished(self) -> bool:
        over = self.seen is not None and self.seen.over
        return over and not self.has_work() and not self.waits()

    def may_continue_as_new(self) -> bool:
        quiet = not self.has_work() and not self.waits()
        suggested = workflow.info().is_continue_as_new_suggested()
        return quiet and suggested and workflow.all_handlers_finished()

    async def work(self) -> None:
        if self.failure is not None:
            raise RuntimeError("an effect ended without an outcome") from self.failure
        if self.behind:
            self.behind = False
            self.see(await self.look())
        self.news = False
        assert self.seen is not None, "every run begins by looking into the file"
        for owed in self.seen.effects:
            if owed.key not in self.effects:
                self.effects[owed.key] = asyncio.create_task(self.perform(owed))
        self.arm()

    async def look(self) -> Look:
        """The local activity; if it fails for good, the workflow task fails, where it is seen."""
        try:
            return await workflow.execute_local_activity_method(
                RecordActivities.look, self.case_id, **RECORDS
            )
        except FailureError as error:
            # A local activity's own failure comes bare; let through, it would end the workflow.
            raise RuntimeError("the case file could not be read") from error

    def see(self, look: Look) -> None:
        """Answers may overtake each other: the longer file is the newer one."""
        if self.seen is None or look.seq >= self.seen.seq:
            self.seen, self.seen_at, self.news = look, workflow.now(), True

    def now(self) -> datetime:
        """The legal time: what the file last said, and what has passed since."""
        assert self.seen is not None
        assert self.seen_at is not None
        return self.seen.now + (workflow.now() - self.seen_at)

    def arm(self) -> None:
        """One timer, to the soonest instant; a later one is left to ring, cheaper than moved."""
        soonest = self.seen.wake_at if self.seen else None
        if soonest is None or (self.timer_at and self.timer_at <= soonest):
            return
        self.disarm()
        self.timer_at = soonest
        self.timer = asyncio.create_task(self.sleep(max(LEAST_WAIT, soonest - self.now())))

    def disarm(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer, self.timer_at = None, None

    async def sleep(self, wait: timedelta) -> None:
        await workflow.sleep(wait)
        self.timer, self.timer_at, self.behind = None, None, True

    async def perform(self, owed: Owed) -> None:
        """One effect to its end; what the file then holds is seen to."""
        call, desk = EFFECTS[owed.kind]
        queue = workflow.info().task_queue.removesuffix(CASES) + desk
        options: ActivityConfig = {**OUTSIDE, "task_queue": queue}
        asked = EffectKey(case_id=self.case_id, key=owed.key)
        try:
            self.see(await workflow.execute_activity_method(call, asked, **options))
        except ActivityError as error:
            # Given up for good, which nothing here does: to be seen, and not to be forgotten.
            self.failure = error
