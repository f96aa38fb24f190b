"""One activity for each effect that the definitions can name, known to the worker of its queue."""

from typing import Any

from temporalio import activity

from definitions.editions import editions
from definitions.faults import EFFECTS as NAMED
from tests.support.host import Host
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
