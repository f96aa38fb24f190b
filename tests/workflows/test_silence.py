"""Hosts that vanish close nothing: whoever falls silent holds no case, and no process, for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from psycopg import OperationalError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.bounds import USUAL, PatientAsyncConnection
from db.engine import make_engine
from db.pool import ReadPool
from db.pulse import DatabasePulse
from tests.support.amount import ALL_BLOWS
from tests.support.effects import effects_over
from tests.support.host import Host, connect
from tests.support.lines import Line, line_to
from tests.support.party_play import open_case
from tests.support.polling import soon, soon_told
from worker import WorkerParts, work
from workflows.probes import Probed, probe_app
from workflows.pulse import TemporalPulse

# The line is known to be dead after eight seconds, and what waits on it has ended four later: what
# was begun on it is another's then. The rest is for a slow machine.
AT_MOST = 40.0
CASES_AT_ONCE = 4
HELD = text("SELECT seq FROM case_head WHERE case_id = :id FOR UPDATE NOWAIT")


@pytest.fixture
async def dark(idle: Host) -> AsyncIterator[Line]:
    """A line to the case file."""
    where = urlsplit(idle.database.app_url)
    assert where.hostname is not None
    assert where.port is not None
    async with line_to(where.hostname, where.port) as line:
        yield line


@asynccontextmanager
async def working_over(idle: Host, line: Line, temporal: str) -> AsyncIterator[Probed]:
    """A worker as its process runs it, with the case file at the other end of a line."""
    url = line.through(idle.database.app_url)
    engine, stop, client = make_engine(url), asyncio.Event(), await connect(temporal)
    with effects_over(engine, idle.outside.url) as effects:
        parts: WorkerParts = replace(idle.parts, client=client, engine=engine, effects=effects)
        probed = Probed(DatabasePulse(url), TemporalPulse(), parts.rooms)
        tasks = [
            asyncio.create_task(probed.database.feel()),
            asyncio.create_task(probed.temporal.feel(parts.client)),
            asyncio.create_task(probed.watch_threads()),
        ]
        working = asyncio.create_task(work(parts, probed, stop))
        try:
            await soon(probed.told, lambda told: told["status"] == "ready")
            yield probed
        finally:
            line.heal()
            stop.set()
            await working
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            engine.dispose()


@pytest.mark.skipif(not ALL_BLOWS, reason="takes its time: make verify-kill")
@pytest.mark.parametrize("answers", [True, False], ids=["both ways", "what the worker asks"])
async def test_the_cases_of_a_worker_that_is_cut_off_go_on_with_another(
    idle: Host, dark: Line, temporal_address: str, *, answers: bool
) -> None:
    async with working_over(idle, dark, temporal_address), idle.working():
        parties = [await idle.begin() for _ in range(CASES_AT_ONCE)]
        await asyncio.gather(*(idle.play(one, "choosing", AT_MOST) for one in parties))
        dark.swallow(answers=answers)
        await asyncio.gather(*(idle.play(one, "completed", AT_MOST) for one in parties))


@pytest.mark.long
async def test_who_vanishes_with_a_case_in_hand_lets_go_of_it(idle: Host, dark: Line) -> None:
    party = await asyncio.to_thread(open_case, idle.engine, idle.shop)
    hasty = make_engine(
        dark.through(idle.database.app_url), bounds=replace(USUAL, idle=2, answer=3)
    )

    def take() -> None:
        with idle.engine.connect() as connection:
            connection.execute(HELD, {"id": party.file.id})

    async def is_free() -> bool:
        try:
            await asyncio.to_thread(take)
        except DBAPIError:
            return False
        return True

    holding = await asyncio.to_thread(hasty.connect)
    await asyncio.to_thread(holding.execute, HELD, {"id": party.file.id})
    dark.swallow()
    assert not await is_free()
    await soon_told(is_free, within=AT_MOST)
    with pytest.raises(DBAPIError):
        await asyncio.to_thread(holding.execute, HELD, {"id": party.file.id})
    holding.close()
    hasty.dispose()


@pytest.mark.long
async def test_a_read_that_nobody_answers_is_given_up(
    idle: Host, dark: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientAsyncConnection, "patience", 0.5)
    async with ReadPool(dark.through(idle.database.app_url)) as pool:
        assert await pool.fetchval("SELECT 1") == 1
        dark.swallow()
        with pytest.raises(OperationalError):
            await pool.fetchval("SELECT 1")
        dark.heal()
        assert await pool.fetchval("SELECT 1") == 1


@pytest.mark.long
async def test_probes_are_told_of_each_part_that_is_gone_and_of_its_return(
    idle: Host, dark: Line, temporal_address: str
) -> None:
    host, _, port = temporal_address.partition(":")
    async with (
        line_to(host, int(port)) as far,
        working_over(idle, dark, f"{host}:{far.port}") as probed,
    ):
        wire = httpx.ASGITransport(probe_app(probed, "127.0.0.1:1", idle.engine))

        async def ready() -> tuple[int, str, str]:
            async with httpx.AsyncClient(transport=wire, base_url="http://worker") as http:
                answer = await http.get("/health/ready")
            told = answer.json()
            return answer.status_code, told["postgresql"], told["temporal"]

        assert await ready() == (200, "answers", "answers")
        dark.swallow()
        await soon_told(ready, (503, "silent", "answers").__eq__, within=10)
        dark.heal()
        await soon_told(ready, (200, "answers", "answers").__eq__)
        far.swallow()
        await soon_told(ready, (503, "answers", "silent").__eq__, within=10)
        far.heal()
        await soon_told(ready, (200, "answers", "answers").__eq__)
