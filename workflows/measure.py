"""The host of a case: one durable workflow a measure, which applies only what the file holds."""

import asyncio
from collections import deque
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.orders import EffectOrder
    from activities.records import RecordActivities
    from db.casefile import MOST_WAITING, Append, Appended
    from definitions.calendars import current_calendar
    from definitions.editions import edition
    from domain.agenda import Due, agenda
    from domain.apply import fold
    from domain.case import Case, Effect
    from domain.decide import decide
    from domain.messages import Actor, Event, Frozen, Message, Role
    from domain.periods import is_closed, leading
    from domain.process import Edition
    from workflows.effects import EFFECTS
    from workflows.options import CASES, OUTSIDE, RECORDS

WORKFLOW = "measure"
# A timer that comes a little early finds the legal clock not there yet and is armed again.
LEAST_WAIT = timedelta(milliseconds=50)


class Start(Frozen):
    """All that a run is started with; everything else it reads from the file."""

    case_id: str
    edition: str


@workflow.defn(name=WORKFLOW)
class MeasureCase:
    """Takes messages one at a time, decides them, has them recorded, and applies what came back."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.case = Case(id=start.case_id, edition=start.edition)
        self.queue: deque[Message] = deque()
        self.recorded: set[str] = set()
        self.effects: dict[str, asyncio.Task[None]] = {}
        self.behind = True
        self.reset = asyncio.Event()
        self.timer: asyncio.Task[None] | None = None
        self.timer_at: datetime | None = None
        self.rung = False
        self.legal: tuple[datetime, datetime] | None = None
        self.failure: ActivityError | None = None
        workflow.register_random_seed_callback(lambda _: self.reset.set())

    @workflow.run
    async def run(self, start: Start) -> str:
        """Until the case is closed and nothing is owed to the outside."""
        watching = asyncio.create_task(self.watch_for_reset())
        while not self.finished():
            await workflow.wait_condition(self.has_work)
            await self.work()
            if self.may_continue_as_new():
                workflow.continue_as_new(start)
        await workflow.wait_condition(workflow.all_handlers_finished)
        watching.cancel()
        return leading(self.case, self.edition.process).status

    @workflow.update(name="submit")
    async def submit(self, message: Message) -> int:
        """Take one message; answer with the file's length once it is recorded, refused or not."""
        self.queue.append(message)
        await workflow.wait_condition(lambda: message.id in self.recorded)
        return self.case.seq

    @workflow.signal(name="wake")
    def wake(self) -> None:
        """Something waits in the inbox: read it."""
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

    @property
    def edition(self) -> Edition:
        """The law the case is bound to. UnknownEdition fails the task, where it is seen."""
        return edition(self.case.edition)

    def has_work(self) -> bool:
        return self.behind or self.rung or bool(self.queue) or self.failure is not None

    def finished(self) -> bool:
        closed = is_closed(self.case, self.edition.process)
        return closed and not self.case.outbox and not self.has_work()

    def may_continue_as_new(self) -> bool:
        quiet = not self.has_work() and not self.case.outbox
        suggested = workflow.info().is_continue_as_new_suggested()
        return quiet and suggested and workflow.all_handlers_finished()

    async def work(self) -> None:
        """Catch up with the file, then the messages, then the terms; then ask for effects."""
        if self.failure is not None:
            raise RuntimeError("an effect ended without an outcome") from self.failure
        if self.behind:
            await self.catch_up()
        while self.queue:
            await self.take(self.queue.popleft())
        if self.rung:
            self.rung = False
            await self.ring()
        self.ask_for_effects()
        self.arm()

    async def catch_up(self) -> None:
        """Read the tail, and what waits in the inbox; once more where more may wait."""
        self.behind = False
        answer = await self.append(Append(case_id=self.case.id, expected_seq=self.case.seq))
        self.apply(answer)
        self.queue.extendleft(reversed(answer.waiting))
        self.behind = len(answer.waiting) >= MOST_WAITING

    async def take(self, message: Message) -> None:
        """Decide and have recorded, again until the file has it."""
        while message.id not in self.recorded:
            events = decide(self.case, message, self.edition, current_calendar())
            answer = await self.propose(message, events)
            if answer.recorded:
                self.recorded.add(message.id)
            elif answer.norm_used is not None:
                facts = {**message.facts, "norm_used": answer.norm_used}
                message = message.model_copy(update={"facts": facts})
            elif message.actor.role == Role.DEADLINE:
                # Too early, or something was submitted in time: that goes first, and the agenda
                # brings the deadline again if it still stands.
                self.queue.extendleft(reversed(answer.waiting))
                return

    async def propose(self, message: Message, events: list[Event]) -> Appended:
        asked = Append(
            case_id=self.case.id,
            expected_seq=self.case.seq,
            message=message,
            events=tuple(events),
            case=fold(self.case, events),
        )
        answer = await self.append(asked)
        self.apply(answer, asked)
        return answer

    async def append(self, asked: Append) -> Appended:
        """The local activity; if it fails for good, the workflow task fails, where it is seen."""
        try:
            return await workflow.execute_local_activity_method(
                RecordActivities.append, asked, **RECORDS
            )
        except FailureError as error:
            # A local activity's own failure comes bare; let through, it would end the workflow.
            raise RuntimeError("the case file could not be written") from error

    def apply(self, answer: Appended, asked: Append | None = None) -> None:
        """Only what the file holds counts, not what was proposed."""
        self.legal = (answer.now, workflow.now())
        if asked and asked.case and answer.tail == asked.events:
            self.case = asked.case
        else:
            self.case = fold(self.case, list(answer.tail))

    async def ring(self) -> None:
        """Send the deadlines that have come, soonest first; the file's clock has the last word.

        What is taken may change the terms, so that each look is a new one.
        """
        while (due := self.soonest()) and due.wake_at <= self.now():
            await self.take(due.message)
            while self.queue:
                await self.take(self.queue.popleft())

    def soonest(self) -> Due | None:
        return next(iter(agenda(self.case, self.edition.process)), None)

    def now(self) -> datetime:
        """The legal time: what the file last said, and what has passed since."""
        assert self.legal is not None, "every run begins by reading the file"
        told, then = self.legal
        return told + (workflow.now() - then)

    def arm(self) -> None:
        """One timer, to the soonest instant; a later one is left to ring, cheaper than moved."""
        soonest = self.soonest()
        if soonest is None or (self.timer_at and self.timer_at <= soonest.wake_at):
            return
        self.disarm()
        self.timer_at = soonest.wake_at
        self.timer = asyncio.create_task(self.sleep(max(LEAST_WAIT, soonest.wake_at - self.now())))

    def disarm(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer, self.timer_at = None, None

    async def sleep(self, wait: timedelta) -> None:
        await workflow.sleep(wait)
        self.timer, self.timer_at, self.rung = None, None, True

    def ask_for_effects(self) -> None:
        for key, effect in self.case.outbox.items():
            if key not in self.effects:
                self.effects[key] = asyncio.create_task(self.perform(effect))

    async def perform(self, effect: Effect) -> None:
        """One effect to its outcome, which is a message like any other."""
        call, desk = EFFECTS[effect.kind]
        queue = workflow.info().task_queue.removesuffix(CASES) + desk
        options: ActivityConfig = {**OUTSIDE, "task_queue": queue}
        order = EffectOrder(case_id=self.case.id, **effect.model_dump())
        try:
            outcome = await workflow.execute_activity_method(call, order, **options)
        except ActivityError as error:
            # Given up for good, which nothing here does: to be seen, and not to be forgotten.
            self.failure = error
            return
        message = Message(
            id=f"effect:{effect.key}",
            name=outcome.name,
            at=outcome.at,
            actor=Actor(role=outcome.role),
            period=effect.period,
            data={**outcome.data, "effect": effect.key},
        )
        self.queue.append(message)
