"""What a walk says of who acts for the recipient and where they live."""

from typing import Any

from tests.domain.chance import Body, choose, mostly
from tests.domain.play import Choices, Play, power

PLACES = (
    {"authority": "authority-1", "region": "751110000"},
    {"authority": "authority-2", "region": "711110000"},
)
POWERS: tuple[dict[str, Any], ...] = (
    {},
    {"id": "power-2", "person": "person-3", "kind": "GUARDIAN"},
    {"id": "power-3", "person": "person-3", "kind": "TRUSTEE"},
    {"id": "power-4", "kind": "GUARDIAN"},
    {"id": "power-5", "person": "person-4", "scope": ["receive"]},
)
CAPACITIES = ("full", "assisted", "represented")


def _power(whim: Choices, play: Play) -> dict[str, Any]:
    """Somebody's power: for good, until soon, over, or not begun."""
    until: dict[str, Any] = choose(
        whim,
        ({}, {}, {"until": play.today(5)}, {"until": play.today(30)}, {"until": play.today(-2)},
         {"since": play.today(3)}),
    )  # fmt: skip
    return power(**choose(whim, POWERS), **until)


def acting(whim: Choices, play: Play) -> dict[str, Any]:
    told: dict[str, Any] = {"representatives": [_power(whim, play)] if whim.below(4) else []}
    return told if whim.below(2) else {**told, "capacity": choose(whim, CAPACITIES)}


def standing_of(play: Play, whim: Choices) -> Body:
    """Who acts for the recipient, and where they live."""
    measure_ = play.case.measure
    known = [one.id for one in measure_.acting.representatives] if measure_ else []
    named = choose(whim, known) if known else "none"
    data = {
        "evidence": mostly(whim, True, False),
        "on": play.today(mostly(whim, 0, -1, 1)),
        "capacity": choose(whim, CAPACITIES),
        "act": mostly(whim, "place_order", "decline", "accept"),
        "application": f"app-{len(play.seen) + 1}",
        **choose(whim, PLACES),
    }
    return {**data, "representative": named}, {}


def begin(play: Play, whim: Choices) -> Body:
    conflict = mostly(whim, None, "caseworker")
    data = {"representative": _power(whim, play), "evidence": mostly(whim, True, False)}
    return data, {"representative_conflict": conflict}


def proposal_of(play: Play, whim: Choices) -> Body:
    """What a second caseworker says of what the first one entered."""
    held = play.case.measure
    open_ = [one.id for one in held.acting.proposed] if held else []
    named = mostly(whim, choose(whim, open_), "none") if open_ else "none"
    data = {"proposal": named, "reason": mostly(whim, "stated", "")}
    return data, {"representative_conflict": mostly(whim, None, "caseworker")}
