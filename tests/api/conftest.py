"""The application on a fresh database, with people who have tokens and keys of their own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import httpx
import pytest
from sqlalchemy import Engine

from db.bounds import OF_REQUESTS
from db.engine import make_engine
from integrations.scanner import Clamd
from tests.api.apps import make_app, make_parts
from tests.api.world import World
from tests.sandbox.world import Product, find_port
from tests.sandbox.world import World as Outside
from tests.support.play import Host
from tests.support.polling import BOUND_SECONDS
from tests.support.servers import Database, PostgresServer


@pytest.fixture
def engine(postgres: PostgresServer, database: Database) -> Engine:
    return postgres.engine(database, bounded_engine)


def bounded_engine(url: str) -> Engine:
    made = make_engine(url, bounds=OF_REQUESTS)
    return made


@pytest.fixture
async def world(
    engine: Engine, postgres: PostgresServer, database: Database
) -> AsyncIterator[World]:
    """Everybody around the portal, and the way to it."""
    async with around(engine, database.app_url) as made:
        made.again = partial(postgres.again, database)
        yield made


@asynccontextmanager
async def around(engine: Engine, url: str) -> AsyncIterator[World]:
    """The same, in the loop of whoever asks."""
    host = Host(engine)
    app = make_app(make_parts(engine, url, host))
    async with app.router.lifespan_context(app):
        wire = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=wire, base_url="http://portal") as http:
            yield World(app, engine, host, http)


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A sandbox, whose scanner looks at what is uploaded."""
    made = Outside(tmp_path_factory.mktemp("outside") / "data", Product(find_port()))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def portal(world: World, outside: Outside) -> World:
    """The world with a scanner that looks at what is uploaded."""
    watched(world, outside)
    return world


def watched(world: World, outside: Outside) -> None:
    """From now on what is uploaded is looked at by the scanner of a sandbox."""
    outside.client.delete("/faults").raise_for_status()
    scanner = Clamd("127.0.0.1", outside.scanner_port, seconds=BOUND_SECONDS)
    world.app.state.parts = replace(world.app.state.parts, scanner=scanner)
