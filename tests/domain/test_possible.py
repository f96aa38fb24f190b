"""What a form offers in a case is taken, or refused for what the form could not know."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from definitions.command_forms import command_forms
from domain.case.context import Context
from domain.case.options import CHOSEN, LISTED
from domain.case.outlook import PEOPLE as ROLES
from domain.case.outlook import choices
from domain.case.possible import DAYS, Bounds, bounds, possible
from domain.messages import Actor, Message
from domain.rules import BOUNDS
from tests.domain.chance import choose
from tests.domain.hearings import heard
from tests.domain.play import ACTORS, C2, CURRENT, A, C, K, Play, R, S, Seeded, reach
from tests.domain.reading import PROVEN, STATED
from tests.domain.starts import STARTS
from tests.domain.whims import BODIES, step
from tests.support.amount import in_proportion
from tests.support.door import looked_up

FIELDS = (*CHOSEN, *LISTED)
BOUNDED = tuple(dict.fromkeys(BOUNDS.values()))
PEOPLE = (R, S, C, C2, A, K)


def context_of(play: Play, name: str, actor: Actor, number: int | None = None) -> Context:
    period = play.case.periods[number or play.about or 1]
    facts = {**looked_up({}), **play.known}
    message = Message(id="", name=name, at=play.now, actor=actor, facts=facts)
    assert play.case.measure is not None
    law = play.edition.of(play.case.measure.entitlement)
    return Context(play.case, period, message, law, play.calendar)


def can(play: Play, name: str, actor: Actor, *fields: str) -> dict[str, list[Any]]:
    return possible(context_of(play, name, actor), fields)


def within(play: Play, name: str, actor: Actor, field: str) -> Bounds:
    return bounds(context_of(play, name, actor), [field])[field]


def test_only_the_grounds_that_fit_what_was_heard_can_be_named() -> None:
    play = reach("under_review")
    grounds = set(CURRENT.refusal_grounds) - {"unsigned"}
    assert set(can(play, "intend_refusal", C, "ground")["ground"]) == grounds
    told = heard("not_delivered")
    assert can(told, "refuse", C, "ground") == {"ground": ["not_delivered"]}


def test_a_term_that_has_stopped_is_not_offered_to_be_disputed() -> None:
    play = reach("choosing")
    assert "notice" in play.period.deadlines
    assert "notice" not in can(play, "contest_deadline", R, "term")["term"]
    play.send("contest_deadline", R, {"term": "choice", "start": play.today(-1), **STATED})
    assert "choice" not in can(play, "contest_deadline", R, "term")["term"], "disputed already"


def test_what_one_entered_is_offered_to_another_alone() -> None:
    play = reach("choosing")
    play.send("record_capacity", C, {**PROVEN, "capacity": "represented"})
    assert play.case.measure is not None
    (made,) = play.case.measure.acting.proposed
    assert can(play, "confirm_representation", C, "proposal") == {"proposal": []}
    assert can(play, "confirm_representation", C2, "proposal") == {"proposal": [made.id]}


def test_days_and_quantities_are_offered_between_their_bounds() -> None:
    play = reach("in_fulfilment")
    ordered = play.period.order
    assert ordered is not None
    assert within(play, "mark_delivered", S, "quantity") == Bounds(2, 2)
    assert within(play, "mark_delivered", S, "on") == Bounds(play.today(), play.today())
    assert within(reach("choosing"), "place_order", R, "quantity").last == 2
    pause = within(reach("choosing"), "pause", C, "until")
    assert (pause.first, pause.last > play.today(30)) == (play.today(1), True)


def _beside(value: Any, by: int) -> Any:
    """The value next to it."""
    if isinstance(value, str):
        return (date.fromisoformat(value) + timedelta(days=by)).isoformat()
    return value + by


def refused_for(play: Play, name: str, actor: Actor, field: str, value: Any, body: Any) -> set[str]:
    """With which codes a value is refused by rules that look at its field alone, or bound it."""
    other = play.copy()
    events = other.send(name, actor, {**body[0], field: value}, body[1])
    if events[0].type != "refused":
        return set()
    told = {reason["code"] for reason in events[0].data["reasons"]}
    return told & CODES[field]


# By field, the codes with which what is named, or a bound, is refused for itself.
CODES: dict[str, set[str]] = {
    **{field: {"day_wrong"} for field in DAYS},
    "quantity": {"quantity_wrong"},
    "amount": {"claim_wrong"},
    **{field: {"nothing_to_do", "same_person"} for field in FIELDS},
    "ground": {"ground_not_listed", "ground_not_heard"},
    "what": {"ground_not_listed"},
    "term": {"term_is_statutory", "nothing_to_do"},
}


@pytest.mark.walks
@pytest.mark.timeout(300)
def test_every_value_that_is_offered_is_taken_as_far_as_the_case_decides() -> None:
    tried, walks = Counter[str](), in_proportion(30)
    people = {one.id: one for role in ROLES for one in ACTORS[role]}
    for seed in range(walks):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(whim.below(12)):
            step(play, whim)
        if not play.case.periods:
            continue
        for actor in people.values():
            facts = {**looked_up({}), **play.known}
            for may in choices(play.case, actor, play.now, play.edition, play.calendar, facts):
                form = context_of(play, may["name"], actor, may["period"])
                assert set(possible(form, FIELDS)) >= {*CHOSEN}, "a form can always be drawn"
                bounds(form, BOUNDED)
                if may["allowed"]:
                    every_value_is_taken(play, may, actor, whim, tried)
    assert tried.total() > 10 * walks
    assert set(tried) >= {"ground", "term", "until", "on", "quantity", "start"}, tried


def every_value_is_taken(
    play: Play, may: dict[str, Any], actor: Actor, whim: Seeded, tried: Counter[str]
) -> None:
    name, about = may["name"], play.copy()
    about.about = may["period"]
    context = context_of(about, name, actor, may["period"])
    fields = command_forms()[name].fields.keys()
    data, facts = BODIES[name](about, whim) if name in BODIES else ({}, {})
    for field, values in possible(context, fields & {*FIELDS}).items():
        for value in values:
            body = ({**data, **STATED}, facts)
            codes = refused_for(about, name, actor, field, value, body)
            assert not codes, (whim.seed, name, field, value, codes)
            tried[field] += 1
    for field, ends in bounds(context, fields & {*BOUNDED}).items():
        for value in {ends.first, ends.last} - {None}:
            codes = refused_for(about, name, actor, field, value, ({**data, **STATED}, facts))
            assert not codes, (whim.seed, name, field, value, codes)
            tried[field] += 1
