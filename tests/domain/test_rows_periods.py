"""What is supplied again and again: periods, standing orders, parts of a delivery (Q1-Q3, F6)."""

from datetime import date
from typing import Any

import pytest

from domain.case.norms import own_use, uses
from domain.case.periods import is_closed, live_periods
from domain.case.projection import project, view_of
from tests.domain.play import C2, CALENDAR, CURRENT, C, E, Play, R, S, measure, order, signing
from tests.domain.reading import PROVEN, STATED, refusals, rows, told
from tests.domain.rounds import MONTHS, QUARTERS, YEAR, granted, parted
from tests.domain.whims import DAY

PROCESS = CURRENT.process


def wait_for(play: Play, period: int, status: str) -> None:
    for _ in range(60):
        found = play.case.periods.get(period)
        if found and found.status == status:
            return
        play.wait()
    raise LookupError(status)


def statuses(play: Play) -> dict[int, str]:
    return {number: one.status for number, one in play.case.periods.items()}


def days(play: Play, period: int) -> tuple[date | None, date | None]:
    found = play.case.periods[period]
    return found.begins, found.ends


def ordered(play: Play, period: int, **changed: Any) -> list[str]:
    sha = f"app-{period}-{len(play.seen)}"
    data, facts = order(application=sha, **changed)
    return rows(play.send("place_order", R, data, {**facts, "application": sha}, period=period))


# --- Q1: periods of goods ---


def test_q1_the_next_period_is_known_as_soon_as_one_has_begun() -> None:
    play = granted(**QUARTERS)
    assert statuses(play) == {1: "choosing", 2: "planned"}
    assert days(play, 1) == (date(2026, 11, 23), date(2027, 2, 22))
    assert days(play, 2) == (date(2027, 2, 23), date(2027, 5, 22))
    seen = project(play.case, CURRENT, CALENDAR)
    shown = view_of(play.case, seen, CURRENT)["periods"][1]
    assert (shown["begins"], shown["ends"]) == ("2027-02-23", "2027-05-22")


def test_q1_a_period_may_be_ordered_thirty_days_ahead_and_until_its_last_day() -> None:
    play = granted(**QUARTERS)
    wait_for(play, 2, "choosing")
    assert play.today() == "2027-01-26"
    choice = play.case.periods[2].deadlines["choice"]
    # 22 May 2027 is a Saturday.
    assert choice.last_day == date(2027, 5, 24)
    assert choice.certificate["term"] == "116cd"
    assert statuses(play)[3] == "planned"


def test_q1_the_first_period_may_still_wait_for_its_money() -> None:
    play = granted("payment_pending", **QUARTERS)
    wait_for(play, 2, "choosing")
    assert statuses(play) == {1: "payment_pending", 2: "choosing", 3: "planned"}
    assert ordered(play, 2) == ["C1"]
    assert play.case.periods[2].orders[0].norm_year == 2027


def test_q1_no_period_begins_after_the_programme_has_ended() -> None:
    play = granted(**QUARTERS, valid_until="2027-02-22")
    assert statuses(play) == {1: "choosing"}


def test_q1_a_case_whose_periods_are_over_but_one_to_come_is_not_closed() -> None:
    play = granted("completed", **QUARTERS)
    assert statuses(play) == {1: "completed", 2: "planned"}
    assert not is_closed(play.case, PROCESS)
    assert live_periods(play.case, PROCESS) == []


def test_q1_what_goes_to_procurement_meanwhile_goes_there_when_it_begins() -> None:
    """R4 holds for every period."""
    play = granted("paid", **QUARTERS)
    held = measure(**QUARTERS, revision=2, procured=True)
    assert "L4" in rows(play.send("measure_arrived", E, {"measure": held}))
    wait_for(play, 2, "to_procurement")
    assert 3 not in play.case.periods


def test_q1_whoever_cannot_be_reached_loses_no_period() -> None:
    play = Play()
    unending = measure(**QUARTERS, valid_until=None)
    play.send("measure_arrived", E, {"measure": unending})
    for _ in range(6):
        play.wait()
    assert statuses(play) == {1: "notice_failed"}


# --- Q2: standing orders ---


def test_q2_a_confirmed_order_goes_on_from_month_to_month() -> None:
    play = granted("in_fulfilment", **MONTHS)
    assert days(play, 1) == (date(2026, 11, 23), date(2026, 11, 30))
    wait_for(play, 2, "in_fulfilment")
    first, second = play.case.periods[1].orders[0], play.case.periods[2].orders[0]
    assert days(play, 2) == (date(2026, 12, 1), date(2026, 12, 31))
    kept = ("supplier", "offer", "unit_price", "unit_sum", "quantity")
    assert all(getattr(first, name) == getattr(second, name) for name in kept)
    assert play.case.periods[2].application is None


def test_q2_a_month_is_delivered_by_its_time_sheet_and_paid_for_the_hours_accepted() -> None:
    play = granted("in_fulfilment", **MONTHS)
    wait_for(play, 2, "in_fulfilment")
    sheet = {"on": play.today(), "quantity": 1, "evidence": True}
    assert rows(play.send("mark_delivered", S, sheet, period=2)) == ["F1"]
    assert "wrong_document" in refusals(play.send("accept", R, {"quantity": 1}, period=2))
    play.send("accept", R, {"quantity": 1}, {"application": "app-dec"}, period=2)
    made = play.case.periods[2].application
    assert made is not None
    assert (made.version, made.quantity, made.amount) == (1, 1, 10_000_00)
    assert made.signatures == {}


def test_q2_a_time_sheet_of_more_hours_than_were_ordered_is_refused() -> None:
    play = granted("in_fulfilment", **MONTHS)
    sheet = {"on": play.today(), "quantity": 3, "evidence": True}
    assert refusals(play.send("mark_delivered", S, sheet))["quantity_wrong"] == {
        "least": 1,
        "most": 2,
    }


def test_q2_a_standing_order_that_fell_through_is_not_gone_on_with() -> None:
    """Q1 takes its place: there is something to choose for the month."""
    play = granted("in_fulfilment", **MONTHS)
    while "cancelling_allowed" not in play.case.periods[1].flags:
        play.wait()
    later = max(play.case.periods)
    for number in live_periods(play.case, PROCESS):
        play.now += DAY
        if "cancelling_allowed" in number.flags:
            play.send("cancel_order", R, STATED, period=number.number)
    assert play.case.periods[1].status == "choosing"
    assert play.case.periods[later].status == "planned"
    wait_for(play, later, "in_fulfilment" if later > 2 else "choosing")


def test_q2_an_order_that_nobody_confirmed_begins_no_month() -> None:
    play = granted("ordered", **MONTHS)
    assert statuses(play) == {1: "ordered"}


def test_q2_hours_of_a_year_are_one_quantity_over_its_months() -> None:
    play = granted("in_fulfilment", **YEAR)
    wait_for(play, 2, "in_fulfilment")
    assert [(one.year, one.quantity) for one in uses(play.case)] == [(2026, 2)]
    sheet = {"on": play.today(), "quantity": 1, "evidence": True}
    play.send("mark_delivered", S, sheet, period=2)
    sheet = {"on": play.today(), "quantity": 2, "evidence": True}
    refused = refusals(play.send("mark_delivered", S, sheet, period=1))
    assert refused["quantity_wrong"] == {"least": 1, "most": 1}


def test_q2_the_months_of_a_year_stop_when_its_hours_are_given_and_go_on_in_the_next() -> None:
    """Q3 closes a month that has no hours left."""
    play = granted("in_fulfilment", **YEAR)
    sheet = {"on": play.today(), "quantity": 2, "evidence": True}
    play.send("mark_delivered", S, sheet)
    wait_for(play, 2, "lapsed")
    wait_for(play, 3, "in_fulfilment")
    assert days(play, 3)[0] == date(2027, 1, 1)
    assert play.case.periods[3].orders[0].norm_year == 2027


def test_q2_a_month_takes_no_more_hours_than_the_norm_leaves() -> None:
    play = granted("in_fulfilment", **{**MONTHS, "yearly_norm": 3})
    wait_for(play, 2, "in_fulfilment")
    assert play.case.periods[2].orders[0].quantity == 1
    assert own_use(play.case, 2026) == 3


# --- Q3: a period ends, the case goes on ---


def test_q3_a_later_period_without_an_order_lapses_on_its_last_day() -> None:
    play = granted("payment_pending", **QUARTERS)
    wait_for(play, 2, "lapsed")
    assert play.case.periods[1].status == "payment_pending"
    assert statuses(play)[3] == "choosing"
    assert not is_closed(play.case, PROCESS)


def test_q3_a_declined_period_lapses_and_the_others_are_untouched() -> None:
    play = granted("payment_pending", **QUARTERS)
    wait_for(play, 2, "choosing")
    events = play.send("decline", R, STATED, period=2)
    assert rows(events) == ["C3"]
    assert told(events) == [("lapsed", ("recipient",)), ("report", ())]
    assert statuses(play) == {1: "payment_pending", 2: "lapsed", 3: "planned"}


def test_q3_a_refused_period_lapses() -> None:
    """V6 after the hearing."""
    play = granted("under_review", **QUARTERS)
    data = {"ground": "not_delivered", **STATED}
    play.send("intend_refusal", C, data)
    play.send("open_case", R)
    while "1:hearing_ended" not in play.case.tasks:
        play.wait()
    play.send("refuse", C, data, period=1)
    play.send("refuse", C2, data, period=1)
    assert statuses(play)[1] == "lapsed"
    assert statuses(play)[2] != "lapsed"


def test_q3_the_case_closes_with_its_last_period() -> None:
    play = granted(**QUARTERS, valid_until="2027-04-30")
    wait_for(play, 2, "choosing")
    play.send("decline", R, STATED, period=1)
    assert not is_closed(play.case, PROCESS)
    play.send("decline", R, STATED, period=2)
    assert statuses(play) == {1: "lapsed", 2: "lapsed"}
    assert is_closed(play.case, PROCESS)


def test_q3_whoever_declines_the_period_to_come_wants_no_further_one() -> None:
    """C3 of a planned period."""
    play = granted("completed", **QUARTERS)
    assert rows(play.send("decline", R, STATED, period=2)) == ["C3"]
    assert statuses(play) == {1: "completed", 2: "lapsed"}
    assert is_closed(play.case, PROCESS)


def test_q3_a_programme_that_was_shortened_lets_no_planned_period_begin() -> None:
    play = granted("paid", **QUARTERS)
    shorter = measure(**QUARTERS, revision=2, valid_until="2027-01-31")
    play.send("measure_arrived", E, {"measure": shorter})
    wait_for(play, 2, "lapsed")
    assert 3 not in play.case.periods


def test_l1_a_revocation_ends_the_planned_period_and_begins_no_other() -> None:
    play = granted("payment_pending", **QUARTERS)
    events = play.send("revoke", C, PROVEN)
    assert [(one.row, one.period) for one in events] == [("L3", 1), ("L1", 2)]
    assert statuses(play) == {1: "payment_pending", 2: "withdrawn"}
    for _ in range(10):
        play.wait()
    assert set(play.case.periods) == {1, 2}


def test_l5_a_revision_before_an_order_keeps_the_days_of_a_later_period() -> None:
    """It is received anew, but the two months ran once (Q1)."""
    play = granted("payment_pending", **QUARTERS)
    wait_for(play, 2, "choosing")
    until = play.case.periods[2].deadlines["choice"].last_day
    events = play.send(
        "measure_arrived", E, {"measure": measure(**QUARTERS, revision=2, item="cane")}
    )
    assert [one.row for one in events if one.period == 2][:2] == ["L5", "Q1"]
    assert play.case.periods[2].deadlines["choice"].last_day == until


# --- F6: a part is accepted ---


def test_f6_a_part_makes_a_new_version_and_the_rest_a_further_period() -> None:
    play = parted()
    assert statuses(play) == {1: "awaiting_signatures", 2: "in_fulfilment"}
    part, rest = play.case.periods[1], play.case.periods[2]
    assert part.application is not None
    assert (part.application.version, part.application.amount) == (2, 10_000_00)
    assert part.application.signatures == {}
    assert rest.part_of == 1
    assert [one.quantity for one in rest.orders] == [1]
    assert rest.deadlines["delivery"].revision == 1


def test_f6_the_rest_is_delivered_signed_and_counted_on_its_own() -> None:
    play = parted()
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 1, "evidence": True}, period=2)
    play.send("accept", R, {"quantity": 1}, {"application": "app-rest"}, period=2)
    play.about = 2
    play.send("sign", S, *signing(play))
    play.send(
        "sign",
        R,
        {"application": "app-rest", "signature": "cms-r2"},
        {"signature": {"reason": None}},
    )
    assert statuses(play) == {1: "awaiting_signatures", 2: "under_review"}
    assert [one.quantity for one in uses(play.case)] == [1, 1]


def test_f6_less_than_nothing_or_more_than_was_delivered_is_no_part() -> None:
    for quantity in (0, 3):
        play = granted("delivered")
        refused = refusals(play.send("accept", R, {"quantity": quantity}))
        assert refused == {"quantity_wrong": {"least": 1, "most": 2}}


def test_f6_after_a_revocation_the_rest_is_not_owed() -> None:
    """L3: the claim runs to its end, and no new period begins."""
    play = granted("delivered")
    play.send("revoked", E)
    play.send("accept", R, {"quantity": 1}, {"application": "app-part"})
    assert statuses(play) == {1: "awaiting_signatures"}


def test_f6_a_revision_covers_what_was_accepted_together_with_the_rest() -> None:
    """L5 counts both parts of the order."""
    play = parted()
    fewer = measure(revision=2, quantity=1)
    events = play.send("measure_arrived", E, {"measure": fewer})
    assert {one.period for one in events if one.type == "flagged"} == {1, 2}


def test_f6_hours_of_a_month_that_are_not_accepted_are_not_owed() -> None:
    play = granted("delivered", **MONTHS)
    play.send("accept", R, {"quantity": 1}, {"application": "app-part"})
    assert statuses(play) == {1: "awaiting_signatures", 2: "planned"}


# --- norms and shares ---


def test_an_order_takes_no_more_than_the_share_of_its_period() -> None:
    play = granted(**{**QUARTERS, "share": 1})
    refused = refusals(play.send("place_order", R, *order()))
    assert refused["quantity_wrong"] == {"most": 1}


def test_a_norm_of_the_year_is_counted_over_the_periods_of_a_case() -> None:
    """C1: the second quarter begins in 2027, the third too."""
    play = granted("payment_pending", **{**QUARTERS, "yearly_norm": 3})
    wait_for(play, 2, "choosing")
    assert ordered(play, 2) == ["C1"]
    play.send("confirm", S, period=2)
    wait_for(play, 3, "choosing")
    data, facts = order()
    refused = refusals(play.send("place_order", R, data, facts, period=3))
    assert refused["over_norm"] == {"norm": 3, "used": 0, "own": 2, "most": 1}


@pytest.mark.parametrize(("value", "taken"), [("lapses", False), ("rolls_over", True)])
def test_a_norm_that_was_not_used_rolls_over_only_where_the_edition_says_so(
    value: str, taken: bool
) -> None:
    values = {**CURRENT.values, "unused_norm": value}
    play = granted(**{**QUARTERS, "yearly_norm": 2})
    play.edition = CURRENT.model_copy(update={"values": values})
    wait_for(play, 2, "choosing")
    assert ordered(play, 2) == ["C1"]
    play.send("confirm", S, period=2)
    wait_for(play, 3, "choosing")
    assert (ordered(play, 3) == ["C1"]) is taken


# --- a child's companion ---


def test_c1_the_place_of_a_childs_companion_is_paid_up_to_its_share() -> None:
    play = granted(companion=True)
    data, facts = order(companion_sum=7_000_00, co_payment_confirmed=14_000_00, companion=True)
    data.pop("companion_sum")
    play.send("place_order", R, data, {**facts, "companion_sum": 7_000_00})
    placed, made = play.period.orders[0], play.period.application
    assert made is not None
    # Two stays at 12 000: 10 000 and 7 000 are paid of each, 2 000 and 5 000 are left.
    assert (placed.ceiling, placed.co_payment, made.amount) == (34_000_00, 14_000_00, 34_000_00)


def test_c1_nobody_but_a_child_has_a_companion() -> None:
    play = granted()
    data, facts = order(companion=True)
    assert "companion_not_entitled" in refusals(play.send("place_order", R, data, facts))


def test_an_employer_paid_measure_never_reaches_the_budget() -> None:
    """R5: whoever tries, nothing is ordered, and nothing is paid."""
    play = Play()
    events = play.send("measure_arrived", E, {"measure": measure(payer="EMPLOYER", **QUARTERS)})
    assert rows(events) == ["R1", "R5"]
    assert told(events) == [("to_employer", ("recipient",)), ("report", ())]
    for name, actor in (("place_order", R), ("approve", C), ("retry_payment", C)):
        data, facts = order() if name == "place_order" else ({}, {})
        assert "case_closed" in refusals(play.send(name, actor, data, facts))
    assert play.case.periods[1].payments == ()
