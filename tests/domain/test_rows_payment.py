"""The rows of the payment: every report of the treasury, in every order, pays once."""

from datetime import timedelta
from typing import Any

import pytest

from domain.agenda import agenda
from domain.messages import Event
from tests.domain.play import C2, CURRENT, S2, T_, C, Play, R, S, reach, report
from tests.domain.reading import refusals, rows, told

NEW_ACCOUNT = {"account": "acc-2", "account_signature": "cms-b"}
VERIFIED = {"account_signature": {"reason": None}}


def say(play: Play, outcome: str, **changed: Any) -> list[Event]:
    return play.send("payment_reported", T_, report(play, outcome, **changed))


def state(play: Play) -> list[str]:
    return [payment.status for payment in play.period.payments]


def pending() -> Play:
    """Sent, and not answered yet."""
    return reach("payment_pending", 1)


def failed() -> Play:
    play = pending()
    say(play, "not_executed", reason="AC04")
    return play


def line(play: Play, outcome: str, **changed: Any) -> dict[str, Any]:
    payment = play.period.payment
    assert payment is not None
    return {"key": payment.key, "outcome": outcome, "amount": payment.amount, **changed}


def key(play: Play, attempt: int) -> str:
    return play.period.payments[attempt - 1].key


# --- sent and settled ---


def test_p1_the_term_of_the_answer_runs_from_the_sending() -> None:
    play = reach("payment_pending")
    play.now += timedelta(days=1)
    assert rows(play.answer("pay")) == ["P1"]
    assert play.period.deadlines["payment_answer"].certificate["start"] == play.today()
    assert state(play) == ["sent"]


@pytest.mark.parametrize("sent", [0, 1])
def test_p2_settled_as_ordered_is_paid_and_told(sent: int) -> None:
    play = reach("payment_pending", sent)
    events = say(play, "settled", reference="T-1")
    assert rows(events) == ["P2"]
    assert told(events) == [("paid", ("recipient", "supplier")), ("report", ())]
    assert {effect.kind for effect in play.case.outbox.values()} == {"tell", "report"}
    assert (play.status, state(play)) == ("paid", ["settled"])


@pytest.mark.parametrize("status", ["under_way", "other"])
def test_p2_nothing_but_settled_pays(status: str) -> None:
    play = pending()
    assert rows(say(play, status)) == ["-"]
    assert play.status == "payment_pending"


@pytest.mark.parametrize("changed", [{"amount": 1}, {"payee": "other"}, {"amount": None}])
def test_p3_another_amount_or_payee_is_held_for_two_caseworkers(changed: dict[str, Any]) -> None:
    play = pending()
    assert rows(say(play, "settled", **changed)) == ["P3"]
    assert (play.status, state(play)) == ("payment_pending", ["held"])
    assert list(play.case.tasks) == ["1:payment_held"]
    assert rows(say(play, "settled", **changed)) == ["-"]
    assert rows(say(play, "settled")) == ["-"], "two people decide, not the third report"
    assert rows(play.wait()) == ["P6"]
    assert play.case.escalations


def test_p3_held_money_that_comes_back_is_a_failed_payment() -> None:
    play = pending()
    say(play, "settled", amount=1)
    assert rows(say(play, "not_executed")) == ["P4"]
    assert (play.status, list(play.case.tasks)) == ("payment_failed", ["1:payment_failed"])


def test_p4_a_rejected_payment_lies_with_the_caseworker_and_the_supplier_is_told() -> None:
    play = pending()
    events = say(play, "not_executed", reason="AC04")
    assert rows(events) == ["P4"]
    assert told(events) == [("account_needed", ("supplier",))]
    assert (play.status, state(play)) == ("payment_failed", ["rejected"])
    assert rows(play.wait()) == ["P7"]
    assert play.case.escalations


def test_p4_a_second_report_of_the_same_rejection_is_noted() -> None:
    play = failed()
    assert rows(say(play, "not_executed")) == ["-"]
    play.send("retry_payment", C)
    assert rows(say(play, "not_executed", key=key(play, 1))) == ["-"]
    assert play.status == "payment_pending"


@pytest.mark.parametrize("status", ["settled", "not_executed"])
def test_a_report_of_an_unknown_key_is_noted_and_moves_nothing(status: str) -> None:
    play = pending()
    assert rows(say(play, status, key="7XK2M9-9-9-9-9")) == ["-"]
    assert state(play) == ["sent"]


# --- no answer ---


def test_p6_without_an_answer_it_is_asked_and_never_sent_again() -> None:
    play = pending()
    events = play.wait()
    assert (rows(events), told(events)) == (["P6"], [("enquire", ())])
    assert state(play) == ["unknown"]
    assert rows(play.answer("enquire", key="other")) == ["-"]
    assert rows(play.wait()) == ["P6"]
    assert play.case.escalations
    assert not any(effect.kind == "pay" for effect in play.case.outbox.values())


@pytest.mark.parametrize("status", ["under_way", "other"])
def test_p6_while_the_answer_is_not_final_it_is_asked_again(status: str) -> None:
    play = pending()
    play.wait()
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    data = report(play, status)
    assert rows(play.outcome(effect, "payment_reported", T_, data)) == ["P6"]
    assert rows(play.wait()) == ["P6"]
    assert any(one.kind == "enquire" for one in play.case.outbox.values())


def test_p5_never_received_on_enquiry_is_the_one_ground_to_send_the_same_key_again() -> None:
    play = pending()
    play.wait()
    assert rows(play.answer("enquire")) == ["P5"]
    assert (play.status, state(play)) == ("payment_failed", ["never_received"])
    assert rows(play.send("retry_payment", C)) == ["P7"]
    assert state(play) == ["to_send"]
    assert [e.data["key"] for e in play.case.outbox.values() if e.kind == "pay"] == [key(play, 1)]


def test_p5_never_received_without_being_asked_is_noted() -> None:
    play = pending()
    play.wait()
    assert rows(play.send("payment_never_received", T_, {"key": key(play, 1)})) == ["-"]


def test_p5_never_received_while_the_order_is_still_being_sent_proves_nothing() -> None:
    play = reach("payment_pending")
    play.wait()
    assert rows(play.answer("enquire")) == ["P5"]
    assert (play.status, state(play)) == ("payment_pending", ["unknown"])
    assert rows(play.answer("pay")) == ["P1"]
    assert rows(say(play, "settled")) == ["P2"]


def test_p5_an_enquiry_from_before_the_sending_is_dropped() -> None:
    play = reach("payment_pending")
    play.wait()
    asked = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    play.answer("pay")
    answer = play.outcome(asked, "payment_never_received", T_, {"key": key(play, 1)})
    assert rows(answer) == ["-"]
    assert play.status == "payment_pending"


# --- a statement line counts as the treasury ---


def test_p6_a_line_of_the_statement_entered_by_two_caseworkers_settles() -> None:
    play = pending()
    assert "statement_wrong" in refusals(
        play.send("enter_statement", C, line(play, "settled", amount=1))
    )
    assert rows(play.send("enter_statement", C, line(play, "settled"))) == ["P6"]
    assert "same_person" in refusals(play.send("enter_statement", C, line(play, "settled")))
    events = play.send("enter_statement", C2, line(play, "settled"))
    assert (play.status, rows(events)) == ("paid", ["P6"])
    assert ("report", ()) in told(events)
    assert rows(say(play, "settled")) == ["-"]


def test_p6_a_wrong_line_binds_nobody() -> None:
    play = pending()
    play.send("enter_statement", C, line(play, "settled"))
    play.send("enter_statement", C2, line(play, "rejected"))
    assert play.status == "payment_pending"
    play.send("enter_statement", C, line(play, "rejected"))
    assert play.status == "payment_failed"


def test_p6_what_is_still_being_sent_is_not_rejected_by_a_statement() -> None:
    play = reach("payment_pending")
    assert "too_early" in refusals(play.send("enter_statement", C, line(play, "rejected")))


def test_p6_a_line_about_an_earlier_sending_does_not_count_for_the_next() -> None:
    play = pending()
    play.send("enter_statement", C, line(play, "rejected"))
    play.wait()
    play.answer("enquire")
    play.send("retry_payment", C)
    play.answer("pay")
    assert rows(play.send("enter_statement", C2, line(play, "rejected"))) == ["P6"]
    assert play.status == "payment_pending"


# --- again, and with another account ---


def test_p7_a_retry_is_another_attempt_under_another_key() -> None:
    play = failed()
    assert "status_does_not_allow" in refusals(play.send("retry_payment", R))
    assert rows(play.send("retry_payment", C)) == ["P7"]
    assert [payment.attempt for payment in play.period.payments] == [1, 2]
    assert len({payment.key for payment in play.period.payments}) == 2
    assert play.case.tasks == {}


def test_p7_another_account_is_signed_by_the_supplier_alone_and_checked_by_two() -> None:
    play = failed()
    application = play.period.application
    assert application is not None
    asked = {**NEW_ACCOUNT, "application": application.sha256}
    assert "not_your_case" in refusals(play.send("change_account", S2, asked, VERIFIED))
    assert "nothing_to_do" in refusals(play.send("check_account", C))
    assert rows(play.send("change_account", S, asked, VERIFIED)) == ["P7"]
    assert "account_unchecked" in refusals(play.send("retry_payment", C))
    assert rows(play.send("check_account", C)) == ["P7"]
    assert "same_person" in refusals(play.send("check_account", C))
    assert rows(play.send("check_account", C2)) == ["P7"]
    assert (play.status, state(play)) == ("payment_pending", ["rejected", "to_send"])
    assert play.period.application is not None
    assert play.period.application.signatures == application.signatures


def test_p7_a_new_account_is_checked_by_people_once_its_signature_is_found_good() -> None:
    play = failed()
    application = play.period.application
    assert application is not None
    asked = {**NEW_ACCOUNT, "application": application.sha256}
    unchecked = {"account_signature": {"reason": "unchecked"}}
    assert rows(play.send("change_account", S, asked, unchecked)) == ["P7"]
    assert "account_unverified" in refusals(play.send("check_account", C))
    bad = play.copy()
    assert told(bad.answer("verify", reason="wrong_signer")) == [("annex_rejected", ("supplier",))]
    assert "nothing_to_do" in refusals(bad.send("check_account", C))
    assert "account_unchecked" in refusals(bad.send("retry_payment", C))
    assert rows(bad.send("change_account", S, asked, VERIFIED)) == ["P7"]
    for each in (play, bad):
        if each is play:
            assert rows(each.answer("verify", reason=None)) == ["A1"]
        assert rows(each.send("check_account", C)) == ["P7"]
        assert rows(each.send("check_account", C2)) == ["P7"]
        assert each.status == "payment_pending"


def test_p7_an_account_changed_between_the_checks_is_checked_anew() -> None:
    play = failed()
    application = play.period.application
    assert application is not None
    asked = {**NEW_ACCOUNT, "application": application.sha256}
    play.send("change_account", S, asked, VERIFIED)
    play.send("check_account", C)
    play.send("change_account", S, {**asked, "account": "acc-3"}, VERIFIED)
    play.send("check_account", C2)
    assert play.status == "payment_failed"


# --- late, twice, and back ---


def test_p8_an_attempt_thought_rejected_that_settled_pays_and_stops_the_open_one() -> None:
    play = failed()
    assert rows(say(play.copy(), "settled")) == ["P8"]
    play.send("retry_payment", C)
    assert rows(say(play, "settled", key=key(play, 1))) == ["P8"]
    assert (play.status, state(play)) == ("paid", ["settled", "void"])
    assert not any(effect.kind == "pay" for effect in play.case.outbox.values())


def test_p8_p11_if_both_settled_the_excess_is_recovered() -> None:
    play = failed()
    play.send("retry_payment", C)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    assert rows(say(play, "settled", key=key(play, 2))) == ["P8"]
    assert (play.status, state(play)) == ("recovering", ["settled", "excess"])
    assert list(play.case.tasks) == ["1:payment_excess"]
    late = play.copy()
    assert rows(late.wait()) == ["P10"]
    assert "1:court_claim" in late.case.tasks
    events = say(play, "not_executed", key=key(play, 1))
    assert (rows(events), play.status) == (["P11"], "recovered")
    assert state(play) == ["returned", "settled"]
    assert ("report", ()) in told(events)


def test_p8_a_stopped_attempt_that_is_rejected_is_remembered() -> None:
    play = failed()
    play.send("retry_payment", C)
    say(play, "settled", key=key(play, 1))
    assert rows(say(play, "not_executed", key=key(play, 2))) == ["P8"]
    assert (play.status, state(play)) == ("paid", ["settled", "rejected"])


def test_p8_a_held_earlier_attempt_keeps_a_settled_later_one_for_people_to_decide() -> None:
    play = failed()
    play.send("retry_payment", C)
    play.answer("pay")
    assert rows(say(play, "settled", key=key(play, 1), amount=1)) == ["P3"]
    assert rows(say(play, "settled", key=key(play, 2))) == ["P3"]
    assert (play.status, state(play)) == ("payment_pending", ["held", "held"])
    for caseworker in (C, C2):
        play.send("enter_statement", caseworker, line(play, "settled"))
    assert (play.status, state(play)) == ("recovering", ["excess", "settled"])


@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p9_returned_money_is_a_failed_payment_again_even_after_the_end(status: str) -> None:
    play = reach(status)
    events = say(play, "not_executed")
    assert (rows(events), play.status, state(play)) == (["P9"], "payment_failed", ["returned"])
    assert told(events) == [("account_needed", ("supplier",))]
    assert rows(say(play, "settled")) == ["-"], "a replay of the first report pays nothing"
    play.send("retry_payment", C)
    say(play, "settled")
    assert state(play) == ["returned", "settled"]


def test_p9_if_a_stopped_attempt_may_still_arrive_it_is_asked_about_first() -> None:
    play = failed()
    play.send("retry_payment", C)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    assert rows(say(play, "not_executed", key=key(play, 1))) == ["P9"]
    assert (play.status, state(play)) == ("payment_pending", ["returned", "unknown"])
    assert any(effect.kind == "enquire" for effect in play.case.outbox.values())
    assert rows(say(play, "settled")) == ["P2"]


def test_p14_the_acknowledged_result_completes_the_case() -> None:
    play = reach("paid")
    assert rows(play.answer("report", status="payment_failed")) == ["-"]
    play = reach("paid")
    assert rows(play.answer("report")) == ["P14"]
    assert (play.status, agenda(play.case, CURRENT.process)) == ("completed", [])
