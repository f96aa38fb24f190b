"""The bell and the runs: whoever is first, each term is recorded once, and every run goes on."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from db.bell import Bell
from db.crowds import FEW
from domain.terms.agenda import GRACE
from tests.support.host import Host, connect
from tests.support.party_play import Party, open_case
from tests.support.polling import soon

pytestmark = pytest.mark.clocked

MOMENT = timedelta(seconds=1)


def over(host: Host, party: Party) -> list[str]:
    return [row for row in host.rows(party) if row == "N3"]


async def test_two_workers_with_their_bells_and_the_runs_timers_record_a_term_once(
    idle: Host, temporal_address: str
) -> None:
    other = await idle.moved(await connect(temporal_address))
    async with idle.working(), other.working():
        parties = [await idle.begin() for _ in range(3)]
        for party in parties:
            await idle.rests(party)
        end = idle.case(parties[0]).periods[1].deadlines["notice"].expires_at
        bells = [asyncio.create_task(Bell(idle.engine).ring()) for _ in range(2)]
        await idle.advance_to(end + GRACE + MOMENT)
        for party in parties:
            await idle.reaches(party, "notice_failed")
            await idle.rests(party)
            assert over(idle, party) == ["N3"]
        for one in bells:
            one.cancel()
        await asyncio.gather(*bells, return_exceptions=True)


async def test_the_run_of_a_crowd_leaves_the_term_to_the_bell_and_goes_on_in_its_turn(
    idle: Host,
) -> None:
    async with idle.working():
        crowd = [await asyncio.to_thread(open_case, idle.engine, idle.shop) for _ in range(FEW)]
        for one in crowd:
            await asyncio.to_thread(idle.heard, one)
        party = await idle.begin()
        await idle.rests(party)
        end = idle.case(party).periods[1].deadlines["notice"].expires_at
        await idle.advance_to(end + GRACE + MOMENT)
        assert over(idle, party) == []
        bell = Bell(idle.engine)
        await asyncio.to_thread(bell.ring_due)
        bell.stop()
        assert over(idle, party) == ["N3"]
        await idle.advance_to(end + GRACE + timedelta(minutes=12))
        await soon(lambda: over(idle, party), lambda rows: rows == ["N3"])
        await idle.rests(party)
    with idle.engine.connect() as connection:
        unrecorded = "SELECT count(*) FROM case_state WHERE rings_at <= legal_now()"
        assert connection.execute(text(unrecorded)).scalar_one() == 0
