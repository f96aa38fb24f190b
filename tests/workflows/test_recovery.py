"""What dies and comes back: workers, Temporal, a request between journal and run."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import cli.temporal
from db.engine import make_engine
from db.intake_tasks import Act, give_back
from db.journal import journal
from domain.case import Case
from domain.terms import local_day
from tests.support.casework import Said
from tests.support.gates import Gate
from tests.support.host import Host, connect, replay_all
from tests.support.intake import SEAL, measure, raw, take_in
from tests.support.outside import Outside
from tests.support.party_play import (
    GATEWAY,
    Party,
    confirm,
    open_case,
    place_order,
    report_settled,
)
from tests.support.polling import soon, soon_told
from tests.support.servers import Database, temporal_server
from worker import keep_house


def look(_connection: Any, party: Party, _case: Case) -> Said:
    """The recipient opens the case: a line of the file, and nothing else."""
    return Said("open_case", party.file.recipient)


# --- the same, in another order, or late ---


async def test_the_same_message_handed_over_many_times_is_one_event(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    message = await host.journal(party, place_order)
    heard = await asyncio.gather(*(host.cases.submit(party.file.id, message) for _ in range(5)))
    assert heard == [True] * 5
    assert await host.cases.submit(party.file.id, message)
    assert [event.row for event in host.of(party, message)] == ["C1"]


async def test_messages_that_overtake_each_other_are_each_answered_once(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    first = await host.journal(party, place_order)
    second = await host.journal(party, look)
    assert await host.cases.submit(party.file.id, second)
    assert await host.cases.submit(party.file.id, first)
    assert [len(host.of(party, one)) for one in (first, second)] == [1, 1]
    assert host.case(party).status == "ordered"


async def test_a_crowd_of_messages_at_once_is_recorded_without_a_gap(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    messages = [await host.journal(party, look) for _ in range(9)]
    heard = await asyncio.gather(*(host.cases.submit(party.file.id, one) for one in messages))
    assert all(heard)
    assert all(len(host.of(party, one)) == 1 for one in messages)


async def test_more_messages_than_one_look_holds_are_heard_by_one_wake(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    messages = [await host.journal(party, look) for _ in range(120)]
    assert await host.cases.wake(party.file.id, party.edition)
    await host.rests(party)
    recorded = [event.message_id for event in host.events(party)][-120:]
    assert recorded == [one.id for one in messages]


# --- wake ---


async def test_a_closed_case_is_woken_for_a_late_notice_and_closes_again(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    await host.handle(party).result()
    late = await host.journal(party, report_settled)
    assert not await host.cases.submit(party.file.id, late)
    assert host.of(party, late) == []
    assert await host.cases.wake(party.file.id, party.edition)
    assert await host.handle(party).result() == "completed"
    assert [event.type for event in host.of(party, late)] == ["noted"]


async def test_a_case_whose_run_was_lost_is_woken_into_a_new_one(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "ordered")
    await host.handle(party).terminate()
    message = await host.journal(party, confirm)
    assert await host.cases.wake(party.file.id, party.edition)
    await host.reaches(party, "in_fulfilment")
    assert len(host.of(party, message)) == 1
    await host.play(party, "completed")


async def test_a_start_leaves_the_run_that_runs(host: Host) -> None:
    party = await host.begin()
    await host.rests(party)
    run = await host.run_id(party)
    assert await host.cases.start(party.file.id, party.edition)
    assert await host.run_id(party) == run


# --- housekeeping ---


async def test_housekeeping_starts_the_run_of_a_message_that_was_only_journalled(
    host: Host,
) -> None:
    """The request died between journal and case, or between case and run."""
    settled = await asyncio.to_thread(open_case, host.engine, host.shop)
    with host.engine.begin() as connection:
        journal(connection, SEAL, [raw(measure(77_777))])
    grow_old(host.database)
    await keep_house(host.client, host.parts.prefix)
    try:
        await host.reaches(settled, "notifying")
        statuses = "SELECT status FROM case_view"
        await soon(lambda: _all(host, statuses), lambda found: found == ["notifying"] * 2)
    finally:
        for name in ("housekeeping", "returns"):
            await host.client.get_workflow_handle(host.parts.prefix + name).terminate()
        host.begun.extend(_all(host, "SELECT CAST(case_id AS text) FROM case_head"))
    await soon(lambda: _all(host, "SELECT state ->> 'outbox' FROM case_view"), _empty)


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


def grow_old(database: Database) -> None:
    """Everything in the inbox and the journal came a minute ago."""
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        for table in ("inbox", "journal"):
            earlier = f"UPDATE {table} SET received_at = received_at - interval '1 minute'"
            connection.execute(text(earlier))
    owner.dispose()


# --- workers and servers that go away ---


async def test_what_was_said_while_no_worker_lived_is_heard_when_one_comes(idle: Host) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "ordered")
    message = await idle.journal(party, confirm)
    assert not await idle.cases.submit(party.file.id, message, timeout=0.2)
    assert await idle.cases.wake(party.file.id, party.edition)
    async with idle.working():
        await idle.reaches(party, "in_fulfilment")
        await idle.play(party, "completed")
    assert len(idle.of(party, message)) == 1


async def test_a_small_cache_changes_nothing(idle: Host) -> None:
    async with idle.working(cached_cases=1):
        parties = await asyncio.gather(*(idle.begin() for _ in range(3)))
        await asyncio.gather(*(idle.play(party, "completed", 60.0) for party in parties))
        for party in parties:
            assert not [event for event in idle.events(party) if event.type == "refused"]
            assert [order["received"] for order in idle.payments(party)] == [1]


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
            for party in parties:
                assert await moved.cases.start(party.file.id, party.edition)
            for party in parties:
                await moved.play(party, "completed")
                assert [order["received"] for order in moved.payments(party)] == [1]
                assert not [one for one in moved.events(party) if one.type == "refused"]
                assert await moved.handle(party).result() == "completed"
        assert await replay_all(moved.client, moved.parts.prefix, len(parties)) > len(parties)


# --- what fails, visibly ---


async def problems(host: Host, party: Party) -> int:
    """How many runs of a case the server lists as unable to go on."""
    query = f"WorkflowId = 'measure/{party.file.id}' AND TemporalReportedProblems IS NOT NULL"
    return (await host.client.count_workflows(query)).count


async def test_an_unknown_edition_fails_the_task_where_it_is_seen(idle: Host) -> None:
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    async with idle.working():
        assert await idle.cases.start(party.file.id, "0" * 64)
        await soon_told(lambda: problems(idle, party))
        assert idle.events(party) == []
        described = await idle.handle(party).describe()
        assert described.status == WorkflowExecutionStatus.RUNNING
        await idle.handle(party).terminate()


class GivenUp(Interceptor):
    """An effect that ends without an outcome: the one thing that none of ours does."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _GivesUp(next)


class _GivesUp(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if activity.info().activity_type == "tell":
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


# --- deadlines that ran out while nobody looked ---


async def test_deadlines_after_a_message_in_time_are_looked_for_anew(idle: Host) -> None:
    """Four deadlines passed unseen; an order that came before the first leaves none of them."""
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    idle.begun.append(party.file.id)
    began = datetime.now(UTC) - timedelta(days=90)
    owner = make_engine(idle.database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("UPDATE inbox SET submitted_at = :at"), {"at": began})
    owner.dispose()
    proven = {"round": 1, "channel": "sms", "confirmed": True, "on": local_day(began).isoformat()}
    at = began + timedelta(hours=1)
    await idle.journal(party, lambda *_: Said("delivery_proven", GATEWAY, proven, at=at))
    gate = Gate(holds="choice_reminder")
    async with idle.working(interceptors=(gate,)):
        assert await idle.cases.start(party.file.id, party.edition)
        await gate.held.wait()
        await idle.journal(party, place_order, at=began + timedelta(hours=2))
        gate.open.set()
        await idle.rests(party)
    # The supplier did not answer for months: the choice went on with its reminders, and since
    # nothing proves that the recipient was told, it does not run out.
    assert idle.rows(party)[3:9] == ["C1", "O2", "C2", "C2", "C2", "O2"]
    assert "C5" not in idle.rows(party)
    assert not [event for event in idle.events(party) if event.type == "refused"]
