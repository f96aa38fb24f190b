"""A revocation that holds from a day to come waits for that day in its case (L1-L3, R3, R7)."""

from datetime import timedelta
from typing import Any

import pytest

from domain.case.projection import project, view_of
from domain.terms.agenda import agenda
from tests.domain.play import BEGIN, C, E, Play, R, S, measure, order, reach
from tests.domain.reading import PROVEN, refusals, rows, told

AHEAD = {"ground": "programme_revoked", "revision": 2}


def waits_for_it(play: Play) -> bool:
    """The case will hear of its revocation by itself."""
    return "revoked" in [due.message.name for due in agenda(play.case, play.edition.process)]


def shown(play: Play) -> dict[str, Any]:
    """What the page of the case tells of its measure."""
    seen = project(play.case, play.edition, play.calendar)
    told_of: dict[str, Any] = view_of(play.case, seen, play.edition)["measure"]
    return told_of


def announced(play: Play, days: int = 6, **changed: Any) -> str:
    """E-Собес tells so many days ahead that the measure is revoked; from which day."""
    day = play.today(days)
    events = play.send("revoked", E, {**AHEAD, "effective_on": day, **changed})
    assert [(one.row, one.type) for one in events] == [("L1", "revocation_ahead")]
    return day


@pytest.mark.parametrize(
    ("status", "row", "end"),
    [
        ("choosing", "L1", "withdrawn"),
        ("ordered", "L1", "withdrawn"),
        ("in_fulfilment", "L2", "in_fulfilment"),
        ("under_review", "L3", "under_review"),
    ],
)
def test_l1_to_l3_what_is_revoked_ahead_goes_on_until_that_day_begins(
    status: str, row: str, end: str
) -> None:
    play = reach(status)
    day = announced(play, 1)
    assert (play.status, "revoked" in play.period.flags) == (status, False)
    play.wait(play.now.replace(hour=18, minute=59))
    assert (play.today(), play.status) == (BEGIN.date().isoformat(), status)
    events = play.wait()
    assert (rows(events), play.status, play.today()) == ([row], end, day)
    assert [one.actor for one in events] == [E]
    assert not waits_for_it(play)


def test_l1_the_page_of_a_case_tells_from_which_day_it_will_be_revoked() -> None:
    play = reach("choosing")
    assert "revocation" not in shown(play)
    day = announced(play)
    assert shown(play)["revocation"] == {"effective_on": day}


def test_l1_a_day_off_is_a_day_like_any_other_for_a_revocation() -> None:
    play = reach("choosing")
    saturday = announced(play, 5)
    assert saturday == "2026-11-28"
    play.wait(play.now + timedelta(days=5))
    assert (play.today(), play.status) == (saturday, "withdrawn")


def test_l1_what_waits_for_its_day_keeps_nobody_from_choosing_before_it() -> None:
    play = reach("choosing")
    announced(play, 2)
    assert rows(play.send("place_order", R, *order())) == ["C1"]
    assert told(play.wait(play.now + timedelta(days=2)))[-2:] == [
        ("withdrawn", ("recipient", "supplier")),
        ("report", ()),
    ]


def test_l1_on_its_day_nothing_is_chosen_though_the_case_has_not_heard_of_it_yet() -> None:
    play = reach("choosing")
    announced(play, 1)
    first_second = play.now.replace(hour=19, minute=0, second=1)
    refused = refusals(play.send("place_order", R, *order(), at=first_second))
    assert "programme_not_in_force" in refused


def test_l2_only_a_hand_over_before_the_day_that_was_told_ahead_counts() -> None:
    play = reach("in_fulfilment")
    day = announced(play, 2)
    play.wait(play.now + timedelta(days=2))
    said = {"quantity": 2, "evidence": True}
    late = play.send("mark_delivered", S, {**said, "on": day})
    assert "programme_not_in_force" in refusals(late)
    assert rows(play.send("mark_delivered", S, {**said, "on": play.today(-1)})) == ["F1"]


def test_r3_a_newer_revision_takes_back_what_was_told_ahead() -> None:
    play = reach("choosing")
    announced(play)
    assert rows(play.send("measure_arrived", E, {"measure": measure(revision=2)})) == ["R3"]
    assert waits_for_it(play)
    assert rows(play.send("measure_arrived", E, {"measure": measure(revision=3)})) == ["L4"]
    assert not waits_for_it(play)
    play.wait(play.now + timedelta(days=10))
    assert play.status == "choosing"


def test_r3_a_newer_revocation_replaces_the_one_before_it() -> None:
    play = reach("choosing")
    announced(play, 6)
    late = announced(play, 9, revision=3)
    assert rows(play.send("revoked", E, {**AHEAD, "effective_on": play.today(1)})) == ["R3"]
    play.wait(play.now + timedelta(days=7))
    assert play.status == "choosing"
    play.wait(play.now + timedelta(days=2))
    assert (play.status, play.today()) == ("withdrawn", late)


def test_l1_what_is_revoked_before_its_day_is_not_revoked_again_on_it() -> None:
    play = reach("in_fulfilment")
    announced(play)
    assert rows(play.send("revoke", C, PROVEN)) == ["L2"]
    assert not waits_for_it(play)


def test_r7_what_waited_for_its_measure_goes_on_waiting_for_its_day() -> None:
    play = Play()
    early = {**AHEAD, "effective_on": play.today(3)}
    play.send("measure_arrived", E, {"measure": measure(), "revoked": early})
    assert (play.status, waits_for_it(play)) == ("notifying", True)
    assert rows(play.send("revoked", E, early)) == ["L1"]
    play.wait(play.now + timedelta(days=3))
    assert play.status == "withdrawn"


def test_a_case_that_ended_before_waits_for_no_revocation() -> None:
    play = reach("choosing")
    announced(play)
    play.send("decline", R, {"reason": True})
    assert (play.status, waits_for_it(play)) == ("declined", False)
