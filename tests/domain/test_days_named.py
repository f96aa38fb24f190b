"""Where a day is refused the possible days are named, the first and the last, and are taken."""

from datetime import date, timedelta
from typing import Any

import pytest

from definitions.refusals import refusal
from definitions.wording import LANGUAGES
from domain.messages import Actor
from tests.domain.play import C, K, Play, R, S, order, reach
from tests.domain.reading import PROVEN, STATED, refusals

LETTER = {**PROVEN, "channel": "registered_letter"}
DELIVERED = {"quantity": 2, "evidence": True}
PAUSED = {**STATED, "ground": "temporary_absence"}
# Status, command, who asks, the field of the day, what is said beside it.
ASKED: list[tuple[str, str, Actor, str, dict[str, Any]]] = [
    ("notifying", "enter_proof", C, "on", LETTER),
    ("choosing", "place_order", R, "deliver_by", {}),
    ("in_fulfilment", "mark_delivered", S, "on", DELIVERED),
    ("delivered", "complain", R, "known_on", STATED),
    ("delivered", "extend_term", C, "until", {**STATED, "term": "acceptance"}),
    ("under_review", "extend_review", C, "until", STATED),
    ("under_review", "return_application", C, "until", {**STATED, "what": "attachment"}),
    ("choosing", "pause", C, "until", PAUSED),
    ("choosing", "propose_correction", C, "value", {**STATED, "field": "developed_on"}),
    ("ordered", "contest_deadline", S, "start", {**STATED, "term": "supplier_answer"}),
]


def asked(play: Play, command: str, by: Actor, said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The days that are named, where one is refused."""
    data, facts = order(**said) if command == "place_order" else (said, {})
    events = play.copy().send(command, by, data, facts)
    found = refusals(events) if events[0].type == "refused" else {}
    return {code: told for code, told in found.items() if code == "day_wrong"}


@pytest.mark.parametrize(("status", "command", "by", "field", "said"), ASKED)
def test_the_days_that_are_named_are_taken_and_those_beside_them_are_not(
    status: str, command: str, by: Actor, field: str, said: dict[str, Any]
) -> None:
    play = reach(status)
    ((code, named),) = asked(play, command, by, {**said, field: "2199-12-31"}).items()
    assert named
    for name, day in named.items():
        beside = date.fromisoformat(day) + timedelta(days=1 if name == "latest" else -1)
        assert asked(play, command, by, {**said, field: day}) == {}
        again = asked(play, command, by, {**said, field: beside.isoformat()})
        assert again == {code: named}
    shown = [f"{date.fromisoformat(day):%d.%m.%Y}" for day in named.values()]
    assert all(one in refusal(code, language, named) for one in shown for language in LANGUAGES)


def test_a_remedy_names_its_days_too() -> None:
    play = reach("delivered")
    play.send("complain", R, {**STATED, "known_on": play.today()})
    play.send("hear_complaint", K, STATED)
    named = asked(play, "order_remedy", K, {**STATED, "until": play.today()})
    assert named["day_wrong"]["earliest"] == play.today(1)
