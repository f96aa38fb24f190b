"""Whoever reaches Temporal, and even has its key, can at most have a run look into its file."""

from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import WorkflowUpdateFailedError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.orders import EffectKeys
from tests.support.host import Host, end
from tests.support.party_play import Party
from workflows.effects import EFFECTS
from workflows.measure import MeasureCase, Start
from workflows.options import CASES, OUTSIDE

NEVER_ASKED = "999.0"


@workflow.defn
class Forger:
    """Has the workers of the product carry out an effect of a case."""

    @workflow.run
    async def run(self, kind: str, asked: EffectKeys) -> None:
        call, desk = EFFECTS[kind]
        queue = workflow.info().task_queue.removesuffix("forger") + desk
        options: Any = {**OUTSIDE, "task_queue": queue}
        await workflow.execute_activity_method(call, asked, **options)


async def forge(host: Host, party: Party, kind: str, key: str) -> None:
    """An effect carried out for somebody who has no file."""
    queue = f"{host.parts.prefix}forger"
    asked = EffectKeys(case_id=party.file.id, keys=(key,))
    runner = UnsandboxedWorkflowRunner()
    async with Worker(host.client, task_queue=queue, workflows=[Forger], workflow_runner=runner):
        await host.client.execute_workflow(
            Forger.run, args=[kind, asked], id=uuid4().hex, task_queue=queue
        )


def done(host: Host, party: Party, kind: str) -> str:
    """The key of an effect that the file once asked for."""
    asked = (one for event in host.events(party) for one in event.data.get("effects", ()))
    return next(str(one["key"]) for one in asked if one["kind"] == kind)


async def test_an_effect_that_no_file_asks_for_is_not_carried_out(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    before, sent = host.events(party), host.sent(party)
    for kind in EFFECTS:
        await forge(host, party, kind, NEVER_ASKED)
    for kind in ("pay", "notify", "tell"):
        await forge(host, party, kind, done(host, party, kind))
    assert (host.events(party), host.sent(party)) == (before, sent)
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_word_that_only_the_run_was_told_is_no_word(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    before, handle = host.events(party), host.handle(party)
    approval = {"name": "approve", "actor": party.file.caseworker().model_dump(mode="json")}
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update("submit", approval)
    await handle.signal("approve", approval)
    await host.tells(party)
    assert host.events(party) == before


async def test_a_case_with_two_runs_is_told_of_and_paid_for_once(host: Host) -> None:
    party = await host.begin()
    second = f"measure/forged-{uuid4()}"
    await host.client.start_workflow(
        MeasureCase.run,
        Start(case_id=party.file.id),
        id=second,
        task_queue=host.parts.prefix + CASES,
    )
    try:
        await host.play(party, "completed")
        await host.handle(party).result()
    finally:
        await end(host.client, second)
    assert [(order["received"], order["settled"]) for order in host.payments(party)] == [(1, 1)]
    sent = host.sent(party)
    assert len(sent) == len(set(sent))
    assert not [event for event in host.events(party) if event.type == "refused"]
