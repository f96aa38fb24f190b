"""Row L15: one person on both sides is found at every act, and nothing is paid while held."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.messages import SERVICE, Actor, Role
from tests.domain.money import PART, failed
from tests.domain.play import (
    C2,
    C3,
    RECIPIENT,
    REPRESENTATIVE,
    T_,
    A,
    C,
    K,
    Play,
    R,
    S,
    V,
    order,
    reach,
    report,
    signing,
)
from tests.domain.reading import PROVEN, refusals, rows
from tests.domain.test_rows_payment_again import NEW_ACCOUNT, VERIFIED
from tests.domain.test_rows_recovery import claimed

SELLER = "signer-1"
# The representative holds a token of the supplier, too.
KNOWN = {"acts_for": {"supplier-1": [REPRESENTATIVE]}}
BOTH = Actor(role=Role.SUPPLIER, id=REPRESENTATIVE, on_behalf_of="supplier-1")
BEFORE = ["ordered", "in_fulfilment", "delivered", "awaiting_signatures", "under_review"]
AFTER = ["payment_pending"]
SAID = {"reason": True, "evidence": True, "known_on": "2026-11-23"}


def told(play: Play) -> list[Any]:
    """The portal learns that somebody acts on both sides."""
    return play.send("conflict_found", SERVICE, {}, KNOWN)


def held(status: str) -> Play:
    play = reach(status)
    assert rows(told(play)) == ["L15"]
    assert play.period.held
    return play


def pays(play: Play) -> bool:
    return any(effect.kind == "pay" for effect in play.case.outbox.values())


@pytest.mark.parametrize("status", [*BEFORE, *AFTER])
def test_l15_who_is_found_on_both_sides_has_the_case_held_with_a_task(status: str) -> None:
    play = held(status)
    assert play.status == status
    assert "1:parties_conflict" in play.case.tasks
    assert play.period.conflict is not None
    assert play.period.conflict.persons == (REPRESENTATIVE,)
    assert rows(told(play)) == ["-"]


@pytest.mark.parametrize(
    ("status", "name", "actor", "data"),
    [
        ("ordered", "confirm", S, {}),
        ("ordered", "refuse_order", S, SAID),
        ("ordered", "cancel_order", R, SAID),
        ("in_fulfilment", "mark_delivered", S, {"on": "2026-11-23", "quantity": 2, **SAID}),
        ("in_fulfilment", "withdraw_order", S, SAID),
        ("in_fulfilment", "agree_to_cancel", R, SAID),
        ("in_fulfilment", "agree_to_cancel", S, SAID),
        ("delivered", "accept", R, {"quantity": 2}),
        ("delivered", "accept", V, {"quantity": 2}),
        ("awaiting_signatures", "change_content", S, {"quantity": 1}),
        ("under_review", "approve", C, {}),
    ],
)
def test_l15_every_act_of_either_side_and_each_approval_asks_who_stands_on_both(
    status: str, name: str, actor: Actor, data: dict[str, Any]
) -> None:
    play = reach(status)
    reason = "representative_is_supplier" if actor == V else "parties_conflict"
    assert reason in refusals(play.copy().send(name, actor, data, KNOWN))
    told(play)
    assert "parties_conflict" in refusals(play.send(name, actor, data))


def test_l15_signing_asks_it_too() -> None:
    play = reach("awaiting_signatures")
    data, facts = signing(play)
    assert "parties_conflict" in refusals(play.send("sign", S, data, {**facts, **KNOWN}))
    assert play.status == "awaiting_signatures"


def test_l15_who_acts_for_the_supplier_and_represents_the_recipient_does_neither() -> None:
    play = reach("ordered")
    assert "parties_conflict" in refusals(play.send("confirm", BOTH))
    assert rows(play.send("confirm", S)) == ["O1"]


def test_l15_who_represented_the_recipient_once_still_stands_on_their_side() -> None:
    play = reach("choosing")
    said = {"representative": "power-1", "on": play.today()}
    assert rows(play.send("end_representation", R, said)) == ["L6"]
    play.send("place_order", R, *order())
    assert rows(told(play)) == ["L15"]


def test_l15_a_person_acts_for_another_supplier_and_nobody_is_held() -> None:
    play = reach("ordered")
    other = {"acts_for": {"supplier-2": [REPRESENTATIVE], "supplier-1": ["person-9"]}}
    assert rows(play.send("confirm", S, {}, other)) == ["O1"]
    assert not play.period.held


def test_l15_it_is_found_at_the_second_approval_though_the_acts_came_before() -> None:
    play = reach("under_review")
    play.send("approve", C)
    assert "parties_conflict" in refusals(play.send("approve", C2, {}, KNOWN))
    assert not pays(play)


def test_l15_what_comes_with_an_act_that_is_none_of_theirs_holds_the_case() -> None:
    play = reach("delivered")
    found = play.send("escalate", C, {"to": "lead", "reason": True}, KNOWN)
    assert rows(found) == ["L10", "L15"]
    assert play.period.held


def test_l15_a_representative_who_comes_later_holds_the_case() -> None:
    play = reach("delivered")
    made = {"id": "p-5", "person": SELLER, "kind": "ATTORNEY", "since": "2026-01-12"}
    play.send("begin_representation", C, {"representative": made, "evidence": True})
    assert play.case.measure is not None
    (proposed,) = play.case.measure.acting.proposed
    known = {"acts_for": {"supplier-1": [SELLER]}}
    assert rows(play.send("confirm", S, {}, known)) == ["-"]
    assert not play.period.held, "who is not confirmed represents nobody"
    found = play.send("confirm_representation", C2, {"proposal": proposed.id}, known)
    assert "L15" in rows(found)
    assert play.period.held


def test_l15_before_the_second_approval_two_caseworkers_end_the_order() -> None:
    for status in BEFORE:
        play = held(status)
        assert rows(play.send("end_order", C, {"reason": True})) == ["L15"]
        assert "same_person" in refusals(play.send("end_order", C, {"reason": True}))
        assert rows(play.send("end_order", C2, {"reason": True})) == ["L15"]
        assert (play.status, play.case.tasks) == ("choosing", {})
        assert not play.period.held
        data, facts = order(supplier="supplier-2")
        assert rows(play.send("place_order", R, data, facts)) == ["C1"]
        assert not play.period.held


def test_l15_an_order_of_which_nobody_stands_on_both_sides_is_not_ended_so() -> None:
    play = reach("in_fulfilment")
    assert "nothing_to_do" in refusals(play.send("end_order", C, {"reason": True}))


def test_l15_or_the_claim_is_refused_after_a_hearing() -> None:
    play = held("under_review")
    said = {"ground": "both_sides", "reason": True}
    assert rows(play.send("intend_refusal", C, said)) == ["V5"]
    play.send("open_case", R)
    assert rows(play.send("raise_objection", R, {"reason": True})) == ["V5"]
    assert play.period.hearing is not None
    for one in play.period.hearing.objections:
        play.send("answer_objection", C, {"objection": one.id, "reason": True})
    while "hearing_ended" not in "".join(play.case.tasks):
        play.wait()
    play.send("refuse", C, said)
    assert rows(play.send("refuse", C2, said)) == ["V6"]
    assert play.status == "refused"


def test_l15_an_order_that_falls_through_by_itself_leaves_nothing_held() -> None:
    play = held("ordered")
    play.wait()
    assert play.status == "choosing"
    assert "1:parties_conflict" not in play.case.tasks


def test_l15_a_payment_that_has_not_left_does_not_leave() -> None:
    play = reach("payment_pending")
    effect = next(one for one in play.case.outbox.values() if one.kind == "pay")
    assert rows(play.outcome(effect, "conflict_found", SERVICE, {**effect.data, **KNOWN})) == [
        "L15"
    ]
    assert (play.status, play.period.held, pays(play)) == ("payment_pending", True, False)
    assert play.period.payment is not None
    assert play.period.payment.status == "unknown"
    assert "payment_under_way" in refusals(play.send("end_order", C, SAID))
    (asked,) = [one for one in play.case.outbox.values() if one.kind == "enquire"]
    assert rows(play.outcome(asked, "payment_never_received", T_, asked.data)) == ["P5"]
    ended(play)
    assert (play.status, play.period.held, play.case.tasks) == ("choosing", False, {})


def test_l15_what_was_sent_is_answered_and_never_sent_again() -> None:
    play = reach("payment_pending", 1)
    told(play)
    assert "payment_under_way" in refusals(play.send("end_order", C, SAID))
    play.send("payment_reported", T_, report(play, "not_executed"))
    assert (play.status, play.period.held) == ("payment_failed", True)
    assert "parties_conflict" in refusals(play.send("retry_payment", C))
    assert "status_does_not_allow" in refusals(play.send("reconsider", C, SAID))
    ended(play)
    assert play.status == "choosing"
    said = report(play, "settled", reference="T-1")
    assert rows(play.send("payment_reported", T_, said)) == ["P8", "P10"], "it was paid after all"
    assert (play.period.payments[0].status, list(play.case.tasks)) == (
        "excess",
        ["1:earlier_money"],
    )


def test_l15_what_is_approved_and_waits_for_funds_is_reviewed_anew() -> None:
    play = reach("under_review")
    for caseworker in (C, C2):
        play.send("approve", caseworker, {"funds_lacking": True})
    told(play)
    assert (play.status, play.period.held) == ("awaiting_funds", True)
    assert rows(play.send("reconsider", C, SAID)) == ["L15"]
    assert (play.status, play.period.payments) == ("under_review", ())
    assert "parties_conflict" in refusals(play.send("approve", C3))
    assert rows(play.send("intend_refusal", C, {"ground": "both_sides", "reason": True})) == ["V5"]


def test_l15_what_was_paid_of_an_order_that_two_have_ended_is_claimed_back() -> None:
    play = reach("completed")
    payment = play.period.payments[0]
    play.send("payment_reported", T_, report(play, "returned", amount=PART, reference="R-1"))
    told(play)
    assert (play.status, play.period.held) == ("payment_failed", True)
    ended(play)
    assert (play.status, play.period.payments) == ("recovering", play.period.payments)
    assert play.period.claim is not None
    assert play.period.claim.amount == payment.amount - PART
    assert list(play.case.tasks) == ["1:claim_on_supplier"]
    play.send("confirm_return", C, {"evidence": True})
    assert (play.status, play.period.payments[0].left) == ("choosing", 0)


def test_l15_nothing_ends_while_it_is_not_clear_what_was_paid() -> None:
    play = reach("completed")
    play.send("payment_reported", T_, report(play, "returned", amount=PART, reference="R-1"))
    play.send("payment_reported", T_, report(play, "returned", amount=PART, reference="R-2"))
    told(play)
    assert play.period.payments[0].doubt == "returned_twice"
    assert "payment_under_way" in refusals(play.send("end_order", C, SAID))


def ended(play: Play) -> None:
    assert rows(play.send("end_order", C, SAID)) == ["L15"]
    assert rows(play.send("end_order", C2, SAID)) == ["L15"]


# --- who decides is no party (APPC 68(4)) ---


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("escalate", {"to": "lead", "reason": True}),
        ("begin_representation", {"representative": {}, "evidence": True}),
        ("confirm_representation", {"proposal": "none"}),
        ("extend_term", {"term": "acceptance", "until": "2027-01-01", "reason": True}),
        ("revoke", {"reason": True, "evidence": True}),
    ],
)
@pytest.mark.parametrize("person", [RECIPIENT, REPRESENTATIVE, SELLER])
def test_a_caseworker_acts_in_no_case_of_their_own(
    person: str, name: str, data: dict[str, Any]
) -> None:
    play = reach("delivered")
    own = Actor(role=Role.CASEWORKER, id=person, on_behalf_of="authority-1")
    known = {"acts_for": {"supplier-1": [SELLER]}}
    if name == "begin_representation":
        made = {"id": "p-5", "person": "person-5", "kind": "ATTORNEY", "since": "2026-01-12"}
        data = {**data, "representative": made}
    assert "party_cannot_decide" in refusals(play.send(name, own, data, known))


def test_who_approved_first_and_then_acts_for_the_supplier_has_approved_nothing() -> None:
    play = reach("under_review")
    play.send("approve", C)
    known = {"acts_for": {"supplier-1": [C.id]}}
    assert "party_cannot_decide" in refusals(play.send("approve", C2, {}, known))


def other_account() -> Play:
    """The payment failed, and the supplier has named another account."""
    play = failed()
    assert play.period.application is not None
    changed = {**NEW_ACCOUNT, "application": play.period.application.sha256}
    play.send("change_account", S, changed, VERIFIED)
    return play


@pytest.mark.parametrize(
    ("begun", "name", "data", "ends"),
    [
        (failed, "retry_payment", {}, "payment_pending"),
        (other_account, "check_account", {}, "payment_pending"),
        (claimed, "write_off", PROVEN, "written_off"),
    ],
)
def test_the_part_of_who_acts_for_the_supplier_by_now_counts_in_no_decision_of_two(
    begun: Callable[[], Play], name: str, data: dict[str, Any], ends: str
) -> None:
    play = begun()
    stood = play.status
    play.send(name, C, data)
    known = {"acts_for": {"supplier-1": [C.id]}}
    play.send(name, C2, data, known)
    assert play.status == stood, "the second is the first whose part counts"
    play.send(name, C3, data, known)
    assert play.status == ends


def test_an_administrator_sets_nothing_right_in_a_case_of_their_own() -> None:
    play = reach("delivered")
    said = {"field": "implement_until", "value": "2027-05-01", "reason": True}
    play.send("propose_correction", C, said)
    (made,) = play.period.corrections
    own = Actor(role=Role.ADMINISTRATOR, id=RECIPIENT)
    rule = {"correction": made.id, "reason": True}
    assert "party_cannot_decide" in refusals(play.send("carry_out_correction", own, rule))
    same = Actor(role=Role.ADMINISTRATOR, id=C.id)
    assert "same_person" in refusals(play.send("carry_out_correction", same, rule))
    assert rows(play.send("carry_out_correction", A, rule)) == ["L11"]


def test_a_member_of_the_commission_is_no_party_either() -> None:
    play = reach("ordered")
    known = {"acts_for": {"supplier-1": [K.id]}}
    assert "party_cannot_decide" in refusals(play.send("supplier_ceased", K, SAID, known))
