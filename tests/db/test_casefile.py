"""The append: one message, one append, whatever runs beside it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from db.casefile import Append, NoSuchCase, OtherRun, append, read_events
from db.engine import make_engine
from definitions.editions import edition
from domain.agenda import GRACE, agenda
from domain.messages import Message
from tests.support.casework import (
    CURRENT,
    RUN,
    File,
    Said,
    add_person,
    arrive,
    check_chain,
    move_clock,
    open_choice,
    open_file,
    ordering,
    propose,
    put,
    read_case,
    record,
    rows_of,
    say,
)
from tests.support.polling import eventually
from tests.support.servers import Database

TENTH = timedelta(milliseconds=100)


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    made = make_engine(database.app_url, pool_size=10)
    yield made
    made.dispose()


@pytest.fixture
def file(engine: Engine) -> File:
    """An empty case file."""
    with engine.begin() as connection:
        return open_file(connection)


@pytest.fixture
def expired(engine: Engine) -> File:
    """A case whose two months are over, and nobody has said so yet."""
    with engine.begin() as connection:
        file = open_file(connection)
        long_ago = datetime.now(UTC) - timedelta(days=80)
        arrive(connection, file, at=long_ago)
        open_choice(connection, file, on=long_ago.date(), at=long_ago + timedelta(hours=1))
        for due in agenda(read_case(connection, file), edition(CURRENT).process):
            if due.message.name == "choice_reminder":
                assert record(connection, file, due.message).recorded
        return file


def look(engine: Engine, file: File, expected: int = 0, run: str = RUN) -> Any:
    """An empty append."""
    with engine.begin() as connection:
        return append(connection, Append(case_id=file.id, expected_seq=expected), run)


def next_deadline(connection: Connection, file: File) -> Message:
    """The message that the file's clock sends itself next."""
    return agenda(read_case(connection, file), edition(CURRENT).process)[0].message


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
        changed = "UPDATE event SET actor_role = 'supplier' WHERE case_id = :id AND seq = 1"
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
            "INSERT INTO inbox (case_id, name, actor_role, actor_key, idempotency_key, body_hash,"
            " data, facts, refused) VALUES (:id, 'accept', 'recipient', 'r', 'k', '\\x00', '{}',"
            " '{}', '[{\"code\": \"late\"}]')"
        )
        connection.execute(text(refused), {"id": file.id})
    assert look(engine, file).waiting == ()


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


# --- deadlines ---


def test_a_deadline_that_has_not_come_is_not_recorded(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = next_deadline(connection, file)
        answer = record(connection, file, message)
        assert (answer.recorded, answer.tail, answer.waiting) == (False, (), ())
        assert answer.now < message.at
        assert check_chain(connection, file.id) == 2


def test_a_deadline_is_recorded_half_a_minute_late_and_says_its_own_instant(
    engine: Engine, database: Database, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = next_deadline(connection, file)
    ahead = message.at - datetime.now(UTC)
    move_clock(database.sandbox_url, ahead)
    with engine.begin() as connection:
        assert not record(connection, file, message).recorded
    move_clock(database.sandbox_url, GRACE)
    with engine.begin() as connection:
        (event,) = record(connection, file, message).tail
    assert (event.type, event.at) == ("notice_failed", message.at)


@pytest.mark.parametrize("late", [-TENTH, -timedelta(microseconds=1)])
def test_an_order_submitted_in_time_goes_before_the_end_of_the_choice(
    engine: Engine, expired: File, late: timedelta
) -> None:
    with engine.begin() as connection:
        over = next_deadline(connection, expired)
        order = put(connection, expired, ordering(expired, at=over.at + late))
        answer = record(connection, expired, over)
        assert (answer.recorded, answer.tail) == (False, ())
        assert answer.waiting == (order,)
        (ordered,) = record(connection, expired, order).tail
        assert (ordered.row, ordered.at) == ("C1", order.at)


def test_an_order_submitted_at_the_end_of_the_choice_is_too_late_in_either_order(
    engine: Engine, expired: File
) -> None:
    with engine.begin() as connection:
        over = next_deadline(connection, expired)
        first = put(connection, expired, ordering(expired, at=over.at))
        (refused,) = record(connection, expired, first).tail
        assert refused.data["reasons"][0]["code"] == "late"
        second = put(connection, expired, ordering(expired, at=over.at))
        (event,) = record(connection, expired, over).tail
        assert (event.row, event.at) == ("C5", over.at)
        (refused,) = record(connection, expired, second).tail
        assert refused.data["reasons"][0]["code"] == "late"


def test_an_order_in_time_recorded_before_the_timer_makes_the_end_void(
    engine: Engine, expired: File
) -> None:
    with engine.begin() as connection:
        over = next_deadline(connection, expired)
        say(connection, expired, ordering(expired, at=over.at - TENTH))
        (refused,) = record(connection, expired, over).tail
        assert refused.data["reasons"][0]["code"] == "nothing_to_do"
        assert read_case(connection, expired).status == "ordered"


# --- the yearly norm over all cases of a person ---


def two_cases(engine: Engine, quantity: int = 1) -> tuple[File, File]:
    """Two cases of one person for the same item, of which the year grants one only."""
    with engine.begin() as connection:
        person = add_person(connection)
        files = []
        for _ in range(2):
            files.append(open_file(connection, person, yearly_norm=1, quantity=quantity))
            arrive(connection, files[-1])
            open_choice(connection, files[-1], on=date(2026, 11, 20))
        return files[0], files[1]


def test_the_second_order_beyond_the_norm_is_decided_again_with_what_others_hold(
    engine: Engine,
) -> None:
    first, second = two_cases(engine)
    with engine.begin() as connection:
        assert rows_of(say(connection, first, ordering(first)).tail) == ["C1"]
        message = put(connection, second, ordering(second))
        answer = record(connection, second, message)
        assert (answer.recorded, answer.norm_used, answer.tail) == (False, 1, ())
        told = message.model_copy(update={"facts": {**message.facts, "norm_used": 1}})
        (refused,) = record(connection, second, told).tail
        assert refused.data["reasons"] == [{"code": "over_norm", "facts": {"norm": 1, "used": 1}}]


def test_of_two_orders_at_once_the_norm_lets_one_through(engine: Engine) -> None:
    """The second waits for the lock of person and item until the first has committed."""
    first, second = two_cases(engine)
    with ThreadPoolExecutor(1) as other, engine.connect() as connection:
        with connection.begin():
            assert say(connection, first, ordering(first)).recorded
            waiting = other.submit(_order, engine, second)
            eventually(lambda: _advisory_waits(connection), lambda count: count == 1)
        assert waiting.result(timeout=10).norm_used == 1


def _order(engine: Engine, file: File) -> Any:
    with engine.begin() as connection:
        return say(connection, file, ordering(file))


def _advisory_waits(connection: Connection) -> int:
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return int(connection.execute(text(waits)).scalar_one())


def test_an_order_that_fell_through_gives_its_quantity_back(engine: Engine) -> None:
    first, second = two_cases(engine)
    with engine.begin() as connection:
        say(connection, first, ordering(first))
        cancelled = Said("cancel_order", first.recipient, {"reason": True})
        assert rows_of(say(connection, first, cancelled).tail) == ["O3"]
        assert rows_of(say(connection, second, ordering(second)).tail) == ["C1"]


def test_the_norm_counts_the_local_year(engine: Engine) -> None:
    """19:00 of 31 December in UTC is midnight in Almaty."""
    evening = datetime(2026, 12, 31, 18, 59, 59, tzinfo=UTC)
    with engine.begin() as connection:
        person, used = add_person(connection), []
        for at in (evening, evening + timedelta(seconds=1)):
            file = open_file(connection, person, yearly_norm=1)
            arrive(connection, file)
            open_choice(connection, file, on=date(2026, 12, 30))
            used.append(say(connection, file, ordering(file, at=at)).norm_used)
        years = connection.execute(text("SELECT year FROM norm_use ORDER BY year")).scalars().all()
    assert used == [None, None]
    assert years == [2026, 2027]


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
