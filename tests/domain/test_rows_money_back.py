"""What comes back of a payment is one sum, whoever tells it, and however late (P9, P11, P12)."""

import pytest

from domain.money.payments import Payment
from tests.domain.money import again, decide, key, over, owed, pending, say, state
from tests.domain.play import C2, C, K, Play, R, S, order, reach
from tests.domain.reading import PROVEN, STATED, refusals, rows


def breach(play: Play, amount: int, *, still_needed: bool = False) -> None:
    claim = {**STATED, "ground": "poor_quality", "amount": amount, "still_needed": still_needed}
    assert rows(play.send("find_breach", K, claim)) == ["P10"]


def written_off(play: Play) -> Play:
    for caseworker in (C, C2):
        play.send("write_off", caseworker, PROVEN)
    return play


def sums(payment: Payment) -> dict[str, int]:
    names = ("left", "returned", "recovered", "lost")
    return {name: getattr(payment, name) for name in names if getattr(payment, name)}


def paid_twice() -> tuple[Play, int]:
    """Rejected, paid again, and then both settled."""
    play = pending()
    amount = owed(play)
    say(play, "not_executed")
    again(play)
    say(play, "settled", key=key(play, 2), reference="T-2")
    assert rows(say(play, "settled", key=key(play, 1), reference="T-1")) == ["P8"]
    assert (play.status, state(play)) == ("recovering", ["excess", "settled"])
    return play, amount


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_treasury_tells_under_another_key_what_a_caseworker_has_confirmed(attempt: int) -> None:
    play, amount = paid_twice()
    play.send("confirm_return", C, {"evidence": True})
    assert play.status == "paid"
    said = say(play, "returned", key=key(play, attempt), amount=amount, reference="R-1")
    assert (rows(said), play.status) == (["P9"], "paid")
    kept, gone = play.period.payments[2 - attempt], play.period.payments[attempt - 1]
    assert (sums(gone), sums(kept)) == ({"returned": amount}, {"left": amount})
    assert "status_does_not_allow" in refusals(play.send("retry_payment", C))
    rest = say(play, "returned", key=kept.key, amount=amount, reference="R-2")
    assert (rows(rest), play.status) == (["P9"], "payment_failed"), "and this is other money"


def test_what_was_written_off_comes_back_after_all_and_nothing_is_owed_for_it() -> None:
    play = reach("completed")
    amount = owed(play)
    breach(play, amount)
    assert written_off(play).status == "written_off"
    assert sums(play.period.payments[0]) == {"lost": amount}
    assert rows(say(play, "returned", amount=amount, reference="R-1")) == ["P9"]
    assert (play.status, sums(play.period.payments[0])) == ("written_off", {"returned": amount})
    assert state(play) == ["returned"]


def test_nor_where_two_read_it_in_a_statement() -> None:
    play = reach("completed")
    amount = owed(play)
    breach(play, amount)
    written_off(play)
    say(play, "returned", amount=amount // 2, reference="R-1")
    assert rows(say(play, "returned", amount=amount // 2, reference="R-2")) == ["P15"]
    assert rows(decide(play, "returned", amount=amount)) == ["P15"]
    assert (play.status, sums(play.period.payments[0])) == ("written_off", {"returned": amount})
    assert "case_closed" in refusals(play.send("retry_payment", C))


def test_it_is_taken_for_an_order_that_a_new_one_has_followed() -> None:
    play = reach("completed")
    amount = owed(play)
    breach(play, amount, still_needed=True)
    assert written_off(play).status == "choosing"
    play.send("place_order", R, *order())
    assert rows(say(play, "returned", key=key(play, 1), amount=amount, reference="R-1")) == ["P11"]
    assert sums(play.period.payments[0]) == {"returned": amount}


def test_what_two_find_paid_beside_an_open_claim_is_owed_back_with_it() -> None:
    play = reach("completed")
    amount = owed(play)
    breach(play, 5_000_00)
    say(play, "settled", amount=amount + 700, reference="T-1")
    decide(play, "settled", amount=amount + 700)
    claim = play.period.claim
    assert claim is not None
    assert (play.status, over(play)) == ("recovering", 5_000_00 + 700)
    assert claim.amount - claim.returned == 5_000_00
    play.send("confirm_return", C, {"evidence": True})
    assert sums(play.period.payments[0]) == {"left": amount - 5_000_00, "recovered": 5_000_00 + 700}


def test_what_two_find_never_paid_is_not_claimed() -> None:
    play = reach("completed")
    breach(play, owed(play))
    say(play, "not_executed")
    decide(play, "rejected")
    claim = play.period.claim
    assert claim is not None
    assert (play.status, claim.amount - claim.returned) == ("recovering", 0)


def test_more_may_come_back_than_was_ordered_where_the_treasury_said_that_more_was_paid() -> None:
    play = reach("completed")
    amount = owed(play)
    say(play, "settled", amount=amount + 700, reference="T-1")
    decide(play, "returned", amount=amount + 700)
    assert sums(play.period.payments[0]) == {"returned": amount + 700}
    assert (play.status, state(play)) == ("payment_failed", ["returned"])


def test_of_an_order_that_is_gone_two_say_what_stands_and_the_one_that_lives_goes_on() -> None:
    play = reach("completed")
    amount = owed(play)
    breach(play, amount, still_needed=True)
    play.send("confirm_return", C, {"evidence": True})
    play.send("place_order", R, *order())
    first = key(play, 1)
    assert rows(say(play, "settled", key=first, amount=1)) == ["P15"]
    assert "1:payment_doubt" in play.case.tasks
    line = {"key": first, "outcome": "settled", "amount": amount}
    assert rows(play.send("enter_statement", C, line)) == ["P15"]
    assert "same_person" in refusals(play.send("enter_statement", C, line))
    assert rows(play.send("enter_statement", C2, line)) == ["P15"]
    assert (play.status, play.period.payments[0].doubt) == ("ordered", None)
    assert "1:payment_doubt" not in play.case.tasks
    assert rows(play.send("confirm", S)) == ["O1"]
