"""Money of an order that is gone: asked for, claimed and given up by who pays it (P8-P12, L7)."""

from datetime import timedelta
from typing import Any

import pytest

from domain.case.periods import authorities_of
from domain.messages import Actor, Event
from tests.domain.money import PART, again, failed, key, over, owed, say
from tests.domain.play import (
    AUTHORITY,
    C2,
    C9,
    ELSEWHERE,
    T_,
    C,
    E,
    K,
    Play,
    R,
    S,
    measure,
    order,
    reach,
    report,
    signing,
)
from tests.domain.reading import refusals, rows
from tests.domain.test_rows_sides import told

REASONS = {"reason": True, "evidence": True}
C8 = Actor(role=C9.role, id="clerk-8", on_behalf_of=ELSEWHERE)


def gone_with_void() -> Play:
    """The order was paid late and claimed back in full; its second attempt may still arrive."""
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1), amount=owed(play))
    said = {"ground": "fraud", "amount": owed(play), "still_needed": True, "reason": True}
    play.send("find_breach", K, said)
    play.send("confirm_return", C, REASONS)
    assert (play.status, play.period.payments[1].status) == ("choosing", "void")
    return play


def moved(play: Play) -> Play:
    """The recipient lives elsewhere by now, and orders there."""
    play.send("measure_arrived", E, {"measure": measure(authority=ELSEWHERE, revision=2)})
    return ordered_again(play)


def ordered_again(play: Play) -> Play:
    assert rows(play.send("place_order", R, *order())) == ["C1"]
    return play


def paid_beside() -> Play:
    """Twice as much was paid for it as was ordered, of which the half is to come back."""
    play = gone_with_void()
    events = say(play, "settled", key=key(play, 2), amount=2_000_000)
    assert rows(events) == ["P8", "P10"]
    return play


def about(number: int, **more: Any) -> dict[str, Any]:
    return {**REASONS, "order": number, **more}


def asked(play: Play) -> list[str]:
    return [e.data["key"] for e in play.case.outbox.values() if e.kind == "enquire"]


# --- what was stopped is asked about until it is known ---


def under_way(play: Play) -> list[Event]:
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    word = report(play, "under_way", key=effect.data["key"], amount=2_000_000)
    return play.outcome(effect, "payment_reported", T_, word)


@pytest.mark.parametrize("status", ["choosing", "ordered", "closed"])
def test_p8_what_was_stopped_of_an_order_that_is_gone_is_asked_about_until_it_is_known(
    status: str,
) -> None:
    play = gone_with_void()
    if status == "ordered":
        ordered_again(play)
    if status == "closed":
        play.send("revoked", E, {"ground": "programme_revoked"})
        assert play.status == "withdrawn"
    for _ in range(3):
        assert asked(play) == [key(play, 2)]
        assert rows(under_way(play)) == ["P8"]
        assert asked(play) == []
        play.wait(play.period.deadlines["payment_doubt"].expires_at + timedelta(hours=1))
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    play.outcome(effect, "payment_never_received", T_, {"key": key(play, 2)})
    assert play.period.payments[1].status == "never_received"
    assert "1:payment_doubt" not in play.case.tasks


# --- what was paid beside is claimed, comes back or is given up ---


@pytest.mark.parametrize("status", ["choosing", "ordered", "closed"])
def test_p10_what_was_paid_for_an_order_that_is_gone_lies_on_a_desk_with_a_term(
    status: str,
) -> None:
    play = paid_beside()
    if status == "ordered":
        ordered_again(play)
    if status == "closed":
        play.send("revoked", E, {"ground": "programme_revoked"})
    assert "1:earlier_money" in play.case.tasks
    for _ in range(2):
        before = len(play.case.escalations)
        play.wait(play.period.deadlines["earlier_money"].expires_at + timedelta(hours=1))
        assert len(play.case.escalations) > before
    assert rows(play.send("confirm_return", C, about(1))) == ["P11", "P11"]
    assert "1:earlier_money" not in play.case.tasks
    assert play.period.deadlines["earlier_money"].stopped
    assert "nothing_to_do" in refusals(play.send("confirm_return", C, about(1)))


def test_p12_two_give_it_up_and_each_names_the_order() -> None:
    play = ordered_again(paid_beside())
    assert rows(play.send("write_off", C, about(1))) == ["P12"]
    assert "same_person" in refusals(play.send("write_off", C, about(1)))
    assert refusals(play.send("write_off", C2, REASONS)), "the order that lives owes nothing"
    assert rows(play.send("write_off", C2, about(1))) == ["P12", "P11"]
    assert (play.status, over(play, 1)) == ("ordered", 0)
    say(play, "returned", key=key(play, 2), amount=2_000_000, reference="R-1")
    assert play.period.due(1, play.period.payments) == 0, "and nothing of it is owed again"


def test_p12_who_proposed_to_give_it_up_did_not_mean_what_came_back_since() -> None:
    play = paid_beside()
    play.send("write_off", C, about(1))
    say(play, "returned", key=key(play, 2), amount=PART, reference="R-1")
    assert play.send("write_off", C2, about(1))[0].type == "write_off_proposed"


def test_p11_what_the_treasury_returns_of_it_leaves_the_desk() -> None:
    play = ordered_again(paid_beside())
    told = {"key": key(play, 1), "amount": 2_000_000, "reference": "R-0"}
    assert rows(say(play, "returned", **told)) == ["P11"], "what a caseworker had confirmed"
    for number, amount in enumerate((PART, PART, 2_000_000 - 2 * PART), 1):
        assert "1:earlier_money" in play.case.tasks
        part = {"key": key(play, 2), "amount": amount, "reference": f"R-{number}"}
        say(play, "returned", **part, booked=f"2026-11-2{number}")
    assert "1:earlier_money" not in play.case.tasks


@pytest.mark.parametrize("number", [2, 9])
def test_p11_another_order_than_the_one_that_owes_is_refused(number: int) -> None:
    play = ordered_again(paid_beside())
    assert refusals(play.send("confirm_return", C, about(number)))
    assert over(play, 1) == 2_000_000


def paid_again(play: Play, *caseworkers: Actor) -> Play:
    """The next order goes all the way to its payment."""
    play.send("confirm", S)
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})
    play.send("accept", R, {"quantity": 2}, {"application": "app-1"})
    play.send("sign", S, *signing(play))
    for caseworker in caseworkers:
        play.send("approve", caseworker)
    assert play.status == "payment_pending"
    play.answer("pay")
    return play


def test_p11_while_another_order_is_recovered_each_is_closed_by_its_own_name() -> None:
    play = paid_again(ordered_again(paid_beside()), C, C2)
    say(play, "settled")
    said = {"ground": "fraud", "amount": PART, "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    assert (play.status, over(play), over(play, 1)) == ("recovering", PART, 2_000_000)
    play.send("confirm_return", C, about(1))
    assert (play.status, over(play), over(play, 1)) == ("recovering", PART, 0)
    play.send("confirm_return", C, REASONS)
    assert (play.status, over(play)) == ("recovered", 0)


def test_p8_what_settles_of_an_ended_order_while_the_next_is_paid_stops_nothing_of_it() -> None:
    play = paid_again(ordered_again(gone_with_void()), C, C2)
    say(play, "settled", key=key(play, 2), amount=2_000_000)
    assert [one.status for one in play.period.payments] == ["returned", "excess", "sent"]
    assert (play.status, over(play, 1)) == ("payment_pending", 2_000_000)
    say(play, "settled")
    assert play.status == "paid"
    assert "1:earlier_money" in play.case.tasks


# --- who decides about it ---


def test_l7_the_authority_of_the_ended_order_decides_about_its_money_and_no_other() -> None:
    play = moved(gone_with_void())
    assert (play.status, play.period.payer) == ("ordered", ELSEWHERE)
    assert set(authorities_of(play.case)) == {AUTHORITY, ELSEWHERE}, "it goes on to see the case"
    say(play, "settled", key=key(play, 2), amount=1)
    line = {"key": key(play, 2), "outcome": "settled", "amount": 2_000_000}
    for caseworker in (C8, C9):
        assert "not_your_case" in refusals(play.send("enter_statement", caseworker, line))
    for caseworker in (C, C2):
        assert rows(play.send("enter_statement", caseworker, line))[0] == "P15"
    assert over(play, 1) == 2_000_000
    for name in ("confirm_return", "write_off"):
        assert "not_your_case" in refusals(play.send(name, C9, about(1)))
    assert rows(play.send("confirm_return", C, about(1))) == ["P11", "P11"]


def test_l7_and_the_authority_of_the_live_order_decides_about_that() -> None:
    play = paid_again(moved(gone_with_void()), C8, C9)
    line = {"key": play.period.payments[-1].key, "outcome": "settled", "amount": 2_000_000}
    assert "not_your_case" in refusals(play.send("enter_statement", C, line))
    say(play, "not_executed")
    assert "not_your_case" in refusals(play.send("retry_payment", C))
    assert rows(play.send("retry_payment", C9)) == ["P7"]


# --- where what was left to the supplier of a gone order came back, somebody is asked ---


def test_p12_what_the_case_can_pay_no_more_lies_on_the_desk_until_two_settle_it() -> None:
    play = reach("completed")
    said = {"ground": "fraud", "amount": PART, "still_needed": True, "reason": True}
    play.send("find_breach", K, said)
    play.send("confirm_return", C, REASONS)
    assert (play.status, play.case.tasks) == ("choosing", {})
    say(play, "returned", amount=2_000_000, reference="R-1")
    assert list(play.case.tasks) == ["1:earlier_money"]
    assert "nothing_to_do" in refusals(play.send("confirm_return", C, about(1)))
    for caseworker in (C, C2):
        play.send("write_off", caseworker, about(1))
    assert (play.case.tasks, play.period.due(1, play.period.payments)) == ({}, 0)


def test_l15_what_settles_of_an_order_that_two_ended_is_recovered() -> None:
    play = reach("payment_pending", 1)
    told(play)
    say(play, "not_executed")
    for caseworker in (C, C2):
        play.send("end_order", caseworker, REASONS)
    say(play, "settled")
    assert over(play, 1) == 2_000_000
    assert rows(play.send("confirm_return", C, about(1))) == ["P11", "P11"]
