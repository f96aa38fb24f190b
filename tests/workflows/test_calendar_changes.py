"""Days off are announced while cases run: the later day rings, and people are told of it."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.calendars import approve, list_changes, propose
from db.following import carry_out, follow
from db.rebuild import compare, scratch
from db.reference_tables import CalendarChange
from definitions.calendars import adopt, current_calendar
from domain.case.state import Deadline
from domain.terms.agenda import GRACE
from tests.support.calendars import ANNOUNCED, kurban_ait_on
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.party_play import Party
from tests.support.polling import soon
from worker import keep_house
from workflows.proofs import dry_run

pytestmark = pytest.mark.clocked

MOMENT = timedelta(seconds=1)
# Two months later Kurban-ait is announced for the last day.
NOTIFIED = datetime.fromisoformat("2027-03-18T12:00:00+05:00")
OLD, NEW = date(2027, 5, 18), date(2027, 5, 19)


def choice(host: Host, party: Party) -> Deadline:
    return host.case(party).periods[1].deadlines["choice"]


async def choosing(host: Host) -> Party:
    party = await host.begin()
    await host.play(party, "choosing")
    assert choice(host, party).last_day == OLD
    return party


def announce(host: Host, day: str = "2027-05-18") -> CalendarChange:
    """Proposed and approved, a minute ago."""
    with host.engine.begin() as connection:
        change = propose(connection, uuid4(), kurban_ait_on(day))
        approved = approve(connection, uuid4(), change.id)
        earlier = "UPDATE calendar_change SET approved_at = approved_at - interval '1 minute'"
        connection.execute(text(earlier))
    assert isinstance(approved, CalendarChange)
    return approved


async def extend(host: Host, *parties: Party) -> None:
    """What housekeeping does about it; the runs of these are told."""
    await asyncio.to_thread(lambda: list(carry_out(host.engine)))
    for party in parties:
        await host.tells(party)


def state(host: Host) -> tuple[int, bool]:
    with host.engine.connect() as connection:
        (change,) = list_changes(connection, None, 9)
    return change.extended, change.extended_at is not None


async def test_the_later_day_rings_and_the_recipient_is_told(host: Host) -> None:
    await host.advance_to(NOTIFIED)
    party = await choosing(host)
    old = choice(host, party)
    sent = len(host.sent(party))
    announce(host)
    await extend(host, party)
    await host.rests(party)
    new = choice(host, party)
    assert (new.last_day, new.revision, new.certificate["calendar"]) == (NEW, 2, ANNOUNCED)
    assert state(host) == (1, True)
    assert len(host.sent(party)) == sent + 2  # by SMS and by mail
    assert any("19.05.2027" in str(one) for one in host.outside.get("/sms/outbox"))

    for at in sorted(new.reminders.values()):
        await host.advance_to(at + MOMENT)
        await host.rests(party)
    await host.advance_to(old.expires_at + GRACE + MOMENT)
    await host.rests(party)
    assert host.case(party).status == "choosing"
    await host.advance_to(new.expires_at + GRACE + MOMENT)
    await host.reaches(party, "choice_expired")
    await host.rests(party)
    reminded = [event.at for event in host.events(party) if event.row == "C2"]
    assert reminded == sorted(new.reminders.values())
    (expired,) = [event for event in host.events(party) if event.row == "C5"]
    assert expired.at == new.expires_at
    assert not [event for event in host.events(party) if event.type == "refused"]


async def test_a_run_that_was_not_told_of_the_extension_rings_on_the_later_day(host: Host) -> None:
    """The timer of the old day rings, finds the later one in the file, and is armed to it."""
    await host.advance_to(NOTIFIED)
    party = await choosing(host)
    old = choice(host, party)
    for at in sorted(old.reminders.values()):
        await host.advance_to(at + MOMENT)
        await host.rests(party)
    announce(host)
    await extend(host)
    assert choice(host, party).last_day == NEW
    await host.advance_to(old.expires_at + GRACE + MOMENT)
    await host.rests(party)
    assert host.case(party).status == "choosing"
    await host.advance_to(choice(host, party).expires_at + GRACE + MOMENT)
    await host.reaches(party, "choice_expired")
    await host.rests(party)


async def test_a_file_with_an_extension_is_rebuilt_replayed_and_decided_again(host: Host) -> None:
    await host.advance_to(NOTIFIED)
    party = await choosing(host)
    announce(host)
    await extend(host, party)
    await host.rests(party)
    with scratch(host.engine) as connection:
        assert compare(connection, party.file.id) == []
    (proof,) = await dry_run(host.client, host.engine, [party.file.id])
    assert proof.fine, proof


async def test_housekeeping_carries_out_what_was_approved(host: Host) -> None:
    await host.advance_to(NOTIFIED)
    party = await choosing(host)
    announce(host)
    await keep_house(host.client, host.parts.prefix)
    try:
        await soon(lambda: state(host), lambda found: found == (1, True), 30)
        await host.rests(party)
    finally:
        await host.client.get_workflow_handle(f"{host.parts.prefix}housekeeping").terminate()
    assert choice(host, party).last_day == NEW


async def test_a_worker_that_has_not_heard_of_a_calendar_counts_with_it_all_the_same(
    host: Host,
) -> None:
    await host.advance_to(NOTIFIED)
    party = await host.begin()
    await host.rests(party)
    announce(host)
    adopt(())
    await host.play(party, "choosing")
    assert choice(host, party).certificate["calendar"] == ANNOUNCED
    assert (choice(host, party).last_day, choice(host, party).revision) == (NEW, 1)


async def test_a_process_learns_of_an_approved_calendar_within_two_seconds(host: Host) -> None:
    following = asyncio.create_task(follow(host.engine))
    await asyncio.sleep(0)
    announce(host)
    adopt(())
    try:
        await soon(lambda: current_calendar().version, lambda found: found == ANNOUNCED, 2.0)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_who_has_ordered_gets_the_later_day_and_is_not_troubled(host: Host) -> None:
    await host.advance_to(NOTIFIED)
    party = await choosing(host)
    await host.play(party, "ordered")
    sent = len(host.sent(party))
    announce(host)
    await extend(host, party)
    await host.say(party, lambda *_: Said("open_case", party.file.recipient))
    await host.rests(party)
    assert choice(host, party).last_day == NEW
    assert len(host.sent(party)) == sent
