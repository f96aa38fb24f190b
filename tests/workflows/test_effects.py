"""One activity for each effect that the definitions can name, known to the worker of its queue."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from db.casefile import Look
from definitions.editions import editions
from definitions.faults import EFFECTS as NAMED
from tests.support.gates import LONGEST_SECONDS
from tests.support.host import Host
from tests.support.polling import soon_told
from worker import make_workers
from workflows.effects import EFFECTS, TEXTS


def name_of(method: Any) -> str:
    definition = activity._Definition.from_callable(method)
    assert definition is not None
    assert definition.name is not None
    return definition.name


def test_every_effect_has_an_activity_of_its_own_name_and_all_texts_have_one() -> None:
    assert set(EFFECTS) == set(NAMED)
    assert {kind: name_of(method) for kind, (method, _) in EFFECTS.items()} == {
        kind: "texts" if kind in TEXTS else kind for kind in EFFECTS
    }


def test_no_edition_asks_for_an_effect_that_has_no_activity() -> None:
    asked = {
        word.partition(":")[0]
        for edition in editions().values()
        for row in edition.process.rows
        for word in row.effects
    }
    assert asked <= set(EFFECTS)
    # Asked for by the decider itself: a signature that could not be checked at once.
    assert set(EFFECTS) - asked == {"verify"}


async def test_the_worker_of_each_queue_knows_its_activities(idle: Host) -> None:
    known = {
        worker.task_queue.removeprefix(idle.parts.prefix): {
            name_of(method) for method in worker.config()["activities"]
        }
        for worker in make_workers(idle.parts)
    }
    for method, desk in EFFECTS.values():
        assert name_of(method) in known[desk]
    assert known["payments"] == {"pay", "enquire"}
    assert known["cases"] - {name_of(method) for method, _ in EFFECTS.values()} == {
        *("look", "sweep", "tell_returned")
    }


class Overtaken(Interceptor):
    """What an effect has recorded before another is answered after it, once the case is closed."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.over = asyncio.Event()
        self.overtaken = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Overtaken(next, self)


class _Overtaken(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, told: Overtaken) -> None:
        super().__init__(next)
        self.told = told

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        look = await self.next.execute_activity(input)
        if not isinstance(look, Look) or look.heading is None or look.heading.status != "completed":
            return look
        if look.over:
            self.told.over.set()
        elif look.effects:
            self.told.overtaken += 1
            await asyncio.wait_for(self.told.over.wait(), LONGEST_SECONDS)
            handle = self.told.client.get_workflow_handle(activity.info().workflow_id or "")

            async def others() -> int:
                return len((await handle.describe()).raw_description.pending_activities) - 1

            await soon_told(others, lambda left: left == 0)
        return look


async def test_a_run_ends_though_the_effect_that_saw_the_end_was_answered_first(idle: Host) -> None:
    late = Overtaken(idle.client)
    async with idle.working(interceptors=(late,)):
        # On a machine that is just too slow an effect is asked for again, and overtakes nobody.
        for _ in range(3):
            late.over.clear()
            party = await idle.begin()
            await idle.play(party, "completed")
            async with asyncio.timeout(LONGEST_SECONDS):
                await idle.handle(party).result()
            if late.overtaken:
                break
    assert late.overtaken
