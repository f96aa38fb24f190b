"""Several periods of one case: which one a message is about, and what is about all of them."""

from dataclasses import replace

from domain.case.outlook import choices
from domain.case.periods import is_closed, leading, live_periods
from domain.case.projection import project
from tests.domain.play import CALENDAR, CURRENT, A, C, E, Play, R, S, order, reach
from tests.domain.reading import PROVEN, STATED, refusals, rows, told
from tests.support.door import looked_up

PROCESS = CURRENT.process


def beside(play: Play, status: str) -> Play:
    """The same case with a second period, which stands where another case would."""
    second = reach(status).period.model_copy(update={"number": 2})
    held = play.case.measure
    assert held is not None
    update = {
        "periods": {1: play.period, 2: second},
        "measure": held.model_copy(update={"quantity": 4, "yearly_norm": 4}),
    }
    return replace(play.copy(), case=play.case.model_copy(update=update))


def test_with_several_live_periods_a_command_names_the_one_it_means() -> None:
    play = beside(reach("payment_pending"), "choosing")
    refused = refusals(play.send("place_order", R, *order()))
    assert refused["period_required"] == {"periods": "1, 2"}
    assert rows(play.send("place_order", R, *order(), period=2)) == ["C1"]
    assert {n: one.status for n, one in play.case.periods.items()} == {
        1: "payment_pending",
        2: "ordered",
    }


def test_the_only_live_period_need_not_be_named() -> None:
    play = beside(reach("completed"), "choosing")
    assert rows(play.send("place_order", R, *order())) == ["C1"]
    assert play.case.periods[2].status == "ordered"


def test_a_revocation_ends_or_flags_every_live_period_in_one_append() -> None:
    play = beside(reach("payment_pending"), "choosing")
    events = play.send("revoke", C, PROVEN)
    assert [(event.row, event.period) for event in events] == [("L3", 1), ("L1", 2)]
    assert (play.case.periods[1].status, play.case.periods[2].status) == (
        "payment_pending",
        "withdrawn",
    )


def test_a_pause_holds_every_period_and_the_recipient_is_told_once() -> None:
    play = beside(reach("ordered"), "choosing")
    data = {"ground": "court", "until": play.today(20), "reason": True}
    events = play.send("pause", C, data)
    assert [(event.row, event.period) for event in events] == [("L8", 1), ("L8", 2)]
    assert told(events) == [("paused", ("recipient", "supplier"))]
    assert all(one.pause for one in play.case.periods.values())


def test_a_question_is_put_once_whatever_the_number_of_periods() -> None:
    play = beside(reach("ordered"), "choosing")
    assert rows(play.send("escalate", A, {"to": "lead-1", **STATED})) == ["L10"]
    assert len(play.case.escalations) == 1


def test_a_visit_to_a_case_of_several_periods_is_one_line() -> None:
    play = beside(reach("ordered"), "choosing")
    assert rows(play.send("open_case", R)) == ["-"]


def test_a_case_closes_with_its_last_period() -> None:
    play = beside(reach("completed"), "choosing")
    assert not is_closed(play.case, PROCESS)
    assert [one.number for one in live_periods(play.case, PROCESS)] == [2]
    assert not project(play.case, CURRENT, CALENDAR).closed
    play.send("decline", R, STATED)
    assert is_closed(play.case, PROCESS)
    assert project(play.case, CURRENT, CALENDAR).closed


def test_a_list_shows_the_period_that_is_due_soonest_and_waits_for_all() -> None:
    play = beside(reach("payment_pending"), "choosing")
    shown = project(play.case, CURRENT, CALENDAR)
    assert leading(play.case, PROCESS).number == 1
    assert shown.status == "payment_pending"
    assert shown.waits_for == ("treasury", "recipient")


def test_commands_are_listed_by_period_and_those_of_the_whole_case_once() -> None:
    play = beside(reach("ordered"), "choosing")
    shown = choices(play.case, R, play.now, CURRENT, CALENDAR, looked_up({}))
    orders = {one["period"]: one["allowed"] for one in shown if one["name"] == "place_order"}
    assert orders == {1: False, 2: True}
    assert [one["period"] for one in shown if one["name"] == "open_case"] == [None]


def test_of_a_period_that_ended_only_what_is_allowed_is_listed() -> None:
    play = beside(reach("completed"), "ordered")
    shown = choices(play.case, S, play.now, CURRENT, CALENDAR, looked_up({}))
    assert {one["period"] for one in shown if not one["allowed"]} <= {2, None}


def test_a_revision_that_changes_nothing_is_one_line_for_all_periods() -> None:
    play = beside(reach("ordered"), "choosing")
    held = play.case.measure
    assert held is not None
    newer = {**held.model_dump(mode="json"), "revision": held.revision + 1}
    events = play.send("measure_arrived", E, {"measure": newer})
    assert rows(events) == ["L4"]
