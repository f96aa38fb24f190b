"""A reset undoes nothing that was recorded, repeats nothing, and loses no message."""

import asyncio

import pytest
from temporalio.exceptions import ApplicationError

from tests.support.gates import Gate
from tests.support.host import Host
from tests.support.host import reset as reset_run
from tests.support.party_play import confirm, place_order


async def test_a_reset_to_any_task_of_a_case_leaves_file_and_effects_as_they_were(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    events, told = host.events(party), host.sent(party)
    first, ends = await host.run_id(party), await host.task_ends(party)
    assert len(ends) > 10
    for end in ends:
        run = await reset_run(host.client, party.file.id, first, end)
        await host.taken_over(party, run)
    await host.rests(party)
    assert host.events(party) == events
    assert host.sent(party) == told
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_reset_while_a_caller_waits_loses_no_message(idle: Host) -> None:
    gate = Gate(holds="place_order")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "choosing")
        message = await idle.journal(party, place_order)
        waiting = asyncio.create_task(idle.cases.submit(party.file.id, message))
        await gate.held.wait()
        run = await idle.reset(party)
        await idle.reaches(party, "ordered")
        gate.open.set()
        await waiting
        await idle.rests(party)
        assert idle.owner(party) == run
        assert [event.row for event in idle.of(party, message)] == ["C1"]
        # The caller looks into the file and sends once more: the same answer, no other event.
        assert await idle.cases.submit(party.file.id, message)
        assert len(idle.of(party, message)) == 1


async def test_an_append_in_flight_of_a_replaced_run_is_refused(idle: Host) -> None:
    gate = Gate(holds="confirm")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "ordered")
        message = await idle.journal(party, confirm)
        waiting = asyncio.create_task(idle.cases.submit(party.file.id, message))
        await gate.held.wait()
        run = await idle.reset(party)
        await idle.taken_over(party, run)
        await idle.reaches(party, "in_fulfilment")
        await idle.rests(party)
        events = idle.events(party)
        gate.open.set()
        await gate.ended.wait()
        await waiting
        assert isinstance(gate.outcome, ApplicationError)
        assert (gate.outcome.type, gate.outcome.non_retryable) == ("Fenced", True)
        assert idle.events(party) == events


async def test_an_append_in_flight_that_commits_before_the_new_run_reads_is_kept(
    idle: Host,
) -> None:
    """Nothing of the file is undone: the new run takes over what the old one recorded last."""
    gate = Gate(holds="confirm")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "ordered")
        message = await idle.journal(party, confirm)
        waiting = asyncio.create_task(idle.cases.submit(party.file.id, message))
        await gate.held.wait()
        ends, first = await idle.task_ends(party), await idle.run_id(party)
        gate.open.set()
        await gate.ended.wait()
        run = await reset_run(idle.client, party.file.id, first, ends[-1])
        await idle.taken_over(party, run)
        await waiting
        await idle.rests(party)
        assert [event.row for event in idle.of(party, message)] == ["O1"]
        await idle.play(party, "completed")
        assert [order["received"] for order in idle.payments(party)] == [1]


@pytest.mark.parametrize("which", [0, 5, -1])
async def test_a_closed_case_that_is_reset_ends_as_it_had_ended(host: Host, which: int) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    await host.handle(party).result()
    events, told = host.events(party), host.sent(party)
    await host.reset(party, (await host.task_ends(party))[which])
    assert await host.handle(party).result() == "completed"
    assert host.events(party) == events
    assert host.sent(party) == told
    assert [order["received"] for order in host.payments(party)] == [1]
