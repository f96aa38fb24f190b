"""Documents come into the file with the event of the command that named them, and with no other."""

from typing import Any

import pytest

from domain.errors import MissingFact
from tests.domain.play import CURRENT, C, S, reach, signing
from tests.domain.reading import PROVEN, refusals, rows
from tests.domain.rounds import side_by_side
from tests.domain.test_rows_fulfilment import delivery

KEPT = [{"sha256": "5" * 64, "kind": "handover_act", "type": "application/pdf"}]
NAMED = {"documents": ["5" * 64]}


def test_what_a_command_names_stands_in_its_event() -> None:
    play = reach("in_fulfilment")
    (event,) = play.send("mark_delivered", S, {**delivery(play), **NAMED}, {"documents": KEPT})
    assert event.data["documents"] == KEPT


def test_what_nobody_named_stands_nowhere_whatever_is_known_of_it() -> None:
    play = reach("in_fulfilment")
    (event,) = play.send("mark_delivered", S, delivery(play), {"documents": KEPT})
    assert "documents" not in event.data


def test_what_follows_by_itself_brings_no_document_again() -> None:
    play = reach("in_fulfilment")
    play.edition = CURRENT.model_copy(update={"acceptance": False})
    play.send("sign", S, *signing(play))
    events = play.send("mark_delivered", S, {**delivery(play), **NAMED}, {"documents": KEPT})
    assert rows(events) == ["F1", "A2"]
    assert ["documents" in event.data for event in events] == [True, False]


def test_a_refused_command_brings_nothing() -> None:
    play = reach("ordered")
    events = play.send("mark_delivered", S, {**delivery(play), **NAMED}, {"documents": KEPT})
    assert refusals(events)
    assert "documents" not in events[0].data


def test_a_command_that_names_what_the_door_did_not_find_is_a_mistake() -> None:
    play = reach("in_fulfilment")
    with pytest.raises(MissingFact, match="documents"):
        play.send("mark_delivered", S, {**delivery(play), **NAMED})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("revoke", PROVEN),
        ("record_capacity", {"capacity": "full", **PROVEN}),
        ("move", {"authority": "authority-2", "region": "75", **PROVEN}),
    ],
)
def test_a_document_makes_no_more_events_of_what_is_said_of_all_periods(
    command: str, said: dict[str, Any]
) -> None:
    for bare, proven in zip(side_by_side(), side_by_side(), strict=True):
        once = rows(bare.send(command, C, said))
        assert rows(proven.send(command, C, {**said, **NAMED}, {"documents": KEPT})) == once
