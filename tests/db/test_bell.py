"""Terms that end at one instant: recorded by the bell, once each, and nobody holds up others."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, text

from db.bell import Bell, set_missing
from db.casefile import look
from db.crowds import ALL_TURNS, FEW, LEFT_ALONE
from db.events import read_events
from db.foreseen import foresee, record_foreseen
from db.money import read_money
from db.rebuild import compare, scratch
from domain.messages import Actor, Role
from domain.terms.agenda import GRACE
from tests.support.casework import (
    File,
    Said,
    arrive,
    check_chain,
    move_clock,
    next_deadline,
    open_choice,
    open_file,
    ordering,
    put,
    rows_of,
    say,
)
from tests.support.effect_play import payable
from tests.support.polling import eventually, soon
from tests.support.servers import Database

MOMENT = timedelta(seconds=1)
RINGS = "from sys import argv; from db.bell import Bell; from db.engine import make_engine;"
RINGS += " Bell(make_engine(argv[1])).ring_due()"
PROVEN = {"round": 1, "channel": "sms", "confirmed": True}


@pytest.fixture
def bell(engine: Engine) -> Iterator[Bell]:
    made = Bell(engine)
    yield made
    made.stop()


def arrived(engine: Engine, many: int) -> list[File]:
    """So many cases whose term of the notice ends at one instant."""
    files = []
    for _ in range(many):
        with engine.begin() as connection:
            files.append(open_file(connection))
            arrive(connection, files[-1])
    return files


def choosing(engine: Engine, many: int) -> list[File]:
    """So many cases whose recipients are to be reminded at one instant."""
    files = arrived(engine, many)
    for one in files:
        with engine.begin() as connection:
            open_choice(connection, one, on=datetime.now(UTC).date() - timedelta(days=40))
    return files


def end_of_term(engine: Engine, file: File) -> datetime:
    with engine.begin() as connection:
        return next_deadline(connection, file).at


def move_to(database: Database, instant: datetime, engine: Engine) -> None:
    with engine.connect() as connection:
        now: datetime = connection.execute(text("SELECT legal_now()")).scalar_one()
    move_clock(database.sandbox_url, instant - now)


def let_end(engine: Engine, database: Database, file: File) -> datetime:
    """The clock comes to where the end of its term, or a reminder, may be recorded."""
    over = end_of_term(engine, file)
    move_to(database, over + GRACE + MOMENT, engine)
    return over


def rows(engine: Engine, file: File) -> list[str]:
    with engine.connect() as connection:
        return rows_of(read_events(connection, file.id))


def ended(engine: Engine, files: Sequence[File], row: str = "N3") -> list[File]:
    return [one for one in files if row in rows(engine, one)]


def test_two_bells_and_the_looks_of_all_runs_record_each_term_once(
    engine: Engine, database: Database, bell: Bell
) -> None:
    files = arrived(engine, 24)
    over = let_end(engine, database, files[0])
    other = Bell(engine)

    def looks(file: File) -> int:
        with engine.begin() as connection:
            return look(connection, file.id).seq

    with ThreadPoolExecutor(4) as at_once:
        bells = [at_once.submit(one.ring_due) for one in (bell, other)]
        runs = [at_once.submit(looks, file) for file in reversed(files)]
        assert sum(one.result() for one in bells) <= len(files)
        assert all(one.result() for one in runs)
    other.stop()
    for file in files:
        assert rows(engine, file).count("N3") == 1
        with engine.connect() as connection:
            check_chain(connection, file.id)
            (event,) = [one for one in read_events(connection, file.id) if one.row == "N3"]
        assert event.at == over


def test_nothing_is_recorded_before_its_time(
    engine: Engine, database: Database, bell: Bell, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
    move_to(database, end_of_term(engine, file) + GRACE - MOMENT * 20, engine)
    wait = bell.round()
    assert wait is not None
    assert 1 <= wait <= 5
    assert ended(engine, [file]) == []


def test_an_order_that_came_in_time_counts_though_the_bell_is_first_to_open_the_file(
    engine: Engine, database: Database, bell: Bell
) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        long_ago = datetime.now(UTC) - timedelta(days=50)
        arrive(connection, file, at=long_ago)
        open_choice(connection, file, on=long_ago.date(), at=long_ago + timedelta(hours=1))
    while end_of_reminders(engine, file):
        bell.ring_due()
        move_to(database, end_of_term(engine, file), engine)
    over = end_of_term(engine, file)
    with engine.begin() as connection:
        order = put(connection, file, ordering(file, at=over - timedelta(milliseconds=100)))
    move_to(database, over + GRACE + MOMENT, engine)
    assert bell.ring_due() == 1
    assert [one for one in rows(engine, file) if one in ("C1", "C5")] == ["C1"]
    with engine.connect() as connection:
        (event,) = [one for one in read_events(connection, file.id) if one.row == "C1"]
    assert event.message_id == order.id


def end_of_reminders(engine: Engine, file: File) -> bool:
    """Whether a reminder still comes before the end; they are rung by the bell as well."""
    with engine.begin() as connection:
        return next_deadline(connection, file).name == "choice_reminder"


def test_a_file_that_somebody_holds_holds_up_no_other(
    engine: Engine, database: Database, bell: Bell
) -> None:
    files = arrived(engine, 12)
    let_end(engine, database, files[0])
    held, *others = files
    with engine.connect() as outsider, outsider.begin():
        hold = text("SELECT 1 FROM case_head WHERE case_id = :id FOR UPDATE")
        outsider.execute(hold, {"id": held.id})
        assert bell.ring_due() == len(others)
        assert bell.round() is None, "there is something left to be tried again"
    assert ended(engine, files) == others
    assert bell.ring_due() == 1
    assert ended(engine, files) == files


def test_a_file_that_cannot_be_recorded_holds_up_no_other(
    engine: Engine, owner: Engine, database: Database, bell: Bell
) -> None:
    files = arrived(engine, 12)
    let_end(engine, database, files[0])
    spoilt, *others = files
    known = edition_of(owner, spoilt, "of nobody")
    assert bell.ring_due() == len(others)
    assert ended(engine, files) == others
    edition_of(owner, spoilt, known)
    assert bell.ring_due() == 1


def edition_of(owner: Engine, file: File, edition: str) -> str:
    """Put another edition into the folded case; which it was."""
    asked = text("SELECT state ->> 'edition' FROM case_state WHERE case_id = :id")
    said = text(
        "UPDATE case_state SET state = state || jsonb_build_object('edition', CAST(:law AS text))"
        " WHERE case_id = :id"
    )
    with owner.begin() as connection:
        known: str = connection.execute(asked, {"id": file.id}).scalar_one()
        connection.execute(said, {"id": file.id, "law": edition})
    return known


@pytest.mark.long
def test_a_bell_that_is_killed_in_the_middle_loses_nothing(
    engine: Engine, owner: Engine, database: Database, bell: Bell
) -> None:
    files = choosing(engine, 30)
    let_end(engine, database, files[0])
    # Whoever records the first has to wait for this row, in the middle of its transaction.
    stuck = "INSERT INTO wake (case_id, seq) VALUES (%s, 1)"
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM wake"))
    with psycopg.connect(database.app_url) as outsider:
        outsider.execute(stuck, [files[0].id])
        with subprocess.Popen([sys.executable, "-c", RINGS, database.app_url]) as ringing:
            try:
                eventually(lambda: waits(owner))
                eventually(lambda: len(ended(engine, files, "C2")), lambda many: many >= 20)
            finally:
                ringing.kill()
        outsider.rollback()
    assert len(ended(engine, files, "C2")) < len(files)
    # What was in hand is free once PostgreSQL has noticed.
    eventually(bell.ring_due, lambda _: ended(engine, files, "C2") == files)
    for file in files:
        assert rows(engine, file).count("C2") == 1
        with engine.connect() as connection:
            check_chain(connection, file.id)


def waits(owner: Engine) -> int:
    asked = text("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
    with owner.connect() as connection:
        found: int = connection.execute(asked).scalar_one()
    return found


def test_what_a_crowd_records_was_foreseen_and_who_moved_on_is_decided_anew(
    engine: Engine, database: Database, bell: Bell
) -> None:
    files = arrived(engine, FEW + 2)
    over = end_of_term(engine, files[0])
    move_to(database, over - timedelta(seconds=180), engine)
    eventually(bell.round, lambda _: len(bell.foreseen) == len(files))
    moved, left, *others = files
    gateway = Actor(role=Role.GATEWAY)
    proven = Said("delivery_proven", gateway, PROVEN | {"on": over.date().isoformat()})
    with engine.begin() as connection:
        say(connection, moved, proven)
        put(connection, left, proven)
    move_to(database, over + GRACE + MOMENT, engine)
    assert bell.ring_due() == len(files) - 1
    assert ended(engine, files) == others
    assert rows(engine, moved)[-1] == rows(engine, left)[-1] == "N2"
    assert bell.round() is not None
    assert bell.foreseen == {}
    with scratch(engine) as connection:
        assert [compare(connection, one.id) for one in (left, *others[:5])] == [[]] * 6


def test_a_payment_that_nobody_answered_is_foreseen_with_its_lines_of_the_ledger(
    engine: Engine, database: Database
) -> None:
    file = payable(engine)
    case = UUID(file.id)
    with engine.begin() as connection:
        at = look(connection, file.id).wake_at
    assert at is not None
    foreseen = foresee(engine, case, at)
    assert foreseen is not None
    move_to(database, at + MOMENT, engine)
    with engine.begin() as connection:
        assert record_foreseen(connection, {case: foreseen}, [case]) == {case}
    assert rows(engine, file)[-1] == "P6"
    with scratch(engine) as connection:
        assert read_money(connection, file.id)[-1]["kind"] == "unknown"
        assert compare(connection, file.id) == []


def test_the_runs_of_a_crowd_leave_the_bell_alone_and_are_told_after_their_turn(
    engine: Engine, database: Database, bell: Bell
) -> None:
    files = choosing(engine, FEW)
    reminded = end_of_term(engine, files[0])
    turns = set()
    for file in files:
        with engine.begin() as connection:
            wake_at = look(connection, file.id).wake_at
        assert wake_at is not None
        turns.add(wake_at - reminded)
    assert len(turns) > 1
    assert LEFT_ALONE <= min(turns) <= max(turns) <= ALL_TURNS
    move_to(database, reminded + MOMENT, engine)
    assert bell.ring_due() == FEW
    with engine.begin() as connection:
        asked = "SELECT min(tried_at - clock_timestamp()) FROM wake"
        assert connection.execute(text(asked)).scalar_one() > LEFT_ALONE


def test_the_runs_of_few_look_at_the_very_instant(engine: Engine) -> None:
    files = arrived(engine, 3)
    over = end_of_term(engine, files[0])
    with engine.begin() as connection:
        assert [look(connection, one.id).wake_at for one in files] == [over + GRACE] * 3


def test_files_from_before_there_was_a_bell_are_made_known_to_it(
    engine: Engine, owner: Engine, bell: Bell
) -> None:
    files = arrived(engine, 3)
    with owner.begin() as connection:
        connection.execute(text("UPDATE case_state SET rings_at = NULL"))
    set_missing(owner)
    with scratch(engine) as connection:
        assert [compare(connection, one.id) for one in files] == [[], [], []]


def test_a_file_that_a_former_build_wrote_last_rings_in_vain_once(
    engine: Engine, owner: Engine, bell: Bell, file: File
) -> None:
    with engine.begin() as connection:
        arrive(connection, file)
    with owner.begin() as connection:
        early = "UPDATE case_state SET rings_at = clock_timestamp() - interval '1 hour'"
        connection.execute(text(early))
    assert bell.ring_due() == 0
    assert bell.round() is not None
    with scratch(engine) as connection:
        assert compare(connection, file.id) == []


async def test_the_bell_rings_by_itself_as_long_as_its_process_runs(
    engine: Engine, database: Database
) -> None:
    files = await asyncio.to_thread(arrived, engine, 3)
    ringing = asyncio.create_task(Bell(engine).ring())
    await asyncio.to_thread(let_end, engine, database, files[0])
    await soon(lambda: ended(engine, files), lambda found: found == files)
    ringing.cancel()
    await asyncio.gather(ringing, return_exceptions=True)
