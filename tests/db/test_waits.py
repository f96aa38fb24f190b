"""What E-Собес sends in the wrong order, and what it tells twice in different words (R7, R8)."""

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from db.casefile import look
from db.intake import report_overdue_waits
from db.intake_tasks import WantedTasks, list_tasks
from db.waits import untold_notices
from domain.case.state import Case
from domain.terms.agenda import GRACE
from domain.terms.counting import end_of_day, local_day
from tests.support.casework import move_clock
from tests.support.intake import SEAL, measure, take_in
from tests.support.play import Host
from tests.support.servers import Database

EVERY = WantedTasks(every=True, authority=None)


def told(revision: int, **changes: Any) -> dict[str, Any]:
    """The measure in a revision."""
    names = {"message_id": f"m-{revision}", "programme__revision": revision}
    return measure(1, **{**names, **changes})


def revocation(revision: int, reason: str = "PROGRAMME_REVOKED", **changes: Any) -> dict[str, Any]:
    """The measure's revocation in a revision."""
    whole = measure(1)
    return {
        "message_id": f"r-{revision}",
        "kind": "revocation",
        "measure_id": whole["measure_id"],
        "programme": {"number": whole["programme"]["number"], "revision": revision},
        "reason": reason,
        **changes,
    }


def the_case(engine: Engine) -> Case:
    """The one case there is, once it has taken all that waits."""
    with engine.connect() as connection:
        (case_id,) = connection.execute(text("SELECT case_id FROM case_head")).scalars()
    return Host(engine).record(str(case_id))


def status(case: Case) -> str:
    return case.periods[1].status


def effects(case: Case) -> set[str]:
    return {effect.kind for effect in case.outbox.values()}


def codes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        tasks = list_tasks(connection, EVERY)
    return [mistake["code"] for task in tasks if task.state == "open" for mistake in task.mistakes]


@pytest.mark.parametrize("together", [True, False])
def test_r7_a_revocation_before_its_measure_withdraws_it_at_birth(
    engine: Engine, together: bool
) -> None:
    if together:
        first, second = take_in(engine, revocation(2), told(1))
    else:
        (early,) = take_in(engine, revocation(2))
        assert (early.status, early.mistakes) == ("waiting", ())
        (second,) = take_in(engine, told(1))
        (first,) = take_in(engine, revocation(2))
    assert (first.status, second.status) == ("accepted", "accepted")
    assert first.case_id == second.case_id
    case = the_case(engine)
    assert status(case) == "withdrawn"
    assert effects(case) == {"tell", "report"}  # E-Собес is told, and nobody asked to choose
    assert all(effect.data.get("text") != "measures_arrived" for effect in case.outbox.values())


def test_r7_a_death_before_its_measure_writes_to_nobody(engine: Engine) -> None:
    take_in(engine, revocation(2, "PERSON_DIED"), told(1))
    case = the_case(engine)
    assert status(case) == "withdrawn"
    assert case.measure is not None
    assert case.measure.acting.died


def test_r7_of_several_that_wait_the_newest_counts(engine: Engine) -> None:
    take_in(engine, revocation(3, "PERSON_DIED"), revocation(2, "MEASURE_REMOVED"))
    take_in(engine, told(1))
    case = the_case(engine)
    assert case.measure is not None
    assert (status(case), case.measure.acting.died) == ("withdrawn", True)


def test_r7_a_measure_that_is_newer_than_what_waits_for_it_is_not_withdrawn(engine: Engine) -> None:
    take_in(engine, revocation(2))
    take_in(engine, told(3))
    assert status(the_case(engine)) == "notifying"


ORDERS = [
    ([told(1), revocation(2)], "withdrawn"),
    ([told(1), told(2, item__quantity=2), revocation(3)], "withdrawn"),
    ([told(1), revocation(2), told(3)], "notifying"),
    ([told(1), revocation(2), revocation(3, "PERSON_DIED")], "withdrawn"),
    ([told(1), revocation(2), told(3), revocation(4)], "withdrawn"),
]


@pytest.mark.parametrize(
    ("messages", "end"),
    [(order, end) for messages, end in ORDERS for order in itertools.permutations(messages)],
)
def test_no_order_of_arrival_loses_a_word(
    engine: Engine, messages: tuple[dict[str, Any], ...], end: str
) -> None:
    for message in messages:
        take_in(engine, message)
        with engine.connect() as connection:
            known = connection.execute(text("SELECT count(*) FROM case_head")).scalar_one()
        if known and random.Random(len(messages)).random() < 0.5:
            the_case(engine)
    assert status(the_case(engine)) == end


def test_two_requests_at_once_lose_neither_the_measure_nor_its_revocation(engine: Engine) -> None:
    for number in range(1, 9):
        both = [
            measure(number),
            {
                **revocation(2),
                "message_id": f"r-{number}",
                "measure_id": f"M-{number:05d}",
                "programme": {"number": f"OZHB-2026-{number:05d}", "revision": 2},
            },
        ]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda message: take_in(engine, message), both))
    with engine.connect() as connection:
        waiting = "SELECT count(*) FROM waiting_message WHERE ended_at IS NULL"
        assert connection.execute(text(waiting)).scalar_one() == 0
        cases = list(connection.execute(text("SELECT case_id::text FROM case_head")).scalars())
    assert len(cases) == 8
    assert {status(Host(engine).record(case)) for case in cases} == {"withdrawn"}


def test_r7_what_waits_too_long_is_a_task_and_e_sobes_is_told_and_it_still_waits(
    engine: Engine, database: Database
) -> None:
    take_in(engine, revocation(2))
    move_clock(database.sandbox_url, timedelta(days=29))
    assert (report_overdue_waits(engine, SEAL), codes(engine)) == (0, [])
    move_clock(database.sandbox_url, timedelta(days=3))
    assert [report_overdue_waits(engine, SEAL) for _ in range(2)] == [1, 0]
    assert codes(engine) == ["unknown_measure"]
    with engine.connect() as connection:
        (task,) = list_tasks(connection, EVERY)
        assert task.authority is None
        assert [notice.kind for notice in untold_notices(connection)] == ["unknown_measure"]
    take_in(engine, told(1))
    assert status(the_case(engine)) == "withdrawn"
    assert codes(engine) == []


def test_r8_the_same_revision_with_other_content_is_a_conflict(engine: Engine) -> None:
    (first,) = take_in(engine, told(2, item__quantity=2))
    other = told(2, item__quantity=5, message_id="m-2b")
    (second,) = take_in(engine, other)
    assert (first.status, second.status, second.case_id) == ("accepted", "conflict", None)
    assert [(one["pointer"], one["code"]) for one in second.mistakes] == [
        ("/programme/revision", "revision_differs")
    ]
    assert take_in(engine, other) == [second]
    case = the_case(engine)
    assert case.measure is not None
    assert case.measure.quantity == 2
    assert codes(engine) == ["revision_differs"]
    with engine.connect() as connection:
        assert [notice.kind for notice in untold_notices(connection)] == ["revision_conflict"]


def test_r8_the_same_revision_with_the_same_content_is_the_same_word(engine: Engine) -> None:
    take_in(engine, told(2))
    again = dict(reversed(told(2, message_id="m-2b", person__phone="8 (700) 000-00-01").items()))
    again = {**again, "kind": "measure", "implement_from": None}
    (verdict,) = take_in(engine, again)
    assert (verdict.status, codes(engine)) == ("accepted", [])


def test_r8_a_later_right_revision_cures_the_conflict(engine: Engine) -> None:
    take_in(engine, told(2), told(2, item__quantity=5, message_id="m-2b"))
    take_in(engine, told(3, item__quantity=5))
    assert codes(engine) == []


def test_r8_two_words_for_one_revision_at_once_do_not_both_count(engine: Engine) -> None:
    words = [told(1, message_id=f"w-{n}", item__quantity=n) for n in range(1, 7)]
    with ThreadPoolExecutor(6) as pool:
        found = [verdict for (verdict,) in pool.map(lambda one: take_in(engine, one), words)]
    assert sorted(verdict.status for verdict in found) == ["accepted", *["conflict"] * 5]


def test_r8_two_revocations_of_one_revision_that_differ_conflict_while_they_wait(
    engine: Engine,
) -> None:
    take_in(engine, revocation(2))
    (other,) = take_in(engine, revocation(2, "PERSON_DIED", message_id="r-2b"))
    assert other.status == "conflict"


@pytest.mark.parametrize("early", [False, True], ids=["after_its_measure", "before_its_measure"])
def test_l1_a_revocation_told_ahead_waits_in_its_case_for_the_day_that_it_names(
    engine: Engine, database: Database, early: bool
) -> None:
    with engine.connect() as connection:
        now = connection.execute(text("SELECT legal_now()")).scalar_one()
    day = local_day(now) + timedelta(days=3)
    ahead = revocation(2, effective_on=day.isoformat())
    take_in(engine, *([ahead, told(1)] if early else [told(1), ahead]))
    case = the_case(engine)
    assert status(case) == "notifying"
    with engine.begin() as connection:
        seen = look(connection, case.id)
    assert (seen.wake_at, seen.wake_for) == (midnight(day) + GRACE, "revoked")
    move_clock(database.sandbox_url, timedelta(days=3))
    with engine.begin() as connection:
        assert look(connection, case.id).over is False, "the result is still to be reported"
    assert status(the_case(engine)) == "withdrawn"


def test_r2_a_death_that_has_not_been_is_a_mistake(engine: Engine) -> None:
    take_in(engine, told(1))
    (found,) = take_in(engine, revocation(2, "PERSON_DIED", effective_on="2099-01-01"))
    assert (found.status, [one["code"] for one in found.mistakes]) == ("rejected", ["death_ahead"])
    assert status(the_case(engine)) == "notifying"


def midnight(day: date) -> datetime:
    """When a local day begins."""
    return end_of_day(day - timedelta(days=1))
