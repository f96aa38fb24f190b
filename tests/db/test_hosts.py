"""An address of several hosts is one database: every way to it finds the host that answers."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import make_engine, reads
from db.pool import ReadPool
from db.pulse import DatabasePulse
from settings import Settings
from tests.support.polling import soon
from tests.support.servers import Database
from tests.test_processes import begin
from tests.test_settings import valid

# Nobody listens on port 1.
CLOSED = "127.0.0.1:1"


def beside_a_closed_one(url: str, *, first: bool) -> str:
    """The same database on two hosts, of which one is closed; the one that writes is wanted."""
    head, _, rest = url.rpartition("@")
    place, _, name = rest.partition("/")
    hosts = f"{CLOSED},{place}" if first else f"{place},{CLOSED}"
    return f"{head}@{hosts}/{name}?target_session_attrs=read-write"


@pytest.fixture(params=[True, False], ids=["the first is closed", "the second is closed"])
def url(request: pytest.FixtureRequest, database: Database) -> str:
    return beside_a_closed_one(database.app_url, first=request.param)


def test_the_settings_take_it(url: str) -> None:
    assert Settings.load(**valid(database_url=url)).database_url == url


def test_an_engine_finds_the_host_that_answers(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        assert not connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one()
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "10s"
    with reads(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM case_view")).scalar_one() == 0
    engine.dispose()


async def test_the_pool_of_reads_and_the_pulse_find_it(url: str) -> None:
    async with ReadPool(url) as pool:
        assert await pool.fetchval("SELECT 1") == 1
    pulse = DatabasePulse(url)
    feeling = asyncio.create_task(pulse.feel())
    await soon(pulse.answers)
    feeling.cancel()
    with suppress(asyncio.CancelledError):
        await feeling


def test_a_migration_finds_it(tmp_path: Path, database: Database) -> None:
    url = beside_a_closed_one(database.owner_url, first=True)
    ended = begin(tmp_path, "migrate", database_url=url, movable_clock="true")
    assert ended.returncode == 0, ended.stdout
