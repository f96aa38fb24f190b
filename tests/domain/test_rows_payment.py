"""The rows of the payment: every report of the treasury, in every order, pays once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.terms.agenda import agenda
from tests.domain.money import again, failed, key, line, pending, say, sent, state
from tests.domain.play import C2, CURRENT, T_, C, Play, reach, report
from tests.domain.reading import refusals, rows, told

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


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"status": "ACSC", "payee_matches": True}, "paid"),
        ({"status": "ACSC", "payee_matches": False}, "payment_pending"),
        ({"status": "RJCT", "payee_matches": True, "reason": "AC04"}, "payment_failed"),
        ({"status": "ACSP", "payee_matches": False}, "payment_pending"),
    ],
)
def test_a_word_that_waited_since_before_outcomes_were_told_is_understood(
    said: dict[str, Any], status: str
) -> None:
    play = pending()
    payment = play.period.payment
    assert payment is not None
    word = {"key": payment.key, "amount": payment.amount, **said}
    assert rows(play.send("payment_reported", T_, word))
    assert play.status == status


@pytest.mark.parametrize("outcome", ["under_way", "other"])
def test_p2_nothing_but_settled_pays(outcome: str) -> None:
    play = pending()
    assert rows(say(play, outcome)) == ["P6"]
    assert rows(say(play, outcome)) == ["-"], "the same word again is nothing new"
    assert play.status == "payment_pending"


OUTCOMES = ("settled", "not_executed", "under_way", "other")
DIFFERENT = ({"amount": 1}, {"payee": "other"}, {"account": "other"})


@pytest.mark.parametrize("changed", DIFFERENT)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_p3_any_word_that_names_another_sum_payee_or_account_is_held_for_two_caseworkers(
    outcome: str, changed: dict[str, Any]
) -> None:
    play = pending()
    assert rows(say(play, outcome, **changed)) == ["P3"]
    assert (play.status, state(play)) == ("payment_pending", ["held"])
    assert list(play.case.tasks) == ["1:payment_held"]
    assert rows(say(play, outcome, **changed)) == ["-"], "the same word again is nothing new"
    assert rows(say(play, "not_executed")) == ["-"], "two people decide, not the third report"
    assert (rows(say(play, "settled")), play.status) == (["P3"], "payment_pending"), "nor a fourth"
    assert "status_does_not_allow" in refusals(play.send("retry_payment", C))
    assert rows(play.wait()) == ["P6"]
    assert play.case.escalations


@pytest.mark.parametrize("changed", DIFFERENT)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_p3_a_word_that_differs_about_a_rejected_attempt_is_held_too(
    outcome: str, changed: dict[str, Any]
) -> None:
    play = failed()
    assert rows(say(play, outcome, **changed)) == ["P3"]
    assert (play.status, state(play)) == ("payment_pending", ["held"])


def test_p3_money_that_comes_back_before_it_settled_is_held() -> None:
    play = pending()
    assert rows(say(play, "returned")) == ["P3"]
    assert play.period.payments[0].doubt == "returned_unsettled"


@pytest.mark.parametrize(
    "left_out",
    [{"amount": None}, {"account": None}, {"amount": None, "account": None, "payee": None}],
)
def test_p2_what_a_settled_word_leaves_out_is_enquired_about_and_a_later_full_word_heals_it(
    left_out: dict[str, Any],
) -> None:
    play = pending()
    events = say(play, "settled", **left_out)
    assert (rows(events), told(events)) == (["P2"], [("enquire", ())])
    assert (play.status, state(play)) == ("payment_pending", ["sent"])
    assert rows(say(play, "settled", **left_out)) == ["-"], "asked once, not with each word"
    answered = play.copy()
    enquiry = next(e for e in answered.case.outbox.values() if e.kind == "enquire")
    word = report(answered, "settled", **left_out)
    assert rows(answered.outcome(enquiry, "payment_reported", T_, word)) == ["P2"]
    assert not any(e.kind == "enquire" for e in answered.case.outbox.values())
    assert rows(answered.wait()) == ["P6"], "asked again when the term of the answer is over"
    for each in (play, answered):
        assert rows(say(each, "settled")) == ["P2"]
        assert (each.status, state(each)) == ("paid", ["settled"])


def test_p2_sum_and_account_say_where_the_money_went_without_the_number_of_the_payee() -> None:
    play = pending()
    assert rows(say(play, "settled", payee=None)) == ["P2"]
    assert play.status == "paid"


def test_p3_what_was_told_as_settled_is_not_never_received() -> None:
    play = pending()
    say(play, "settled", account=None)
    assert rows(play.answer("enquire")) == ["P3"]
    assert play.period.payments[0].doubt == "never_received"


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
    again(play)
    assert rows(say(play, "not_executed", key=key(play, 1))) == ["-"]
    assert play.status == "payment_pending"


@pytest.mark.parametrize("status", ["settled", "not_executed"])
def test_a_report_of_an_unknown_key_is_noted_and_moves_nothing(status: str) -> None:
    play = pending()
    assert rows(say(play, status, key="7XK2M9-9-9-9-9")) == ["-"]
    assert state(play) == ["sent"]


# --- words that nobody can act on ---


@pytest.mark.parametrize("code", ["BLCK", "ZZZZ"])
def test_p6_a_word_that_says_nothing_final_nor_under_way_is_work_at_once_until_it_is_known(
    code: str,
) -> None:
    play = pending()
    events = say(play, "other", status=code)
    assert (rows(events), told(events)) == (["P6"], [("enquire", ())])
    assert events[0].data["word"]["status"] == code
    assert (play.status, list(play.case.tasks)) == ("payment_pending", ["1:payment_unclear"])
    assert rows(say(play, "other", status=code)) == ["-"], "the same word again is nothing new"
    assert rows(say(play, "under_way")) == ["P6"]
    assert rows(say(play, "settled", account=None)) == ["P2"]
    assert list(play.case.tasks) == ["1:payment_unclear"], "that is not known in full yet"
    assert rows(say(play, "settled"))[0] == "P2"
    assert (play.status, play.case.tasks) == ("paid", {})


def test_p6_a_rejection_closes_what_was_unclear_and_opens_its_own_work() -> None:
    play = pending()
    say(play, "other", status="BLCK")
    say(play, "not_executed", reason="AC04")
    assert (play.status, list(play.case.tasks)) == ("payment_failed", ["1:payment_failed"])


def test_p4_what_is_said_unclearly_of_a_rejected_attempt_lies_on_a_desk_until_it_is_confirmed() -> (
    None
):
    play = failed()
    assert rows(say(play, "other", status="BLCK")) == ["P6"]
    assert set(play.case.tasks) == {"1:payment_failed", "1:payment_unclear"}
    assert rows(say(play, "not_executed"))[0] == "P4"
    assert list(play.case.tasks) == ["1:payment_failed"]


def test_p6_a_statement_of_two_closes_what_was_unclear() -> None:
    play = pending()
    say(play, "other", status="BLCK")
    for caseworker in (C, C2):
        play.send("enter_statement", caseworker, line(play, "settled"))
    assert (play.status, play.case.tasks) == ("paid", {})


def test_p15_two_say_what_stands_of_an_attempt_that_stays_unclear_beside_a_paid_one() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled")
    first = {"key": key(play, 1), "status": "BLCK"}
    say(play, "other", **first)
    asked = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    word = report(play, "other", **first)
    assert rows(play.outcome(asked, "payment_reported", T_, word)) == ["P8"]
    for caseworker in (C, C2):
        play.send("enter_statement", caseworker, line(play, "rejected", key=key(play, 1)))
    assert (play.status, state(play), play.case.tasks) == ("paid", ["rejected", "settled"], {})


def test_p3_never_received_after_a_word_that_it_is_blocked_does_not_fit() -> None:
    play = pending()
    say(play, "other", status="BLCK")
    assert rows(play.answer("enquire"))[0] == "P3"
    assert (state(play), sent(play)) == (["held"], [])


def test_p5_that_the_treasury_could_not_be_asked_says_nothing_of_the_payment() -> None:
    play = pending()
    play.wait()
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    play.outcome(effect, "payment_reported", T_, report(play, "unsaid", status="UNKN"))
    assert "1:payment_unclear" not in play.case.tasks
    play.wait()
    assert rows(play.answer("enquire")) == ["P5"]
    assert (play.status, state(play)) == ("payment_failed", ["never_received"])


def test_p3_what_was_said_to_be_settled_is_not_less_settled_for_a_word_that_it_is_under_way() -> (
    None
):
    play = pending()
    say(play, "settled", account=None)
    assert rows(say(play, "under_way")) == ["-"]
    assert rows(say(play, "not_executed")) == ["P3"]
    assert state(play) == ["held"]


# --- words of one report that do not fit each other ---


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("start", [pending, failed])
def test_p3_words_of_one_report_at_odds_are_held_asked_about_and_both_kept(
    start: Callable[[], Play], outcome: str
) -> None:
    play = start()
    events = say(play, outcome, at_odds=True)
    assert (rows(events), told(events)) == (["P3"], [("enquire", ())])
    assert rows(say(play, "settled", reference="T-2", at_odds=True)) == ["P3"]
    words = [event.data["word"] for event in play.events if event.type == "payment_held"]
    assert [word["outcome"] for word in words] == [outcome, "settled"]
    assert all(word["at_odds"] for word in words)
    assert (play.status, state(play), sent(play)) == ("payment_pending", ["held"], [])
    assert list(play.case.tasks) == ["1:payment_held"]
    for caseworker in (C, C2):
        play.send("enter_statement", caseworker, line(play, "settled"))
    assert (play.status, play.case.tasks) == ("paid", {})


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


@pytest.mark.parametrize("status", ["under_way", "other", "unsaid"])
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
    again(play)
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
    again(play)
    play.answer("pay")
    assert rows(play.send("enter_statement", C2, line(play, "rejected"))) == ["P6"]
    assert play.status == "payment_pending"


def test_p14_the_acknowledged_result_completes_the_case() -> None:
    play = reach("paid")
    assert rows(play.answer("report", status="payment_failed")) == ["-"]
    play = reach("paid")
    assert rows(play.answer("report")) == ["P14"]
    assert (play.status, agenda(play.case, CURRENT.process)) == ("completed", [])
