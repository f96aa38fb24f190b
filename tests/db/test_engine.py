"""A connection that PostgreSQL has closed is replaced before anybody notices."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

import db.engine
from db.engine import make_engine

BACKEND = text("SELECT pg_backend_pid()")


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(BACKEND).scalar_one())


@pytest.fixture
def other(app_database_url: str) -> Engine:
    return make_engine(app_database_url)


def test_a_connection_that_was_cut_off_while_it_lay_is_replaced(
    engine: Engine, other: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.engine, "TRUSTED_SECONDS", 0.0)
    before = backend(engine)
    with other.connect() as connection:
        cut = text("SELECT pg_terminate_backend(:pid, 5000)")
        assert connection.execute(cut, {"pid": before}).scalar_one()
    other.dispose()
    assert backend(engine) != before


def test_one_that_was_just_used_is_not_asked_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    ping = engine.dialect.do_ping

    def ask(connection: Any) -> bool:
        asked.append(connection)
        return ping(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", ask)
    monkeypatch.setattr(db.engine, "TRUSTED_SECONDS", 3_600.0)
    assert backend(engine) == backend(engine)
    assert asked == []
    monkeypatch.setattr(db.engine, "TRUSTED_SECONDS", 0.0)
    backend(engine)
    assert len(asked) == 1
