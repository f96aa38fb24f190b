"""A fresh database with the rights of the application, for each test."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from db.engine import make_engine


@pytest.fixture
def engine(app_database_url: str) -> Iterator[Engine]:
    made = make_engine(app_database_url)
    yield made
    made.dispose()
