"""What the database knows of stuck cases, and how it chooses one case of every shape."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, event, text

import db.operations
from db.casefile import look
from db.engine import make_engine
from db.operations import (
    DESK_DAYS,
    FIRST,
    Trouble,
    count,
    late_desks,
    overdue,
    owed,
    page,
    shapes,
    unanswered,
    unheard,
)
from tests.support.casework import (
    File,
    Said,
    arrive,
    move_clock,
    open_choice,
    open_file,
    ordering,
    say,
)
from tests.support.desks import fail_notice, today
from tests.support.servers import Database
from workflows.troubles import stuck


def late_people(connection: Connection) -> list[Trouble]:
    return [one for read in (overdue, late_desks, unanswered) for one in read(connection, None, 10)]


def of(found: list[Trouble], file: File) -> dict[str, Trouble]:
    return {one.cause: one for one in found if one.case_id == file.id}


def test_who_let_a_deadline_pass_is_named_with_the_days(engine: Engine, database: Database) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        arrive(connection, file)
        open_choice(connection, file, today(connection))
        assert of(late_people(connection), file) == {}
    move_clock(database.sandbox_url, timedelta(days=70))
    with engine.connect() as connection:
        one = of(late_people(connection), file)["overdue"]
    assert (one.who, one.detail, one.remedies) == (
        ("recipient",),
        {"term": "choice"},
        ("escalate",),
    )
    assert 0 < one.age_seconds < timedelta(days=10).total_seconds()


def test_work_that_lies_on_a_desk_too_long_is_named(engine: Engine, database: Database) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        arrive(connection, file)
        fail_notice(connection, file)
        assert "task_overdue" not in of(late_people(connection), file)
    move_clock(database.sandbox_url, timedelta(days=DESK_DAYS, minutes=1))
    with engine.connect() as connection:
        one = of(late_people(connection), file)["task_overdue"]
    assert (one.who, one.detail) == (("caseworker",), {"task": "notice_failed"})


def test_an_open_question_is_named_with_the_one_who_is_asked(engine: Engine) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        arrive(connection, file)
        asked = Said("escalate", file.caseworker(), {"to": "head-of-department", "reason": True})
        say(connection, file, asked)
        one = of(late_people(connection), file)["escalated"]
    assert (one.who, one.remedies) == (("head-of-department",), ("answer_escalation",))
    assert one.detail["reason"] == "asked"


def test_an_authority_sees_its_own_cases_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.operations, "ASKED_AFTER", 0)
    with engine.begin() as connection:
        mine, other = open_file(connection), open_file(connection)
        for file in (mine, other):
            arrive(connection, file)
        wait(connection, 31)
        authority = UUID(mine.measure["authority"])
        assert {one.case_id for one in unheard(connection, None, 10)} == {mine.id, other.id}
        assert [one.case_id for one in unheard(connection, authority, 10)] == [mine.id]
        assert [one.case_id for one in owed(connection, authority, 10)] == [mine.id]


@pytest.mark.parametrize("question", [unanswered, unheard, owed])
def test_what_is_stuck_with_one_authority_is_found_without_a_walk_over_all_cases(
    engine: Engine, question: Callable[[Connection, UUID, int], list[Trouble]]
) -> None:
    with engine.begin() as connection:
        # Of so few cases a walk over all is the shortest way; only the condition is to lead there.
        for way in ("seqscan", "indexscan", "indexonlyscan", "nestloop"):
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        said: list[tuple[str, Any]] = []

        @event.listens_for(connection, "before_cursor_execute")
        def note(_: object, __: object, statement: str, named: Any, *___: object) -> None:
            said.append((statement, named))

        question(connection, uuid4(), 10)
        (asked,) = [one for one in said if "case_view" in one[0]]
        plan = connection.exec_driver_sql(f"EXPLAIN {asked[0]}", asked[1]).scalars().all()
    assert any("on case_view_payers" in line for line in plan), plan


def wait(connection: Connection, seconds: int) -> None:
    """So long ago it was recorded what runs are to be told of."""
    named = {"age": timedelta(seconds=seconds)}
    connection.execute(text("UPDATE wake SET since = clock_timestamp() - :age"), named)


def test_a_run_is_late_after_thirty_seconds_and_until_it_has_looked(engine: Engine) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        arrive(connection, file)
        wait(connection, 20)
        assert unheard(connection, None, 10) == []
        wait(connection, 40)
        (one,) = unheard(connection, None, 10)
        assert (one.case_id, one.who, one.age_seconds) == (file.id, ("administrator",), 40)
        look(connection, file.id)
        assert unheard(connection, None, 10) == []


def test_of_cases_that_went_the_same_way_one_stands_for_all(engine: Engine) -> None:
    with engine.begin() as connection:
        same = [open_file(connection) for _ in range(3)]
        for file in same:
            arrive(connection, file)
        other = open_file(connection)
        arrive(connection, other)
        open_choice(connection, other, today(connection))
        say(connection, other, ordering(other))
        chosen = list(shapes(connection, None))
    assert sorted(chosen) == sorted([same[-1].id, other.id])


def test_every_open_case_is_on_one_page_and_no_closed_one(engine: Engine) -> None:
    with engine.begin() as connection:
        files = [open_file(connection) for _ in range(5)]
        connection.execute(
            text("INSERT INTO wake (case_id, seq) VALUES (:id, 0)"), {"id": files[0].id}
        )
        for file in files[1:]:
            arrive(connection, file)
        closed = files[-1]
        open_choice(connection, closed, today(connection))
        say(connection, closed, Said("decline", closed.recipient, {"reason": True}))
        connection.execute(
            text("UPDATE case_state SET live = false WHERE case_id = :id"), {"id": closed.id}
        )
        first = page(connection, FIRST, 3)
        rest = page(connection, UUID(first[-1]), 3)
        assert [*first, *rest] == [file.id for file in files[:-1]]
        assert (count(connection), count(connection, every=True)) == (4, 5)


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_is_listed_than_asked_for(engine: Engine, most: int) -> None:
    with engine.begin() as connection:
        for _ in range(3):
            arrive(connection, open_file(connection))
        wait(connection, 60)
        assert len(unheard(connection, None, most)) == most


async def test_a_question_that_takes_too_long_is_named_and_takes_no_other_along(
    engine: Engine, owner: Engine, database: Database
) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        arrive(connection, file)
        wait(connection, 60)
    hasty = make_engine(database.app_url)

    @event.listens_for(hasty, "connect")
    def bound(connection: Any, _: object) -> None:
        connection.execute("SET lock_timeout = '100ms'")
        connection.commit()

    with owner.begin() as holding:
        holding.execute(text("LOCK TABLE work IN ACCESS EXCLUSIVE MODE"))
        found = await stuck(None, hasty, datetime.now(UTC))
    hasty.dispose()
    statuses = {one.name: one.status for one in found.questions}
    assert statuses.pop("tasks") == "timed_out"
    assert statuses.pop("failing_tasks") == "away", "Temporal was not asked"
    assert set(statuses.values()) == {"answered"}
    assert (found.database, found.complete) == (False, False)
    assert [(one.case_id, one.cause) for one in found.found] == [(file.id, "unheard_message")]
