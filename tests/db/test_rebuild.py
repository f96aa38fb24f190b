"""One damaged value is found and named; what can be made again is made again."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from db.engine import make_engine
from db.rebuild import BrokenFile, Damage, compare, rewrite, scratch
from tests.support.casework import File, Said, arrive, open_choice, open_file, ordering, say
from tests.support.desks import fail_notice, today
from tests.support.servers import Database

# Statement of the database's owner → what must be named: table, key and column.
DAMAGES = {
    "UPDATE case_view SET status = 'paid'": ("case_view", {}, "status"),
    "UPDATE case_state SET state = jsonb_set(state, '{seq}', '1')": (
        "case_state",
        {},
        "state.seq",
    ),
    "DELETE FROM case_view": ("case_view", {}, "row"),
    "UPDATE case_state SET shape = shape + 1": ("case_state", {}, "shape"),
    "UPDATE deadline SET expires_at = expires_at + interval '1 day' WHERE term = 'notice'": (
        "deadline",
        {"period": 1, "term": "notice", "revision": 1},
        "expires_at",
    ),
    "INSERT INTO norm_use SELECT case_id, 1, person_id, 'X', 2026, 1 FROM case_head": (
        "norm_use",
        {"period": 1},
        "row",
    ),
    'UPDATE event SET data = data || \'{"to": "paid"}\' WHERE seq = 2': (
        "event",
        {"seq": 2},
        "hash",
    ),
    "UPDATE event SET at = at + interval '1 second' WHERE seq = 1": ("event", {"seq": 1}, "hash"),
    "UPDATE case_head SET seq = 9": ("case_head", {}, "seq"),
}


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    made = make_engine(database.owner_url)
    yield made
    made.dispose()


@pytest.fixture
def file(engine: Engine) -> File:
    """A case whose notice reached nobody: it has deadlines and a task."""
    with engine.begin() as connection:
        made = open_file(connection)
        arrive(connection, made)
        fail_notice(connection, made)
    return made


def damages(engine: Engine, file: File) -> list[Damage]:
    with scratch(engine) as connection:
        return compare(connection, file.id)


def test_a_whole_file_has_no_difference(engine: Engine, file: File) -> None:
    assert damages(engine, file) == []
    with engine.begin() as connection:
        ordered = open_file(connection, yearly_norm=3)
        arrive(connection, ordered)
        open_choice(connection, ordered, today(connection))
        say(connection, ordered, ordering(ordered))
    assert damages(engine, ordered) == []


def test_a_file_with_several_open_questions_is_whole(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        for _ in range(8):
            asked = {"to": "somebody", "reason": True}
            say(connection, file, Said("escalate", file.caseworker(), asked))
    assert damages(engine, file) == []


@pytest.mark.parametrize("statement", DAMAGES)
def test_a_damaged_value_is_named_by_table_key_and_column(
    engine: Engine, owner: Engine, file: File, statement: str
) -> None:
    with owner.begin() as connection:
        connection.execute(text(statement.replace(":", "\\:")))
    found = [(one.table, one.key, one.column) for one in damages(engine, file)]
    assert found == [DAMAGES[statement]]


@pytest.mark.parametrize(
    ("statement", "table", "key", "column"),
    [
        ("DELETE FROM owed", "owed", {"key": "2.1"}, "row"),
        ("UPDATE owed SET asked_at = now()", "owed", {"key": "2.1"}, "asked_at"),
        (
            "UPDATE open_deadline SET last_day = last_day + 1",
            "open_deadline",
            {"period": 1, "term": "notice"},
            "last_day",
        ),
    ],
)
def test_so_is_what_runs_and_what_is_owed(
    engine: Engine, owner: Engine, statement: str, table: str, key: dict[str, object], column: str
) -> None:
    with engine.begin() as connection:
        made = open_file(connection)
        arrive(connection, made)
    with owner.begin() as connection:
        connection.execute(text(statement))
    found = [(one.table, one.key, one.column) for one in damages(engine, made)]
    assert found == [(table, key, column)]


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("UPDATE work SET code = 'x', since = now() WHERE kind = 'task'", ["code", "since"]),
        ("DELETE FROM work WHERE kind = 'task'", ["row"]),
    ],
)
def test_so_is_what_lies_on_a_desk(
    engine: Engine, owner: Engine, file: File, statement: str, columns: list[str]
) -> None:
    with owner.begin() as connection:
        connection.execute(text(statement))
    found = [(one.table, one.column) for one in damages(engine, file)]
    assert found == [("work", column) for column in columns]


def test_a_missing_event_breaks_the_numbers_and_the_chain(
    engine: Engine, owner: Engine, file: File
) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM event WHERE seq = 2"))
    found = {(one.table, one.key.get("seq"), one.column) for one in damages(engine, file)}
    assert found == {("event", 3, "seq"), ("event", 3, "previous")}


def test_damaged_projections_are_written_anew_and_damaged_events_never(
    engine: Engine, owner: Engine, file: File
) -> None:
    with owner.begin() as connection:
        for statement in list(DAMAGES)[:5]:
            connection.execute(text(statement.replace(":", "\\:")))
    assert damages(engine, file) != []
    with engine.begin() as connection:
        rewrite(connection, file.id)
    assert damages(engine, file) == []

    with owner.begin() as connection:
        connection.execute(text("UPDATE event SET row = 'X9' WHERE seq = 1"))
    with engine.begin() as connection, pytest.raises(BrokenFile):
        rewrite(connection, file.id)


def test_nothing_of_the_scratch_tables_stays(engine: Engine, file: File) -> None:
    for _ in range(2):
        assert damages(engine, file) == []
    with engine.connect() as connection:
        held = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
        ).scalar_one()
        assert held == 0
        assert connection.execute(text("SELECT count(*) FROM case_view")).scalar_one() == 1
