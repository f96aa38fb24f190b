"""A case whose file a session holds is told, with who that is, whichever way it came to hold it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine

import db.locks
from db.locks import locked
from db.operations import Trouble
from tests.support.casework import File, arrive, open_file
from tests.support.polling import eventually
from tests.support.servers import Database
from workflows.troubles import stuck

HOLD = "SELECT seq FROM case_head WHERE case_id = %s FOR NO KEY UPDATE"
# What refers to a case locks its row too, beside whoever holds it.
REFERS = "INSERT INTO wake (case_id, seq) VALUES (%s, 0) ON CONFLICT DO NOTHING"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is too young to be told."""
    monkeypatch.setattr(db.locks, "HELD_AFTER", timedelta())


@pytest.fixture
def cases(engine: Engine) -> list[File]:
    """Two, of which one will be held."""
    with engine.begin() as connection:
        made = [open_file(connection), open_file(connection)]
        for file in made:
            arrive(connection, file)
    return made


@contextmanager
def holding(url: str, file: File) -> Iterator[psycopg.Connection]:
    """A session that holds a file and then asks nothing, as one whose host has vanished."""
    with psycopg.connect(url, application_name="a host that vanished") as connection:
        connection.execute(HOLD, [file.id])
        yield connection


def told(engine: Engine, authority: UUID | None = None) -> list[Trouble]:
    with engine.connect() as connection:
        return locked(connection, authority, 10)


def test_a_held_case_is_told_with_who_holds_it(
    engine: Engine, database: Database, cases: list[File]
) -> None:
    assert told(engine) == []
    with holding(database.app_url, cases[0]) as holder:
        (one,) = told(engine)
        pid = holder.info.backend_pid
        assert (one.case_id, one.reference) == (cases[0].id, cases[0].measure["reference"])
        assert one.detail == {"session": pid, "program": "a host that vanished", "doing": "idle"}
        assert (one.cause, one.who) == ("locked", ("administrator",))
        assert one.since < datetime.now(UTC)
        assert [one.case_id for one in told(engine, UUID(cases[0].measure["authority"]))] == [
            cases[0].id
        ]
        assert told(engine, uuid4()) == []
    assert told(engine) == []


def test_what_is_held_for_a_moment_is_not_told(
    engine: Engine, database: Database, cases: list[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.locks, "HELD_AFTER", timedelta(minutes=1))
    with holding(database.app_url, cases[0]):
        assert told(engine) == []


def test_a_holder_of_another_role_is_told_by_who_waits_for_it(
    engine: Engine, database: Database, cases: list[File]
) -> None:
    """Since when it holds it may not be seen; nor is the row known by one number when others
    refer to it.
    """

    def wait() -> None:
        with psycopg.connect(database.app_url, options="-c lock_timeout=60s") as waiting:
            waiting.execute(HOLD, [cases[0].id])

    with ThreadPoolExecutor(2) as threads:
        with holding(database.owner_url, cases[0]) as holder:
            with psycopg.connect(database.app_url, autocommit=True) as other:
                other.execute(REFERS, [cases[0].id])
            assert told(engine) == []
            waiting = [threads.submit(wait) for _ in range(2)]
            (one,) = eventually(lambda: told(engine))
            assert (one.case_id, one.detail["session"]) == (cases[0].id, holder.info.backend_pid)
            assert one.detail["doing"] == "unknown"
            holder.rollback()
        for each in waiting:
            each.result()
    assert told(engine) == []


async def test_it_is_among_what_is_stuck(
    engine: Engine, database: Database, cases: list[File]
) -> None:
    with holding(database.app_url, cases[0]):
        found = await stuck(None, engine, datetime.now(UTC))
    assert [one.case_id for one in found.found if one.cause == "locked"] == [cases[0].id]
