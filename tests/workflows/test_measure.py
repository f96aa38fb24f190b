"""Rows of the process end to end: E-Собес, notice, choice, order, payment."""

import pytest
from temporalio.api.enums.v1 import EventType

from tests.support.casework import Said
from tests.support.host import Host
from tests.support.party_play import prove_delivery
from workflows.measure import LONGEST_HISTORY

STARTED = EventType.EVENT_TYPE_TIMER_STARTED


async def test_a_measure_that_arrives_is_notified_within_seconds(host: Host) -> None:
    party = await host.begin()
    await host.rests(party)
    assert host.rows(party) == ["R1", "R6", "N1"]
    assert host.case(party).status == "notifying"


async def test_the_first_proof_of_delivery_opens_the_choice(host: Host) -> None:
    party = await host.begin()
    await host.rests(party)
    await host.say(party, prove_delivery)
    period = host.case(party).periods[1]
    assert (period.status, period.deadlines["choice"].revision) == ("choosing", 1)
    assert host.rows(party)[-1] == "N2"


async def test_a_measure_goes_from_receipt_to_payment(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "completed")
    case = host.case(party)
    assert [payment.status for payment in case.periods[1].payments] == ["settled"]
    refused = [event for event in host.events(party) if event.type == "refused"]
    assert refused == []
    await host.handle(party).result()


async def test_a_timer_is_armed_again_only_when_its_instant_changes(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    armed = await host.count(party, STARTED)

    for _ in range(5):
        await host.say(party, lambda *_: Said("open_case", party.file.recipient))
    assert await host.count(party, STARTED) == armed


@pytest.mark.long
async def test_a_run_that_is_told_very_often_begins_anew_long_before_the_server_suggests_it(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    first, told = await host.run_id(party), 0
    while await host.run_id(party) == first:
        await host.tells(party)
        told += 1
        assert told < LONGEST_HISTORY / 4
    before = host.client.get_workflow_handle(host.handle(party).id, run_id=first)
    assert len((await before.fetch_history()).events) < LONGEST_HISTORY + 100
    await host.play(party, "ordered")
