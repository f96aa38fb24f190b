"""The application on a fresh database, with people who have tokens and keys of their own."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import Engine

from api.database import bound_statements
from db.engine import make_engine
from tests.api.world import World, make_app, make_parts
from tests.support.play import Host
from tests.support.servers import Database, PostgresServer


@pytest.fixture
def engine(postgres: PostgresServer, database: Database) -> Engine:
    return postgres.engine(database, bounded_engine)


def bounded_engine(url: str) -> Engine:
    made = make_engine(url)
    bound_statements(made)
    return made


@pytest.fixture
async def world(engine: Engine, app_database_url: str) -> AsyncIterator[World]:
    """Everybody around the portal, and the way to it."""
    host = Host(engine)
    app = make_app(make_parts(engine, app_database_url, host))
    async with app.router.lifespan_context(app):
        wire = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=wire, base_url="http://portal") as http:
            yield World(app, engine, host, http)
