"""The rows of the choice and of the supplier's answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.case.state import Case
from domain.terms.agenda import agenda
from tests.domain.play import (
    AUTHORITY,
    BEGIN,
    C2,
    CURRENT,
    GATEWAY,
    MOMENT,
    S2,
    C,
    R,
    S,
    order,
    reach,
)
from tests.domain.reading import (
    ELSEWHERE,
    STATED,
    STRANGER,
    WRONG_CLOCKS,
    expired,
    notify,
    refusals,
    rows,
    told,
)

# --- choice ---


def test_c1_an_order_is_placed_with_the_price_and_the_sum_of_that_day() -> None:
    play = reach("choosing")
    events = play.send("place_order", R, *order())
    assert rows(events) == ["C1"]
    assert told(events) == [("order_placed", ("supplier",))]
    placed, application = play.period.order, play.period.application
    assert placed is not None
    assert application is not None
    assert (placed.ceiling, placed.co_payment) == (20_000_00, 4_000_00)
    assert (application.version, application.amount) == (1, 20_000_00)
    assert application.signatures["recipient"].checked


@pytest.mark.parametrize(
    ("changed", "code", "facts"),
    [
        ({"supplier_active": False}, "supplier_not_active", {}),
        ({"offer_item": "cane"}, "item_not_offered", {}),
        ({"offer_regions": ["11", "19"]}, "region_not_served", {}),
        ({"price": 12_500_00, "co_payment_confirmed": 5_000_00}, "price_changed",
         {"shown": 12_000_00, "current": 12_500_00}),
        ({"supplier_is_party": True}, "party_conflict", {}),
        ({"co_payment_confirmed": 0}, "co_payment_not_confirmed", {"amount": 4_000_00}),
        ({"quantity": 3, "co_payment_confirmed": 6_000_00}, "quantity_wrong", {"most": 2}),
        ({"quantity": 0}, "quantity_wrong", {"most": 2}),
        ({"norm_used": 2}, "over_norm", {"norm": 3, "used": 2, "most": 1}),
        ({"deliver_by": "2026-11-23"}, "day_wrong",
         {"earliest": "2026-11-24", "latest": "2026-12-23"}),
        ({"deliver_by": "2026-12-24"}, "day_wrong",
         {"earliest": "2026-11-24", "latest": "2026-12-23"}),
        ({"application": "app-2"}, "wrong_document", {}),
    ],
)  # fmt: skip
def test_c1_an_order_is_refused_with_its_reason(
    changed: dict[str, Any], code: str, facts: dict[str, Any]
) -> None:
    play = reach("choosing")
    assert refusals(play.send("place_order", R, *order(**changed))) == {code: facts}


def test_c1_every_reason_is_told_at_once() -> None:
    data, facts = order(quantity=9, supplier_active=False, offer_item="cane")
    found = refusals(reach("choosing").send("place_order", STRANGER, data, facts))
    assert {"not_your_case", "supplier_not_active", "item_not_offered", "quantity_wrong"} <= set(
        found
    )


def test_c1_a_bad_signature_is_refused_and_one_not_checked_yet_does_not_make_it_late() -> None:
    play = reach("choosing")
    data, facts = order()
    bad = {**facts, "signature": {"reason": "wrong_signer"}}
    assert refusals(play.send("place_order", R, data, bad)) == {
        "signature_invalid": {"reason": "wrong_signer"}
    }
    unchecked = {**facts, "signature": {"reason": "unchecked"}}
    assert rows(play.send("place_order", R, data, unchecked)) == ["C1"]
    application = play.period.application
    assert application is not None
    assert not application.signatures["recipient"].checked
    assert "verify" in {effect.kind for effect in play.case.outbox.values()}


def test_c1_without_any_verdict_a_signature_counts_as_unchecked() -> None:
    play = reach("choosing")
    data, facts = order()
    del facts["signature"]
    play.send("place_order", R, data, facts)
    application = play.period.application
    assert application is not None
    assert not application.signatures["recipient"].checked


def test_c1_a_programme_that_has_ended_takes_no_order() -> None:
    play = reach("choosing")
    known = play.case.measure
    assert known is not None
    ended = known.model_copy(update={"valid_until": BEGIN.date() - timedelta(days=1)})
    play.case = play.case.model_copy(update={"measure": ended})
    assert "programme_not_in_force" in refusals(play.send("place_order", R, *order()))


def test_c1_below_the_sum_there_is_no_co_payment_and_the_price_is_the_most() -> None:
    play = reach("choosing")
    cheap = order(price=9_000_00, price_shown=9_000_00, co_payment_confirmed=None)
    assert rows(play.send("place_order", R, *cheap)) == ["C1"]
    placed = play.period.order
    assert placed is not None
    assert (placed.ceiling, placed.co_payment) == (18_000_00, 0)


def test_c2_the_recipient_is_reminded_thirty_and_seven_days_and_one_working_day_before() -> None:
    play = reach("choosing")
    last = datetime(2027, 1, 25, 4, tzinfo=UTC)  # 09:00 in Almaty
    dues = [due.message.at for due in agenda(play.case, CURRENT.process)][:3]
    assert dues == [last - timedelta(days=30), last - timedelta(days=7), last - timedelta(days=3)]
    for _ in range(3):
        events = play.wait()
        assert rows(events) == ["C2"]
        assert told(events) == [("choice_reminder", ("recipient",))]


def test_c2_a_reminder_that_passed_while_an_order_stood_is_dropped() -> None:
    play = reach("choosing")
    play.now = BEGIN + timedelta(days=50)
    play.send("place_order", R, *order())
    play.send("cancel_order", R)
    assert play.status == "choosing"
    left = [due for due in agenda(play.case, CURRENT.process) if "choice" in due.message.name]
    assert [due.message.at > play.now for due in left] == [True] * 3


def test_c2_a_reminder_whose_instant_has_come_when_the_term_begins_is_dropped() -> None:
    """The proof of the delivery may come weeks after it: the two months ran from its day."""
    first = min(reach("choosing").period.deadlines["choice"].reminders.values())
    for at, left in ((first - MOMENT, 3), (first, 2)):
        play = reach("notifying")
        proof = {"round": 1, "confirmed": True, "on": "2026-11-23", "channel": "sms"}
        assert rows(play.send("delivery_proven", GATEWAY, proof, at=at)) == ["N2"]
        assert len(play.period.deadlines["choice"].reminders) == left


def test_c2_a_reminder_whose_instant_comes_as_the_order_falls_through_is_dropped() -> None:
    first = min(reach("choosing").period.deadlines["choice"].reminders.values())
    for at, dropped in ((first - MOMENT, None), (first, {"choice": ["30cd"]})):
        play = reach("choosing")
        play.send("place_order", R, *order(), at=first - timedelta(hours=1))
        (void,) = play.send("refuse_order", S, STATED, at=at)
        assert (void.row, void.data.get("missed")) == ("O2", dropped)


@pytest.mark.parametrize("status", ["notifying", "choosing"])
def test_c3_the_recipient_declines_and_all_are_told(status: str) -> None:
    play = reach(status)
    assert "reason_required" in refusals(play.send("decline", R))
    events = play.send("decline", R, STATED)
    assert rows(events) == ["C3"]
    assert told(events) == [("declined", ("recipient",)), ("report", ())]


def test_c5_the_end_of_the_two_months_is_told_and_lies_with_the_caseworker() -> None:
    play = reach("choosing")
    play.wait(BEGIN + timedelta(days=62))
    assert play.status == "choosing"
    events = play.wait()
    assert rows(events) == ["C5"]
    assert events[0].at == datetime(2027, 1, 25, 19, tzinfo=UTC)
    assert told(events) == [("choice_expired", ("recipient",))]
    assert list(play.case.tasks) == ["1:choice_expired"]


def test_c6_reopening_begins_a_new_round_and_a_new_term() -> None:
    play = expired()
    old = play.period.deadlines["choice"].last_day
    assert "reason_required" in refusals(play.send("reopen", C))
    assert rows(play.send("reopen", C, STATED)) == ["C6"]
    assert (play.status, play.case.tasks) == ("notifying", {})
    assert rows(notify(play, round=2)) == ["N2"]
    assert play.period.deadlines["choice"].last_day > old + timedelta(days=55)


def test_c6_a_request_is_answered_within_its_term_or_escalated() -> None:
    play = expired()
    assert rows(play.send("ask_reopening", R, STATED)) == ["C6"]
    assert "request_pending" in refusals(play.send("ask_reopening", R, STATED))
    assert "request_pending" in refusals(play.send("close", C, STATED))
    events = play.send("deny_reopening", C2, STATED)
    assert told(events) == [("reopening_denied", ("recipient",))]
    assert "nothing_to_do" in refusals(play.send("deny_reopening", C, STATED))
    # The term of the answer ended with the answer; that of the decision runs on.
    left = {due.message.name for due in agenda(play.case, CURRENT.process)}
    assert left == {"expired_decision_over", "programme_reminder", "programme_over"}
    play.send("ask_reopening", R, STATED)
    assert "reopen_answer_over" in {d.message.name for d in agenda(play.case, CURRENT.process)}


def test_c7_c8_closing_waits_ten_working_days_and_the_silence_of_the_authority_is_escalated() -> (
    None
):
    play = expired()
    assert "too_early" in refusals(play.send("close", C, STATED))
    late = play.copy()
    play.send("intend_closing", C, STATED)
    play.send("open_case", R)
    while "1:hearing_ended" not in play.case.tasks:
        play.wait()
    assert refusals(play.send("close", C, STATED)).keys() == {"too_early"}
    play.now += timedelta(days=11)
    assert "not_your_case" in refusals(play.send("close", ELSEWHERE, STATED))
    events = play.send("close", C, STATED)
    assert rows(events) == ["C7"]
    assert told(events) == [("closed", ("recipient",)), ("report", ())]
    assert (play.case.tasks, play.status) == ({}, "closed_unclaimed")
    assert rows(late.wait()) == ["C8"]
    assert (late.status, len(late.case.escalations)) == ("choice_expired", 1)


# --- the answer of the supplier ---


def test_o1_the_supplier_confirms_its_own_order_in_three_working_days() -> None:
    play = reach("ordered")
    assert "not_your_case" in refusals(play.send("confirm", S2))
    end = play.period.deadlines["supplier_answer"].expires_at
    assert refusals(play.send("confirm", S, at=end)) == {"late": {"last_day": "2026-11-26"}}
    events = play.send("confirm", S)
    assert rows(events) == ["O1"]
    assert told(events) == [("order_confirmed", ("recipient",))]
    assert play.period.deadlines["delivery"].last_day.isoformat() == "2026-12-23"


def test_o1_the_day_agreed_in_the_order_limits_the_delivery() -> None:
    play = reach("choosing")
    play.send("place_order", R, *order(deliver_by="2026-12-01"))
    play.send("confirm", S)
    delivery = play.period.deadlines["delivery"]
    assert delivery.last_day.isoformat() == "2026-12-01"
    assert delivery.certificate["article"] == "agreed in the order"


@pytest.mark.parametrize("silent", [False, True])
def test_o2_refused_or_not_answered_the_order_is_void_and_the_choice_goes_on(silent: bool) -> None:
    play = reach("ordered")
    events = play.wait() if silent else play.send("refuse_order", S, STATED)
    assert rows(events) == ["O2"]
    assert ("order_refused", ("recipient",)) in told(events)
    assert (play.status, play.period.order, play.period.application) == ("choosing", None, None)
    # The two months leave more time than ten working days do.
    assert play.period.deadlines["choice"].revision == 1


def test_o2_near_the_end_the_recipient_has_ten_days_from_the_first_proof_of_being_told() -> None:
    play = reach("choosing")
    play.now = datetime(2027, 1, 22, 6, tzinfo=UTC)
    play.send("place_order", R, *order())
    play.send("refuse_order", S, STATED)
    choice = play.period.deadlines["choice"]
    assert choice.last_day.isoformat() == "2027-02-05"
    play.now += timedelta(days=4)
    proof = {"text": "order_refused", "on": play.today(), "confirmed": True}
    other = {**proof, "text": "choice_reminder"}
    assert rows(play.send("told_proven", GATEWAY, other)) == ["-"]
    assert rows(play.send("told_proven", GATEWAY, {**proof, "confirmed": False})) == ["-"]
    assert rows(play.send("told_proven", GATEWAY, proof)) == ["O2"]
    assert play.period.deadlines["choice"].last_day.isoformat() == "2027-02-09"
    play.now += timedelta(days=2)
    assert rows(play.send("told_proven", GATEWAY, {**proof, "on": play.today()})) == ["-"]
    assert rows(play.send("open_case", R)) == ["-"]
    assert play.period.deadlines["choice"].last_day.isoformat() == "2027-02-09"


@pytest.mark.parametrize("on", WRONG_CLOCKS)
def test_o2_a_clock_that_says_what_cannot_be_takes_no_day_from_the_recipient(on: str) -> None:
    play = reach("choosing")
    play.now = datetime(2027, 1, 22, 6, tzinfo=UTC)
    play.send("place_order", R, *order())
    play.send("refuse_order", S, STATED)
    play.now += timedelta(days=4)
    proof = {"text": "order_refused", "on": on, "confirmed": True}
    assert rows(play.send("told_proven", GATEWAY, proof)) == ["O2"]
    assert play.period.deadlines["choice"].last_day.isoformat() == "2027-02-09"


def test_o2_a_term_of_which_nobody_was_told_does_not_end_until_somebody_proves_it() -> None:
    play = reach("choosing")
    play.now = datetime(2027, 1, 22, 6, tzinfo=UTC)
    play.send("place_order", R, *order())
    play.send("refuse_order", S, STATED)
    while rows(events := play.wait()) == ["C2"]:
        pass
    assert (rows(events), play.status) == (["O2"], "choosing")
    assert list(play.case.tasks) == ["1:recipient_untold"]
    assert play.period.deadlines["choice"].stopped
    assert rows(play.wait(play.now + timedelta(days=40))) == []
    assert rows(play.copy().send("place_order", R, *order(norm_used=0))) == ["C1"]
    proof = {"on": "2027-01-21", "channel": "hand_over", "evidence": True}
    assert "day_wrong" in refusals(play.send("enter_proof", C, proof))
    assert "not_your_case" in refusals(play.send("enter_proof", ELSEWHERE, proof))
    entered = play.send("enter_proof", C, {**proof, "on": play.today()})
    # The choice now ends after the implementation term, of which the caseworker is warned.
    assert rows(entered) == ["O2", "C9"]
    assert list(play.case.tasks) == ["1:implementation_before_deadline"]
    assert play.period.deadlines["choice"].last_day.isoformat() == "2027-04-06"
    while play.status == "choosing":
        play.wait()
    assert play.status == "choice_expired"


def test_o3_a_cancelled_order_leaves_the_same_deadline_or_an_expired_choice() -> None:
    play = reach("ordered")
    before = play.period.deadlines["choice"]
    events = play.copy().send("cancel_order", R)
    assert (rows(events), told(events)) == (["O3"], [("order_cancelled", ("supplier",))])
    late = reach("choosing")
    late.now = before.expires_at - timedelta(hours=1)
    late.send("place_order", R, *order())
    late.now += timedelta(hours=2)
    assert rows(late.send("cancel_order", R)) == ["O3"]
    assert (late.status, list(late.case.tasks)) == ("choice_expired", ["1:choice_expired"])


def test_the_authority_of_the_case_is_that_of_its_measure() -> None:
    assert C.on_behalf_of == AUTHORITY
    play = expired()
    assert list(refusals(play.send("reopen", ELSEWHERE, STATED))) == ["not_your_case"]


# --- the terms of the order's day ---

DAY_TERMS = {"unit_sum": 11_000_00, "unit": "piece", "yearly_norm": 2, "catalogue": "2026-12"}


def test_the_sum_of_the_order_is_that_of_its_day_and_the_co_payment_follows() -> None:
    play = reach("choosing")
    data, facts = order(co_payment_confirmed=2_000_00)
    play.send("place_order", R, data, {**facts, **DAY_TERMS})
    placed = play.period.order
    assert placed is not None
    assert (placed.unit_sum, placed.co_payment, placed.ceiling) == (11_000_00, 2_000_00, 22_000_00)
    assert (placed.unit, placed.catalogue) == ("piece", "2026-12")


def test_an_agreement_to_the_old_co_payment_is_none_to_the_new() -> None:
    play = reach("choosing")
    data, facts = order()
    (event,) = play.send("place_order", R, data, {**facts, **DAY_TERMS, "drafted_sum": 10_000_00})
    assert event.data["reasons"] == [
        {"code": "co_payment_not_confirmed", "facts": {"amount": 2_000_00}},
        {"code": "sum_changed", "facts": {"shown": 10_000_00, "current": 11_000_00}},
    ]


def test_an_order_from_before_the_sum_was_a_fact_is_what_it_was() -> None:
    play = reach("ordered")
    placed = play.period.order
    assert placed is not None
    assert (placed.unit_sum, placed.catalogue) == (10_000_00, None)
    written = play.events[-1].data["period"]["orders"][0]
    assert not {"unit", "catalogue"} & written.keys()
    assert Case.model_validate_json(play.case.model_dump_json()) == play.case
