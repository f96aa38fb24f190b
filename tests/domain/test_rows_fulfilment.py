"""The rows of delivery, signatures and review, and those that may come at any time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.messages import Actor, Role
from tests.domain.play import (
    BEGIN,
    C2,
    C3,
    CURRENT,
    GOOD_ACCOUNT,
    REPRESENTATIVE,
    S2,
    A,
    C,
    E,
    Play,
    R,
    S,
    measure,
    order,
    power,
    reach,
    signing,
)
from tests.domain.reading import ELSEWHERE, PROVEN, STATED, STRANGER, refusals, rows, told

RELATED = Actor(role=Role.CASEWORKER, id=REPRESENTATIVE, on_behalf_of="authority-1")
REFUSED = {"reason": "stated", "ground": "not_delivered"}


def delivery(play: Play, **changed: Any) -> dict[str, Any]:
    return {"on": play.today(), "quantity": 2, "evidence": True, **changed}


# --- delivery and acceptance ---


def test_f1_the_supplier_marks_the_whole_order_delivered_with_evidence() -> None:
    play = reach("in_fulfilment")
    assert "not_your_case" in refusals(play.send("mark_delivered", S2, delivery(play)))
    for changed, code in (
        ({"evidence": False}, "evidence_required"),
        ({"quantity": 1}, "quantity_wrong"),
        ({"on": play.today(1)}, "day_wrong"),
        ({"on": play.today(-1)}, "day_wrong"),
    ):
        assert code in refusals(play.send("mark_delivered", S, delivery(play, **changed)))
    events = play.send("mark_delivered", S, delivery(play))
    assert (rows(events), told(events)) == (["F1"], [("delivered", ("recipient",))])
    assert play.period.deadlines["acceptance"].last_day.isoformat() == "2026-12-07"


def test_f1_an_edition_without_acceptance_counts_the_hand_over() -> None:
    play = reach("in_fulfilment")
    play.edition = CURRENT.model_copy(update={"acceptance": False})
    play.send("mark_delivered", S, delivery(play))
    assert play.status == "awaiting_signatures"
    assert play.period.delivery is not None
    assert play.period.delivery.accepted == 2


def test_f2_an_overdue_delivery_may_be_cancelled_after_ten_more_days_or_still_be_made() -> None:
    play = reach("in_fulfilment")
    assert "too_early" in refusals(play.send("cancel_order", R))
    events = play.wait()
    assert (rows(events), told(events)) == (["F2"], [("delivery_overdue", ("recipient",))])
    assert list(play.case.tasks) == ["1:delivery_overdue"]
    late = play.copy()
    assert rows(late.send("mark_delivered", S, delivery(late))) == ["F1"]
    assert late.case.tasks == {}
    assert rows(play.wait()) == ["F2"]
    assert "not_your_case" in refusals(play.send("cancel_order", ELSEWHERE))
    events = play.send("cancel_order", C)
    assert (rows(events), play.status, play.case.tasks) == (["F2"], "choosing", {})
    assert ("order_cancelled", ("supplier",)) in told(events)


def test_f5_the_recipient_alone_accepts_what_was_delivered() -> None:
    play = reach("delivered")
    assert "not_your_case" in refusals(play.send("accept", STRANGER, {"quantity": 2}))
    assert refusals(play.send("accept", R, {"quantity": 3})) == {
        "quantity_wrong": {"least": 1, "most": 2}
    }
    events = play.send("accept", R, {"quantity": 2})
    assert (rows(events), told(events)) == (["F5"], [("accepted", ("supplier",))])


def test_f7_silence_never_accepts() -> None:
    play = reach("delivered")
    assert rows(play.wait()) == ["F7"]
    assert (play.status, list(play.case.tasks)) == ("delivered", ["1:acceptance_silent"])
    play.send("accept", R, {"quantity": 2})
    assert play.case.tasks == {}


# --- the application ---


@pytest.mark.parametrize("status", ["ordered", "in_fulfilment", "delivered"])
def test_a1_the_supplier_may_sign_from_the_order_on_and_a2_follows_the_acceptance(
    status: str,
) -> None:
    play = reach(status)
    assert rows(play.send("sign", S, *signing(play))) == ["A1"]
    assert play.status == status
    if status == "delivered":
        assert rows(play.send("accept", R, {"quantity": 2})) == ["F5", "A2"]
        assert play.status == "under_review"


def test_a1_the_same_signature_twice_changes_nothing() -> None:
    play = reach("ordered")
    play.send("sign", S, *signing(play))
    before = play.case
    assert [event.type for event in play.send("sign", S, *signing(play))] == ["noted"]
    assert play.case == before.model_copy(update={"seq": before.seq + 1})


@pytest.mark.parametrize(
    ("changed", "facts", "code"),
    [
        ({"application": "app-0"}, {}, "wrong_document"),
        ({"account": ""}, {}, "account_required"),
        ({}, {"signature": {"reason": "certificate_expired"}}, "signature_invalid"),
        ({}, {"account_signature": {"reason": "wrong_signer"}}, "signature_invalid"),
    ],
)
def test_a1_a_signature_is_refused_with_its_reason(
    changed: dict[str, Any], facts: dict[str, Any], code: str
) -> None:
    play = reach("awaiting_signatures")
    data, _ = signing(play, **changed)
    assert list(refusals(play.send("sign", S, data, {**GOOD_ACCOUNT, **facts}))) == [code]


def test_a1_a_signature_that_is_found_bad_later_is_taken_out_and_told() -> None:
    play = reach("choosing")
    data, facts = order()
    play.send("place_order", R, data, {**facts, "signature": {"reason": "unchecked"}})
    bad = play.copy()
    events = bad.answer("verify", reason="certificate_revoked")
    assert told(events) == [("signature_rejected", ("recipient", "supplier"))]
    assert bad.period.application is not None
    assert bad.period.application.signatures == {}
    still = play.copy()
    assert [event.type for event in still.answer("verify", reason="unchecked")] == ["noted"]
    play.answer("verify", certificate="cert")
    assert play.period.application is not None
    assert play.period.application.signatures["recipient"].checked


def test_a1_a_verified_signature_is_not_replaced_by_one_that_nobody_could_verify_yet() -> None:
    play = reach("ordered")
    play.send("sign", S, *signing(play))
    data, facts = signing(play, signature="cms-2")
    play.send("sign", S, data, {**facts, "signature": {"reason": "unchecked"}})
    assert play.period.application is not None
    assert play.period.application.signatures["supplier"].cms_sha256 == "cms-s"
    assert play.period.application.signatures["supplier"].checked


@pytest.mark.parametrize(
    ("hour", "start"),
    [(5, "2026-11-24"), (12, "2026-11-24"), (13, "2026-11-25"), (20, "2026-11-25")],
)
def test_a2_what_comes_after_office_hours_is_registered_the_next_working_day(
    hour: int, start: str
) -> None:
    play = reach("awaiting_signatures")
    play.now = datetime(2026, 11, 24, hour, tzinfo=UTC)
    assert rows(play.send("sign", S, *signing(play))) == ["A1", "A2"]
    assert play.period.deadlines["review"].certificate["start"] == start
    assert play.period.deadlines["review"].certificate["term"] == "15wd"


def test_a3_another_content_is_another_version_and_voids_every_signature() -> None:
    play = reach("awaiting_signatures")
    for quantity in (0, 3):
        asked = {"quantity": quantity}
        assert "quantity_wrong" in refusals(play.send("change_content", C, asked))
    events = play.send("change_content", C, {"quantity": 1}, {"application": "app-2"})
    assert rows(events) == ["A3"]
    application = play.period.application
    assert application is not None
    assert (application.version, application.amount) == (2, 10_000_00)
    assert (application.signatures, application.account) == ({}, None)
    assert rows(play.send("sign", S, *signing(play))) == ["A1"]
    assert play.status == "awaiting_signatures"


def test_a4_what_stays_unsigned_is_reminded_and_lies_with_the_caseworker() -> None:
    play = reach("awaiting_signatures")
    events = play.wait()
    assert (rows(events), told(events)) == (["A4"], [("sign_reminder", ("recipient", "supplier"))])
    assert list(play.case.tasks) == ["1:unsigned"]
    play.send("sign", S, *signing(play))
    assert (play.status, play.case.tasks) == ("under_review", {})


# --- review ---


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [(C, C, "same_person"), (C, RELATED, "party_cannot_decide"), (C, ELSEWHERE, "not_your_case")],
)
def test_v3_the_second_approval_is_another_persons_who_is_no_party(
    first: Actor, second: Actor, code: str
) -> None:
    play = reach("under_review")
    assert rows(play.send("approve", first)) == ["V2"]
    assert code in refusals(play.send("approve", second))
    assert play.status == "under_review"


def test_v2_a_party_does_not_approve_first_either() -> None:
    play = reach("under_review")
    assert "party_cannot_decide" in refusals(play.send("approve", RELATED))
    related = {"acts_for": {"supplier-1": [C.id]}}
    assert "party_cannot_decide" in refusals(play.send("approve", C, {}, related))


def test_v3_a_first_approver_who_became_a_party_since_does_not_count() -> None:
    play = reach("under_review")
    play.send("approve", C)
    play.send(
        "measure_arrived",
        E,
        {"measure": measure(revision=2, acting={"representatives": [power(person=C.id)]})},
    )
    assert "party_cannot_decide" in refusals(play.send("approve", C2))


def test_v2_an_approval_may_be_taken_back_by_who_gave_it() -> None:
    play = reach("under_review", 1)
    assert "nothing_to_do" in refusals(play.send("withdraw_approval", C2))
    assert rows(play.send("withdraw_approval", C)) == ["V2"]
    assert rows(play.send("approve", C2)) == ["V2"]
    assert rows(play.send("approve", C)) == ["V3"]


def test_v3_the_approval_pays_and_tells_both() -> None:
    play = reach("under_review", 1)
    events = play.send("approve", C2)
    assert rows(events) == ["V3"]
    assert told(events) == [("pay", ()), ("approved", ("recipient", "supplier"))]
    payment = play.period.payment
    assert payment is not None
    assert (payment.key, payment.amount) == ("7XK2M9-1-1-1-1", 20_000_00)


def test_v3_v7_without_funds_it_waits_and_is_paid_when_they_are_there() -> None:
    play = reach("under_review", 1)
    assert rows(play.send("approve", C2, {"funds_lacking": True})) == ["V3"]
    assert (play.status, play.period.payments) == ("awaiting_funds", ())
    events = play.wait()
    assert (rows(events), told(events)) == (["V7"], [("awaiting_funds", ("supplier",))])
    assert list(play.case.tasks) == ["1:funds_late"]
    assert "not_your_case" in refusals(play.send("confirm_funds", ELSEWHERE))
    assert rows(play.send("confirm_funds", C3)) == ["V7"]
    assert (play.status, play.case.tasks) == ("payment_pending", {})


def test_v3_v4_a_term_that_runs_out_is_escalated_and_decides_nothing() -> None:
    play = reach("under_review", 1)
    assert rows(play.wait()) == ["V3"]
    assert rows(play.wait()) == ["V4"]
    assert (play.status, list(play.case.tasks)) == ("under_review", ["1:review_overdue"])
    assert len(play.case.escalations) == 2
    play.send("approve", C2)
    assert play.case.tasks == {}


# --- at any time ---


@pytest.mark.parametrize("status", ["notifying", "choosing", "ordered"])
def test_l1_a_measure_that_is_revoked_before_fulfilment_ends_and_an_order_is_void(
    status: str,
) -> None:
    play = reach(status)
    refused = refusals(play.send("revoke", C, STATED))
    assert list(refused) == ["evidence_required"]
    other = play.copy()
    events = play.send("revoked", E)
    audience = ("recipient", "supplier") if status == "ordered" else ("recipient",)
    assert rows(events) == ["L1"]
    assert told(events) == [("withdrawn", audience), ("report", ())]
    assert rows(other.send("revoke", C, PROVEN)) == ["L1"]
    assert play.period.order is None


def test_l2_after_a_revocation_only_a_hand_over_before_that_day_counts_in_three_days() -> None:
    play = reach("in_fulfilment")
    play.now = BEGIN + timedelta(days=4)
    events = play.send("revoked", E, {"effective_on": "2026-11-26"})
    assert (rows(events), told(events)) == (["L2"], [("stop", ("supplier",))])
    on = {"on": "2026-11-26", "quantity": 2, "evidence": True}
    assert "programme_not_in_force" in refusals(play.send("mark_delivered", S, on))
    end = play.period.deadlines["handover_proof"].expires_at
    before = {**on, "on": "2026-11-25"}
    assert "late" in refusals(play.copy().send("mark_delivered", S, before, at=end))
    assert rows(play.copy().send("mark_delivered", S, before)) == ["F1"]
    events = play.wait()
    assert (rows(events), play.status) == (["L2"], "withdrawn")
    assert told(events) == [("withdrawn", ("recipient", "supplier")), ("report", ())]


@pytest.mark.parametrize("status", ["delivered", "under_review", "payment_pending", "paid"])
def test_l3_after_the_delivery_a_revocation_is_a_flag_and_the_claim_runs_to_its_end(
    status: str,
) -> None:
    play = reach(status)
    assert rows(play.send("revoked", E)) == ["L3"]
    assert play.status == status
    assert rows(play.send("revoked", E)) == ["-"]


@pytest.mark.parametrize("status", ["notifying", "choosing", "ordered", "under_review", "paid"])
def test_l4_new_contacts_and_dates_are_taken_over(status: str) -> None:
    play = reach(status)
    new = measure(revision=2, developed_on="2026-11-02")
    assert rows(play.send("measure_arrived", E, {"measure": new})) == ["L4"]
    assert play.status == status
    assert play.case.measure is not None
    assert play.case.measure.revision == 2


@pytest.mark.parametrize(
    ("status", "changed", "row", "end"),
    [
        ("choosing", {"quantity": 1}, ["L5", "R6"], "notifying"),
        ("choosing", {"payer": "EMPLOYER"}, ["L5", "R5"], "to_employer"),
        ("ordered", {"quantity": 3}, ["L5"], "ordered"),
        ("ordered", {"valid_until": "2028-10-31"}, ["L5"], "ordered"),  # exactly what was ordered
        ("ordered", {"quantity": 1}, ["L5", "R6"], "notifying"),
        ("in_fulfilment", {"item": "cane"}, ["L5"], "in_fulfilment"),
        ("paid", {"item": "cane"}, ["L5"], "paid"),
    ],
)
def test_l5_another_measure_begins_anew_before_an_order_and_is_judged_after_it(
    status: str, changed: dict[str, Any], row: list[str], end: str
) -> None:
    play = reach(status)
    events = play.send("measure_arrived", E, {"measure": measure(revision=2, **changed)})
    assert (rows(events), play.status) == (row, end)
    if "revision_to_judge" in play.period.flags:
        assert "reason_required" in refusals(play.send("judge_revision", C))
        assert rows(play.send("judge_revision", C, STATED)) == ["L5"]
        assert play.case.tasks == {}
    if status == "ordered" and end == "notifying":
        assert ("order_cancelled", ("supplier",)) in told(events)
        assert play.period.order is None


def test_a_body_without_what_its_message_says_is_refused_with_every_field_that_is_missing() -> None:
    play = reach("in_fulfilment")
    missing = refusals(play.send("mark_delivered", S, {"evidence": True}))
    assert missing == {"incomplete": {"fields": "on, quantity"}}


def test_a_closed_case_records_notices_and_answers_the_rest_with_its_state() -> None:
    play = reach("choosing")
    play.send("decline", R, STATED)
    for name, actor in (("place_order", R), ("approve", C), ("escalate", A)):
        found = refusals(play.send(name, actor, {}))
        assert found["case_closed"]["status"] == "declined"
    assert rows(play.send("revoked", E)) == ["-"]
    assert rows(play.send("measure_arrived", E, {"measure": measure(revision=9)})) == ["-"]
    assert "unknown_command" in refusals(play.send("dance", R))
