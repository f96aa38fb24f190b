"""Rows P10 to P13: money that comes back, and who takes a supplier's place."""

import pytest

from domain.messages import SERVICE, Actor, Role
from tests.domain.money import PART, decide, say, state
from tests.domain.play import C2, C3, T_, C, E, K, Play, R, S, order, reach, report, signing
from tests.domain.reading import PROVEN, STATED, refusals, rows, told

HEIR = Actor(role=Role.SUPPLIER, id="heir-1", on_behalf_of="supplier-3")
ENTERED = {**PROVEN, "successor": "supplier-3", "ground": "heir"}
KNOWN = {"successor_known": True, "supplier_is_party": False}


def breach(play: Play, **changed: object) -> dict[str, object]:
    assert play.period.payment is not None
    amount = play.period.payment.amount
    return {**STATED, "ground": "poor_quality", "amount": amount, "still_needed": False, **changed}


def claimed(*, still_needed: bool = False) -> Play:
    play = reach("completed")
    events = play.send("find_breach", K, breach(play, still_needed=still_needed))
    assert rows(events) == ["P10"]
    return play


# --- P10 ---


@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p10_a_breach_in_what_was_paid_for_is_claimed_from_the_supplier(status: str) -> None:
    play = reach(status)
    events = play.send("find_breach", K, breach(play))
    assert (rows(events), play.status) == (["P10"], "recovering")
    assert told(events) == [("claim", ("supplier",)), ("breach_found", ("recipient",))]
    assert "1:claim_on_supplier" in play.case.tasks
    play.wait()
    assert "1:court_claim" in play.case.tasks


def test_p10_no_more_is_claimed_than_was_paid_and_only_on_a_listed_ground() -> None:
    play = reach("completed")
    assert "claim_wrong" in refusals(play.send("find_breach", K, breach(play, amount=10**12)))
    assert "ground_not_listed" in refusals(play.send("find_breach", K, breach(play, ground="x")))


def test_p10_d2_a_breach_answers_the_complaint_that_led_to_it() -> None:
    play = reach("completed")
    play.send("complain", R, {**STATED, "known_on": play.today()})
    play.send("find_breach", K, breach(play))
    assert "1:complaint" not in play.case.tasks


# --- P11 ---


def test_p11_what_the_treasury_has_back_closes_the_case_and_restores_the_norm() -> None:
    play = claimed()
    events = play.send("payment_reported", T_, report(play, "returned"))
    assert (rows(events), play.status) == (["P11"], "recovered")
    assert [payment.status for payment in play.period.payments] == ["returned"]
    assert play.period.order is None
    assert play.case.tasks == {}


def test_p11_whoever_still_needs_the_aid_chooses_again_once_it_is_returned() -> None:
    play = claimed(still_needed=True)
    assert "evidence_required" in refusals(play.send("confirm_return", C, {}))
    events = play.send("confirm_return", C, {"evidence": True})
    assert (rows(events), play.status) == (["P11"], "choosing")
    assert told(events) == [("choose_anew", ("recipient",))]
    data, facts = order()
    assert rows(play.send("place_order", R, data, facts)) == ["C1"]


def test_p11_a_second_order_after_a_return_is_paid_under_a_key_of_its_own() -> None:
    play = claimed(still_needed=True)
    play.send("confirm_return", C, {"evidence": True})
    play.send("place_order", R, *order())
    play.send("confirm", S)
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})
    play.send("accept", R, {"quantity": 2})
    play.send("sign", S, *signing(play))
    play.send("approve", C)
    play.send("approve", C2)
    first, second = play.period.payments
    assert (first.status, second.status, second.attempt) == ("returned", "to_send", 1)
    # The treasury's late word on the first order says nothing of the second.
    late = report(play, "settled", key=first.key, amount=first.amount)
    assert rows(play.send("payment_reported", T_, late)) == ["-"]
    assert play.status == "payment_pending"
    assert rows(play.send("payment_reported", T_, report(play, "settled"))) == ["P2"]


def test_p11_nobody_chooses_again_what_was_revoked_meanwhile() -> None:
    play = claimed(still_needed=True)
    assert rows(play.send("revoked", E, {})) == ["L3"]
    assert rows(play.send("confirm_return", C, {"evidence": True})) == ["P11"]
    assert play.status == "recovered"


def test_p11_what_two_read_in_a_statement_ends_the_claim_as_the_treasurys_word_does() -> None:
    play = claimed()
    events = decide(play, "returned")
    assert (rows(events), play.status) == (["P11"], "recovered")
    assert told(events) == [("closed", ("recipient", "supplier")), ("report", ())]
    assert (play.period.order, play.period.claim, play.case.tasks) == (None, None, {})
    assert state(play) == ["returned"]


def test_p11_a_part_that_two_read_in_a_statement_leaves_the_claim_open_for_the_rest() -> None:
    play = claimed()
    assert rows(decide(play, "returned", amount=PART)) == ["P15"]
    assert (play.status, "1:claim_on_supplier" in play.case.tasks) == ("recovering", True)
    assert rows(decide(play, "returned")) == ["P11"]
    assert play.status == "recovered"


def test_p11_whoever_still_needs_the_aid_chooses_again_after_a_statement_too() -> None:
    play = claimed(still_needed=True)
    events = decide(play, "returned")
    assert (rows(events), play.status) == (["P11"], "choosing")
    assert told(events) == [("choose_anew", ("recipient",))]
    assert play.case.tasks == {}
    assert rows(play.send("place_order", R, *order())) == ["C1"]


def test_p11_a_claim_whose_money_was_in_doubt_ends_with_what_two_decide() -> None:
    play = claimed()
    assert rows(say(play, "not_executed")) == ["P15"]
    assert "1:payment_doubt" in play.case.tasks
    assert (rows(decide(play, "returned"))[0], play.status) == ("P11", "recovered")
    assert play.case.tasks == {}


# --- P12 ---


def test_p12_what_cannot_be_collected_is_written_off_by_two() -> None:
    play = claimed()
    assert "evidence_required" in refusals(play.send("write_off", C, STATED))
    assert (rows(play.send("write_off", C, PROVEN)), play.status) == (["P12"], "recovering")
    assert "same_person" in refusals(play.send("write_off", C, PROVEN))
    assert (rows(play.send("write_off", C2, PROVEN)), play.status) == (["P12"], "written_off")
    assert [payment.status for payment in play.period.payments] == ["written_off"]


def test_p12_the_recipient_does_not_wait_for_money_that_never_comes() -> None:
    play = claimed(still_needed=True)
    play.send("write_off", C, PROVEN)
    events = play.send("write_off", C2, PROVEN)
    assert (rows(events), play.status) == (["P12"], "choosing")
    assert play.period.order is None


# --- P13 ---


def in_liquidation(status: str) -> Play:
    play = reach(status)
    said = {"supplier": "supplier-1", "ground": "ceased", "removal": "removal-1"}
    assert rows(play.send("supplier_removed", SERVICE, said)) == ["P13"]
    return play


@pytest.mark.parametrize(
    "status", ["delivered", "awaiting_signatures", "under_review", "payment_pending"]
)
def test_p13_after_the_delivery_a_successor_is_looked_for_with_a_reminder(status: str) -> None:
    play = in_liquidation(status)
    assert play.status == status
    assert "1:successor_missing" in play.case.tasks
    first = play.period.deadlines["successor"]
    assert first.certificate["term"] == "30cd"
    while play.period.deadlines["successor"].revision == first.revision:
        play.wait()
    assert any(one.to == "authority_lead" for one in play.case.escalations.values())


def test_p13_two_caseworkers_enter_the_successor_who_then_acts_and_signs() -> None:
    play = in_liquidation("awaiting_signatures")
    first = play.send("enter_successor", C, ENTERED, KNOWN)
    assert rows(first) == ["P13"]
    assert "same_person" in refusals(play.send("enter_successor", C, ENTERED, KNOWN))
    assert "not_your_case" in refusals(play.send("sign", HEIR, *signing(play)))
    second = play.send("enter_successor", C2, ENTERED, KNOWN)
    assert told(second) == [("successor_entered", ("supplier",))]
    assert second[0].data["effects"][0]["data"]["supplier"] == "supplier-3"
    assert play.case.tasks == {}
    assert "not_your_case" in refusals(play.send("sign", S, *signing(play)))
    assert rows(play.send("sign", HEIR, *signing(play))) == ["A1", "A2"]


def test_p13_a_successor_must_be_known_another_and_no_party() -> None:
    play = in_liquidation("delivered")
    for changed, facts, code in (
        ({}, {"successor_known": False, "supplier_is_party": False}, "successor_unknown"),
        ({"successor": "supplier-1"}, KNOWN, "successor_unknown"),
        ({}, {**KNOWN, "supplier_is_party": True}, "party_conflict"),
        ({"ground": "friend"}, KNOWN, "ground_not_listed"),
    ):
        said = {**ENTERED, **changed}
        assert code in refusals(play.send("enter_successor", C, said, facts))


def test_p13_another_successor_than_the_first_needs_a_second_caseworker_of_its_own() -> None:
    play = in_liquidation("delivered")
    play.send("enter_successor", C, ENTERED, KNOWN)
    other = {**ENTERED, "successor": "supplier-4"}
    assert rows(play.send("enter_successor", C2, other, KNOWN)) == ["P13"]
    assert play.period.order is not None
    assert play.period.order.successor is None
    assert rows(play.send("enter_successor", C3, other, KNOWN)) == ["P13"]
    assert play.period.order is not None
    assert play.period.order.successor == "supplier-4"


def test_p13_p7_a_successor_names_a_new_account_where_the_payment_failed() -> None:
    play = in_liquidation("payment_pending")
    play.send("payment_reported", T_, report(play, "not_executed"))
    assert play.status == "payment_failed"
    play.send("enter_successor", C, ENTERED, KNOWN)
    play.send("enter_successor", C2, ENTERED, KNOWN)
    data, facts = signing(play, account="acc-2")
    assert rows(play.send("change_account", HEIR, data, facts)) == ["P7"]
    assert rows(play.send("check_account", C)) == ["P7"]
    assert rows(play.send("check_account", C2)) == ["P7"]
    assert play.status == "payment_pending"


def test_p13_o4_a_supplier_that_ceased_during_a_dispute_may_still_lose_its_order() -> None:
    play = reach("in_fulfilment")
    play.send("complain", R, {**STATED, "known_on": play.today()})
    said = {"supplier": "supplier-1", "ground": "ceased", "removal": "removal-1"}
    assert rows(play.send("supplier_removed", SERVICE, said)) == ["P13"]
    play.send("decide_for_supplier", K, STATED)
    assert play.status == "in_fulfilment"
    assert rows(play.send("supplier_ceased", C, PROVEN)) == ["O4"]
    assert play.case.tasks == {}
