"""The run of a case: it keeps time and promises, and decides nothing.

The file says what there is to do: effects that its outbox holds, and the next instant. Whatever a
run was told or has forgotten, it looks into the file; so continue-as-new, a reset, a restart on an
empty Temporal and the re-opening of a closed case are one path.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.effects import EffectKeys
    from activities.records import Glance, RecordActivities
    from db.casefile import Look, Owed
    from domain.messages import Frozen
    from workflows.codec import Shown
    from workflows.effects import EFFECTS, activity_id, batches
    from workflows.options import CASES, OUTSIDE, RECORDS
    from workflows.pages import changes, details, of_effects, of_timer

WORKFLOW = "case"
# A timer that comes a little early finds the legal clock not there yet and is armed again.
LEAST_WAIT = timedelta(milliseconds=50)
# The server suggests to begin anew at some thousands of events: by then a replay takes seconds.
LONGEST_HISTORY = 1_500


class MeasureStart(Frozen):
    """All that a run is started with; everything else it reads from the file."""

    case_id: str


@workflow.defn(name=WORKFLOW)
class MeasureCase:
    """Looks into the file, starts what it owes, sets one timer, and waits."""

    @workflow.init
    def __init__(self, start: MeasureStart) -> None:
        self.case_id = start.case_id
        # Looks that were asked for, the first by the start itself, and those that were answered.
        self.asked, self.answered = 1, 0
        # Told since the last look: of an update Temporal knows nothing until it was answered.
        self.told_of = False
        self.shown = 0
        self.lines: tuple[str, ...] = ()
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
    async def run(self, start: MeasureStart) -> None:
        """Until the case is closed and nothing is owed to the outside."""
        watching = asyncio.create_task(self.watch_for_reset())
        while not self.finished():
            # Whoever told is answered first, which is after the work.
            await workflow.wait_condition(
                lambda: self.has_work() or self.finished() or self.may_continue_as_new()
            )
            if self.has_work():
                await self.work()
            # The last effect to end may have seen less of the file than one that ended before it.
            elif not self.finished():
                workflow.continue_as_new(start)
        await workflow.wait_condition(workflow.all_handlers_finished)
        watching.cancel()

    @workflow.update(name="told")
    async def told(self) -> Shown:
        """Something was recorded that this run must see to: look. The answer is what, by rows."""
        self.asked += 1
        self.told_of, mine = True, self.asked
        await workflow.wait_condition(lambda: self.answered >= mine)
        return Shown(", ".join(self.lines))

    async def watch_for_reset(self) -> None:
        """After a reset the file is ahead of this run; where it is said, only a waiter hears it.

        The server then starts the timer anew, in full: it is armed again to its instant.
        """
        while True:
            await self.reset.wait()
            self.reset.clear()
            self.disarm()
            self.asked += 1

    def has_work(self) -> bool:
        return self.answered < self.asked or self.news or self.failure is not None

    def waits(self) -> bool:
        """For the end of an effect."""
        return any(not task.done() for task in self.effects.values())

    def finished(self) -> bool:
        over = self.seen is not None and self.seen.over
        return over and not self.has_work() and not self.waits()

    def may_continue_as_new(self) -> bool:
        quiet = not self.has_work() and not self.waits()
        info = workflow.info()
        long = info.get_current_history_length() > LONGEST_HISTORY
        suggested = long or info.is_continue_as_new_suggested()
        return quiet and suggested and workflow.all_handlers_finished()

    async def work(self) -> None:
        if self.failure is not None:
            raise RuntimeError("an effect ended without an outcome") from self.failure
        if (asked := self.asked) > self.answered:
            look = await self.look()
            self.lines, self.shown, self.answered = look.lines, look.seq, asked
            self.see(look)
        self.news = False
        assert self.seen is not None, "every run begins by looking into the file"
        new = [owed for owed in self.seen.effects if owed.key not in self.effects]
        for batch in batches(new):
            task = asyncio.create_task(self.perform(batch))
            self.effects |= {owed.key: task for owed in batch}
        self.show()
        self.arm()

    async def look(self) -> Look:
        """The local activity; if it fails for good, the workflow task fails, where it is seen."""
        durable = self.seen is None or not self.told_of
        self.told_of = False
        asked = Glance(case_id=self.case_id, after=self.shown, durable=durable)
        try:
            return await workflow.execute_local_activity_method(
                RecordActivities.look, asked, **RECORDS
            )
        except FailureError as error:
            # A local activity's own failure comes bare; let through, it would end the workflow.
            raise RuntimeError("the case file could not be read") from error

    def see(self, look: Look) -> None:
        """Answers may overtake each other: the longer file is the newer one."""
        if self.seen is None or look.seq >= self.seen.seq:
            self.seen, self.seen_at, self.news = look, workflow.now(), True

    def show(self) -> None:
        """Where the case stands, on Temporal's own pages."""
        if self.seen is None or (heading := self.seen.heading) is None:
            return
        workflow.set_current_details(details(heading))
        if changed := changes(heading, workflow.info().typed_search_attributes):
            workflow.upsert_search_attributes(changed)

    def now(self) -> datetime:
        """The legal time: what the file last said, and what has passed since."""
        assert self.seen is not None
        assert self.seen_at is not None
        return self.seen.now + (workflow.now() - self.seen_at)

    def arm(self) -> None:
        """One timer, to the soonest instant; a later one is left to ring, cheaper than moved."""
        if (look := self.seen) is None or (soonest := look.wake_at) is None:
            return
        if self.timer_at and self.timer_at <= soonest:
            return
        self.disarm()
        self.timer_at, wait = soonest, max(LEAST_WAIT, soonest - self.now())
        self.timer = asyncio.create_task(self.sleep(wait, of_timer(look)))

    def disarm(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer, self.timer_at = None, None

    async def sleep(self, wait: timedelta, summary: Shown) -> None:
        await workflow.sleep(wait, summary=summary)
        self.timer, self.timer_at = None, None
        self.asked += 1

    async def perform(self, batch: Sequence[Owed]) -> None:
        """Effects to their end; what the file then holds is seen to."""
        call, desk = EFFECTS[batch[0].kind]
        asked = EffectKeys(case_id=self.case_id, keys=tuple(owed.key for owed in batch))
        queue = workflow.info().task_queue.removesuffix(CASES) + desk
        options: ActivityConfig = {
            **OUTSIDE,
            "task_queue": queue,
            "activity_id": activity_id(asked.keys),
            "summary": of_effects(batch),
        }
        try:
            self.see(await workflow.execute_activity_method(call, asked, **options))
        except ActivityError as error:
            # Given up for good, which nothing here does: to be seen, and not to be forgotten.
            self.failure = error
