"""The take against the clock and the norm: what was in time, and what all cases hold together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from db.casefile import look, opened
from db.events import read_events
from definitions.editions import edition
from domain.terms.agenda import GRACE, agenda
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
from tests.support.polling import BOUND_SECONDS, eventually
from tests.support.servers import Database

TENTH, MOMENT = timedelta(milliseconds=100), timedelta(microseconds=1)


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
                assert record(connection, file, due.message)
        return file


# --- deadlines ---


def test_a_deadline_that_has_not_come_is_not_recorded(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        message = next_deadline(connection, file)
        seen = look(connection, file.id)
        assert (seen.seq, seen.wake_at) == (2, message.at + GRACE)
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
        assert look(connection, file.id).seq == 2
    move_clock(database.sandbox_url, GRACE)
    with engine.begin() as connection:
        assert look(connection, file.id).seq == 3
        (event,) = read_events(connection, file.id, 2)
    assert (event.type, event.at) == ("notice_failed", message.at)


def test_a_reminder_comes_at_its_very_instant_and_an_end_half_a_minute_after_its_own(
    engine: Engine, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
        over = next_deadline(connection, file)
        assert rung(connection, file, over.at + GRACE - MOMENT) == []
        assert rung(connection, file, over.at + GRACE) == ["N3"]
        open_choice(connection, file, on=date(2026, 11, 20))
        reminder = next_deadline(connection, file)
        assert reminder.name == "choice_reminder"
        assert rung(connection, file, reminder.at - MOMENT) == []
        assert rung(connection, file, reminder.at) == ["C2"]


def rung(connection: Connection, file: File, at: datetime) -> list[str]:
    """The rows of what comes when the legal clock shows an instant as the file is locked."""
    read = text(
        "SELECT CAST(:at AS timestamptz) AS now, CAST(NULL AS text) AS calendar,"
        " clock_timestamp() AS wall, pg_current_xact_id()::text::bigint AS xid"
    )
    with opened(connection, file.id) as locked:
        before, locked.row = locked.case.seq, connection.execute(read, {"at": at}).one()
        locked.ring()
    return rows_of(read_events(connection, file.id, before))


@pytest.mark.parametrize("late", [-TENTH, -MOMENT])
def test_an_order_submitted_in_time_goes_before_the_end_of_the_choice(
    engine: Engine, expired: File, late: timedelta
) -> None:
    """It stands in the inbox, and nobody has heard it."""
    with engine.begin() as connection:
        over = next_deadline(connection, expired)
        order = put(connection, expired, ordering(expired, at=over.at + late))
        look(connection, expired.id)
        events = {event.row: event for event in read_events(connection, expired.id)}
        assert (events["C1"].at, "C5" in events) == (order.at, False)


def test_an_order_submitted_at_the_end_of_the_choice_is_too_late_in_either_order(
    engine: Engine, expired: File
) -> None:
    with engine.begin() as connection:
        over = next_deadline(connection, expired)
        (refused,) = say(connection, expired, ordering(expired, at=over.at))
        assert refused.data["reasons"][0]["code"] == "late"
        look(connection, expired.id)
        event = read_events(connection, expired.id)[-1]
        assert (event.row, event.at) == ("C5", over.at)
        (refused,) = say(connection, expired, ordering(expired, at=over.at))
        assert refused.data["reasons"][0]["code"] == "late"


def test_a_deadline_that_the_file_does_not_hold_any_more_is_void(
    engine: Engine, expired: File
) -> None:
    with engine.begin() as connection:
        over = next_deadline(connection, expired)
        say(connection, expired, ordering(expired, at=over.at - TENTH))
        (refused,) = record(connection, expired, over)
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


def test_the_second_order_beyond_the_norm_is_refused_with_what_others_hold(
    engine: Engine,
) -> None:
    first, second = two_cases(engine)
    with engine.begin() as connection:
        assert rows_of(say(connection, first, ordering(first))) == ["C1"]
        (refused,) = say(connection, second, ordering(second))
        facts = {"norm": 1, "used": 1, "most": 0}
        assert refused.data["reasons"] == [{"code": "over_norm", "facts": facts}]


def test_of_two_orders_at_once_the_norm_lets_one_through(engine: Engine) -> None:
    """The second waits for the lock of person and item until the first has committed."""
    first, second = two_cases(engine)
    with ThreadPoolExecutor(1) as other, engine.connect() as connection:
        with connection.begin():
            assert rows_of(say(connection, first, ordering(first))) == ["C1"]
            waiting = other.submit(_order, engine, second)
            eventually(lambda: _advisory_waits(connection), lambda count: count == 1)
        (refused,) = waiting.result(BOUND_SECONDS)
        assert refused.data["reasons"][0]["code"] == "over_norm"


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
        assert rows_of(say(connection, first, cancelled)) == ["O3"]
        assert rows_of(say(connection, second, ordering(second))) == ["C1"]


def test_the_norm_counts_the_local_year(engine: Engine) -> None:
    """19:00 of 31 December in UTC is midnight in Almaty."""
    evening = datetime(2026, 12, 31, 18, 59, 59, tzinfo=UTC)
    with engine.begin() as connection:
        person, used = add_person(connection), []
        for at in (evening, evening + timedelta(seconds=1)):
            file = open_file(connection, person, yearly_norm=1)
            arrive(connection, file)
            open_choice(connection, file, on=date(2026, 12, 30))
            used += rows_of(say(connection, file, ordering(file, at=at)))
        years = connection.execute(text("SELECT year FROM norm_use ORDER BY year")).scalars().all()
    assert used == ["C1", "C1"]
    assert years == [2026, 2027]
