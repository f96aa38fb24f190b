"""A fresh database with the rights of the worker, for each test."""

import pytest
from sqlalchemy import Engine

from db.engine import make_engine
from tests.support.servers import Database, PostgresServer


@pytest.fixture
def engine(postgres: PostgresServer, database: Database) -> Engine:
    return postgres.engine(database, make_engine)
