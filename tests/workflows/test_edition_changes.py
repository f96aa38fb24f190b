"""Open cases go on under a later edition while their runs wait, are replayed, or begin anew."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.edition_changes import approve_move, list_moves, propose_move
from db.following import carry_out
from db.rebuild import compare, scratch
from domain.process import Edition
from tests.support.host import Host
from tests.support.party_play import Party, confirm
from tests.support.polling import soon
from worker import keep_house
from workflows.proofs import dry_run

pytestmark = pytest.mark.usefixtures("later")


def approve(host: Host, after: Edition) -> None:
    """Proposed and approved, a minute ago."""
    with host.engine.begin() as connection:
        change = propose_move(connection, uuid4(), after)
        approve_move(connection, uuid4(), change.id)
        earlier = "UPDATE edition_change SET approved_at = approved_at - interval '1 minute'"
        connection.execute(text(earlier))


async def move(host: Host, after: Edition, *parties: Party) -> None:
    """What housekeeping does about it; the runs of these are told."""
    approve(host, after)
    await asyncio.to_thread(lambda: list(carry_out(host.engine)))
    for party in parties:
        await host.tells(party)


def length(host: Host, party: Party, term: str) -> str:
    return str(host.case(party).periods[1].deadlines[term].certificate["term"])


async def test_l14_a_run_goes_on_under_the_later_edition_and_the_recipient_is_told(
    later: Edition, host: Host
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    sent = len(host.sent(party))
    await move(host, later, party)
    await host.rests(party)
    assert (host.case(party).edition, length(host, party, "choice")) == (later.hash, "P3M")
    assert len(host.sent(party)) == sent + 2  # by SMS and by mail
    await host.play(party, "ordered")
    assert length(host, party, "supplier_answer") == "5wd"
    await host.play(party, "completed")
    assert [row for row in host.rows(party) if row == "L14"] == ["L14"]


async def test_l14_a_run_that_begins_anew_reads_the_later_edition_from_the_file(
    later: Edition, host: Host
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    await host.handle(party).terminate()
    await move(host, later, party)
    await host.play(party, "ordered")
    assert length(host, party, "supplier_answer") == "5wd"


async def test_l14_whose_run_was_not_told_goes_on_under_it_all_the_same(
    later: Edition, host: Host
) -> None:
    party = await host.begin()
    await host.play(party, "ordered")
    before = length(host, party, "supplier_answer")
    await move(host, later)
    assert (before, length(host, party, "supplier_answer")) == ("3wd", "5wd")
    await host.say(party, confirm)
    await host.play(party, "completed")
    assert not [event for event in host.events(party) if event.type == "refused"]


async def test_l14_a_moved_file_is_rebuilt_replayed_and_decided_again(
    later: Edition, host: Host
) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    await move(host, later, party)
    await host.rests(party)
    await host.play(party, "ordered")
    with scratch(host.engine) as connection:
        assert compare(connection, party.file.id) == []
    (proof,) = await dry_run(host.client, host.engine, [party.file.id])
    assert proof.fine, proof


async def test_l14_housekeeping_carries_out_what_was_approved(later: Edition, host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    approve(host, later)
    await keep_house(host.client, host.parts.prefix)

    def state() -> tuple[int, bool]:
        with host.engine.connect() as connection:
            (change,) = list_moves(connection, None, 9)
        return change.extended, change.extended_at is not None

    try:
        await soon(state, lambda found: found == (1, True), 30)
        await host.rests(party)
    finally:
        await host.client.get_workflow_handle(f"{host.parts.prefix}housekeeping").terminate()
    assert host.case(party).edition == later.hash
