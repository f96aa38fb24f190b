"""A connection that PostgreSQL has closed is replaced before anybody notices."""

from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import NotSupportedError, TimeoutError

from api.problems import is_passing
from db.engine import make_engine, reads
from db.pool import ReadPool

BACKEND = text("SELECT pg_backend_pid()")


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(BACKEND).scalar_one())


@pytest.fixture
def other(app_database_url: str) -> Engine:
    return make_engine(app_database_url)


@pytest.fixture
def asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that were asked whether they still live."""
    pinged: list[Any] = []
    ping = engine.dialect.do_ping

    def ask(connection: Any) -> bool:
        pinged.append(connection)
        return ping(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", ask)
    return pinged


def test_a_connection_that_was_cut_off_while_it_lay_is_replaced(
    engine: Engine, other: Engine, asked: list[Any]
) -> None:
    before = backend(engine)
    with other.connect() as connection:
        cut = text("SELECT pg_terminate_backend(:pid, 5000)")
        assert connection.execute(cut, {"pid": before}).scalar_one()
    other.dispose()
    assert backend(engine) != before
    assert len(asked) == 1


def test_one_on_which_nothing_came_is_not_asked(engine: Engine, asked: list[Any]) -> None:
    assert backend(engine) == backend(engine)
    assert asked == []


def test_no_more_connections_are_held_than_was_said(
    app_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.CHECKOUT_SECONDS", 0.1)
    for most in (1, 3):
        few = make_engine(app_database_url, most=most)
        with ExitStack() as held:
            for _ in range(most):
                held.enter_context(few.connect())
            with pytest.raises(TimeoutError):
                few.connect()
        few.dispose()


def test_what_comes_back_after_the_pool_was_disposed_of_is_closed(engine: Engine) -> None:
    held = engine.connect()
    late = held.connection.driver_connection
    assert late is not None
    engine.dispose()
    with engine.connect() as next_one:
        held.close()
        assert late.closed
        kept = next_one.connection.driver_connection
    assert kept is not None
    assert not kept.closed


@pytest.mark.parametrize("way", ["pool", "engine"])
async def test_a_statement_whose_answer_has_had_another_shape_since_a_migration_is_asked_anew(
    engine: Engine, owner: Engine, app_database_url: str, way: str
) -> None:
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE shape AS SELECT 1 AS a"))
        connection.execute(text("GRANT SELECT ON shape TO ozhb_app"))

    async with ReadPool(app_database_url) as pool:

        async def ask() -> dict[str, int]:
            if way == "pool":
                return await pool.fetchrow("SELECT * FROM shape") or {}
            with reads(engine) as connection:
                return dict(connection.execute(text("SELECT * FROM shape")).mappings().one())

        for _ in range(3):
            assert await ask() == {"a": 1}
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE shape ADD COLUMN b int DEFAULT 2"))
        if way == "engine":
            with pytest.raises(NotSupportedError) as raised:
                await ask()
            assert is_passing(raised.value)
        assert await ask() == {"a": 1, "b": 2}
