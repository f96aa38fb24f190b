"""Whoever reaches Temporal, and even has its key, can at most have a run look into its file."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection
from temporalio import workflow
from temporalio.api.common.v1 import Payloads
from temporalio.api.workflowservice.v1 import RespondActivityTaskCompletedByIdRequest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.converter import DataConverter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.effects import EffectKeys
from domain.case.state import Case
from tests.support.casework import Said
from tests.support.gates import Gate
from tests.support.host import Host, end
from tests.support.party_play import Party
from tests.support.polling import soon_told
from workflows.client import workflow_id
from workflows.effects import EFFECTS
from workflows.measure import MeasureCase, MeasureStart
from workflows.operations import failing, look
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


async def stock(host: Host) -> Client:
    """A client as anybody has it, without our key."""
    return await Client.connect(host.client.service_client.config.target_host)


async def copied(host: Host, party: Party) -> RawValue:
    """What the run of a case was started with, as the server keeps it."""
    (started, *_) = await host.history(party)
    (payload,) = started.workflow_execution_started_event_attributes.input.payloads
    return RawValue(payload)


async def test_what_a_stock_client_says_in_the_clear_is_refused_to_its_face(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    before, run = (
        host.events(party),
        (await stock(host)).get_workflow_handle(workflow_id(party.file.id)),
    )
    for said in ({"name": "approve"}, "approve", 1):
        with pytest.raises(WorkflowUpdateFailedError):
            await run.execute_update("told", said)
    assert host.events(party) == before
    await host.play(party, "completed")
    assert [(one["received"], one["settled"]) for one in host.payments(party)] == [(1, 1)]


async def test_what_was_copied_from_another_case_is_refused_to_its_face(host: Host) -> None:
    party, other = await host.begin(), await host.begin()
    await host.play(party, "choosing")
    before, strange = host.events(party), await copied(host, other)
    run = (await stock(host)).get_workflow_handle(workflow_id(party.file.id))
    with pytest.raises(WorkflowUpdateFailedError):
        await run.execute_update("told", strange)
    assert host.events(party) == before
    await host.play(party, "ordered")


async def test_a_run_that_was_started_in_the_clear_or_by_a_copy_does_nothing_and_is_seen(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    before, client = host.events(party), await stock(host)
    forged = (MeasureStart(case_id=party.file.id).model_dump(), await copied(host, party))
    for start in forged:
        name = f"measure/forged-{uuid4()}"
        await client.start_workflow("case", start, id=name, task_queue=host.parts.prefix + CASES)
        query = f"WorkflowId = '{name}' AND TemporalReportedProblems IS NOT NULL"

        async def seen(query: str = query) -> int:
            return (await client.count_workflows(query)).count

        try:
            await soon_told(seen)
        finally:
            await end(client, name)
    assert host.events(party) == before


async def test_an_answer_that_somebody_else_gives_for_an_effect_is_no_answer(idle: Host) -> None:
    gate = Gate(holds="report")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "choosing")
        await idle.say(party, enough)
        await gate.held.wait()
        service = (await stock(idle)).workflow_service
        activities = (await look(idle.client, party.file.id)).activities
        pending = next(one for one in activities if one.kind == "report")
        await service.respond_activity_task_completed_by_id(
            RespondActivityTaskCompletedByIdRequest(
                namespace=idle.client.namespace,
                workflow_id=workflow_id(party.file.id),
                activity_id=pending.id,
                result=Payloads(payloads=[(await DataConverter.default.encode([{"seq": 999}]))[0]]),
            )
        )
        await soon_told(lambda: troubles(idle, party))
        gate.open.set()
        await gate.ended.wait()
        await idle.cases.restart(party.file.id)
        await idle.rests(party)
    assert [one["status"] for one in idle.outside.results(party.file.id)] == ["declined"]


def enough(connection: Connection, party: Party, case: Case) -> Said:
    return Said("decline", party.file.recipient, {"reason": True})


async def troubles(host: Host, party: Party) -> bool:
    found = await failing(host.client)
    return party.file.id in {one.case_id for one in found}


async def test_a_case_with_two_runs_is_told_of_and_paid_for_once(host: Host) -> None:
    party = await host.begin()
    second = f"measure/forged-{uuid4()}"
    await host.client.start_workflow(
        MeasureCase.run,
        MeasureStart(case_id=party.file.id),
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
