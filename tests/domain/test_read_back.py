"""A case that went through the database is the same case: maps come back in another order."""

from datetime import timedelta
from typing import Any

import pytest

from domain.apply import fold
from domain.case.projection import project, view_of
from domain.case.state import Case
from domain.decide import decide
from domain.messages import Event, Message
from domain.process import Edition
from domain.terms.recount import calendar_message
from tests.domain.play import CALENDAR, CHANGED, CURRENT, A, C, Play, Seeded, reach
from tests.domain.whims import walk
from tests.support.amount import in_proportion
from tests.support.door import looked_up

WALKS, STEPS = in_proportion(150), 16


def stored(value: Any) -> Any:
    """JSON as the database gives it back: it orders the keys of a map by length, then bytes."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
        return {name: stored(value[name]) for name in names}
    return [stored(one) for one in value] if isinstance(value, list) else value


def read_back(case: Case) -> Case:
    """The state as the projection keeps it."""
    return Case.model_validate(stored(case.model_dump(mode="json")))


def refolded(play: Play) -> Case:
    """The case from its events, as they are read from the file."""
    events = [Event.model_validate(stored(one.model_dump(mode="json"))) for one in play.events]
    return fold(Case(id=play.case.id, edition=play.case.edition), events)


def shown_of(case: Case, law: Edition) -> str:
    """Its row in lists and the page of all who read it."""
    seen = project(case, law, CALENDAR)
    return repr(stored([seen.model_dump(mode="json"), view_of(case, seen, law)]))


@pytest.mark.walks
def test_what_is_shown_of_a_case_does_not_depend_on_how_it_was_read() -> None:
    for seed in range(WALKS):
        play = walk(Seeded(seed), STEPS, lambda *_: None)
        shown = shown_of(play.case, play.edition)
        for again in (read_back(play.case), refolded(play)):
            assert shown_of(again, play.edition) == shown, f"walk {seed}"


def test_a_changed_calendar_moves_the_same_terms_in_the_same_order() -> None:
    play = reach("under_review", steps=1)
    backwards = dict(reversed(play.period.deadlines.items()))
    other = play.period.model_copy(update={"deadlines": backwards})
    message = calendar_message(CHANGED[0].version, play.now)
    made = decide(play.case, message, play.edition, CHANGED[0])
    assert [one["term"] for one in made[0].data["deadlines"]] == ["review", "second_approval"]
    for case in (read_back(play.case), play.case.model_copy(update={"periods": {1: other}})):
        assert decide(case, message, play.edition, CHANGED[0]) == made


def test_questions_are_listed_by_the_time_at_which_they_were_put() -> None:
    play = reach("choosing")
    for number in range(8):
        # Asked at once, their ids come in no order.
        data = {"to": f"desk-{number}", "reason": True}
        asked = Message(
            id=f"{number * 5 % 8}{'x' * (number % 3)}",
            name="escalate",
            at=play.now + timedelta(seconds=number),
            actor=A if number % 2 else C,
            data=data,
            facts=looked_up(data),
        )
        play.host(asked)
    for case in (play.case, read_back(play.case), refolded(play)):
        view = view_of(case, project(case, CURRENT, CALENDAR), CURRENT)
        assert [one["to"] for one in view["escalations"]] == [f"desk-{n}" for n in range(8)]
