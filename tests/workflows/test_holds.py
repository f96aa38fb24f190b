"""What an administrator holds waits in Temporal without being asked for, and is woken."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.holds import HELD
from db.holds import cases_waiting
from tests.support.gates import Gate
from tests.support.holding import hold, let_go
from tests.support.host import Host
from tests.support.party_play import Party, approve_first, approve_second
from tests.support.polling import soon_told
from workflows.holds import wake
from workflows.operations import look
from workflows.troubles import stuck

# Whoever is held asks no oftener than one who waits for a system that is down.
BUSY = timedelta(minutes=9)


async def test_a_payment_held_between_its_promise_and_its_sending_is_made_once_after_the_release(
    idle: Host,
) -> None:
    gate = Gate(holds="pay")
    async with idle.working(interceptors=(gate,)):
        party = await idle.begin()
        await idle.play(party, "under_review")
        for line in (approve_first, approve_second):
            await idle.say(party, line)
        await gate.held.wait()
        await asyncio.to_thread(hold, idle.engine, "payments")
        gate.open.set()
        await gate.ended.wait()
        (pending,) = await soon_told(lambda: held_in(idle, party))
        assert pending.next_attempt_at - datetime.now(UTC) > BUSY
        assert (idle.payments(party), idle.case(party).status) == ([], "payment_pending")

        found = await stuck(idle.client, idle.engine, datetime.now(UTC))
        (one,) = [one for one in found.found if one.case_id == party.file.id]
        assert (one.cause, one.remedies) == ("held", ("release_hold",))
        assert [(each.switch, each.waiting) for each in found.holds] == [("payments", 1)]

        # A run that begins anew meanwhile asks for it again, and it waits again.
        await idle.cases.restart(party.file.id)
        await soon_told(lambda: held_in(idle, party))
        assert idle.payments(party) == []

        await asyncio.to_thread(let_go, idle.engine, "payments")
        with idle.engine.connect() as connection:
            waiting = cases_waiting(connection, "payments", 10)
        assert waiting == [party.file.id]
        assert await wake(idle.client, waiting) == 1
        await idle.play(party, "completed")
    assert [order["received"] for order in idle.payments(party)] == [1]


async def held_in(host: Host, party: Party) -> list[Any]:
    """The activities of a case that ended their last attempt because they were held."""
    run = await look(host.client, party.file.id)
    return [one for one in run.activities if one.last_error == HELD and one.next_attempt_at]
