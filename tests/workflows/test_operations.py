"""What hangs is seen with its cause, and is got going again without losing what was recorded."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.common import RetryPolicy

import db.operations
import worker
import workflows.measure
from cli.ports import free_port
from cli.postgres import Postgres, fresh_passwords
from cli.program import running as running_program
from db.engine import make_engine
from db.operations import FIRST, Trouble, page
from domain.context import Change
from domain.rules import RECORDERS
from tests.support.casework import Said
from tests.support.host import Host, connect, hosting
from tests.support.outside import Outside
from tests.support.party_play import (
    Party,
    approve_first,
    approve_second,
    confirm,
    mark_delivered,
    old,
    prove_delivery,
)
from tests.support.polling import soon_told
from tests.support.servers import HASTE, PostgresServer, temporal_server
from workflows.client import Cases
from workflows.operations import look, restart, retry
from workflows.options import OUTSIDE, RECORDS
from workflows.proofs import dry_run, prove_files
from workflows.replays import check_release, check_replays
from workflows.resets import NoSuchPoint, Point, carry_out, plan
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


async def test_a_worker_whose_code_is_broken_is_seen_and_its_case_goes_on_when_it_is_mended(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await host.begin()
    await host.play(party, "ordered")

    def broken(*_: Any) -> None:
        raise KeyError("boom")

    monkeypatch.setattr(workflows.measure, "decide", broken)
    message = await host.journal(party, confirm)
    assert not await host.cases.submit(party.file.id, message, timeout=0.5)
    one = await seen(host, party, "failing_task")
    assert (one.detail["error"], one.who) == ("KeyError", ("administrator",))
    assert one.detail["cause"] == "workflow_worker_unhandled_failure"
    assert (one.status, one.reference) == ("ordered", party.file.measure["reference"])

    verdict = await check_release(host.client, host.engine)
    assert [failure.case_id for failure in verdict.failures] == [party.file.id]
    assert verdict.failures[0].cause == "the host raised KeyError"

    monkeypatch.undo()
    await retry(host.client, party.file.id)
    await host.reaches(party, "in_fulfilment")
    assert (
        await soon_told(lambda: troubles(host, party, "failing_task"), lambda left: not left) == []
    )


@pytest.mark.usefixtures("_hasty")
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
        server = PostgresServer(postgres)
        server.migrate()
        async with hosting(temporal_address, server.copy(), outside) as host:
            yield host, first, postgres
            last.enter_context(running_program(postgres.program(), log))


async def test_a_database_that_is_stopped_is_seen_and_the_cases_go_on_when_it_is_back(
    tmp_path: Path, temporal_address: str, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long a record is tried before the task fails for all to see.
    monkeypatch.setitem(RECORDS, "retry_policy", RetryPolicy(maximum_attempts=2))
    own = a_host_of_its_own(tmp_path, temporal_address, outside)
    async with own as (host, server, postgres), host.working():
        party = await host.begin()
        await host.play(party, "ordered")
        message = await host.journal(party, confirm)
        server.close()
        assert not await host.cases.submit(party.file.id, message, timeout=0.2)
        one = await seen(host, party, "failing_task")
        assert one.detail["error"] == "RuntimeError"
        found = await stuck(host.client, host.engine, datetime.now(UTC))
        assert (found.database, found.temporal, found.complete) == (False, True, False)

        with running_program(postgres.program(), tmp_path / "again.log"):
            await retry(host.client, party.file.id)
            await host.reaches(party, "in_fulfilment")


def visit(_: object, party: Party, __: object) -> Said:
    return Said("open_case", party.file.recipient)


async def test_a_message_that_nobody_hears_is_told_while_temporal_is_down(idle: Host) -> None:
    party = await idle.begin()
    message = await idle.journal(party, visit, age=old())
    found = await stuck(None, idle.engine, datetime.now(UTC))
    assert (found.temporal, found.database) == (False, True)
    one = next(one for one in of(found, party, "unheard_message"))
    assert one.age_seconds >= 30
    assert one.remedies == ("inspect", "retry", "restart")
    assert one.detail["name"] in ("measure_arrived", message.name)


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
    proof = await prove_files(host.client, host.engine, [party.file.id])
    assert (proof.damages, proof.unasked) == ((), ())


async def test_a_reset_cuts_at_a_workflow_task_or_not_at_all(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    ends = await host.task_ends(party)
    cut = await plan(host.client, party.file.id, Point(to_event=ends[1] + 1))
    assert cut.to_event == ends[1]
    with pytest.raises(NoSuchPoint):
        await plan(host.client, party.file.id, Point(to_event=1))


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
    async def run(self, start: workflows.measure.Start) -> None:
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


async def test_with_temporal_emptied_every_open_case_goes_on_from_its_file(
    idle: Host, tmp_path: Path
) -> None:
    async with idle.working():
        parties = [await idle.begin() for _ in range(3)]
        await idle.play(parties[0], "completed")
        await idle.play(parties[1], "choosing")
        await idle.rests(parties[2])
    with temporal_server(tmp_path) as server:
        client = await connect(server.address)
        cases = Cases(client, idle.cases.queue, task_timeout=idle.cases.task_timeout)
        emptied = replace(idle, client=client, cases=cases)
        with idle.engine.connect() as connection:
            found = page(connection, FIRST, 100)
        assert [case_id for case_id, _ in found] == [one.file.id for one in parties[1:]]
        async with emptied.working(client=client):
            assert await restart(cases, found) == []
            assert await restart(cases, found) == [], "to repeat it is harmless"
            await emptied.play(parties[1], "ordered")
            await emptied.say(parties[2], prove_delivery)
        rows = idle.rows(parties[1])
        assert rows[:4] == ["R1", "R6", "N1", "N2"], "nothing was done a second time"
        verdict = await check_replays(client, [one.file.id for one in parties])
        assert verdict.gone == (parties[0].file.id,)


async def test_an_event_that_was_changed_is_named_by_the_history_that_remembers_it(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    owner = make_engine(host.database.owner_url)
    changed = "UPDATE event SET data = jsonb_set(data, '{to}', %s) WHERE case_id = %s AND seq = 2"
    with owner.begin() as connection:
        connection.exec_driver_sql(changed, ('"choosing"', party.file.id))
    proof = await prove_files(host.client, host.engine, [party.file.id])
    named = {(one.table, one.key["seq"], one.column) for one in proof.damages}
    assert named == {("event", 2, "hash"), ("event", 2, "data.to")}
    with owner.begin() as connection:
        connection.exec_driver_sql(changed, ('"notifying"', party.file.id))
    owner.dispose()
    assert (await prove_files(host.client, host.engine, [party.file.id])).damages == ()
