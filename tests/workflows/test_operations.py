"""What hangs is seen with its cause, and is got going again without losing what was recorded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.common import RetryPolicy

import db.operations
import worker
import workflows.measure
from cli.ports import free_port
from cli.postgres import Postgres, fresh_passwords
from cli.program import running as running_program
from db.casefile import opened
from db.engine import make_engine
from db.operations import Trouble
from domain.case.context import Change
from domain.rules import RECORDERS
from tests.support.host import Host, hosting
from tests.support.outside import Outside
from tests.support.party_play import (
    Party,
    approve_first,
    approve_second,
    confirm,
    mark_delivered,
    open_case,
)
from tests.support.polling import soon_told
from tests.support.servers import HASTE, PostgresServer
from workflows.operations import look, retry
from workflows.options import OUTSIDE, RECORDS
from workflows.proofs import dry_run, prove_files
from workflows.replays import check_release
from workflows.resets import BeyondEnd, NoSuchPoint, Point, carry_out, plan
from workflows.troubles import Troubles, stuck


async def troubles(host: Host, party: Party, cause: str) -> list[Trouble]:
    """What holds a case up for one cause."""
    found = await stuck(host.client, host.engine, datetime.now(UTC))
    return of(found, party, cause)


def of(found: Troubles, party: Party, cause: str) -> list[Trouble]:
    return [one for one in found.found if one.case_id == party.file.id and one.cause == cause]


async def seen(host: Host, party: Party, cause: str) -> Trouble:
    """The trouble, as soon as it is listed."""
    (one,) = await soon_told(lambda: troubles(host, party, cause))
    return one


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside systems are tried again at once, and nothing is too young to be listed."""
    policy = RetryPolicy(initial_interval=timedelta(milliseconds=20), backoff_coefficient=2.0)
    monkeypatch.setitem(OUTSIDE, "retry_policy", policy)
    monkeypatch.setattr(db.operations, "ASKED_AFTER", 0)


@pytest.mark.long
async def test_a_worker_whose_code_is_broken_is_seen_and_loses_nothing_that_was_said(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await host.begin()
    await host.play(party, "ordered")

    def broken(*_: Any) -> None:
        raise KeyError("boom")

    monkeypatch.setattr(workflows.measure.MeasureCase, "see", broken)
    await host.journal(party, confirm)
    await asyncio.to_thread(host.heard, party)
    assert not await host.cases.tell(party.file.id)
    one = await seen(host, party, "failing_task")
    assert (one.detail["error"], one.who) == ("KeyError", ("administrator",))
    assert one.detail["cause"] == "workflow_worker_unhandled_failure"
    assert (one.status, one.reference) == ("in_fulfilment", party.file.measure["reference"])

    verdict = await check_release(host.client, host.engine)
    assert [failure.case_id for failure in verdict.failures] == [party.file.id]
    assert verdict.failures[0].cause == "the host raised KeyError"

    monkeypatch.undo()
    await retry(host.client, party.file.id)
    await host.rests(party)
    assert (
        await soon_told(lambda: troubles(host, party, "failing_task"), lambda left: not left) == []
    )


@pytest.mark.usefixtures("_hasty")
@pytest.mark.long
async def test_a_treasury_that_is_down_parks_the_payment_until_somebody_retries(
    host: Host, outside: Outside
) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    outside.arm("treasury", "down", times=1000)
    await host.say(party, approve_first)
    await host.say(party, approve_second)
    one = await seen(host, party, "parked")
    assert (one.detail["kind"], one.remedies) == ("pay", ("inspect", "retry"))
    assert one.detail["attempt"] > 5
    assert one.detail["last_error"] == "Unavailable"

    outside.client.delete("/faults").raise_for_status()
    await retry(host.client, party.file.id)
    await host.rests(party)
    assert await troubles(host, party, "parked") == []
    assert len(outside.payments(party.file.measure["reference"])) == 1


@asynccontextmanager
async def a_host_of_its_own(
    folder: Path, temporal_address: str, outside: Outside
) -> AsyncIterator[tuple[Host, ExitStack, Postgres]]:
    """A host whose PostgreSQL can be stopped: closing the stack stops it."""
    postgres = Postgres(folder / "postgres", free_port(), fresh_passwords(), HASTE)
    postgres.prepare()
    log = folder / "postgres.log"
    with ExitStack() as last, ExitStack() as first:
        first.enter_context(running_program(postgres.program(), log))
        postgres.ensure_roles()
        server = last.enter_context(closing(PostgresServer(postgres)))
        server.migrate()
        async with hosting(temporal_address, server.copy(), outside) as host:
            yield host, first, postgres
            last.enter_context(running_program(postgres.program(), log))
            # A connection of the server before, used a moment ago, would be trusted.
            host.engine.dispose()


@pytest.mark.long
async def test_a_database_that_is_stopped_is_seen_and_the_cases_go_on_when_it_is_back(
    tmp_path: Path, temporal_address: str, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long a record is tried before the task fails for all to see.
    monkeypatch.setitem(RECORDS, "retry_policy", RetryPolicy(maximum_attempts=2))
    own = a_host_of_its_own(tmp_path, temporal_address, outside)
    async with own as (host, server, postgres), host.working():
        party = await host.begin()
        await host.play(party, "ordered")
        await host.journal(party, confirm)
        server.close()
        assert not await host.cases.tell(party.file.id)
        one = await seen(host, party, "failing_task")
        assert one.detail["error"] == "RuntimeError"
        found = await stuck(host.client, host.engine, datetime.now(UTC))
        assert (found.database, found.temporal, found.complete) == (False, True, False)

        with running_program(postgres.program(), tmp_path / "again.log"):
            await retry(host.client, party.file.id)
            await host.reaches(party, "in_fulfilment")


async def test_a_run_that_has_not_heard_is_told_of_while_temporal_is_down(idle: Host) -> None:
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    await asyncio.to_thread(idle.grow_old)
    found = await stuck(None, idle.engine, datetime.now(UTC))
    assert (found.temporal, found.database) == (False, True)
    one = next(one for one in of(found, party, "unheard_message"))
    assert one.age_seconds >= 30
    assert one.remedies == ("inspect", "retry", "restart")


async def test_a_reset_keeps_what_was_recorded_and_the_run_catches_up_from_the_file(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    before = host.events(party)
    cut = await plan(host.client, party.file.id, Point(to_seq=2))
    assert (cut.knows_seq, cut.messages) == (2, 3)
    assert [timer.seconds for timer in cut.timers if timer.seconds] != []

    run_id = await carry_out(host.client, party.file.id, cut)
    await host.say(party, mark_delivered)
    assert host.events(party)[: len(before)] == before
    run = await look(host.client, party.file.id)
    assert (run.run_id, run.status) == (run_id, "running")
    assert prove_files(host.engine, [party.file.id]).damages == ()


async def test_a_reset_cuts_at_a_workflow_task_or_not_at_all(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    ends = await host.task_ends(party)
    cut = await plan(host.client, party.file.id, Point(to_event=ends[1] + 1))
    assert cut.to_event == ends[1]
    with pytest.raises(NoSuchPoint):
        await plan(host.client, party.file.id, Point(to_event=1))
    with pytest.raises(BeyondEnd):
        await plan(host.client, party.file.id, Point(to_event=10_000))


async def test_a_case_decided_again_comes_out_the_same_also_without_its_history(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    (kept,) = await dry_run(host.client, host.engine, [party.file.id])
    (made,) = await dry_run(None, host.engine, [party.file.id])
    for found in (kept, made):
        assert found.fine, found
        assert found.rehearsal.unknown == ()
    assert (kept.kept, made.kept) == (True, False)
    assert kept.rehearsal.messages == len({event.message_id for event in host.events(party)})


async def test_a_rule_that_changed_is_listed_by_a_dry_run(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    monkeypatch.setitem(RECORDERS, "confirm_order", lambda _: Change())
    (found,) = await dry_run(host.client, host.engine, [party.file.id])
    assert not found.fine
    assert found.failure is None, "the host does not depend on the rules"
    (seq,) = {one.seq for one in found.rehearsal.differences}
    assert "data.period" in {one.column for one in found.rehearsal.differences}
    assert next(event for event in host.events(party) if event.seq == seq).row == "O1"


@workflow.defn(name=workflows.measure.WORKFLOW)
class Hasty:
    """A host that somebody changed without thinking of open cases."""

    @workflow.run
    async def run(self, start: workflows.measure.MeasureStart) -> None:
        await workflow.sleep(1)


async def test_a_release_that_would_break_an_open_case_is_stopped(host: Host) -> None:
    first, second = await host.begin(), await host.begin()
    for party in (first, second):
        await host.play(party, "choosing")
    good = await check_release(host.client, host.engine)
    assert (good.checked, good.failures) == (1, ()), "two cases of one shape are replayed once"
    bad = await check_release(host.client, host.engine, host=Hasty)
    assert [failure.nondeterministic for failure in bad.failures] == [True]
    assert bad.failures[0].case_id == second.file.id
    assert "TMPRL1100" in bad.failures[0].cause


async def test_a_worker_of_such_a_release_takes_no_work(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    await worker.prove_release(host.parts)
    monkeypatch.setattr(worker, "check_release", partial(check_release, host=Hasty))
    with pytest.raises(SystemExit):
        await worker.prove_release(host.parts)


async def test_an_event_that_was_changed_is_named(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    owner = make_engine(host.database.owner_url)
    changed = "UPDATE event SET data = jsonb_set(data, '{to}', $1) WHERE case_id = $2 AND seq = 2"
    with owner.begin() as connection:
        connection.exec_driver_sql(changed, ('"choosing"', party.file.id))
    (damage,) = prove_files(host.engine, [party.file.id]).damages
    assert (damage.table, damage.key["seq"], damage.column) == ("event", 2, "hash")
    with owner.begin() as connection:
        connection.exec_driver_sql(changed, ('"notifying"', party.file.id))
    owner.dispose()
    assert prove_files(host.engine, [party.file.id]).damages == ()


async def test_an_event_whose_message_nobody_sent_is_named(host: Host) -> None:
    """Somebody who has a worker's password had the file take it."""
    party = await host.begin()
    await host.play(party, "ordered")
    sent = await host.journal(party, confirm)
    forged = sent.model_copy(update={"id": str(uuid4())})
    with host.engine.begin() as connection, opened(connection, party.file.id) as file:
        (event,) = file.take(forged)
    (damage,) = prove_files(host.engine, [party.file.id]).damages
    assert (damage.table, damage.key["seq"], damage.column) == ("event", event.seq, "message_id")
    assert damage.found == forged.id
