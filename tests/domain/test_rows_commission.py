"""Rows C4, O4, O5, F3 and F8: no supplier, the end of an order, and who refers it."""

from datetime import timedelta

import pytest

from domain.messages import SERVICE, Actor
from tests.domain.play import C, E, K, Play, R, S, reach
from tests.domain.reading import ELSEWHERE, PROVEN, STATED, expired, refusals, rows, told


def removed(play: Play, ground: str, supplier: str = "supplier-1") -> list[str]:
    said = {"supplier": supplier, "ground": ground, "removal": "removal-1"}
    return rows(play.send("supplier_removed", SERVICE, said))


# --- C4: there is no supplier ---


def test_c4_who_finds_no_supplier_asks_the_commission_which_has_ten_working_days() -> None:
    play = reach("choosing")
    events = play.send("report_no_supplier", R, STATED)
    assert rows(events) == ["C4"]
    (task,) = play.case.tasks.values()
    assert (task.code, task.owner) == ("no_supplier_asked", "commission")
    deadline = play.period.deadlines["no_supplier"]
    assert deadline.certificate["term"] == "10wd"
    assert "request_pending" in refusals(play.send("report_no_supplier", C, STATED))


def test_c4_a_confirmed_want_of_suppliers_goes_to_procurement() -> None:
    play = reach("choosing")
    play.send("report_no_supplier", C, STATED)
    events = play.send("confirm_no_supplier", K, STATED)
    assert (rows(events), play.status) == (["C4"], "to_procurement")
    assert told(events) == [("to_procurement", ("recipient",)), ("report", ())]


def test_c4_a_denied_want_of_suppliers_leaves_ten_working_days_from_the_answer_to_choose() -> None:
    play = expired()
    play.send("report_no_supplier", R, STATED)
    assert "request_pending" in refusals(play.send("close", C, STATED))
    events = play.send("deny_no_supplier", K, STATED)
    assert (rows(events), play.status) == (["C4"], "choosing")
    choice = play.period.deadlines["choice"]
    assert (choice.certificate["term"], choice.certificate["start"]) == ("10wd", play.today())
    assert play.case.tasks == {}
    assert told(events) == [("no_supplier_denied", ("recipient",))]


def test_c4_a_commission_that_is_silent_is_escalated_and_nothing_is_decided() -> None:
    play = reach("choosing")
    play.send("report_no_supplier", R, STATED)
    while not play.case.escalations:
        play.wait()
    (asked,) = play.case.escalations.values()
    assert (asked.to, play.status) == ("commission_chair", "choosing")


# --- O4, O5: the end of a supplier before the money ---


@pytest.mark.parametrize("status", ["ordered", "in_fulfilment"])
@pytest.mark.parametrize("actor", [C, K])
def test_o4_the_death_of_a_supplier_ends_its_order(status: str, actor: Actor) -> None:
    play = reach(status)
    assert "evidence_required" in refusals(play.send("supplier_ceased", actor, STATED))
    events = play.send("supplier_ceased", actor, PROVEN)
    assert (rows(events), play.status) == (["O4"], "choosing")
    assert told(events) == [("order_refused", ("recipient",))]
    assert "order_void_untold" in play.period.flags


def test_o4_only_the_authority_of_the_case_enters_the_end_of_a_supplier() -> None:
    play = reach("ordered")
    assert "not_your_case" in refusals(play.send("supplier_ceased", ELSEWHERE, PROVEN))


def test_o5_a_supplier_removed_between_order_and_confirmation_loses_the_order() -> None:
    play = reach("ordered")
    assert removed(play, "commission_conclusion", "supplier-2") == ["-"]
    assert removed(play, "commission_conclusion") == ["O5"]
    assert play.status == "choosing"
    assert "not_your_case" in refusals(play.send("confirm", S))


def test_o4_o5_after_the_confirmation_a_removal_ends_nothing_but_a_cessation_does() -> None:
    play = reach("in_fulfilment")
    assert removed(play, "own_application") == ["-"]
    assert play.status == "in_fulfilment"
    assert removed(play, "ceased") == ["O4"]
    assert play.status == "choosing"


def test_o4_the_end_of_a_supplier_ends_a_revoked_measure() -> None:
    play = reach("in_fulfilment")
    play.send("revoked", E, {})
    assert removed(play, "ceased") == ["O4"]
    assert play.status == "withdrawn"


# --- F3: an order ends by its parties ---


def test_f3_a_supplier_that_withdraws_frees_the_recipient_and_the_commission_learns_of_it() -> None:
    play = reach("in_fulfilment")
    events = play.send("withdraw_order", S, STATED)
    assert (rows(events), play.status) == (["F3"], "choosing")
    (task,) = play.case.tasks.values()
    assert (task.code, task.owner) == ("supplier_withdrew", "commission")
    assert rows(play.send("take_note", K, STATED)) == ["F3"]
    assert play.case.tasks == {}
    assert "nothing_to_do" in refusals(play.send("take_note", K, STATED))


def test_f3_both_agree_to_cancel_and_only_then_the_order_ends() -> None:
    play = reach("in_fulfilment")
    first = play.send("agree_to_cancel", R, STATED)
    assert (rows(first), play.status) == (["F3"], "in_fulfilment")
    assert told(first) == [("cancelling_proposed", ("supplier",))]
    assert "already_decided" in refusals(play.send("agree_to_cancel", R, STATED))
    assert rows(play.send("agree_to_cancel", S, STATED)) == ["F3"]
    assert (play.status, play.case.tasks) == ("choosing", {})


def test_f3_what_was_revoked_is_neither_withdrawn_from_nor_cancelled() -> None:
    play = reach("in_fulfilment")
    play.send("revoked", E, {})
    assert "programme_not_in_force" in refusals(play.send("withdraw_order", S, STATED))


# --- F8: silence before the commission ---


def test_f8_a_silent_recipient_is_referred_only_after_the_term_and_is_heard_first() -> None:
    play = reach("delivered")
    assert "too_early" in refusals(play.send("refer", S, STATED))
    play.wait()
    events = play.send("refer", S, STATED)
    assert (rows(events), play.status) == (["F8"], "disputed")
    assert told(events) == [("referred", ("recipient",)), ("order_referred", ("supplier",))]
    assert "too_early" in refusals(play.send("decide_for_supplier", K, STATED))
    assert rows(play.send("state_position", R, STATED)) == ["F8"]
    assert rows(play.send("decide_for_supplier", K, STATED)) == ["D4"]


def test_f8_who_says_nothing_is_waited_for_three_working_days() -> None:
    play = reach("delivered")
    play.wait()
    play.send("refer", C, STATED)
    play.now += timedelta(days=6)
    assert rows(play.send("decide_for_supplier", K, STATED)) == ["D4"]
