"""A later edition takes open cases over: two people, exact counts, one event each, resumable."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from db.edition_changes import (
    approve_move,
    count_moving,
    earlier_editions,
    list_moves,
    list_moving,
    propose_move,
)
from db.extensions import EDITIONS, extend_batch
from db.rebuild import compare, scratch
from db.reference_tables import EditionChange
from definitions.calendars import load_calendar
from definitions.editions import editions, replaced
from domain.messages import Refusal
from domain.process import Edition
from domain.terms.counting import Certificate, recompute
from tests.db.test_calendar_changes import AT_ONCE, AUTHORITY, MOVES, case_of, choosing, noon
from tests.domain.play import LATER, varied
from tests.support.casework import Said, check_chain, ordering, rows_of, say
from tests.support.later import later_edition

SOON = date(2027, 3, 25)
FORMER = (
    "UPDATE case_head SET edition = :former",
    "UPDATE case_state SET edition = :former",
    "UPDATE case_state SET state = jsonb_set(state, '{edition}', to_jsonb(edition))",
)


def proposed(engine: Engine, after: Edition, person: UUID | None = None) -> EditionChange:
    with engine.begin() as connection:
        return propose_move(connection, person or uuid4(), after)


def approved(engine: Engine, after: Edition) -> EditionChange:
    change = proposed(engine, after)
    with engine.begin() as connection:
        found = approve_move(connection, uuid4(), change.id)
    assert isinstance(found, EditionChange)
    return found


def carry_out(engine: Engine, most: int = 200) -> int:
    """How many batches it took."""
    count = 0
    while extend_batch(engine, AT_ONCE, most, EDITIONS):
        count += 1
    return count


def test_l14_only_a_second_person_moves_open_cases(engine: Engine, later: Edition) -> None:
    person, second = uuid4(), uuid4()
    change = proposed(engine, later, person)
    assert proposed(engine, later, person).id == change.id
    choosing(engine, MOVES)
    assert carry_out(engine) == 0
    with engine.begin() as connection:
        assert approve_move(connection, person, change.id) == Refusal(code="same_person")
        assert isinstance(approve_move(connection, second, change.id), EditionChange)
        assert isinstance(approve_move(connection, second, change.id), EditionChange)
        assert approve_move(connection, uuid4(), change.id) == Refusal(code="already_decided")
        assert approve_move(connection, second, uuid4()) is None


def test_l14_the_preview_counts_cases_statuses_and_deadlines_by_authority(
    engine: Engine, later: Edition
) -> None:
    other = str(uuid4())
    for authority in (AUTHORITY, AUTHORITY, other):
        choosing(engine, MOVES, authority=authority)
    bought = choosing(engine, MOVES, authority=other)
    with engine.begin() as connection:
        say(connection, bought, ordering(bought, noon(MOVES)))
        found = {str(one.authority): one for one in count_moving(connection, later)}
        assert {place: one.moving for place, one in found.items()} == {AUTHORITY: 2, other: 2}
        assert found[AUTHORITY].statuses == {"choosing": 2}
        assert found[other].statuses == {"choosing": 1, "ordered": 1}
        assert found[AUTHORITY].deadlines == {"moves": 2}
        assert found[other].deadlines == {"moves": 3}
        pages, after = [], UUID(int=0)
        while page := list_moving(connection, later, after_case=after, most=3):
            pages += page
            after = page[-1].case_id
        assert [one.case_id for one in pages] == sorted(one.case_id for one in pages)
        assert len(pages) == 4
        mine = list_moving(connection, later, most=9, authority=UUID(other))
    terms = {one.term: (one.old, one.new) for case in mine for one in case.deadlines}
    assert terms["choice"] == (date(2027, 5, 18), date(2027, 6, 18))
    assert all(one.new >= one.old for case in pages for one in case.deadlines)


def test_l14_every_open_case_gets_one_event_and_its_later_days(
    engine: Engine, later: Edition
) -> None:
    file, closed = choosing(engine, MOVES), choosing(engine, MOVES)
    with engine.begin() as connection:
        no = Said("decline", closed.recipient, {"reason": True}, at=noon(MOVES))
        assert rows_of(say(connection, closed, no)) == ["C3"]
    ended = case_of(engine, closed)
    before = case_of(engine, file)
    approved(engine, later)
    carry_out(engine)
    case = case_of(engine, file)
    assert (case.edition, case.seq) == (later.hash, before.seq + 1)
    deadline = case.periods[1].deadlines["choice"]
    assert (deadline.last_day, deadline.revision) == (date(2027, 6, 18), 2)
    held = Certificate.from_json(deadline.certificate)
    assert recompute(held, load_calendar(held.calendar)) == held
    assert case_of(engine, closed) == ended
    with engine.connect() as connection:
        check_chain(connection, file.id)
        row = connection.execute(
            text("SELECT row, type, message_id FROM event WHERE case_id = :id AND seq = :seq"),
            {"id": file.id, "seq": case.seq},
        ).one()
        (done,) = list_moves(connection, None, 9)
    assert tuple(row) == ("L14", "edition_moved", f"edition:{later.hash}")
    assert (done.looked_at, done.extended) == (1, 1)


def test_l14_a_case_from_before_the_first_release_is_taken_over_too(
    engine: Engine, owner: Engine, later: Edition
) -> None:
    """It is bound to a hash that stands for what its edition became."""
    former = next(hash_ for hash_, code in replaced().items() if code == "social-code")
    file = choosing(engine, MOVES)
    with owner.begin() as connection:
        for statement in FORMER:
            connection.execute(text(statement), {"former": former})
    approved(engine, later)
    with engine.connect() as connection:
        (count,) = count_moving(connection, later)
    assert count.moving == 1
    carry_out(engine)
    assert case_of(engine, file).edition == later.hash


def test_l14_a_kill_between_two_batches_loses_and_repeats_nothing(
    engine: Engine, later: Edition
) -> None:
    files = [choosing(engine, MOVES) for _ in range(5)]
    approved(engine, later)
    assert extend_batch(engine, AT_ONCE, 2, EDITIONS)
    moved = [file for file in files if case_of(engine, file).edition == later.hash]
    assert len(moved) == 2
    with engine.begin() as connection:
        connection.execute(text("UPDATE edition_change SET place = NULL"))
    carry_out(engine, most=2)
    seqs = {case_of(engine, file).seq for file in files}
    assert len(seqs) == 1
    assert all(case_of(engine, file).edition == later.hash for file in files)


def test_l14_the_run_of_whoever_has_a_later_day_is_told(engine: Engine, later: Edition) -> None:
    file = choosing(engine, MOVES)
    approved(engine, later)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM wake"))
    carry_out(engine)
    with engine.connect() as connection:
        told = connection.execute(text("SELECT case_id FROM wake")).scalars().all()
    assert [str(one) for one in told] == [file.id]


def test_l14_a_moved_file_is_rebuilt_from_its_events(engine: Engine, later: Edition) -> None:
    file = choosing(engine, MOVES)
    approved(engine, later)
    carry_out(engine)
    with scratch(engine) as connection:
        damages = compare(connection, file.id)
    assert damages == []


def test_l14_an_edition_that_keeps_open_cases_takes_none_over(engine: Engine) -> None:
    code = next(one for one in editions().values() if one.code == "social-code")
    assert earlier_editions(code) == []
    file = choosing(engine, SOON)
    with later_edition(varied(LATER, open_cases="keep")) as kept:
        approved(engine, kept)
        with engine.connect() as connection:
            assert count_moving(connection, kept) == []
        carry_out(engine)
        assert case_of(engine, file).edition == code.hash


def test_l14_a_case_of_a_status_that_the_edition_does_not_know_keeps_its_own(
    engine: Engine,
) -> None:
    process = LATER.process
    statuses = {code: one for code, one in process.statuses.items() if code != "choosing"}
    smaller = process.model_copy(update={"statuses": statuses})
    file = choosing(engine, MOVES)
    with later_edition(varied(LATER, process=smaller)) as edition:
        approved(engine, edition)
        with engine.connect() as connection:
            (count,) = count_moving(connection, edition)
        assert (count.moving, count.staying, count.deadlines) == (0, 1, {})
        carry_out(engine)
        assert case_of(engine, file).edition != edition.hash
