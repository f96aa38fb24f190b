"""Whatever a form offers, with whatever else it offers, is taken; what is beside it is refused."""

from collections import Counter
from itertools import islice
from typing import Any

import pytest

from domain.case.outlook import PEOPLE as ROLES
from domain.case.outlook import choices
from domain.messages import Actor
from tests.domain.chance import choose
from tests.domain.every_option import BOUNDED, anything, body, context_of, offers
from tests.domain.play import ACTORS, Play, Seeded
from tests.domain.rare_places import rare_places
from tests.domain.starts import STARTS
from tests.domain.whims import step
from tests.support.amount import LONG, in_proportion
from tests.support.door import looked_up

# So many things are said in one command: there is always more to say in a place of many terms.
MOST = 200 if LONG else 20
# With which codes a value beside the bounds is refused, with those within them.
BEYOND = {"day_wrong", "quantity_wrong", "over_norm", "claim_wrong", "programme_not_in_force"}
RIGHT = {"earliest", "latest", "least", "most"}
Told = Counter[str]


def refused(play: Play, name: str, actor: Actor, said: dict[str, Any]) -> dict[str, set[str]]:
    """Why a command is refused, by code with the names of what is told beside; empty: it is not."""
    made = body(play, name)
    assert made is not None
    data, facts = made
    (first, *_) = play.copy().send(name, actor, {**data, **said}, facts)
    if first.type != "refused":
        return {}
    return {one["code"]: set(one["facts"]) for one in first.data["reasons"]}


def every_option_is_taken(play: Play, name: str, actor: Actor, tried: Told) -> None:
    context = context_of(play, name, actor)
    for offer in offers(context):
        for said in islice(offer.said(), MOST):
            codes = refused(play, name, actor, said)
            assert not codes, (name, actor, context.period.status, said, codes)
            tried.update((name, *(f"{name}.{field}" for field in said)))
        for field, said in islice(offer.not_offered(), MOST):
            codes, where = refused(play, name, actor, said), (name, actor, said)
            assert codes, where
            if field in BOUNDED:
                assert any(codes.get(one, set()) & RIGHT for one in BEYOND), (where, codes)


def nothing_else_is_taken(play: Play, name: str, actor: Actor) -> int:
    said_ = list(islice(anything(context_of(play, name, actor), play.today()), MOST))
    for said in said_:
        assert refused(play, name, actor, said), (name, actor, play.status, said)
    return len(said_)


def places() -> list[tuple[Any, Play]]:
    starts = enumerate((*rare_places(), *STARTS))
    found: list[tuple[Any, Play]] = [(("start", at), one) for at, one in starts]
    for seed in range(in_proportion(10)):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(whim.below(14)):
            step(play, whim)
        found.append((seed, play))
    return [(name, one) for name, one in found if one.case.periods]


@pytest.mark.walks
@pytest.mark.timeout(600)
def test_everything_that_is_offered_is_taken_and_what_is_beside_it_is_not() -> None:
    tried, closed = Counter[str](), 0
    people = {one.id: one for role in ROLES for one in ACTORS[role]}
    for where, play in places():
        for actor in people.values():
            facts = {**looked_up({}), **play.known}
            for may in choices(play.case, actor, play.now, play.edition, play.calendar, facts):
                about = play.copy()
                about.about = may["period"]
                if body(about, may["name"]) is None:
                    continue
                try:
                    if may["allowed"]:
                        every_option_is_taken(about, may["name"], actor, tried)
                    else:
                        closed += nothing_else_is_taken(about, may["name"], actor)
                except AssertionError as error:
                    error.add_note(f"where: {where}")
                    raise
    assert set(tried) >= {"accept.quantity", "extend_term.until", "propose_correction.value"}
    assert {"enter_statement.key", "end_representation.on", "write_off.order"} <= set(tried)
    assert closed > 0
