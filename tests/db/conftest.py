"""A fresh database with the rights of the application, for each test."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from db.engine import make_engine
from tests.support.casework import File, open_file
from tests.support.servers import Database, PostgresServer, wide_engine


@pytest.fixture
def engine(postgres: PostgresServer, database: Database) -> Engine:
    return postgres.engine(database, wide_engine)


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    """The same database with the rights of its owner."""
    made = make_engine(database.owner_url)
    yield made
    made.dispose()


@pytest.fixture
def file(engine: Engine) -> File:
    """An empty case file."""
    with engine.begin() as connection:
        return open_file(connection)
