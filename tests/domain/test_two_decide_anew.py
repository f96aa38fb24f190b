"""What two decide of money they decide anew each time: nobody's word of before counts again."""

from datetime import timedelta

from domain.messages import Actor, Event
from tests.domain.money import PART, again, failed, key, line, owed, pending, say
from tests.domain.play import C2, C3, C, K, Play, R, reach
from tests.domain.reading import refusals
from tests.domain.test_rows_sides import told

DAY = timedelta(days=1)
REASONS = {"reason": True, "evidence": True}


def state_by(play: Play, outcome: str, *caseworkers: Actor) -> list[Event]:
    for caseworker in caseworkers:
        events = play.send("enter_statement", caseworker, line(play, outcome))
    return events


def write_off(play: Play, caseworker: Actor) -> str:
    return play.send("write_off", caseworker, REASONS)[0].type


def paid_beside() -> Play:
    """Two attempts settled: one of them is to come back."""
    play = failed()
    again(play)
    play.answer("pay")
    for attempt in (1, 2):
        say(play, "settled", key=key(play, attempt), amount=owed(play))
    return play


def test_one_does_not_pay_again_on_what_two_decided_before_a_word_undid_it() -> None:
    play = failed()
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    say(play, "not_executed", amount=1)
    state_by(play, "rejected", C, C2)
    assert play.status == "payment_failed"
    assert play.send("retry_payment", C3)[0].type == "retry_proposed"
    assert play.send("retry_payment", C2)[0].type == "payment_retried"


def test_who_proposed_to_pay_again_did_not_mean_what_came_back_since() -> None:
    play = failed()
    play.send("retry_payment", C)
    say(play, "settled")
    say(play, "returned", amount=PART, reference="R-1")
    assert play.status == "payment_failed"
    assert play.send("retry_payment", C2)[0].type == "retry_proposed"


def test_one_does_not_repeat_alone_what_two_read_in_a_statement_of_before() -> None:
    play = pending()
    say(play, "settled", account="other")
    state_by(play, "settled", C, C2)
    say(play, "not_executed")
    state_by(play, "rejected", C, C2)
    say(play, "settled")
    assert play.period.payments[0].status == "held"
    assert state_by(play, "settled", C3)[0].type == "statement_entered"
    assert state_by(play, "settled", C)[0].type == "paid"
    say(play, "not_executed", reference="T-2")
    assert state_by(play, "rejected", C3)[0].type == "statement_entered"
    assert play.status == "paid"


def test_a_line_that_one_entered_before_another_word_came_is_entered_again() -> None:
    play = pending()
    state_by(play, "settled", C)
    say(play, "not_executed", amount=1)
    assert state_by(play, "settled", C2)[0].type == "statement_entered"


def test_one_does_not_write_off_another_claim_than_was_proposed() -> None:
    play = paid_beside()
    assert write_off(play, C) == "write_off_proposed"
    say(play, "returned", key=key(play, 2), reference="R-1")
    say(play, "returned", key=key(play, 1), reference="R-2", amount=PART)
    told(play)
    for caseworker in (C, C2):
        play.send("end_order", caseworker, REASONS)
    assert play.status == "recovering"
    assert write_off(play, C2) == "write_off_proposed"


def test_who_proposed_to_write_off_a_claim_did_not_mean_what_settled_beside_since() -> None:
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1), amount=owed(play))
    said = {"ground": "fraud", "amount": PART, "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    assert write_off(play, C) == "write_off_proposed"
    say(play, "settled", key=key(play, 2), amount=owed(play))
    assert write_off(play, C2) == "write_off_proposed"
    assert "same_person" in refusals(play.send("write_off", C2, REASONS))
    assert write_off(play, C) == "written_off"


def test_a_successor_of_before_is_not_entered_again_by_one() -> None:
    play = reach("under_review")
    known = {"successor_known": True, "supplier_is_party": False}
    for successor in ("supplier-8", "supplier-9"):
        said = {"successor": successor, "ground": "heir", **REASONS}
        for caseworker in (C, C2):
            (entered, *_) = play.send("enter_successor", caseworker, said, known)
        assert entered.type == "successor_entered"
    said = {"successor": "supplier-8", "ground": "heir", **REASONS}
    assert play.send("enter_successor", C3, said, known)[0].type == "successor_proposed"


def test_the_second_of_two_names_who_proposed_it_last() -> None:
    play = reach("choosing")
    for proposer in (C, C3):
        play.now += DAY
        play.send("decline", R, {"reason": True})
        play.now += DAY
        body = {"ground": "appeal", **REASONS}
        play.send("reopen_case", proposer, body)
        (reopened, *_) = play.send("reopen_case", C2, body)
        assert reopened.data["first"]["by"] == proposer.id
