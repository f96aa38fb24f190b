"""Periods of a supplier that is no more, and of a case that stands still (O4, L6, L8)."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.messages import SERVICE
from tests.domain.play import C2, C, E, Play, R, S, measure, power
from tests.domain.reading import PROVEN, STATED, refusals, rows
from tests.domain.rounds import MONTHS, QUARTERS, granted
from tests.domain.test_rows_periods import wait_for

GONE = {"supplier": "supplier-1", "ground": "ceased", "removal": "1"}


def until(play: Play, days: int) -> dict[str, Any]:
    return {"ground": "court", "reason": "stated", "until": play.today(days)}


def worked(**changed: Any) -> Play:
    """A standing order whose first month was told in a time sheet; the next one is planned."""
    play = granted("in_fulfilment", **{**MONTHS, **changed})
    sheet = {"on": play.today(), "quantity": 1, "evidence": True}
    play.send("mark_delivered", S, sheet)
    return play


# --- O4: a standing order and a supplier that is no more ---


@pytest.mark.parametrize(
    ("name", "actor", "data"),
    [("supplier_ceased", C, PROVEN), ("supplier_removed", SERVICE, GONE)],
)
def test_q2_a_standing_order_does_not_go_on_with_a_supplier_that_is_no_more(
    name: str, actor: Any, data: dict[str, Any]
) -> None:
    """P13 of the month that was worked; the next one is for the recipient to choose (Q1)."""
    play = worked()
    assert "P13" in rows(play.send(name, actor, data))
    wait_for(play, 2, "choosing")
    assert play.case.periods[2].orders == ()


def test_q2_a_successor_is_paid_for_what_was_worked_and_takes_no_month_over() -> None:
    play = worked()
    play.send("supplier_ceased", C, PROVEN)
    told = {**PROVEN, "successor": "supplier-2", "ground": "heir"}
    facts = {"successor_known": True, "supplier_is_party": False}
    for clerk in (C, C2):
        play.send("enter_successor", clerk, told, facts)
    assert play.case.periods[1].flags == ()
    wait_for(play, 2, "choosing")


def test_o4_the_month_to_come_is_told_where_every_other_one_is_paid() -> None:
    play = granted("completed", **MONTHS)
    assert play.case.periods[2].status == "planned"
    assert rows(play.send("supplier_removed", SERVICE, GONE)) == ["O4"]
    assert play.case.periods[2].flags == ("supplier_ceased",)
    assert rows(play.send("supplier_removed", SERVICE, GONE)) == ["-"]
    wait_for(play, 2, "choosing")


def test_o4_a_caseworker_tells_the_month_to_come_and_says_what_proves_it() -> None:
    play = granted("completed", **MONTHS)
    refused = refusals(play.send("supplier_ceased", C, {}, period=2))
    assert set(refused) == {"reason_required", "evidence_required"}
    assert rows(play.send("supplier_ceased", C, PROVEN, period=2)) == ["O4"]
    again = refusals(play.send("supplier_ceased", C, PROVEN, period=2))
    assert "status_does_not_allow" in again


def test_o4_another_supplier_or_another_ground_leaves_the_month_to_come_alone() -> None:
    play = granted("completed", **MONTHS)
    for changed in ({"supplier": "supplier-2"}, {"ground": "own_application"}):
        assert rows(play.send("supplier_removed", SERVICE, {**GONE, **changed})) == ["-"]
    wait_for(play, 2, "in_fulfilment")


def test_o4_a_period_that_has_no_standing_order_is_chosen_anyway() -> None:
    play = granted("completed", **QUARTERS)
    asked = play.send("supplier_ceased", C, PROVEN, period=2)
    assert "status_does_not_allow" in refusals(asked)


# --- L8, L6: a period that comes while the case stands still ---


def test_l8_a_period_of_a_paused_case_begins_on_its_day_and_its_terms_wait() -> None:
    """Q1: whoever cannot act loses no quarter; the whole time to order is left afterwards."""
    play = granted("notifying", **QUARTERS)
    play.send("pause", C, until(play, 200))
    play.send("open_case", R)
    one, planned = play.case.periods[1], play.case.periods[2]
    assert planned.pause == one.pause
    assert planned.deadlines["pause"].last_day == one.deadlines["pause"].last_day
    wait_for(play, 2, "choosing")
    assert play.today() == "2027-01-26"
    choice, third = play.case.periods[2].deadlines["choice"], play.case.periods[3]
    assert (choice.stopped, choice.rest, third.pause) == (True, "118cd", one.pause)
    play.wait(play.now + timedelta(days=60))
    assert play.case.periods[2].status == "choosing"
    assert rows(play.send("resume", C, STATED)).count("L8") == 3
    assert all(one.pause is None for one in play.case.periods.values())
    choice = play.case.periods[2].deadlines["choice"]
    assert (choice.stopped, choice.certificate["term"]) == (False, "118cd")


def test_l8_a_standing_order_goes_on_in_a_paused_case_and_nobody_is_late() -> None:
    """Q2: the month has begun, its time sheet waits until the case goes on."""
    play = granted("in_fulfilment", **MONTHS)
    play.send("pause", C, until(play, 100))
    wait_for(play, 2, "in_fulfilment")
    assert play.case.periods[2].deadlines["delivery"].stopped
    play.send("resume", C, STATED)
    assert not play.case.periods[2].deadlines["delivery"].stopped


def test_l8_the_pause_of_a_planned_period_ends_on_the_day_of_the_others() -> None:
    play = granted("notifying", **QUARTERS)
    play.send("pause", C, until(play, 30))
    play.send("open_case", R)
    assert rows(play.wait()) == ["L8", "L8"]
    assert [one.pause for one in play.case.periods.values()] == [None, None]


def test_f6_the_rest_of_a_paused_case_is_not_late_before_it_goes_on() -> None:
    play = granted("delivered")
    play.send("pause", C, until(play, 200))
    play.send("accept", R, {"quantity": 1}, {"application": "app-part"})
    rest = play.case.periods[2]
    assert (rest.pause, rest.deadlines["delivery"].stopped) == (play.case.periods[1].pause, True)
    play.send("resume", C, STATED)
    rest = play.case.periods[2]
    assert (rest.pause, rest.deadlines["delivery"].stopped) == (None, False)


def test_l6_a_period_that_is_planned_after_a_power_began_is_told_of_its_end() -> None:
    acting = {"representatives": [power(until="2026-12-31")]}
    play = Play()
    play.send("measure_arrived", E, {"measure": measure(**QUARTERS, acting=acting)})
    play.send("open_case", R)
    watched = [one.deadlines["representation"].last_day for one in play.case.periods.values()]
    assert watched == [date(2026, 12, 31)] * 2
