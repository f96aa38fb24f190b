"""What waits to be done is told to whoever watches the system."""

import asyncio
import re
from datetime import datetime, timedelta

from prometheus_client import REGISTRY
from sqlalchemy import text

from db.bell import Bell
from db.pulse import DatabasePulse
from domain.terms.agenda import GRACE
from tests.support.casework import move_clock
from tests.support.host import Host
from tests.support.party_play import open_case
from workflows.probes import Probed, figures
from workflows.pulse import TemporalPulse


def told(host: Host) -> dict[str, float]:
    """Every figure by its name and what it is of."""
    probed = Probed(DatabasePulse(host.database.app_url), TemporalPulse(), host.parts.rooms)
    lines = figures(probed, host.engine).decode()
    found = re.findall(r'^(\w+)\{\w+="(\w+)"\} (\S+)$', lines, re.MULTILINE)
    return {f"{name} {of}": float(value) for name, of, value in found}


async def test_what_waits_is_counted_with_its_age_and_gone_when_it_is_done(idle: Host) -> None:
    assert told(idle)["ozhb_waiting wake"] == 0
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    idle.begun.append(party.file.id)
    idle.grow_old()
    waiting = await asyncio.to_thread(told, idle)
    assert waiting["ozhb_waiting wake"] == 1
    assert 60 <= waiting["ozhb_waiting_oldest_seconds wake"] < 600
    assert waiting["ozhb_waiting message"] == 0
    async with idle.working():
        await idle.tells(party)
        await idle.play(party, "choosing")
        done = await asyncio.to_thread(told, idle)
    assert done["ozhb_waiting wake"] == done["ozhb_waiting_oldest_seconds wake"] == 0


async def test_a_term_that_is_over_waits_until_the_bell_records_it_and_says_how_late(
    idle: Host,
) -> None:
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    idle.begun.append(party.file.id)
    await asyncio.to_thread(idle.heard, party)
    over = idle.case(party).periods[1].deadlines["notice"].expires_at
    with idle.engine.begin() as connection:
        now: datetime = connection.execute(text("SELECT legal_now()")).scalar_one()
    assert (await asyncio.to_thread(told, idle))["ozhb_waiting term"] == 0
    move_clock(idle.database.sandbox_url, over + GRACE + timedelta(seconds=70) - now)
    late = await asyncio.to_thread(told, idle)
    assert late["ozhb_waiting term"] == 1
    assert 70 <= late["ozhb_waiting_oldest_seconds term"] < 600
    before, bell = lateness(), Bell(idle.engine)
    assert await asyncio.to_thread(bell.ring_due) == 1
    bell.stop()
    assert (await asyncio.to_thread(told, idle))["ozhb_waiting term"] == 0
    assert 70 <= lateness() - before < 600


def lateness() -> float:
    """Seconds, of all that this process has recorded."""
    return REGISTRY.get_sample_value("ozhb_deadline_lateness_seconds_sum") or 0.0


async def test_an_outside_system_that_fails_is_told(idle: Host) -> None:
    with idle.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO outside_system (system, failed_at, fault) VALUES ('sms', now(), 'x')")
        )
    found = await asyncio.to_thread(told, idle)
    assert found["ozhb_outside_fails sms"] == 1
    assert found["ozhb_outside_fails email"] == 0
