"""The append against the clock and the norm: what was in time, and what all cases hold together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from definitions.editions import edition
from domain.agenda import GRACE, agenda
from tests.support.casework import (
    CURRENT,
    File,
    Said,
    add_person,
    arrive,
    check_chain,
    move_clock,
    next_deadline,
    open_choice,
    open_file,
    ordering,
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
