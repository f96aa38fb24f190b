"""What dies and comes back: workers, Temporal, a request between journal and run."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import cli.temporal
from activities.housekeeping import HousekeepingActivities
from cli.ports import free_port
from cli.program import running
from cli.temporal import Temporal
from db.engine import make_engine
from db.intake_tasks import Act, give_back
from db.journal import journal
from db.operations import FIRST, page
from domain.case.state import Case
from tests.support.casework import CURRENT, Said, move_clock
from tests.support.gates import Gate
from tests.support.host import Host, connect, replay_all
from tests.support.intake import SEAL, measure, raw, take_in
from tests.support.outside import Outside
from tests.support.party_play import (
    Party,
    confirm,
    open_case,
    place_order,
    prove_delivery,
    report_settled,
)
from tests.support.polling import soon, soon_told
from tests.support.servers import temporal_server
from worker import keep_house
from workflows.client import workflow_id
from workflows.operations import restart, revive
from workflows.options import CASES, RECORDS
from workflows.telling import tell_from_thread


def look(_connection: Any, party: Party, _case: Case) -> Said:
    """The recipient opens the case: a line of the file, and nothing else."""
    return Said("open_case", party.file.recipient)


# --- the same, at once, or late ---


@pytest.mark.long
async def test_the_same_message_handed_over_many_times_is_one_event(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    message = await host.journal(party, place_order)
    await asyncio.gather(*(asyncio.to_thread(host.heard, party) for _ in range(5)))
    await asyncio.gather(*(host.tells(party) for _ in range(5)))
    assert [event.row for event in host.of(party, message)] == ["C1"]


async def test_a_crowd_of_messages_at_once_is_recorded_without_a_gap(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    messages = await asyncio.gather(*(host.say(party, look) for _ in range(9)))
    assert all(len(host.of(party, one)) == 1 for one in messages)


async def test_all_that_waits_is_heard_by_one_look_in_its_order(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    messages = [await host.journal(party, look) for _ in range(60)]
    await host.tells(party)
    await host.rests(party)
    recorded = [event.message_id for event in host.events(party)][-60:]
    assert recorded == [one.id for one in messages]


# --- runs that end, are lost, or are others ---


async def test_a_closed_case_notes_a_late_report_and_closes_again(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    await host.handle(party).result()
    late = await host.say(party, report_settled)
    await host.handle(party).result()
    assert [event.type for event in host.of(party, late)] == ["noted"]


async def test_a_case_whose_run_was_lost_goes_on_when_it_is_told(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "ordered")
    await host.handle(party).terminate()
    message = await host.say(party, confirm)
    assert len(host.of(party, message)) == 1
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_run_that_was_ended_during_an_effect_is_begun_again_without_a_word(
    idle: Host,
) -> None:
    begun, gate = datetime.now(UTC), Gate(holds="texts")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await gate.held.wait()
        run = await idle.run_id(party)
        await idle.handle(party).terminate()
        gate.open.set()
        await idle.rests(party)
        await soon_told(lambda: revive(idle.cases, begun))
        assert await idle.run_id(party) != run
        status = (await idle.handle(party).describe()).status
        assert status == WorkflowExecutionStatus.RUNNING


async def test_a_run_that_runs_is_told_and_a_restart_takes_its_place(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    run, events = await host.run_id(party), host.events(party)
    await host.tells(party)
    assert await host.run_id(party) == run
    assert await host.cases.restart(party.file.id)
    assert await host.run_id(party) != run
    await host.tells(party)
    assert host.events(party) == events
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_run_of_a_type_that_no_worker_knows_is_replaced_by_a_restart(host: Host) -> None:
    """Of a former release, say: until then its case is recorded, and nothing follows."""
    party = await asyncio.to_thread(open_case, host.engine, host.shop)
    host.begun.append(party.file.id)
    queue = host.parts.prefix + CASES
    await host.client.start_workflow("former", id=workflow_id(party.file.id), task_queue=queue)
    assert not await host.cases.tell(party.file.id)
    assert not host.at_rest(party), "the notice is owed"
    assert await host.cases.restart(party.file.id)
    await host.rests(party)
    await host.play(party, "choosing")


# --- housekeeping ---


async def test_what_a_run_has_not_heard_for_two_seconds_is_told_by_a_sweep(host: Host) -> None:
    """The process that recorded it died before it could tell."""
    party = await host.begin()
    await host.play(party, "choosing")
    await host.journal(party, place_order)
    await asyncio.to_thread(host.heard, party)
    assert not host.at_rest(party), "what the order asks for is owed"
    tell = tell_from_thread(host.cases, asyncio.get_running_loop())
    sweep = HousekeepingActivities(host.engine, SEAL, tell).sweep_once
    assert await asyncio.to_thread(sweep) == 0
    host.grow_old()
    assert await asyncio.to_thread(sweep) == 1
    await host.rests(party)
    assert await asyncio.to_thread(sweep) == 0


async def test_housekeeping_starts_the_run_of_a_message_that_was_only_journalled(
    host: Host,
) -> None:
    """The request died between journal and case, or between case and run."""
    settled = await asyncio.to_thread(open_case, host.engine, host.shop)
    with host.engine.begin() as connection:
        journal(connection, SEAL, [raw(measure(77_777))])
    host.grow_old()
    await keep_house(host.client, host.parts.prefix)
    try:
        await host.reaches(settled, "notifying")
        statuses = "SELECT status FROM case_view"
        await soon(lambda: _all(host, statuses), lambda found: found == ["notifying"] * 2)
        await soon(lambda: _all(host, "SELECT state ->> 'outbox' FROM case_state"), _empty)
    finally:
        for name in ("housekeeping", "returns"):
            await host.client.get_workflow_handle(host.parts.prefix + name).terminate()
        host.begun.extend(_all(host, "SELECT CAST(case_id AS text) FROM case_head"))


async def test_what_is_handed_back_is_told_to_esobes_though_it_was_down(
    host: Host, outside: Outside
) -> None:
    outside.arm("esobes", "down", times=2)
    (verdict,) = await asyncio.to_thread(take_in, host.engine, measure(77_778, payer="NOBODY"))
    assert verdict.status == "rejected"
    act = Act("return_message", uuid4(), "key", b"hash")
    with host.engine.begin() as connection:
        task = connection.execute(text("SELECT journal_id FROM intake_task")).scalar_one()
        give_back(connection, SEAL, task, act, "Неверно")
    await keep_house(host.client, host.parts.prefix)
    try:
        told = "SELECT told FROM intake_task"
        await soon(lambda: _all(host, told), lambda found: found == ["acknowledged"])
    finally:
        for name in ("housekeeping", "returns"):
            await host.client.get_workflow_handle(host.parts.prefix + name).terminate()
    listed = outside.get("/esobes/returned-messages")
    assert [one["received"] for one in listed if one["key"] == f"returned/{task}"] == [1]


def _empty(outboxes: list[str]) -> bool:
    return set(outboxes) == {"{}"}


def _all(host: Host, statement: str) -> list[str]:
    with host.engine.connect() as connection:
        return list(connection.execute(text(statement)).scalars())


# --- workers and servers that go away ---


@pytest.mark.long
async def test_what_was_said_while_no_worker_lived_is_heard_when_one_comes(idle: Host) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "ordered")
    message = await idle.journal(party, confirm)
    await asyncio.to_thread(idle.heard, party)
    assert idle.case(party).status == "in_fulfilment"
    assert not await idle.cases.tell(party.file.id)
    async with idle.working():
        await idle.tells(party)
        await idle.play(party, "completed")
    assert len(idle.of(party, message)) == 1


@pytest.mark.long
async def test_effects_and_terms_follow_when_temporal_is_back(idle: Host, tmp_path: Path) -> None:
    """It kept its runs; while it was away the file took an order, and its answer ran out."""
    temporal = replace(Temporal(free_port()), database=tmp_path / "temporal.sqlite")
    with running(temporal.program(), tmp_path / "first.log"):
        away = await idle.moved(await connect(temporal.address))
        async with away.working():
            party = await away.begin()
            await away.play(party, "choosing")
    await away.journal(party, place_order)
    await asyncio.to_thread(away.heard, party)
    assert not await away.cases.tell(party.file.id)
    assert away.case(party).status == "ordered"
    answer = away.case(party).periods[1].deadlines["supplier_answer"]
    now = away.events(party)[-1].at
    move_clock(away.database.sandbox_url, answer.expires_at + timedelta(hours=1) - now)
    with running(temporal.program(), tmp_path / "second.log"):
        async with away.working():
            await away.tells(party)
            await away.rests(party)
            assert away.case(party).status == "choosing"
            assert away.rows(party)[-1] == "O2"
            await away.play(party, "completed")
        assert [order["received"] for order in away.payments(party)] == [1]
        await away.check()


@pytest.mark.long
async def test_a_small_cache_changes_nothing(idle: Host) -> None:
    async with idle.working(cached_cases=1):
        parties = await asyncio.gather(*(idle.begin() for _ in range(3)))
        await asyncio.gather(*(idle.play(party, "completed", 60.0) for party in parties))
        for party in parties:
            assert not [event for event in idle.events(party) if event.type == "refused"]
            assert [order["received"] for order in idle.payments(party)] == [1]


@pytest.mark.long
async def test_every_open_case_goes_on_from_its_file_on_an_emptied_temporal(
    idle: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And on the new server each run is short: it continues as new again and again."""
    statuses = ("notifying", "choosing", "in_fulfilment", "under_review")
    async with idle.working():
        parties = [await idle.begin() for _ in statuses]
        for party, status in zip(parties, statuses, strict=True):
            await idle.play(party, status)
    limit = "limit.historyCount.suggestContinueAsNew"
    monkeypatch.setitem(cli.temporal.DYNAMIC_CONFIG, limit, "15")
    with temporal_server(tmp_path) as emptied:
        moved = await idle.moved(await connect(emptied.address))
        async with moved.working():
            with idle.engine.connect() as connection:
                found = page(connection, FIRST, 100)
            assert found == [party.file.id for party in parties]
            for _ in range(2):
                assert await restart(moved.cases, found) == [], "to repeat it is harmless"
            for party in parties:
                await moved.play(party, "completed")
                assert [order["received"] for order in moved.payments(party)] == [1]
                assert not [one for one in moved.events(party) if one.type == "refused"]
                await moved.handle(party).result()
        assert await replay_all(moved.client, moved.parts.prefix, len(parties)) > len(parties)


async def test_a_run_does_not_continue_as_new_before_its_effect_has_ended(
    idle: Host, tmp_path: Path
) -> None:
    """The new run would ask for it once more."""
    gate = Gate(holds="texts")
    with temporal_server(tmp_path, "limit.historyCount.suggestContinueAsNew=15") as temporal:
        host = await idle.moved(await connect(temporal.address))
        async with host.working(interceptors=(gate,)):
            party = await host.begin()
            await gate.held.wait()
            run = await host.run_id(party)
            for line in (look, look, look, look, prove_delivery, place_order):
                await host.say(party, line)
            await soon(lambda: _owed(host, party), lambda kinds: kinds == ["notify"])
            await host.say(party, look)
            assert await host.run_id(party) == run
            gate.open.set()
            await soon_told(lambda: host.run_id(party), lambda now: now != run)
            await host.rests(party)
            assert len(gate.asked) == len(set(gate.asked))
            await host.check()


def _owed(host: Host, party: Party) -> list[str]:
    return [effect.kind for effect in host.case(party).outbox.values()]


# --- what fails, visibly ---


async def problems(host: Host, party: Party) -> int:
    """How many runs of a case the server lists as unable to go on."""
    query = f"WorkflowId = 'measure/{party.file.id}' AND TemporalReportedProblems IS NOT NULL"
    return (await host.client.count_workflows(query)).count


async def test_an_unknown_edition_fails_the_task_where_it_is_seen(
    idle: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECORDS, "retry_policy", RetryPolicy(maximum_attempts=1))
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    idle.begun.append(party.file.id)
    bind(idle, "0" * 64)
    async with idle.working():
        assert not await idle.cases.tell(party.file.id)
        await soon_told(lambda: problems(idle, party))
        bind(idle, CURRENT)
        await idle.rests(party, 30)
        assert idle.rows(party) == ["R1", "R6", "N1"]


def bind(host: Host, law: str) -> None:
    """Every case to an edition, as a build that has it not would find them."""
    owner = make_engine(host.database.owner_url)
    state = (
        "UPDATE case_state SET state = jsonb_set(state, '{edition}', to_jsonb(CAST(:law AS text)))"
    )
    with owner.begin() as connection:
        for update in ("UPDATE case_head SET edition = :law", state):
            connection.execute(text(update), {"law": law})
    owner.dispose()


class GivenUp(Interceptor):
    """An effect that ends without an outcome: the one thing that none of ours does."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _GivesUp(next)


class _GivesUp(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        # The first round of notices goes out.
        if info.activity_type == "texts" and not info.activity_id.startswith("2."):
            raise ApplicationError("given up", non_retryable=True)
        return await self.next.execute_activity(input)


async def test_an_effect_given_up_for_good_fails_the_task_where_it_is_seen(idle: Host) -> None:
    async with idle.working(interceptors=(GivenUp(),)):
        party = await idle.begin()
        await idle.play(party, "choosing")
        await idle.say(party, place_order)
        await soon_told(lambda: problems(idle, party))
    # A reset to before the effect asks for it once more.
    async with idle.working():
        await idle.reset(party)
        await idle.rests(party)
        await idle.play(party, "completed")
