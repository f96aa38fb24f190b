"""However long a case grows, little of it is looked at and shown: counted, not timed."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

from domain.case.outlook import choices
from domain.case.projection import LAST, MOST, PERIODS, project, view_of
from domain.case.state import Case
from tests.domain.play import CALENDAR, CURRENT, A, C, Play, reach
from tests.support.door import looked_up


def calls(run: Callable[[], object]) -> int:
    """How many functions are called."""
    count = 0

    def note(_: FrameType, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def asked(questions: int) -> Play:
    play = reach("delivered")
    for number in range(questions):
        play.now += timedelta(seconds=1)
        play.send("escalate", A, {"to": f"lead-{number:03}", "reason": "stated"})
    return play


def view(case: Case) -> dict[str, Any]:
    return view_of(case, project(case, CURRENT, CALENDAR), CURRENT)


def with_periods(count: int) -> Case:
    """So many periods that have ended, and one that goes on."""
    going, (ended,) = reach("delivered").case, reach("completed").case.periods.values()
    (last,) = going.periods.values()
    many = {n: ended.model_copy(update={"number": n}) for n in range(1, count + 1)}
    number = count + 1
    return going.model_copy(
        update={"periods": {**many, number: last.model_copy(update={"number": number})}}
    )


def test_what_may_be_answered_is_tried_on_one_question_however_many_are_open() -> None:
    def looked(play: Play) -> int:
        law, facts = (CURRENT, CALENDAR), {**looked_up({}), "actor_is_asked": True}
        return calls(lambda: choices(play.case, C, play.now, *law, facts))

    one, many = asked(1), asked(200)
    # What is looked up once for all, or put away between two calls, is counted with neither.
    least = [min(looked(play) for _ in range(3)) for play in (one, many)]
    assert least[0] == least[1]


def test_of_hundreds_of_questions_those_are_shown_that_wait_longest() -> None:
    one, many = asked(1), asked(600)
    shown = view(many.case)
    first = list(many.case.escalations)[:MOST]
    assert [question["id"] for question in shown["escalations"]] == first
    assert shown["more"] == {"tasks": 0, "escalations": 600 - MOST}
    answered = many.send("answer_escalation", C, {"escalation": first[0]})
    assert answered
    assert view(many.case)["escalations"][-1]["id"] == list(many.case.escalations)[MOST - 1]
    assert len(json.dumps(shown)) - len(json.dumps(view(one.case))) < MOST * 250


def test_of_many_periods_those_are_shown_that_go_on_and_the_last_that_ended() -> None:
    few, many = view(with_periods(PERIODS)), view(with_periods(40))
    assert [one["number"] for one in few["periods"]] == [*range(1, PERIODS + 2)]
    assert few["earlier_periods"] == []
    assert [one["number"] for one in many["periods"]] == [37, 38, 39, 40, 41]
    assert many["earlier_periods"] == [*range(1, 37)]
    assert len(json.dumps(many)) - len(json.dumps(few)) < 300


def test_of_what_repeats_in_a_period_the_last_is_shown() -> None:
    case = reach("ordered").case
    (period,) = case.periods.values()
    (order,) = period.orders
    ended = tuple(order.model_copy(update={"number": n, "live": False}) for n in range(1, 60))
    longer = period.model_copy(update={"orders": (*ended, order)})
    (shown,) = view(case.model_copy(update={"periods": {1: longer}}))["periods"]
    assert [one["number"] for one in shown["earlier_orders"]] == [*range(60 - LAST, 60)]
