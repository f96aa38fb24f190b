"""Words of the treasury that contradict what it settled: held, told, and decided by two (P15)."""

from typing import Any

import pytest

from tests.domain.money import (
    PART,
    again,
    decide,
    key,
    later,
    line,
    over,
    owed,
    pending,
    say,
    sent,
    state,
)
from tests.domain.play import C2, T_, C, K, reach, report
from tests.domain.reading import refusals, rows, told

# --- P15: words that contradict what was settled ---

CONTRARY: list[tuple[str, dict[str, Any], str]] = [
    ("not_executed", {"reason": "AC04"}, "rejected"),
    ("settled", {"reference": "T-2"}, "number"),
    ("settled", {"amount": 1}, "amount"),
    ("under_way", {"amount": 1}, "amount"),
    ("settled", {"payee": "other"}, "payee"),
    ("not_executed", {"account": "other"}, "account"),
    ("returned", {"amount": 10**12, "reference": "R-9"}, "returned_more"),
    ("returned", {"amount": None, "reference": "R-9"}, "returned_unsaid"),
    ("other", {"status": "BLCK"}, "unclear"),
    ("settled", {"at_odds": True}, "at_odds"),
]


@pytest.mark.parametrize("status", ["paid", "completed"])
@pytest.mark.parametrize(("outcome", "changed", "doubt"), CONTRARY)
def test_p15_a_settled_payment_is_not_opened_by_one_word_but_held_and_asked_about(
    outcome: str, changed: dict[str, Any], doubt: str, status: str
) -> None:
    play = pending()
    say(play, "settled", reference="T-1")
    if status == "completed":
        play.answer("report")
    events = say(play, outcome, **changed)
    assert (rows(events), told(events)) == (["P15"], [("enquire", ())])
    assert (play.status, state(play)) == (status, ["settled"])
    assert play.period.payments[0].doubt == doubt
    assert list(play.case.tasks) == ["1:payment_doubt"]
    assert rows(say(play, outcome, **changed)) == ["-"], "the same word again is nothing new"
    assert refusals(play.send("retry_payment", C))
    later(play, "payment_doubt")
    assert play.case.escalations
    assert rows(decide(play, "settled")) == ["P15"]
    assert (play.status, state(play), play.case.tasks) == (status, ["settled"], {})
    assert rows(say(play, outcome, **changed)) == ["-"], "two have decided on this word"


def test_what_two_read_in_a_statement_no_later_word_undoes_alone() -> None:
    play = pending()
    say(play, "settled", reference="T-1")
    say(play, "not_executed")
    assert rows(decide(play, "rejected")) == ["P15"]
    say(play, "other")
    assert rows(say(play, "settled", reference="T-1")) == ["P3"]
    assert (play.status, play.period.payments[0].doubt) == ("payment_pending", "stated")
    assert refusals(play.send("retry_payment", C))
    decide(play, "settled")
    assert (play.status, state(play)) == ("paid", ["settled"])


def test_of_a_void_order_nothing_is_paid_again_whatever_came_back_of_it() -> None:
    play = reach("completed")
    amount = play.period.payments[0].amount
    part = amount * 7 // 10
    claim = {"ground": "poor_quality", "amount": part, "still_needed": False, "reason": "stated"}
    assert rows(play.send("find_breach", K, claim)) == ["P10"]
    play.send("confirm_return", C, {"evidence": True})
    assert play.status == "recovered"
    assert rows(say(play, "returned", amount=part, reference="R-1")) == ["P9"]
    assert (play.status, play.period.payments[0].left) == ("recovered", amount - part)
    for caseworker in (C, C2):
        assert refusals(play.send("retry_payment", caseworker))
    assert len(play.period.payments) == 1


def test_what_was_paid_beside_a_return_is_left_with_the_supplier() -> None:
    play = pending()
    amount = play.period.payments[0].amount
    say(play, "settled", reference="T-1")
    say(play, "returned", amount=amount, reference="R-1")
    say(play, "settled", amount=amount + 500, reference="T-1")
    decide(play, "settled", amount=amount + 500)
    assert (state(play), play.period.payments[0].left) == (["settled"], 500)


def test_p15_the_answer_to_the_enquiry_decides_nothing() -> None:
    play = reach("completed")
    say(play, "not_executed")
    effect = next(e for e in play.case.outbox.values() if e.kind == "enquire")
    word = report(play, "not_executed")
    assert rows(play.outcome(effect, "payment_reported", T_, word)) == ["-"]
    assert (play.status, play.period.payments[0].doubt) == ("completed", "rejected")


def test_p15_what_two_find_not_executed_is_paid_again_after_an_enquiry() -> None:
    play = reach("completed")
    say(play, "not_executed")
    decide(play, "rejected")
    assert (play.status, state(play)) == ("payment_failed", ["rejected"])
    again(play)
    assert sent(play) == [key(play, 2)]


def test_p15_of_what_came_back_twice_two_say_how_much_it_was() -> None:
    play = reach("completed")
    say(play, "returned", amount=PART, reference="R-1")
    assert rows(say(play, "returned", amount=PART, reference="R-2")) == ["P15"]
    assert "payment_in_doubt" in refusals(play.send("retry_payment", C))
    assert "statement_wrong" in refusals(
        play.send("enter_statement", C, line(play, "returned", amount=10**12))
    )
    decide(play, "returned", amount=2 * PART)
    again(play)
    assert play.period.payments[-1].amount == 2 * PART


def test_p15_another_sum_that_two_find_in_the_statement_is_what_stands() -> None:
    play = pending()
    say(play, "settled", amount=owed(play) - PART)
    decide(play, "settled", amount=owed(play) - PART)
    assert (play.status, state(play)) == ("payment_failed", ["settled"])
    again(play)
    assert play.period.payments[-1].amount == PART


def test_p15_more_than_was_ordered_is_excess_to_be_recovered() -> None:
    play = pending()
    say(play, "settled", amount=owed(play) + PART)
    decide(play, "settled", amount=owed(play) + PART)
    assert (play.status, over(play)) == ("recovering", PART)
    assert rows(say(play, "returned", amount=PART)) == ["P11"]
    assert (play.status, state(play)) == ("paid", ["settled"])


def test_p15_a_sum_in_doubt_is_not_written_off() -> None:
    play = pending()
    say(play, "settled", amount=owed(play) + PART)
    decide(play, "settled", amount=owed(play) + PART)
    say(play, "not_executed")
    assert "payment_in_doubt" in refusals(play.send("confirm_return", C, {"evidence": True}))


def test_the_number_of_a_payment_is_taken_from_whichever_word_names_it() -> None:
    play = reach("paid")
    assert rows(say(play, "settled", reference="T-1", source="camt.053")) == ["P2"]
    assert play.period.payments[0].reference == "T-1"
    assert rows(say(play, "settled", reference="T-2", source="camt.053")) == ["P15"]
