"""Time that really passes: the sandbox moves the legal clock, and every open case comes along."""

from datetime import datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType

from domain.messages import Event
from domain.terms.agenda import GRACE
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.party_play import (
    Party,
    cancel_order,
    place_order,
    prove_delivery,
    retry_first,
    retry_second,
)
from tests.support.polling import soon, soon_told

pytestmark = pytest.mark.clocked

FIRED = EventType.EVENT_TYPE_TIMER_FIRED
STARTED = EventType.EVENT_TYPE_TIMER_STARTED
MOMENT = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TENTH = timedelta(milliseconds=100)


def ends(host: Host, party: Party, term: str = "choice") -> datetime:
    return host.case(party).periods[1].deadlines[term].expires_at


def of_row(host: Host, party: Party, row: str) -> list[Event]:
    return [event for event in host.events(party) if event.row == row]


async def armed(host: Host, party: Party) -> timedelta:
    """How long the timer was set that the current run started last."""
    started = [event for event in await host.history(party) if event.event_type == STARTED]
    wait = started[-1].timer_started_event_attributes.start_to_fire_timeout
    return timedelta(seconds=wait.seconds)


async def test_two_months_pass_with_their_reminders_and_the_choice_expires_at_its_deadline(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    deadline = host.case(party).periods[1].deadlines["choice"]
    assert len(deadline.reminders) == 3
    for code, at in sorted(deadline.reminders.items(), key=lambda one: one[1]):
        await host.advance_to(at + MOMENT)
        await host.rests(party)
        reminded = of_row(host, party, "C2")[-1]
        assert (reminded.at, reminded.data["fires"]["code"]) == (at, code)
    await host.advance_to(deadline.expires_at - MOMENT)
    assert host.case(party).status == "choosing"
    await host.advance_to(deadline.expires_at + GRACE + MOMENT)
    await host.reaches(party, "choice_expired")
    assert [event.at for event in of_row(host, party, "C5")] == [deadline.expires_at]
    assert len(of_row(host, party, "C2")) == 3


async def test_a_jump_over_two_months_records_all_that_fell_into_them_in_order(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    deadline = host.case(party).periods[1].deadlines["choice"]
    await host.advance_to(deadline.expires_at + timedelta(days=1))
    await host.reaches(party, "choice_expired")
    await host.rests(party)
    passed = [*of_row(host, party, "C2"), *of_row(host, party, "C5")]
    assert [event.at for event in passed] == [
        *sorted(deadline.reminders.values()),
        deadline.expires_at,
    ]
    assert [event.seq for event in passed] == sorted(event.seq for event in passed)
    assert not [event for event in host.events(party) if event.type == "refused"]


async def test_reminders_of_a_deadline_that_stands_are_not_repeated(host: Host) -> None:
    """The order falls through before the first reminder and after it: each comes once."""
    party = await host.begin()
    await host.play(party, "choosing")
    first = min(host.case(party).periods[1].deadlines["choice"].reminders.values())
    await host.advance_to(first + MOMENT)
    await host.rests(party)
    assert len(of_row(host, party, "C2")) == 1
    await host.say(party, place_order)
    await host.say(party, cancel_order)
    await host.rests(party)
    await host.advance(days=1)
    await host.rests(party)
    assert len(of_row(host, party, "C2")) == 1


async def test_after_a_reset_the_term_ends_when_it_would_have_ended(host: Host) -> None:
    """The server starts the timers of a reset run anew, in full: they are armed again."""
    party = await host.begin()
    await host.play(party, "choosing")
    over = ends(host, party)
    # The next timer is set, and days of it pass before the reset.
    await host.advance(days=20)
    await host.advance(days=5)
    first = min(host.case(party).periods[1].deadlines["choice"].reminders.values())
    await host.say(party, lambda *_: Said("open_case", party.file.recipient))
    await host.reset(party)
    left = first - datetime.fromisoformat(host.outside.get("/clock")["now"])
    await soon_told(lambda: armed(host, party), lambda wait: abs(wait - left) < MINUTE)
    await host.advance_to(first + MOMENT)
    await soon(lambda: len(of_row(host, party, "C2")), lambda count: count == 1)
    await host.advance_to(over + GRACE + MOMENT)
    await host.reaches(party, "choice_expired")
    assert len(of_row(host, party, "C2")) == 3


async def test_an_order_in_time_counts_though_no_worker_lived_over_the_deadline(
    idle: Host,
) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "choosing")
        last = max(idle.case(party).periods[1].deadlines["choice"].reminders.values())
        await idle.advance_to(last + MOMENT)
        await idle.rests(party)
    over = ends(idle, party)
    await idle.advance_to(over + timedelta(hours=1))
    order = await idle.journal(party, place_order, at=over - TENTH)
    async with idle.working():
        await idle.reaches(party, "ordered")
        assert [event.at for event in of_row(idle, party, "C1")] == [order.at]
        assert of_row(idle, party, "C5") == []
        assert not [event for event in idle.events(party) if event.type == "refused"]
        await idle.rests(party)


async def test_an_order_at_midnight_is_too_late_though_no_worker_lived_over_the_deadline(
    idle: Host,
) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "choosing")
    over = ends(idle, party)
    await idle.advance_to(over + timedelta(hours=1))
    order = await idle.journal(party, place_order, at=over)
    async with idle.working():
        await idle.reaches(party, "choice_expired")
        (refused,) = idle.of(party, order)
        assert refused.data["reasons"][0]["code"] == "late"
        await idle.rests(party)


async def test_a_case_that_began_after_the_clock_moved_keeps_its_terms(host: Host) -> None:
    await host.advance(days=40)
    party = await host.begin()
    await host.play(party, "choosing")
    over = ends(host, party)
    await host.advance(days=30)
    assert host.case(party).status == "choosing"
    await host.advance_to(over - MOMENT)
    assert host.case(party).status == "choosing"
    await host.advance_to(over + GRACE + MOMENT)
    await host.reaches(party, "choice_expired")
    assert [event.at for event in of_row(host, party, "C5")] == [over]


async def test_a_payment_whose_report_is_lost_is_asked_about_and_never_sent_again(
    host: Host,
) -> None:
    host.outside.arm("treasury", "silent")
    party = await host.begin()
    await host.play(party, "payment_pending")
    await host.advance_to(ends(host, party, "payment_answer") + GRACE + MOMENT)
    await host.reaches(party, "completed")
    assert [row for row in host.rows(party) if row.startswith("P")] == ["P1", "P6", "P2", "P14"]
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_payment_that_never_arrived_is_sent_again_under_its_own_key(host: Host) -> None:
    host.outside.arm("treasury", "forget")
    party = await host.begin()
    await host.play(party, "payment_pending")
    await host.advance_to(ends(host, party, "payment_answer") + GRACE + MOMENT)
    await host.reaches(party, "payment_failed")
    for line in (retry_first, retry_second):
        await host.say(party, line)
    await host.rests(party)
    await host.play(party, "completed")
    rows = [row for row in host.rows(party) if row.startswith("P")]
    assert rows == ["P1", "P6", "P5", "P7", "P7", "P7", "P1", "P2", "P14"]
    (order,) = host.payments(party)
    assert (order["received"], order["settled"]) == (2, 1)


async def test_a_quiet_wait_costs_one_timer_at_a_time(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    before = await host.count(party, STARTED)
    for _ in range(5):
        await host.say(party, lambda *_: Said("open_case", party.file.recipient))
        await host.say(party, prove_delivery)
    assert await host.count(party, STARTED) == before
    await host.advance(days=3)
    assert await host.count(party, STARTED) <= before + 1


def told(host: Host, party: Party) -> list[str]:
    """The texts that went out in a case by their codes, in the order in which they were asked."""
    sent = {key.split("/")[1] for key in host.sent(party) if key.startswith(party.file.id)}
    return [
        effect["data"]["text"]
        for event in host.events(party)
        for effect in event.data.get("effects", ())
        if effect["key"] in sent and effect["kind"] == "tell"
    ]


async def test_who_ordered_while_the_gateways_were_down_is_not_reminded_to_order(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    first = min(host.case(party).periods[1].deadlines["choice"].reminders.values())
    for system in ("sms", "email"):
        host.outside.arm(system, "down", match=party.file.id, times=1_000)
    await host.advance_to(first + MOMENT)
    await soon(lambda: len(of_row(host, party, "C2")), lambda count: count == 1)
    await host.say(party, place_order)
    host.outside.client.delete("/faults").raise_for_status()
    await host.rests(party, within=60)
    assert "choice_reminder" not in told(host, party)
    assert "order_placed" in told(host, party)
    assert [event.type for event in host.events(party) if event.type == "not_sent"] == ["not_sent"]


async def test_after_a_downtime_the_end_of_the_term_is_told_and_no_reminder_of_it(
    idle: Host,
) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "choosing")
        await idle.rests(party)
    await idle.advance_to(ends(idle, party) + timedelta(hours=1))
    async with idle.working():
        await idle.reaches(party, "choice_expired")
        await idle.rests(party)
    assert len(of_row(idle, party, "C2")) == 3, "each is in the file"
    assert told(idle, party) == ["choice_expired"]


async def test_after_a_downtime_before_the_end_one_reminder_is_sent(idle: Host) -> None:
    async with idle.working():
        party = await idle.begin()
        await idle.play(party, "choosing")
        await idle.rests(party)
    last = max(idle.case(party).periods[1].deadlines["choice"].reminders.values())
    await idle.advance_to(last + MOMENT)
    async with idle.working():
        await soon(lambda: len(of_row(idle, party, "C2")), lambda count: count == 3)
        await idle.rests(party)
    assert told(idle, party) == ["choice_reminder"]
