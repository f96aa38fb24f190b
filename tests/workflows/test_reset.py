"""A reset undoes nothing that was recorded, repeats nothing, and loses no message."""

import asyncio

import pytest

from tests.support.gates import Gate
from tests.support.host import Host
from tests.support.host import reset as reset_run
from tests.support.party_play import approve_first, approve_second, place_order

pytestmark = pytest.mark.long


async def test_a_reset_to_any_task_of_a_case_leaves_file_and_effects_as_they_were(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    events, told = host.events(party), host.sent(party)
    first, ends = await host.run_id(party), await host.task_ends(party)
    assert len(ends) > 10
    for end in ends:
        await reset_run(host.client, party.file.id, first, end)
        await host.looked_anew(party, end)
    await host.rests(party)
    assert host.events(party) == events
    assert host.sent(party) == told
    await host.play(party, "completed")
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_reset_during_a_look_loses_no_message(idle: Host) -> None:
    gate = Gate()
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "choosing")
        message = await idle.journal(party, place_order)
        gate.holds = "look"
        telling = asyncio.create_task(idle.cases.tell(party.file.id))
        await gate.held.wait()
        await idle.reset(party)
        await idle.reaches(party, "ordered")
        await idle.rests(party)
        events = idle.events(party)
        gate.open.set()
        await gate.ended.wait()
        await telling
        assert [event.row for event in idle.of(party, message)] == ["C1"]
        assert idle.events(party) == events
        await idle.play(party, "completed")


async def test_a_payment_in_flight_of_a_replaced_run_is_made_by_one_of_the_two(
    idle: Host,
) -> None:
    gate = Gate(holds="pay")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "under_review")
        for line in (approve_first, approve_second):
            await idle.say(party, line)
        await gate.held.wait()
        await idle.reset(party)
        await idle.rests(party)
        events = idle.events(party)
        gate.open.set()
        await gate.ended.wait()
        assert idle.events(party) == events
        await idle.play(party, "completed")
    assert [order["received"] for order in idle.payments(party)] == [1]


@pytest.mark.parametrize("which", [0, 5, -1])
async def test_a_closed_case_that_is_reset_ends_as_it_had_ended(host: Host, which: int) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    await host.handle(party).result()
    events, told = host.events(party), host.sent(party)
    await host.reset(party, (await host.task_ends(party))[which])
    await host.handle(party).result()
    assert host.events(party) == events
    assert host.sent(party) == told
    assert [order["received"] for order in host.payments(party)] == [1]
