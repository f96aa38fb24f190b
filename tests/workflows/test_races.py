"""Two things at once, in the order that nobody chose: what process.md says of each race."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from domain.case.state import Case
from domain.messages import Event, Role
from tests.support.casework import GOOD, Said
from tests.support.host import Host
from tests.support.party_play import (
    ESOBES,
    TREASURY,
    Line,
    Party,
    approve_first,
    approve_second,
    mark_delivered,
    report_settled,
    sign_as_supplier,
)


def sign_as_recipient(_connection: Connection, party: Party, case: Case) -> Said:
    """The recipient signs the current version."""
    application = case.periods[1].application
    assert application is not None
    said = {"application": application.sha256, "signature": uuid4().hex * 2}
    return Said("sign", party.file.recipient, said, {"signature": GOOD})


def change_content(_connection: Connection, party: Party, _case: Case) -> Said:
    """A new version of the application: nobody has signed it."""
    quantity = {"quantity": party.file.measure["quantity"]}
    return Said("change_content", party.file.caseworker(), quantity, {"application": "d" * 64})


def approve_third(_connection: Connection, party: Party, _case: Case) -> Said:
    """A third caseworker of the same authority."""
    third = replace(party.file, caseworkers=(str(uuid4()), str(uuid4())))
    return Said("approve", third.caseworker())


def revoke(_connection: Connection, _party: Party, _case: Case) -> Said:
    return Said("revoked", ESOBES, {"ground": "programme_revoked", "revision": 2})


def reported(outcome: str, **changes: Any) -> Line:
    """The treasury's report on the current attempt, with another outcome."""

    def line(connection: Connection, party: Party, case: Case) -> Said:
        said = report_settled(connection, party, case)
        return Said(said.name, TREASURY, {**said.data, "outcome": outcome, **changes})

    return line


async def at_once(host: Host, party: Party, *lines: Line) -> list[list[Event]]:
    """All written down by who saw the same case, then taken together; what each became."""
    messages = [await host.journal(party, line) for line in lines]
    await asyncio.gather(*(asyncio.to_thread(host.heard, party) for _ in lines))
    await host.tells(party)
    return [host.of(party, message) for message in messages]


async def test_when_both_parties_sign_at_once_both_count_and_one_transition_follows(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "awaiting_signatures")
    await host.say(party, change_content)
    became = await at_once(host, party, sign_as_recipient, sign_as_supplier)
    assert sorted([event.row for event in events] for events in became) == [["A1"], ["A1", "A2"]]
    application = host.case(party).periods[1].application
    assert application is not None
    assert set(application.signatures) == {Role.RECIPIENT, Role.SUPPLIER}
    await host.play(party, "completed")


async def test_of_two_caseworkers_at_once_the_first_counts_and_the_second_learns_who_it_was(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    await host.say(party, approve_first)
    became = await at_once(host, party, approve_second, approve_third)
    rows = sorted(events[0].row for events in became)
    assert rows == ["-", "V3"]
    (refused,) = next(events for events in became if events[0].type == "refused")
    (approved,) = next(events for events in became if events[0].row == "V3")
    (reason,) = refused.data["reasons"]
    assert reason["code"] == "status_does_not_allow"
    assert reason["facts"]["person"] == approved.actor.id
    await host.rests(party)
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_revocation_while_a_payment_is_pending_lets_the_claim_run_to_its_end(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    became = await at_once(host, party, revoke, reported("settled"))
    assert became[0][0].row == "L3"
    await host.reaches(party, "completed")
    assert "revoked" in host.case(party).periods[1].flags
    assert [order["settled"] for order in host.payments(party)] == [1]


async def test_a_revocation_and_a_delivery_at_once_leave_one_of_two_orders_of_events(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    stopped, delivered = await at_once(host, party, revoke, mark_delivered)
    if stopped[0].seq < delivered[0].seq:
        assert stopped[0].row == "L2"
    else:
        assert (delivered[0].row, stopped[0].row) == ("F1", "L3")


async def test_a_report_that_is_repeated_is_noted_and_changes_nothing(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    became = await at_once(host, party, report_settled, report_settled, report_settled)
    assert sorted(events[0].row for events in became) == ["-", "-", "P2"]
    await host.reaches(party, "completed")


async def test_a_rejection_that_is_followed_by_a_settlement_is_paid_once(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    await host.say(party, reported("not_executed", reason="AC04"))
    assert host.case(party).status == "payment_failed"
    await host.say(party, reported("settled"))
    await host.reaches(party, "completed")
    assert [row for row in host.rows(party) if row.startswith("P")] == ["P1", "P4", "P8", "P14"]
    retry = Said("retry_payment", party.file.caseworker())
    late = await host.say(party, lambda *_: retry)
    assert [event.type for event in host.of(party, late)] == ["refused"]
    assert [order["received"] for order in host.payments(party)] == [1]


async def test_a_settlement_with_another_amount_is_held_and_not_paid_again(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "payment_pending")
    await host.say(party, reported("settled", amount=1))
    case = host.case(party)
    assert case.status == "payment_pending"
    assert [payment.status for payment in case.periods[1].payments] == ["held"]
    assert [task.code for task in case.tasks.values()] == ["payment_held"]
    assert [order["received"] for order in host.payments(party)] == [1]
