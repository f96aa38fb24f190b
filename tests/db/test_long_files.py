"""A take writes what it changed, and reads nothing that was taken before: counted, not timed."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from db.casefile import opened
from db.engine import make_engine
from db.inbox import Submission, leave
from db.rebuild import compare, scratch
from tests.support.casework import File, Said, arrive, say
from tests.support.intake import SEAL
from tests.support.polling import eventually
from tests.support.servers import Database

ROWS_READ = text(
    "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables"
    " WHERE relname ~ '^(inbox|event)_'"
)
WAITING = text("SELECT locktype FROM pg_locks WHERE NOT granted")


def ask(connection: Connection, file: File, times: int) -> None:
    said = {"to": "authority_lead", "reason": True}
    for number in range(times):
        say(connection, file, Said("escalate", file.caseworker(number % 2), said))


def rows_read(database: Database, file: File) -> int:
    """Of inbox and file, when the file is opened."""
    # How it is opened is planned once by a session; while a table has one page, that page is read.
    session = make_engine(database.app_url)
    with session.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        before = int(connection.execute(ROWS_READ).scalar_one())
        with opened(connection, file.id):
            found = int(connection.execute(ROWS_READ).scalar_one()) - before
    session.dispose()
    return found


def test_a_file_is_opened_without_a_look_at_what_it_has_taken(
    engine: Engine, database: Database, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        ask(connection, file, 30)
    assert rows_read(database, file) == 0


def test_what_was_left_in_a_long_inbox_is_heard_all_the_same(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        ask(connection, file, 30)
    left = Submission(
        case_id=file.id, name="open_case", actor=file.recipient, key="later", body=b"{}"
    )
    with engine.begin() as connection:
        (message,) = leave(connection, SEAL, [left])
    with engine.begin() as connection, opened(connection, file.id) as case_file:
        case_file.hear()
        assert case_file.knows(message)


def test_of_hundreds_of_questions_only_that_is_written_which_is_put_or_answered(
    engine: Engine, file: File
) -> None:
    written: list[dict[str, Any]] = []

    def note(_: object, statement: object, __: object, values: Any, ___: object) -> None:
        if "escalation_rows" in str(statement):
            written.append(values)

    with engine.begin() as connection:
        arrive(connection, file)
        ask(connection, file, 40)
        event.listen(engine, "before_execute", note)
        ask(connection, file, 1)
        with opened(connection, file.id) as case_file:
            first = next(iter(case_file.case.escalations))
        answer = Said("answer_escalation", file.caseworker(), {"escalation": first, "reason": True})
        say(connection, file, answer)
        event.remove(engine, "before_execute", note)
    assert [len(json.loads(values["asked"])) for values in written] == [1, 0]
    with scratch(engine) as connection:
        assert compare(connection, file.id) == []


def test_who_waits_for_a_file_is_served_in_turn(engine: Engine, file: File) -> None:
    served: list[int] = []

    def write(number: int) -> None:
        with engine.begin() as connection, opened(connection, file.id):
            served.append(number)
            connection.execute(text("UPDATE case_head SET seq = seq"))

    def waiting() -> list[str]:
        with engine.connect() as connection:
            return list(connection.execute(WAITING).scalars())

    with (
        ThreadPoolExecutor(5) as threads,
        engine.begin() as connection,
        opened(connection, file.id),
    ):
        for number in range(5):
            threads.submit(write, number)
            eventually(waiting, partial(is_long, number + 1))
        assert waiting() == ["advisory"] * 5
        connection.execute(text("UPDATE case_head SET seq = seq"))
    assert served == [0, 1, 2, 3, 4]


def is_long(count: int, found: list[str]) -> bool:
    return len(found) == count
