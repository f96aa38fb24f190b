"""What a breach claimed of an order is never paid again, and what it left is paid (P9-P12, P15)."""

import pytest

from tests.domain.money import PART, again, decide, failed, key, over, owed, pending, say, sent
from tests.domain.play import C2, C, K, Play, S, reach
from tests.domain.reading import refusals, rows
from tests.domain.rounds import MONTHS, granted
from tests.domain.test_rows_sides import told

REASONS = {"reason": True, "evidence": True}


def by_two(play: Play, name: str) -> Play:
    for caseworker in (C, C2):
        play.send(name, caseworker, REASONS)
    return play


def breach(play: Play, amount: int, *, still_needed: bool = False) -> Play:
    said = {"ground": "fraud", "amount": amount, "still_needed": still_needed, "reason": True}
    assert rows(play.send("find_breach", K, said)) == ["P10"]
    return play


def stopped_beside() -> Play:
    """The first attempt settled late: the second one is void, and may still arrive."""
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1), amount=owed(play))
    return play


def returned(play: Play, attempt: int, amount: int) -> None:
    numbered = {"key": key(play, attempt), "reference": f"R-{attempt}-{amount}"}
    say(play, "returned", amount=amount, **numbered)


def refuses_to_pay(play: Play) -> bool:
    before = len(play.period.payments)
    by_two(play, "retry_payment")
    return len(play.period.payments) == before and not sent(play)


def test_p10_fraud_written_off_and_paid_back_is_not_paid_again_whatever_settles_and_returns() -> (
    None
):
    play = breach(stopped_beside(), 2 * 10_000_00)
    assert by_two(play, "write_off").status == "written_off"
    returned(play, 1, owed(play))
    assert play.status == "written_off"
    say(play, "settled", key=key(play, 2), amount=owed(play))
    assert (play.status, over(play)) == ("recovering", owed(play))
    returned(play, 2, owed(play))
    assert play.status == "written_off"
    assert refuses_to_pay(play)


def test_p10_nor_where_two_read_in_a_statement_that_nothing_of_it_was_paid() -> None:
    play = breach(stopped_beside(), 2 * 10_000_00)
    by_two(play, "write_off")
    say(play, "not_executed", key=key(play, 1), amount=owed(play))
    decide(play, "rejected", key=key(play, 1), amount=owed(play))
    decide(play, "rejected", key=key(play, 2), amount=owed(play))
    assert play.status == "written_off"
    assert refuses_to_pay(play)


def test_l15_nor_what_is_claimed_because_one_person_stands_on_both_sides() -> None:
    play = reach("completed")
    returned(play, 1, PART)
    told(play)
    by_two(play, "end_order")
    assert (play.status, over(play)) == ("recovering", owed(play) - PART)
    returned(play, 1, over(play))
    assert (play.status, play.period.due(1, play.period.payments)) == ("choosing", 0)


@pytest.mark.parametrize("outcome", ["settled", "not_executed"])
def test_p15_what_a_partial_claim_left_is_paid_by_two_where_nothing_had_been_paid(
    outcome: str,
) -> None:
    play = reach("completed")
    full = owed(play)
    breach(play, PART)
    say(play, "not_executed")
    decide(play, "rejected")
    assert (play.status, "1:payment_failed" in play.case.tasks) == ("payment_failed", True)
    assert "1:claim_on_supplier" not in play.case.tasks
    again(play)
    assert play.period.payments[-1].amount == full - PART
    play.answer("pay")
    say(play, outcome)
    assert play.status == ("paid" if outcome == "settled" else "payment_failed")
    assert "1:payment_failed" in play.case.tasks or outcome == "settled"


def test_p9_and_where_the_treasury_gave_the_whole_back() -> None:
    play = breach(reach("completed"), PART)
    returned(play, 1, owed(play))
    assert play.status == "payment_failed"
    again(play)
    assert play.period.payments[-1].amount == owed(play) - PART


@pytest.mark.parametrize("given_up", [True, False])
def test_p9_and_where_the_claim_was_over_before_it_came_back(given_up: bool) -> None:
    play = breach(reach("completed"), PART)
    by_two(play, "write_off") if given_up else play.send("confirm_return", C, REASONS)
    assert play.status in ("written_off", "recovered")
    returned(play, 1, owed(play))
    assert play.status == "payment_failed"
    said = {"account": "acc-2", "account_signature": "cms", "application": "app-1"}
    play.send("change_account", S, said, {"account_signature": {"reason": None}})
    by_two(play, "check_account")
    play.answer("enquire")
    assert play.period.order is not None
    assert over(play) == 0


def test_p11_who_still_needs_the_aid_chooses_again_once_the_rest_is_paid() -> None:
    play = breach(reach("completed"), PART, still_needed=True)
    say(play, "not_executed")
    decide(play, "rejected")
    assert play.status == "payment_failed"
    again(play)
    play.answer("pay")
    assert rows(say(play, "settled")) == ["P2", "P11"]
    assert (play.status, play.period.order, play.period.claim) == ("choosing", None, None)
    assert play.case.tasks == {}


def test_p10_a_second_breach_claims_no_more_than_the_first_one_left() -> None:
    play = breach(reach("completed"), PART)
    play.send("confirm_return", C, REASONS)
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    assert "claim_wrong" in refusals(play.send("find_breach", K, said))
    breach(play, owed(play) - PART)
    play.send("confirm_return", C, REASONS)
    returned(play, 1, owed(play))
    assert play.status == "recovered"
    assert refuses_to_pay(play)


def test_p12_an_excess_that_two_gave_up_is_not_claimed_by_another_word() -> None:
    play = pending()
    say(play, "not_executed")
    again(play)
    play.answer("pay")
    for attempt in (1, 2):
        say(play, "settled", key=key(play, attempt), amount=owed(play), reference=f"T-{attempt}")
    assert by_two(play, "write_off").status == "paid"
    say(play, "settled", key=key(play, 1), amount=owed(play), reference="T-9")
    decide(play, "settled", key=key(play, 1), amount=owed(play))
    assert (play.status, over(play)) == ("paid", 0)


def test_q2_what_a_breach_claims_of_one_month_is_not_withheld_of_the_next() -> None:
    play = granted("paid", **MONTHS)
    breach(play, PART)
    while play.case.periods[2].status != "in_fulfilment":
        play.wait()
    first, second = play.case.periods[1].orders[0], play.case.periods[2].orders[0]
    assert (first.withheld, second.withheld) == (PART, 0)
