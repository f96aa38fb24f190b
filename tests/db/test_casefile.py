"""The take: one message, one decision, whatever runs beside it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from db.casefile import NoSuchCase, look
from db.engine import make_engine
from db.events import read_events
from domain.messages import PERSONS, Actor, Message, Role
from domain.terms.agenda import GRACE
from tests.support.casework import (
    File,
    Said,
    arrive,
    check_chain,
    next_deadline,
    open_choice,
    ordering,
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
        assert rows_of(answer) == ["R1", "R6"]
        assert [event.seq for event in answer] == [1, 2]
        open_choice(connection, file, on=date(2026, 11, 20))
        say(connection, file, ordering(file))
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 4


def test_a_file_is_read_back_as_it_was_written(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        written = [*arrive(connection, file), *say(connection, file, ordering(file))]
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
        both = "SELECT * FROM case_view JOIN case_state USING (case_id)"
        view = connection.execute(text(both)).one()
        case = read_case(connection, file)
        assert (view.seq, view.status, view.waits_for) == (4, "ordered", ["supplier"])
        assert type(case).model_validate(view.state) == case
        kept = connection.execute(text("SELECT term, revision FROM deadline ORDER BY term")).all()
        assert [tuple(one) for one in kept] == [
            ("choice", 1),
            ("notice", 1),
            ("supplier_answer", 1),
        ]


def test_nothing_is_taken_without_a_file(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(NoSuchCase):
        look(connection, str(uuid4()))


def test_a_take_that_fails_leaves_nothing_behind(engine: Engine, file: File) -> None:
    _arrived(engine, file)
    with engine.connect() as connection:
        say(connection, file, Said("open_case", file.recipient))
        connection.rollback()
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 2


def _arrived(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)


# --- one message, one decision ---


def test_a_message_is_recorded_once_and_answered_the_same(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = put(connection, file, Said("open_case", file.recipient))
        answers = [record(connection, file, message) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        assert check_chain(connection, file.id) == 3


def test_a_refusal_is_recorded_and_repeated_like_any_answer(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = put(connection, file, ordering(file))
        (refused,) = record(connection, file, message)
        assert (refused.type, refused.message_id) == ("refused", message.id)
        assert refused.data["reasons"][0]["code"] == "status_does_not_allow"
        assert record(connection, file, message) == (refused,)
        assert check_chain(connection, file.id) == 3


def test_what_waits_in_the_inbox_is_taken_in_the_order_of_arrival(
    engine: Engine, owner: Engine, file: File
) -> None:
    """Wherever its rows lie: one that was written anew lies behind the others."""
    _arrived(engine, file)
    waiting = reminders(engine, file, 5)
    with owner.begin() as connection:
        written_anew = text("UPDATE inbox SET body_hash = body_hash WHERE id = :id")
        connection.execute(written_anew, {"id": waiting[0].id})
    with engine.begin() as connection:
        record(connection, file, waiting[1])
        heard = [event.message_id for event in read_events(connection, file.id, 2)]
    assert heard == [message.id for message in waiting]


def test_a_row_refused_at_the_door_waits_for_nothing(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        refused = (
            "INSERT INTO inbox (case_id, name, actor_role, actor_id, actor_key, idempotency_key,"
            " body_hash, data, facts, refused) VALUES (:id, 'accept', 'recipient', :person, 'r',"
            " 'k', '\\x00', '{}', '{}', '[{\"code\": \"late\"}]')"
        )
        connection.execute(text(refused), {"id": file.id, "person": file.person})
        assert look(connection, file.id).seq == 0


# --- what the run is told ---


def _told(connection: Connection) -> bool:
    """Whether the run is to be told; as if it then looked."""
    found = connection.execute(text("DELETE FROM wake")).rowcount
    return bool(found)


def test_the_run_is_told_of_an_effect_a_sooner_instant_and_the_end_and_of_nothing_else(
    engine: Engine, file: File, database: Database
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        assert _told(connection), "a notice is to be sent"
        for _ in range(2):
            say(connection, file, Said("open_case", file.recipient))
            assert not _told(connection), "the next term comes no sooner"
        say(connection, file, ordering(file))
        assert _told(connection), "the supplier is told, and has three days"
        say(connection, file, Said("cancel_order", file.recipient, {"reason": True}))
        assert _told(connection)


def test_a_look_answers_what_is_owed_and_when_the_next_term_comes(
    engine: Engine, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        seen = look(connection, file.id)
        assert [owed.kind for owed in seen.effects] == ["notify"]
        assert seen.wake_at == next_deadline(connection, file).at + GRACE
        assert (seen.seq, seen.over) == (2, False)
        assert not _told(connection), "the run has looked"
        assert look(connection, file.id).seq == 2


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


# --- together, and for ever ---


def test_messages_of_one_case_from_many_threads_are_all_recorded_in_one_chain(
    engine: Engine, file: File
) -> None:
    _arrived(engine, file)
    start = threading.Barrier(8)

    def work(_: int) -> None:
        start.wait()
        for _ in range(3):
            with engine.begin() as connection:
                say(connection, file, Said("open_case", file.recipient))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 26
        recorded = [event.message_id for event in read_events(connection, file.id, 2)]
    assert len(set(recorded)) == 24


def test_the_same_message_from_many_threads_is_recorded_once(engine: Engine, file: File) -> None:
    _arrived(engine, file)
    (message,) = reminders(engine, file, 1)
    start = threading.Barrier(8)

    def work(_: int) -> Any:
        start.wait()
        with engine.begin() as connection:
            return record(connection, file, message)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    assert all(answer == answers[0] for answer in answers)
    with engine.connect() as connection:
        assert check_chain(connection, file.id) == 3


def test_what_was_received_or_recorded_cannot_be_changed(engine: Engine) -> None:
    columns = {
        "event": "data",
        "inbox": "data",
        "journal": "received_at",
        "audit": "action",
        "document": "sealed",
        "case_read": "actor_id",
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


def test_how_a_file_is_opened_is_not_planned_anew_for_every_case(engine: Engine) -> None:
    asked = "SELECT proconfig FROM pg_proc WHERE proname = 'open_file'"
    with engine.connect() as connection:
        settings = connection.execute(text(asked)).scalar_one()
    assert settings == ["plan_cache_mode=force_generic_plan"]
