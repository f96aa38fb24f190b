"""Rows D1-D6: complaints, disputes, and what the commission concludes."""

from datetime import timedelta

import pytest

from domain.case.awaited import awaited, waits_for
from domain.messages import Actor, Role
from tests.domain.play import CALENDAR, CURRENT, T_, A, C, E, K, Play, R, S, reach, report, signing
from tests.domain.reading import STATED, refusals, rows, told

SUPPLIER_AS_MEMBER = Actor(role=Role.COMMISSION, id="person-1")


def complained(status: str) -> Play:
    play = reach(status)
    events = play.send("complain", R, {**STATED, "known_on": play.today()})
    assert rows(events) == ["D1"]
    return play


@pytest.mark.parametrize(
    "status", ["in_fulfilment", "delivered", "awaiting_signatures", "under_review"]
)
def test_d1_a_complaint_goes_before_the_commission_and_the_terms_stand_still(status: str) -> None:
    play = complained(status)
    assert (play.status, waits_for(play.case, play.period, CURRENT, CALENDAR)) == (
        "disputed",
        ("commission",),
    )
    held = play.period.deadlines[CURRENT.process.statuses[status].term or ""]
    assert held.rest is not None
    assert play.period.deadlines["dispute"].certificate["article"] == "SC 167(7)"
    play.now += timedelta(days=40)
    assert play.period.dispute is not None
    assert play.period.dispute.status == status


def test_d1_a_complaint_later_than_fourteen_days_waits_for_the_commission_to_hear_it() -> None:
    play = reach("delivered")
    known = play.today()
    play.now += timedelta(days=15)
    events = play.send("complain", R, {**STATED, "known_on": known})
    assert (rows(events), play.status) == (["D1"], "delivered")
    again = refusals(play.send("complain", R, {**STATED, "known_on": known}))
    assert set(again) == {"complaint_pending", "day_wrong"}
    in_time = again["day_wrong"]["earliest"]
    assert known < in_time < play.today()
    assert rows(play.copy().send("complain", R, {**STATED, "known_on": in_time})) == ["D1"]
    assert rows(play.send("hear_complaint", K, STATED)) == ["D1"]
    assert (play.status, play.case.tasks) == ("disputed", {})


def test_d1_the_commission_dismisses_a_complaint_that_came_late() -> None:
    play = reach("delivered")
    known = play.today()
    play.now += timedelta(days=15)
    play.send("complain", R, {**STATED, "known_on": known})
    events = play.send("dismiss_complaint", K, STATED)
    assert told(events) == [("complaint_dismissed", ("recipient",))]
    assert (play.status, play.case.tasks) == ("delivered", {})
    assert "nothing_to_do" in refusals(play.send("hear_complaint", K, STATED))


def test_d1_a_complaint_names_a_day_between_the_order_and_today() -> None:
    play = reach("delivered")
    for days in (1, -3):
        said = {**STATED, "known_on": play.today(days)}
        assert "day_wrong" in refusals(play.send("complain", R, said))


def test_d2_a_complaint_while_a_payment_is_pending_touches_no_payment() -> None:
    play = reach("payment_pending", 1)
    events = play.send("complain", R, {**STATED, "known_on": play.today()})
    assert (rows(events), play.status) == (["D2"], "payment_pending")
    assert rows(play.send("payment_reported", T_, report(play, "settled"))) == ["P2"]
    play.answer("report")
    assert play.status == "completed"
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("commission",)
    (task,) = play.case.tasks.values()
    assert (task.code, task.owner) == ("complaint", "commission")
    assert rows(play.send("dismiss_complaint", K, STATED)) == ["D2"]
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("nobody",)


def test_d2_a_complaint_about_what_is_complete_is_escalated_after_ten_working_days() -> None:
    play = reach("completed")
    play.send("complain", R, {**STATED, "known_on": play.today()})
    events = play.wait()
    assert rows(events) == ["D2"]
    (asked,) = play.case.escalations.values()
    assert asked.to == "commission_chair"
    answered = play.send("answer_escalation", K, {**STATED, "escalation": asked.id})
    assert rows(answered) == ["L10"]


def test_d3_a_notice_to_remedy_begins_the_order_anew_with_a_term() -> None:
    play = complained("under_review")
    events = play.send("order_remedy", K, {**STATED, "until": play.today(7)})
    assert (rows(events), play.status) == (["D3"], "in_fulfilment")
    assert play.period.deadlines["delivery"].certificate["article"] == "SC 167(5)"
    assert play.period.delivery is None
    assert "status_does_not_allow" in refusals(play.send("report_co_payment_missing", S))
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})
    assert (play.status, "remedy_ordered" in play.period.flags) == ("delivered", False)
    assert rows(play.send("accept", R, {"quantity": 2})) == ["F5", "A2"]


def test_d3_what_is_not_remedied_ends_the_order_and_the_supplier_is_proposed_for_removal() -> None:
    play = complained("in_fulfilment")
    play.send("order_remedy", K, {**STATED, "until": play.today(7)})
    events = play.wait()
    assert (rows(events), play.status) == (["D3"], "choosing")
    (task,) = play.case.tasks.values()
    assert (task.code, task.owner) == ("removal_proposed", "commission")
    assert "nothing_to_do" in refusals(play.send("take_note", A, STATED))
    assert rows(play.send("take_note", K, STATED)) == ["D3"]


def test_d3_what_the_commission_concluded_of_a_supplier_lies_with_administrators() -> None:
    play = complained("in_fulfilment")
    play.send("order_remedy", K, {**STATED, "until": play.today(7)})
    play.wait()
    play.send("take_note", K, STATED)
    told = [(one.task, one.who) for one in awaited(play.case, CURRENT, CALENDAR) if one.task]
    assert told == [("removal_concluded", ("administrator",))]
    assert rows(play.send("take_note", A, STATED)) == ["D3"]
    assert list(play.case.tasks) == []


def test_d3_a_remedy_has_a_day_ahead_within_its_limit() -> None:
    play = complained("in_fulfilment")
    for days in (0, 90):
        said = {**STATED, "until": play.today(days)}
        assert "day_wrong" in refusals(play.send("order_remedy", K, said))


@pytest.mark.parametrize("status", ["in_fulfilment", "under_review"])
def test_d4_a_decision_for_the_supplier_lets_the_terms_go_on_with_their_rests(status: str) -> None:
    play = reach(status)
    term = CURRENT.process.statuses[status].term
    assert term is not None
    before = play.period.deadlines[term].last_day
    play.send("complain", R, {**STATED, "known_on": play.today()})
    play.now += timedelta(days=10)
    events = play.send("decide_for_supplier", K, STATED)
    assert (rows(events), play.status) == (["D4"], status)
    going = play.period.deadlines[term]
    assert (going.rest, going.stopped) == (None, False)
    assert going.last_day > before


def test_d4_the_conclusion_stands_for_the_acceptance_that_the_recipient_refuses() -> None:
    play = reach("delivered")
    play.send("sign", S, *signing(play))
    play.send("complain", R, {**STATED, "known_on": play.today()})
    events = play.send("decide_for_supplier", K, STATED)
    assert rows(events) == ["D4", "A2"]
    assert play.period.delivery is not None
    assert (play.period.delivery.accepted, play.period.delivery.concluded) == (2, True)


def unsigned() -> Play:
    """Accepted, but the recipient does not sign the changed application."""
    play = reach("awaiting_signatures")
    play.send("change_content", C, {"quantity": 1}, {"application": "app-2"})
    play.send("sign", S, *signing(play))
    play.wait()
    assert "1:unsigned" in play.case.tasks
    return play


def test_d4_f8_the_conclusion_stands_for_the_recipients_missing_signature() -> None:
    play = unsigned()
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("recipient", "caseworker")
    play.send("refer", S, STATED)
    play.now += timedelta(days=6)
    events = play.send("decide_for_supplier", K, STATED)
    assert (rows(events), play.status) == (["D4", "A2"], "under_review")
    play.send("approve", C)


def test_d4_of_a_signature_that_the_recipient_did_give_the_verdict_is_waited_for() -> None:
    play = unsigned()
    given = {"application": "app-2", "signature": "cms-2"}
    play.send("sign", R, given, {"signature": {"reason": "unchecked"}})
    play.send("refer", S, STATED)
    play.now += timedelta(days=6)
    assert rows(play.send("decide_for_supplier", K, STATED)) == ["D4"]
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("service",)
    bad = play.copy()
    assert rows(bad.answer("verify", reason="wrong_signer")) == ["A1", "A2"]
    assert rows(play.answer("verify", reason=None)) == ["A1", "A2"]


def test_d4_the_conclusion_never_stands_for_the_suppliers_signature() -> None:
    play = reach("delivered")
    play.send("complain", R, {**STATED, "known_on": play.today()})
    events = play.send("decide_for_supplier", K, STATED)
    assert (rows(events), play.status) == (["D4"], "awaiting_signatures")
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("supplier",)


def test_d4_the_conclusion_is_of_this_content_a_changed_one_is_signed_anew() -> None:
    play = reach("delivered")
    play.send("complain", R, {**STATED, "known_on": play.today()})
    play.send("decide_for_supplier", K, STATED)
    play.send("change_content", C, {"quantity": 1}, {"application": "app-2"})
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("recipient", "supplier")


def test_d5_a_decision_for_the_recipient_ends_the_order_as_if_it_had_been_refused() -> None:
    play = complained("under_review")
    events = play.send("decide_for_recipient", K, STATED)
    assert (rows(events), play.status) == (["D5"], "choosing")
    assert told(events) == [("choose_anew", ("recipient",)), ("order_cancelled", ("supplier",))]
    assert play.period.deadlines["choice"].certificate["term"] in ("P2M", "10wd")
    assert play.period.dispute is None
    assert all(d.rest is None for d in play.period.deadlines.values())


def test_d5_a_measure_revoked_during_a_dispute_is_withdrawn_with_it() -> None:
    play = complained("in_fulfilment")
    assert rows(play.send("revoked", E, {})) == ["L3"]
    assert "programme_not_in_force" in refusals(
        play.send("order_remedy", K, {**STATED, "until": play.today(7)})
    )
    assert rows(play.copy().send("decide_for_recipient", K, STATED)) == ["D5"]
    play.send("decide_for_supplier", K, STATED)
    assert play.status == "in_fulfilment"
    assert "handover_proof" in play.period.deadlines


def test_d6_ten_working_days_of_the_commission_over_is_escalated_and_never_decided() -> None:
    play = complained("delivered")
    events = play.wait()
    assert (rows(events), play.status) == (["D6"], "disputed")
    (asked,) = play.case.escalations.values()
    assert asked.to == "commission_chair"
    assert rows(play.send("decide_for_supplier", K, STATED)) == ["D4"]


def test_d4_a_member_who_is_a_party_concludes_nothing() -> None:
    play = complained("delivered")
    assert "party_cannot_decide" in refusals(
        play.send("decide_for_supplier", SUPPLIER_AS_MEMBER, STATED)
    )
    assert "party_cannot_decide" in refusals(
        play.send("decide_for_recipient", K, STATED, {"acts_for": {"supplier-1": [K.id]}})
    )


def test_d1_of_two_members_who_decide_at_once_the_first_counts_and_the_second_learns_of_it() -> (
    None
):
    play = complained("delivered")
    play.send("decide_for_recipient", K, STATED)
    second = Actor(role=Role.COMMISSION, id="member-2")
    facts = refusals(play.send("decide_for_supplier", second, STATED))["status_does_not_allow"]
    assert (facts["by"], facts["person"]) == ("commission", "member-1")


def test_a1_a_signature_that_is_checked_during_the_dispute_still_counts() -> None:
    play = reach("delivered")
    data, facts = signing(play)
    play.send("sign", S, data, {**facts, "signature": {"reason": "unchecked"}})
    play.send("complain", R, {**STATED, "known_on": play.today()})
    assert rows(play.answer("verify")) == ["A1"]
    assert rows(play.send("decide_for_supplier", K, STATED)) == ["D4", "A2"]


def test_d4_l8_a_pause_that_ended_during_the_dispute_lets_the_terms_go_on() -> None:
    play = reach("under_review")
    said = {**STATED, "ground": "court", "until": play.today(5)}
    play.send("pause", C, said)
    play.send("complain", R, {**STATED, "known_on": play.today()})
    play.send("resume", C, STATED)
    play.send("decide_for_supplier", K, STATED)
    review = play.period.deadlines["review"]
    assert (review.rest, review.stopped) == (None, False)
