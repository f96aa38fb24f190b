"""An announced calendar: proposed by one, approved by another, then a later day in the files."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from db.calendars import approve, list_changes, propose
from db.extensions import extend_batch
from db.open_deadlines import BEGIN
from db.recounts import count_outcomes, list_outcomes
from db.reference_tables import CalendarChange
from definitions.calendars import (
    adopt,
    calendar_data,
    calendar_text,
    current_calendar,
    load_calendar,
    read_calendar,
)
from domain.case.state import Case
from domain.messages import Actor, Refusal, Role
from domain.terms.counting import ZONE, Certificate, recompute
from tests.support.calendars import ANNOUNCED, kurban_ait_on
from tests.support.casework import (
    File,
    Said,
    arrive,
    check_chain,
    open_choice,
    open_file,
    ordering,
    read_case,
    rows_of,
    say,
)
from tests.support.servers import Database

AT_ONCE = timedelta()
# Two months after it is 18 May 2027, to which Kurban-ait is announced; the others end elsewhere.
MOVES, STAYS, RESTS = date(2027, 3, 18), date(2027, 3, 10), date(2027, 3, 18)
AUTHORITY = str(uuid4())
GATEWAY = Actor(role=Role.GATEWAY)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE).astimezone(UTC)


def choosing(engine: Engine, on: date, **measure: Any) -> File:
    """A case whose recipient was told on a day."""
    with engine.begin() as connection:
        made = open_file(connection, **measure)
        arrive(connection, made, noon(on))
        open_choice(connection, made, on, noon(on))
    return made


def case_of(engine: Engine, file: File) -> Case:
    with engine.connect() as connection:
        return read_case(connection, file)


def last_day(engine: Engine, file: File, term: str = "choice") -> date:
    return case_of(engine, file).periods[1].deadlines[term].last_day


def proposed(engine: Engine, days: dict[str, Any], person: UUID | None = None) -> CalendarChange:
    with engine.begin() as connection:
        return propose(connection, person or uuid4(), days)


def approved(engine: Engine, days: dict[str, Any]) -> CalendarChange:
    change = proposed(engine, days)
    with engine.begin() as connection:
        found = approve(connection, uuid4(), change.id)
    assert isinstance(found, CalendarChange)
    return found


def carry_out(engine: Engine, most: int = 200) -> int:
    """How many batches it took."""
    count = 0
    while extend_batch(engine, AT_ONCE, most):
        count += 1
    return count


def test_a_change_needs_a_second_person(engine: Engine) -> None:
    person = uuid4()
    change = proposed(engine, kurban_ait_on("2027-05-18"), person)
    with engine.begin() as connection:
        assert approve(connection, person, change.id) == Refusal(code="same_person")
        second = uuid4()
        assert isinstance(approve(connection, second, change.id), CalendarChange)
        assert isinstance(approve(connection, second, change.id), CalendarChange)
        assert approve(connection, uuid4(), change.id) == Refusal(code="already_decided")
        assert approve(connection, second, uuid4()) is None


def test_an_older_calendar_than_the_one_that_holds_is_not_approved(engine: Engine) -> None:
    change = proposed(engine, calendar_data(calendar_text("kz-2026-11")))
    with engine.begin() as connection:
        refused = approve(connection, uuid4(), change.id)
    assert refused == Refusal(code="calendar_not_newer", facts={"current": "kz-2026-12"})
    approved(engine, kurban_ait_on("2027-05-18"))
    again = proposed(engine, kurban_ait_on("2027-05-19"))
    with engine.begin() as connection:
        found = approve(connection, uuid4(), again.id)
    assert isinstance(found, Refusal)
    assert found.code == "calendar_not_newer"


def test_the_same_proposal_again_is_the_same_change(engine: Engine) -> None:
    person, days = uuid4(), kurban_ait_on("2027-05-18")
    assert proposed(engine, days, person).id == proposed(engine, days, person).id
    other = proposed(engine, days)
    with engine.connect() as connection:
        assert [one.id for one in list_changes(connection, None, 10)] == [
            other.id,
            *[one.id for one in list_changes(connection, other.id, 10)],
        ]


def test_the_preview_counts_every_open_deadline_once_by_authority(engine: Engine) -> None:
    other = str(uuid4())
    for authority, days in ((AUTHORITY, (MOVES, MOVES, STAYS)), (other, (MOVES, STAYS))):
        for on in days:
            choosing(engine, on, authority=authority)
    calendar = read_calendar(ANNOUNCED, kurban_ait_on("2027-05-18"))
    with engine.connect() as connection:
        found = {str(one.authority): one.outcomes for one in count_outcomes(connection, calendar)}
        assert found == {
            AUTHORITY: {"moves": 2, "unchanged": 1},
            other: {"moves": 1, "unchanged": 1},
        }
        every, after = [], BEGIN
        while page := list_outcomes(connection, calendar, after=after, most=2):
            every += page
            after = page[-1].place
        assert [one.place for one in every] == sorted({one.place for one in every})
        assert len(every) == 5
        moving = list_outcomes(
            connection, calendar, most=9, authority=UUID(AUTHORITY), outcome="moves"
        )
        assert {(one.old, one.new) for one in moving} == {(date(2027, 5, 18), date(2027, 5, 19))}
        assert {one.place for one in moving} == {
            one.place for one in every if one.outcome == "moves" and str(one.authority) == AUTHORITY
        }


def test_only_deadlines_that_still_come_are_counted(engine: Engine) -> None:
    """The term of the notice ended with its proof; the choice rests beside an order."""
    bought, declined = choosing(engine, MOVES), choosing(engine, MOVES)
    with engine.begin() as connection:
        say(connection, bought, ordering(bought, noon(MOVES)))
        no = Said("decline", declined.recipient, {"reason": True}, at=noon(MOVES))
        assert rows_of(say(connection, declined, no)) == ["C3"]
    calendar = read_calendar(ANNOUNCED, kurban_ait_on("2027-05-18"))
    with engine.connect() as connection:
        found = list_outcomes(connection, calendar, most=9)
    assert [(str(one.case_id), one.term) for one in found] == [
        (bought.id, "choice"),
        (bought.id, "supplier_answer"),
    ]


def test_cases_that_end_on_the_announced_day_are_extended_certified_and_to_be_told(
    engine: Engine,
) -> None:
    moves, stays = choosing(engine, MOVES), choosing(engine, STAYS)
    before = case_of(engine, stays)
    change = approved(engine, kurban_ait_on("2027-05-18"))
    carry_out(engine)
    case = case_of(engine, moves)
    deadline = case.periods[1].deadlines["choice"]
    assert (deadline.last_day, deadline.revision) == (date(2027, 5, 19), 2)
    held = Certificate.from_json(deadline.certificate)
    assert held.calendar == ANNOUNCED
    assert recompute(held, load_calendar(ANNOUNCED)) == held
    assert deadline.reminders["1wd"] == noon(date(2027, 5, 17)) - timedelta(hours=3)
    assert [effect.data for effect in case.outbox.values() if effect.kind == "tell"] == [
        {"text": "term_extended", "to": ["recipient"], "term": "choice"}
    ]
    assert case_of(engine, stays) == before
    with engine.connect() as connection:
        check_chain(connection, moves.id)
        rows = connection.execute(
            text(
                "SELECT revision, last_day FROM deadline WHERE term = 'choice'"
                " AND case_id = :id ORDER BY revision"
            ),
            {"id": moves.id},
        ).all()
        (done,) = list_changes(connection, None, 9)
    assert [tuple(row) for row in rows] == [(1, date(2027, 5, 18)), (2, date(2027, 5, 19))]
    assert (done.id, done.looked_at, done.extended) == (change.id, 2, 1)
    assert done.extended_at is not None


def test_only_the_runs_of_those_who_choose_are_told(engine: Engine) -> None:
    chooses, ordered = choosing(engine, MOVES), choosing(engine, RESTS)
    with engine.begin() as connection:
        say(connection, ordered, ordering(ordered, noon(RESTS)))
        connection.execute(text("DELETE FROM wake"))
    approved(engine, kurban_ait_on("2027-05-18"))
    carry_out(engine)
    assert last_day(engine, ordered) == date(2027, 5, 19)
    with engine.connect() as connection:
        told = connection.execute(text("SELECT case_id FROM wake")).scalars().all()
    assert [str(one) for one in told] == [chooses.id]


def test_nothing_is_done_twice(engine: Engine) -> None:
    files = [choosing(engine, MOVES) for _ in range(5)]
    approved(engine, kurban_ait_on("2027-05-18"))
    assert carry_out(engine, most=2) == 4
    seqs = [case_of(engine, file).seq for file in files]
    with engine.begin() as connection:
        connection.execute(text("UPDATE calendar_change SET extended_at = NULL, place = NULL"))
    carry_out(engine)
    assert [case_of(engine, file).seq for file in files] == seqs


@pytest.mark.long
def test_after_a_kill_it_goes_on_where_it_was(engine: Engine, database: Database) -> None:
    files = [choosing(engine, MOVES) for _ in range(12)]
    approved(engine, kurban_ait_on("2027-05-18"))
    program = (
        "import sys\n"
        "from datetime import timedelta\n"
        "from db.engine import make_engine\n"
        "from db.extensions import extend_batch\n"
        "engine = make_engine(sys.argv[1])\n"
        "while extend_batch(engine, timedelta(), 1):\n"
        "    print('.', flush=True)\n"
    )
    command = [sys.executable, "-c", program, database.app_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline()
        process.kill()
    extended = [file for file in files if last_day(engine, file) == date(2027, 5, 19)]
    assert 4 <= len(extended) < len(files)
    carry_out(engine)
    with engine.connect() as connection:
        for file in files:
            check_chain(connection, file.id)
            case = read_case(connection, file)
            assert case.periods[1].deadlines["choice"].revision == 2
        (done,) = list_changes(connection, None, 9)
    assert (done.looked_at, done.extended) == (12, 12)


def test_two_workers_do_not_do_the_same(engine: Engine) -> None:
    choosing(engine, MOVES)
    approved(engine, kurban_ait_on("2027-05-18"))
    with engine.begin() as connection:
        connection.execute(text("SELECT 1 FROM calendar_change FOR UPDATE"))
        assert not extend_batch(engine, AT_ONCE)
    assert extend_batch(engine, AT_ONCE)


def test_it_begins_when_no_take_from_before_the_approval_can_still_end(engine: Engine) -> None:
    choosing(engine, MOVES)
    approved(engine, kurban_ait_on("2027-05-18"))
    assert not extend_batch(engine)


def test_what_is_counted_after_the_approval_is_counted_with_the_new_calendar(
    engine: Engine,
) -> None:
    """Also where a process has not heard of it: it learns, and decides again."""
    with engine.begin() as connection:
        late = open_file(connection)
        arrive(connection, late, noon(MOVES))
    approved(engine, kurban_ait_on("2027-05-18"))
    adopt(())
    proven = {"round": 1, "channel": "sms", "confirmed": True, "on": MOVES.isoformat()}
    with engine.begin() as connection:
        said = Said("delivery_proven", GATEWAY, proven, at=noon(MOVES))
        assert rows_of(say(connection, late, said)) == ["N2"]
        assert current_calendar().version == ANNOUNCED
    assert last_day(engine, late) == date(2027, 5, 19)


def test_constitution_day_went_to_march_and_no_deadline_of_august_is_shortened(
    engine: Engine,
) -> None:
    """From kz-2025-12 to kz-2026-11 30 August becomes a working day: what was certified stays."""
    adopt((), current="kz-2025-12")
    shorter, same = choosing(engine, date(2027, 6, 30)), choosing(engine, date(2027, 6, 21))
    before = [case_of(engine, file) for file in (shorter, same)]
    assert last_day(engine, shorter) == date(2027, 8, 31)
    days = calendar_data(calendar_text("kz-2026-11"))
    calendar = read_calendar("kz-2026-11", days)
    with engine.connect() as connection:
        counted = [dict(one.outcomes) for one in count_outcomes(connection, calendar)]
        assert sorted(counted, key=str) == [{"earlier": 1}, {"unchanged": 1}]
        listed = {
            str(one.case_id): (one.outcome, one.old, one.new)
            for one in list_outcomes(connection, calendar, most=9)
        }
    assert listed == {
        shorter.id: ("earlier", date(2027, 8, 31), date(2027, 8, 31)),
        same.id: ("unchanged", date(2027, 8, 23), date(2027, 8, 23)),
    }
    change = proposed(engine, days)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE calendar_change SET approved_by = :by, approved_at = now()"),
            {"by": uuid4()},
        )
    carry_out(engine)
    assert [case_of(engine, file) for file in (shorter, same)] == before
    with engine.connect() as connection:
        (done,) = list_changes(connection, None, 9)
    assert (done.id, done.looked_at, done.extended) == (change.id, 2, 0)
