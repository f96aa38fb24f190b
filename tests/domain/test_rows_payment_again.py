"""Paid again, late, twice and back: nothing goes out before what went is known (P7-P9, P15)."""

import pytest

from tests.domain.money import (
    PART,
    again,
    confirm,
    decide,
    failed,
    key,
    later,
    over,
    owed,
    pending,
    say,
    sent,
    state,
)
from tests.domain.play import C2, S2, T_, C, Play, R, S, reach, report, signing
from tests.domain.reading import refusals, rows, told
from tests.domain.rounds import parted

NEW_ACCOUNT = {"account": "acc-2", "account_signature": "cms-b"}
VERIFIED = {"account_signature": {"reason": None}}


def asked(play: Play) -> list[str]:
    return [e.data["key"] for e in play.case.outbox.values() if e.kind == "enquire"]


def paid_again(status: str = "completed") -> Play:
    """A part came back, and was paid once more."""
    play = reach(status)
    say(play, "returned", amount=PART, reference="R-1")
    again(play)
    play.answer("pay")
    return play


# --- P2 ---


def test_p2_what_settles_of_one_period_calls_off_nothing_of_another() -> None:
    """Two parts of one order are paid beside each other, each under its own key."""
    play = parted()
    _approved(play, 1, "app-part")
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 1, "evidence": True}, period=2)
    play.send("accept", R, {"quantity": 1}, {"application": "app-rest"}, period=2)
    _approved(play, 2, "app-rest")
    assert _leaving(play) == [1, 2]
    play.about = 1
    assert rows(play.send("payment_reported", T_, report(play, "settled"))) == ["P2"]
    assert _leaving(play) == [2]


def _approved(play: Play, period: int, application: str) -> None:
    """A part is signed by both and approved by two."""
    play.about = period
    signed = {"application": application, "signature": "cms-r2"}
    play.send("sign", S, *signing(play))
    play.send("sign", R, signed, {"signature": {"reason": None}})
    play.send("approve", C)
    assert rows(play.send("approve", C2)) == ["V3"]


def _leaving(play: Play) -> list[int]:
    """The periods of which a payment is to be sent."""
    return [one.period for one in play.case.outbox.values() if one.kind == "pay"]


# --- P7 ---


def test_p7_two_caseworkers_repeat_a_payment_not_one() -> None:
    play = failed()
    assert "status_does_not_allow" in refusals(play.send("retry_payment", R))
    assert [e.type for e in play.send("retry_payment", C)] == ["retry_proposed"]
    assert (play.status, sent(play)) == ("payment_failed", [])
    assert "same_person" in refusals(play.send("retry_payment", C))
    assert [e.type for e in play.send("retry_payment", C2)] == ["payment_retried"]
    assert (play.status, sent(play)) == ("payment_pending", [])
    assert [d.by for d in play.period.decisions if d.kind == "retry"] == [C.id, C2.id]


def test_p7_nothing_goes_out_before_the_treasury_confirms_every_earlier_attempt() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "not_executed")
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    assert asked(play) == [key(play, 1), key(play, 2)]
    first, second = (e for e in play.case.outbox.values() if e.kind == "enquire")
    word = report(play, "not_executed", key=key(play, 2))
    assert [e.type for e in play.outcome(second, "payment_reported", T_, word)] == [
        "payment_proven"
    ]
    assert sent(play) == []
    said = {"key": key(play, 1)}
    events = play.outcome(first, "payment_never_received", T_, said)
    assert [e.type for e in events] == ["payment_begun"]
    assert sent(play) == [key(play, 3)]
    assert state(play) == ["rejected", "rejected", "to_send"]


def test_p7_a_word_that_nobody_asked_for_confirms_nothing() -> None:
    play = failed()
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    assert rows(say(play, "not_executed")) == ["-"]
    assert sent(play) == []


@pytest.mark.parametrize("outcome", ["under_way", "other", "unsaid"])
def test_p7_what_the_treasury_cannot_say_yet_is_asked_again_and_nothing_goes_out(
    outcome: str,
) -> None:
    play = failed()
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    events = play.outcome(effect, "payment_reported", T_, report(play, outcome))
    assert (rows(events), sent(play), asked(play)) == (["P6"], [], [])
    assert rows(play.wait()) == ["P6"]
    assert asked(play) == [key(play, 1)]
    confirm(play)
    assert sent(play) == [key(play, 2)]


def test_p7_an_earlier_attempt_that_turns_out_to_be_settled_is_the_payment() -> None:
    play = failed()
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    assert rows(play.outcome(effect, "payment_reported", T_, report(play, "settled"))) == ["P2"]
    assert (play.status, state(play), sent(play)) == ("paid", ["settled"], [])


def test_p7_where_the_treasury_is_silent_a_line_entered_by_two_confirms_in_its_place() -> None:
    play = failed()
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    assert [e.type for e in decide(play, "rejected")] == ["payment_begun"]
    assert sent(play) == [key(play, 2)]


def test_p7_a_retry_is_another_attempt_under_another_key() -> None:
    play = failed()
    again(play)
    assert [payment.attempt for payment in play.period.payments] == [1, 2]
    assert len({payment.key for payment in play.period.payments}) == 2
    assert play.case.tasks == {}


def test_p7_another_account_is_signed_by_the_supplier_alone_and_checked_by_two() -> None:
    play = failed()
    application = play.period.application
    assert application is not None
    changed = {**NEW_ACCOUNT, "application": application.sha256}
    assert "not_your_case" in refusals(play.send("change_account", S2, changed, VERIFIED))
    assert "nothing_to_do" in refusals(play.send("check_account", C))
    assert rows(play.send("change_account", S, changed, VERIFIED)) == ["P7"]
    assert "account_unchecked" in refusals(play.send("retry_payment", C))
    assert rows(play.send("check_account", C)) == ["P7"]
    assert "same_person" in refusals(play.send("check_account", C))
    assert rows(play.send("check_account", C2)) == ["P7"]
    assert (play.status, state(play)) == ("payment_pending", ["rejected"])
    confirm(play)
    assert state(play) == ["rejected", "to_send"]
    assert play.period.application is not None
    assert play.period.application.signatures == application.signatures


def test_p7_an_order_that_never_arrived_goes_to_another_account_under_another_key() -> None:
    play = pending()
    play.wait()
    play.answer("enquire")
    application = play.period.application
    assert application is not None
    changed = {**NEW_ACCOUNT, "application": application.sha256}
    play.send("change_account", S, changed, VERIFIED)
    for caseworker in (C, C2):
        play.send("check_account", caseworker)
    confirm(play)
    assert state(play) == ["never_received", "to_send"]
    assert sent(play) == [key(play, 2)] != [key(play, 1)]


def test_p7_a_new_account_is_checked_by_people_once_its_signature_is_found_good() -> None:
    play = failed()
    application = play.period.application
    assert application is not None
    changed = {**NEW_ACCOUNT, "application": application.sha256}
    unchecked = {"account_signature": {"reason": "unchecked"}}
    assert rows(play.send("change_account", S, changed, unchecked)) == ["P7"]
    assert "account_unverified" in refusals(play.send("check_account", C))
    bad = play.copy()
    assert told(bad.answer("verify", reason="wrong_signer")) == [("annex_rejected", ("supplier",))]
    assert "nothing_to_do" in refusals(bad.send("check_account", C))
    assert "account_unchecked" in refusals(bad.send("retry_payment", C))
    assert rows(bad.send("change_account", S, changed, VERIFIED)) == ["P7"]
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
    changed = {**NEW_ACCOUNT, "application": application.sha256}
    play.send("change_account", S, changed, VERIFIED)
    play.send("check_account", C)
    play.send("change_account", S, {**changed, "account": "acc-3"}, VERIFIED)
    play.send("check_account", C2)
    assert play.status == "payment_failed"


# --- P8: late and twice ---


def test_p8_an_attempt_thought_rejected_that_settled_pays_and_the_open_one_is_asked_about() -> None:
    play = failed()
    assert rows(say(play.copy(), "settled")) == ["P8"]
    again(play)
    assert rows(say(play, "settled", key=key(play, 1))) == ["P8"]
    assert (play.status, state(play)) == ("paid", ["settled", "void"])
    assert (sent(play), asked(play)) == ([], [key(play, 2)])
    assert rows(play.answer("enquire")) == ["P8"]
    assert state(play) == ["settled", "never_received"]


def test_p8_p11_if_both_settled_the_excess_is_recovered() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    assert rows(say(play, "settled", key=key(play, 2))) == ["P8"]
    assert (play.status, state(play)) == ("recovering", ["settled", "excess"])
    assert over(play) == owed(play)
    assert list(play.case.tasks) == ["1:payment_excess"]
    late = play.copy()
    assert "P10" in rows(later(late, "recovery"))
    assert "1:court_claim" in late.case.tasks
    part = play.copy()
    assert rows(say(part, "returned", key=key(part, 1), amount=PART, reference="R-1")) == ["P11"]
    assert (part.status, over(part)) == ("recovering", owed(play) - PART)
    rest = owed(play) - PART
    say(part, "returned", key=key(part, 1), amount=rest, reference="R-2")
    events = say(play, "returned", key=key(play, 1))
    assert (rows(events), play.status) == (["P11"], "paid")
    for each in (play, part):
        assert (each.status, state(each)) == ("paid", ["returned", "settled"])
    assert ("report", ()) in told(events)


def test_p8_a_stopped_attempt_that_is_rejected_is_remembered() -> None:
    play = failed()
    again(play)
    say(play, "settled", key=key(play, 1))
    assert rows(say(play, "not_executed", key=key(play, 2))) == ["P8"]
    assert (play.status, state(play)) == ("paid", ["settled", "rejected"])


def test_p8_of_a_stopped_attempt_the_treasury_is_asked_until_it_says() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    for _ in range(3):
        effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
        word = report(play, "under_way", key=key(play, 2))
        assert rows(play.outcome(effect, "payment_reported", T_, word)) == ["P8"]
        assert "P8" in rows(later(play, "payment_doubt"))
    assert list(play.case.tasks) == ["1:payment_doubt"]


def test_p8_a_held_earlier_attempt_leaves_a_settled_later_one_for_people_to_decide() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    assert rows(say(play, "settled", key=key(play, 1), amount=1)) == ["P3"]
    assert rows(say(play, "settled", key=key(play, 2))) == ["P8"]
    assert (play.status, state(play)) == ("payment_pending", ["held", "settled"])
    other = play.copy()
    decide(play, "rejected", key=key(play, 1))
    assert (play.status, state(play)) == ("paid", ["rejected", "settled"])
    decide(other, "settled", key=key(other, 1), amount=1)
    assert (other.status, state(other)) == ("recovering", ["settled", "settled"])
    assert over(other) == 1


# --- P9: money that comes back ---


@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p9_returned_money_is_a_failed_payment_again_even_after_the_end(status: str) -> None:
    play = reach(status)
    events = say(play, "returned")
    assert (rows(events), play.status, state(play)) == (["P9"], "payment_failed", ["returned"])
    assert told(events) == [("account_needed", ("supplier",))]
    assert rows(say(play, "settled")) == ["-"], "a replay of the first report pays nothing"
    again(play)
    play.answer("pay")
    say(play, "settled")
    assert state(play) == ["returned", "settled"]


@pytest.mark.parametrize("status", ["paid", "completed"])
def test_p9_of_a_part_that_came_back_no_more_than_that_part_is_paid_again(status: str) -> None:
    play = reach(status)
    assert rows(say(play, "returned", amount=PART, reference="R-1")) == ["P9"]
    assert (play.status, state(play)) == ("payment_failed", ["settled"])
    assert rows(say(play, "returned", amount=PART, reference="R-1", source="camt.053")) == ["-"]
    again(play)
    assert [payment.amount for payment in play.period.payments] == [owed(play), PART]
    play.answer("pay")
    assert rows(say(play, "settled")) == ["P2"]
    assert (play.status, state(play)) == ("paid", ["settled", "settled"])
    assert sum(payment.left for payment in play.period.payments) == owed(play)


def test_p9_if_a_stopped_attempt_may_still_arrive_it_is_asked_about_first() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1))
    assert rows(say(play, "returned", key=key(play, 1))) == ["P9"]
    assert (play.status, state(play)) == ("payment_pending", ["returned", "unknown"])
    assert key(play, 2) in asked(play)
    assert rows(say(play, "settled")) == ["P2"]


def test_p9_what_came_back_while_a_part_is_paid_again_is_owed_once_that_is_settled() -> None:
    play = paid_again()
    assert rows(say(play, "returned", key=key(play, 1), amount=PART, reference="R-2")) == ["P15"]
    assert rows(say(play, "settled")) == ["P2"]
    assert play.status == "paid"
    decide(play, "returned", key=key(play, 1), amount=2 * PART)
    assert play.status == "payment_failed"
    again(play)
    assert play.period.payments[-1].amount == PART
