"""The append: one message, one append, whatever runs beside it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from db.casefile import Append, NoSuchCase, OtherRun, append
from db.engine import make_engine
from db.events import read_events
from domain.messages import PERSONS, Actor, Message, Role
from tests.support.casework import (
    CURRENT,
    RUN,
    File,
    Said,
    arrive,
    check_chain,
    look,
    open_choice,
    ordering,
    propose,
    put,
    read_case,
    record,
    rows_of,
    say,
)
from tests.support.servers import Database


def reminders(engine: Engine, file: File, count: int) -> list[Message]:
    """So many journalled messages that change nothing but the file's length."""
    with engine.begin() as connection:
        said = Said("open_case", file.recipient)
        return [put(connection, file, said) for _ in range(count)]


# --- numbering and the chain ---


def test_the_events_of_a_message_are_numbered_and_chained_from_the_head(
    engine: Engine, file: File
) -> None:
    with engine.begin() as connection:
        answer = arrive(connection, file)
        assert rows_of(answer.tail) == ["R1", "R6"]
        assert [event.seq for event in answer.tail] == [1, 2]
        open_choice(connection, file, on=date(2026, 11, 20))
        say(connection, file, ordering(file))
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 4


def test_a_file_is_read_back_as_it_was_written(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        written = [*arrive(connection, file).tail, *say(connection, file, ordering(file)).tail]
    with engine.connect() as connection:
        assert read_events(connection, file.id) == written


def test_a_changed_line_breaks_the_chain(engine: Engine, database: Database, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        changed = "UPDATE event SET actor_role = 'treasury' WHERE case_id = :id AND seq = 1"
        connection.execute(text(changed), {"id": file.id})
        with pytest.raises(AssertionError):
            check_chain(connection, file.id)
    owner.dispose()


def test_projections_say_what_the_events_add_up_to(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        open_choice(connection, file, on=date(2026, 11, 20))
        say(connection, file, ordering(file))
        view = connection.execute(text("SELECT * FROM case_view")).one()
        case = read_case(connection, file)
        assert (view.seq, view.status, view.waits_for) == (4, "ordered", ["supplier"])
        assert type(case).model_validate(view.state) == case
        kept = connection.execute(text("SELECT term, revision FROM deadline ORDER BY term")).all()
        assert [tuple(one) for one in kept] == [
            ("choice", 1),
            ("notice", 1),
            ("supplier_answer", 1),
        ]


def test_there_is_no_append_without_a_file(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(NoSuchCase):
        append(connection, Append(case_id=str(uuid4()), expected_seq=0), RUN)


def test_a_failed_append_leaves_nothing_behind(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        message = put(connection, file, Said("open_case", file.recipient))
    asked = propose(_arrived(engine, file), message)
    broken = asked.model_copy(update={"events": (*asked.events, *asked.events)})
    with pytest.raises(Exception, match="event_pkey"), engine.begin() as connection:
        append(connection, broken, RUN)
    assert look(engine, file).tail[-1].seq == 2
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 2


def _arrived(engine: Engine, file: File) -> Any:
    with engine.begin() as connection:
        arrive(connection, file)
        return read_case(connection, file)


# --- one message, one append ---


def test_a_message_is_recorded_once_and_answered_the_same(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = put(connection, file, Said("open_case", file.recipient))
        first = propose(read_case(connection, file), message)
        answers = [append(connection, first, RUN) for _ in range(3)]
        assert [answer.recorded for answer in answers] == [True] * 3
        assert answers[0].tail == answers[1].tail == answers[2].tail
        assert check_chain(connection, file.id) == 3


def test_a_refusal_is_recorded_and_repeated_like_any_answer(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = put(connection, file, ordering(file))
        (refused,) = record(connection, file, message).tail
        assert (refused.type, refused.message_id) == ("refused", message.id)
        assert refused.data["reasons"][0]["code"] == "status_does_not_allow"
        assert record(connection, file, message).tail == ()
        assert check_chain(connection, file.id) == 3


def test_a_run_that_is_behind_gets_the_tail_and_nothing_is_written(
    engine: Engine, file: File
) -> None:
    with engine.begin() as connection:
        recorded = arrive(connection, file).tail
        message = put(connection, file, Said("open_case", file.recipient))
        behind = propose(read_case(connection, file), message)
        behind = behind.model_copy(update={"expected_seq": 1})
        answer = append(connection, behind, RUN)
        assert (answer.tail, answer.recorded) == (recorded[1:], False)
        assert check_chain(connection, file.id) == 2


def test_a_lost_answer_is_answered_again_with_the_events_of_the_message(
    engine: Engine, file: File
) -> None:
    """The append committed and the workflow task was lost: the run proposes again, otherwise."""
    with engine.begin() as connection:
        arrive(connection, file)
        message = put(connection, file, Said("open_case", file.recipient))
        asked = propose(read_case(connection, file), message)
        recorded = append(connection, asked, RUN).tail
        other = tuple(one.model_copy(update={"type": "refused"}) for one in asked.events)
        again = append(connection, asked.model_copy(update={"events": other}), RUN)
        assert (again.tail, again.recorded) == (recorded, True)


def test_an_empty_append_only_reads(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        recorded = arrive(connection, file).tail
    assert look(engine, file).tail == recorded
    assert look(engine, file, expected=1).tail == recorded[1:]
    assert look(engine, file, expected=2).tail == ()
    assert look(engine, file).edition == CURRENT
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 2


def test_what_waits_in_the_inbox_comes_in_the_order_of_arrival(engine: Engine, file: File) -> None:
    _arrived(engine, file)
    waiting = reminders(engine, file, 5)
    with engine.begin() as connection:
        record(connection, file, waiting[1])
    left = [message.id for message in look(engine, file, expected=3).waiting]
    assert left == [waiting[place].id for place in (0, 2, 3, 4)]
    assert look(engine, file).waiting[0] == waiting[0]


def test_a_row_refused_at_the_door_waits_for_nothing(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        refused = (
            "INSERT INTO inbox (case_id, name, actor_role, actor_id, actor_key, idempotency_key,"
            " body_hash, data, facts, refused) VALUES (:id, 'accept', 'recipient', :person, 'r',"
            " 'k', '\\x00', '{}', '{}', '[{\"code\": \"late\"}]')"
        )
        connection.execute(text(refused), {"id": file.id, "person": file.person})
    assert look(engine, file).waiting == ()


@pytest.mark.parametrize("role", PERSONS)
def test_nothing_that_a_person_did_is_written_without_the_person(
    engine: Engine, file: File, role: Role
) -> None:
    with pytest.raises(IntegrityError, match="inbox_of_somebody"), engine.begin() as connection:
        put(connection, file, Said("accept", Actor(role=role), {}))
    line = (
        "INSERT INTO event (case_id, seq, type, row, message_id, at, actor_role, period, data,"
        " previous, hash) VALUES (:id, 1, 'noted', '-', 'm', now(), :role, 1, '{}', '', '')"
    )
    with pytest.raises(IntegrityError, match="event_of_somebody"), engine.begin() as connection:
        connection.execute(text(line), {"id": file.id, "role": role})


# --- runs ---


def test_the_first_run_takes_an_unowned_file_and_another_is_turned_away(
    engine: Engine, file: File
) -> None:
    look(engine, file, run="first")
    with pytest.raises(OtherRun) as turned:
        look(engine, file, run="second")
    assert turned.value.run_id == "first"


def test_a_run_that_names_its_predecessor_takes_the_file_over(engine: Engine, file: File) -> None:
    look(engine, file, run="first")
    with engine.begin() as connection:
        append(connection, Append(case_id=file.id, expected_seq=0), "second", take="first")
    with pytest.raises(OtherRun):
        look(engine, file, run="first")
    look(engine, file, run="second")


def test_a_file_is_not_taken_from_a_run_that_was_not_named(engine: Engine, file: File) -> None:
    """Two runs were told by Temporal that they are current: the later one has taken it already."""
    look(engine, file, run="third")
    with engine.begin() as connection, pytest.raises(OtherRun) as turned:
        append(connection, Append(case_id=file.id, expected_seq=0), "second", take="first")
    assert turned.value.run_id == "third"


def test_a_replaced_run_writes_nothing(engine: Engine, file: File) -> None:
    case = _arrived(engine, file)
    (message,) = reminders(engine, file, 1)
    with engine.begin() as connection:
        append(connection, Append(case_id=file.id, expected_seq=2), "new", take=RUN)
    with pytest.raises(OtherRun), engine.begin() as connection:
        append(connection, propose(case, message), RUN)
    assert [one.id for one in look(engine, file, run="new").waiting] == [message.id]


# --- together, and for ever ---


def test_appends_of_one_case_from_many_threads_are_all_recorded_in_one_chain(
    engine: Engine, file: File
) -> None:
    _arrived(engine, file)
    messages = reminders(engine, file, 24)
    start = threading.Barrier(8)

    def work(mine: list[Message]) -> int:
        start.wait()
        return sum(_until_recorded(engine, file, message) for message in mine)

    with ThreadPoolExecutor(8) as pool:
        tries = sum(pool.map(work, [messages[place::8] for place in range(8)]))
    assert tries >= 24
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 26
        recorded = [event.message_id for event in read_events(connection, file.id, 2)]
    assert sorted(recorded) == sorted(message.id for message in messages)


def _until_recorded(engine: Engine, file: File, message: Message) -> int:
    """As the host does: read, decide outside of the lock, append; again if the file went on."""
    tries, recorded = 0, False
    while not recorded:
        tries += 1
        with engine.connect() as connection:
            asked = propose(read_case(connection, file), message)
        with engine.begin() as connection:
            recorded = append(connection, asked, RUN).recorded
    return tries


def test_the_same_message_from_many_threads_is_recorded_once(engine: Engine, file: File) -> None:
    case = _arrived(engine, file)
    (message,) = reminders(engine, file, 1)
    start = threading.Barrier(8)

    def work(_: int) -> Any:
        start.wait()
        with engine.begin() as connection:
            return append(connection, propose(case, message), RUN)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    assert all(answer.recorded for answer in answers)
    assert all(answer.tail == answers[0].tail for answer in answers)
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 3


def test_what_was_received_or_recorded_cannot_be_changed(engine: Engine) -> None:
    columns = {
        "event": "data",
        "inbox": "data",
        "journal": "received_at",
        "audit": "action",
        "document": "sealed",
    }
    for table, column in columns.items():
        changes = (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}")
        for statement in (*changes, f"TRUNCATE {table}"):
            with engine.begin() as connection, pytest.raises(ProgrammingError) as refused:
                connection.execute(text(statement))
            assert isinstance(refused.value.orig, InsufficientPrivilege), statement


def test_the_application_cannot_move_the_clock(engine: Engine) -> None:
    for statement in ("SELECT move_legal_clock('1 day')", "UPDATE legal_clock SET ahead = '1 day'"):
        with engine.begin() as connection, pytest.raises(ProgrammingError) as refused:
            connection.execute(text(statement))
        assert isinstance(refused.value.orig, InsufficientPrivilege)
