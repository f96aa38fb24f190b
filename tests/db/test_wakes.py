"""A run is told until Temporal has kept that it heard."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

from db.casefile import look
from db.wakes import Untold, left, strike
from tests.support.casework import File, Said, arrive, open_choice, ordering, put, say

TODAY = datetime.now(UTC).date()


def waiting(connection: Connection) -> list[Untold]:
    rows = connection.execute(text("SELECT case_id, seq FROM wake"))
    return [Untold(str(row.case_id), row.seq) for row in rows]


def leave(connection: Connection, file: File, said: Said) -> None:
    word = put(connection, file, said)
    connection.execute(text("DELETE FROM unheard"))
    left(connection, [word.id])


def test_a_look_that_nobody_asks_for_again_leaves_the_wake(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        seq = look(connection, file.id, durable=False).seq
        assert waiting(connection) == [(file.id, seq)]
        look(connection, file.id)
        assert waiting(connection) == []


def test_a_run_that_has_heard_is_told_no_more(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        strike(connection, waiting(connection))
        assert waiting(connection) == []


def test_what_was_recorded_since_a_run_heard_is_told_all_the_same(
    engine: Engine, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        open_choice(connection, file, TODAY)
        heard = waiting(connection)
        say(connection, file, ordering(file))
        strike(connection, heard)
        (more,) = waiting(connection)
        assert more.seq > heard[0].seq


def test_what_was_left_in_the_inbox_since_a_run_heard_is_told_all_the_same(
    engine: Engine, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        heard = waiting(connection)
        leave(connection, file, Said("open_case", file.recipient))
        strike(connection, heard)
        (more,) = waiting(connection)
        assert more.seq > heard[0].seq
        strike(connection, [more])
        assert waiting(connection) == [more], "it lies there still"


def test_what_a_look_takes_that_nobody_asks_for_again_is_told(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        open_choice(connection, file, TODAY)
        heard = waiting(connection)
        leave(connection, file, ordering(file))
        seen = look(connection, file.id, durable=False)
        strike(connection, heard)
        assert seen.effects
        assert waiting(connection) == [(file.id, seen.seq)]
