"""Whatever ended an order: of its money the truth is told and decided, and nobody is stuck."""

from datetime import timedelta

from domain.messages import SERVICE
from domain.parties.sides import FOUND
from tests.domain.money import PART, again, decide, failed, key, over, owed, say
from tests.domain.play import C2, T_, C, E, K, Play, reach, report
from tests.domain.reading import rows
from tests.domain.test_rows_sides import KNOWN, told

REASONS = {"reason": True, "evidence": True}


def by_two(play: Play, name: str) -> None:
    for caseworker in (C, C2):
        play.send(name, caseworker, REASONS)


def stopped_beside() -> Play:
    """The first attempt settled late: the second one is void, and may still arrive."""
    play = failed()
    again(play)
    play.answer("pay")
    say(play, "settled", key=key(play, 1), amount=owed(play))
    return play


def paid_beside() -> Play:
    """Both settled, and the case is about the excess."""
    play = stopped_beside()
    say(play, "settled", key=key(play, 2), amount=owed(play))
    assert (play.status, over(play)) == ("recovering", owed(play))
    return play


def never_went(play: Play, attempt: int) -> None:
    """The treasury takes back that it settled, and two read the same in a statement."""
    said = {"key": key(play, attempt), "amount": owed(play)}
    say(play, "not_executed", **said)
    decide(play, "rejected", **said)


def test_p15_an_excess_that_never_was_leaves_the_order_paid_and_the_supplier_owes_nothing() -> None:
    play = paid_beside()
    never_went(play, 1)
    assert (play.status, over(play)) == ("paid", 0)
    assert [one.status for one in play.period.payments] == ["rejected", "settled"]
    assert not play.case.tasks
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    assert rows(play.send("find_breach", K, said)) == ["P10"]


def test_p15_where_neither_was_paid_after_all_the_supplier_is_owed_again() -> None:
    play = paid_beside()
    say(play, "not_executed", key=key(play, 2), amount=owed(play))
    never_went(play, 1)
    decide(play, "rejected", key=key(play, 2), amount=owed(play))
    assert play.status == "payment_failed"
    again(play)
    assert play.period.payments[-1].amount == owed(play)


def test_p8_what_settles_after_a_revoked_measure_ended_the_held_order_stands_in_the_file() -> None:
    play = failed()
    play.send("revoked", E, {"ground": "programme_revoked"})
    told(play)
    by_two(play, "end_order")
    assert play.status == "withdrawn"
    assert rows(say(play, "settled")) == ["P8", "P10"]
    assert play.period.payments[0].left == play.period.payments[0].amount
    assert rows(say(play, "not_executed")) == ["P15"]
    assert rows(decide(play, "settled")) == ["P15"]


def void_of_an_earlier_order() -> Play:
    play = stopped_beside()
    said = {"ground": "fraud", "amount": owed(play), "still_needed": True, "reason": True}
    play.send("find_breach", K, said)
    play.send("confirm_return", C, REASONS)
    assert play.status == "choosing"
    return play


def test_p4_what_was_stopped_of_an_earlier_order_and_did_not_arrive_is_not_unknown_for_ever() -> (
    None
):
    play = void_of_an_earlier_order()
    asked = next(one for one in play.case.outbox.values() if one.kind == "enquire")
    other = play.copy()
    play.outcome(asked, "payment_reported", T_, report(play, "not_executed"))
    assert play.period.payments[1].status == "rejected"
    other.outcome(asked, "payment_never_received", T_, {"key": key(other, 2)})
    assert other.period.payments[1].status == "never_received"


def test_p9_what_comes_back_of_a_lost_claim_makes_no_stopped_payment_wanted() -> None:
    play = stopped_beside()
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    by_two(play, "write_off")
    say(play, "returned", key=key(play, 1), amount=PART, reference="R-1")
    assert (play.status, play.period.payments[1].status) == ("written_off", "void")
    said = {"key": key(play, 2), "amount": play.period.payments[1].amount}
    assert rows(decide(play, "rejected", **said)) == ["P15"]


def test_p15_a_decision_on_one_doubt_of_an_earlier_order_leaves_the_other_on_a_desk() -> None:
    play = void_of_an_earlier_order()
    for attempt in (1, 2):
        wrong = {"key": key(play, attempt), "amount": 1}
        assert rows(say(play, "settled", **wrong)) == ["P15"]
    said = {"key": key(play, 2), "amount": play.period.payments[1].amount}
    decide(play, "rejected", **said)
    assert list(play.case.tasks) == ["1:payment_doubt"]
    decide(play, "settled", **{**said, "key": key(play, 1)})
    assert play.case.tasks == {}


def test_l15_what_was_stopped_so_late_that_it_was_asked_about_before_is_asked_about_again() -> None:
    play = reach("payment_pending")
    paying = next(one for one in play.case.outbox.values() if one.kind == "pay")
    play.wait(play.period.deadlines["payment_answer"].expires_at + timedelta(hours=1))
    asked = next(one for one in play.case.outbox.values() if one.kind == "enquire")
    play.outcome(asked, "payment_never_received", T_, {"key": key(play, 1)})
    assert play.period.payments[0].status == "unknown"
    play.outcome(paying, FOUND, SERVICE, {"key": key(play, 1), **KNOWN})
    assert play.period.held
    play.answer("enquire")
    by_two(play, "end_order")
    assert (play.status, play.period.payments[0].status) == ("choosing", "never_received")


def claimed_beside() -> Play:
    """A claim for what was paid, and another attempt settled beside it."""
    play = stopped_beside()
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    say(play, "settled", key=key(play, 2), amount=owed(play))
    return play


def test_p11_what_came_back_of_the_excess_is_not_owed_again_under_another_attempt() -> None:
    play = claimed_beside()
    for attempt, status in ((1, "recovering"), (2, "recovered")):
        back = {"amount": owed(play), "reference": f"R-{attempt}"}
        say(play, "returned", key=key(play, attempt), **back)
        assert play.status == status


def test_p12_no_more_came_back_of_an_attempt_and_is_lost_than_was_paid_for_it() -> None:
    play = stopped_beside()
    said = {"ground": "fraud", "amount": owed(play), "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    by_two(play, "write_off")
    say(play, "settled", key=key(play, 2), amount=owed(play))
    play.send("confirm_return", C, REASONS)
    say(play, "returned", key=key(play, 1), amount=owed(play), reference="R-1")
    first, second = play.period.payments
    sums = [(one.paid, one.returned, one.recovered, one.lost, one.left) for one in (first, second)]
    assert sums == [(owed(play), owed(play), 0, 0, 0), (owed(play), 0, 0, owed(play), 0)]


def test_p8_a_line_about_one_attempt_does_not_end_the_asking_about_another() -> None:
    play = stopped_beside()
    said = {"ground": "fraud", "amount": PART, "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    for _ in range(2):
        say(play, "settled", key=key(play, 1), amount=owed(play), account="other")
        play.wait(play.period.deadlines["payment_doubt"].expires_at + timedelta(hours=1))
    decide(play, "settled", key=key(play, 1), amount=owed(play))
    asked = [one.data["key"] for one in play.case.outbox.values() if one.kind == "enquire"]
    assert asked == [key(play, 2)]
    assert not play.period.deadlines["payment_doubt"].stopped


def recovered_in_part() -> Play:
    """Of an order that is gone the supplier keeps what nobody claimed; an attempt is void."""
    play = stopped_beside()
    said = {"ground": "fraud", "amount": PART, "still_needed": False, "reason": True}
    play.send("find_breach", K, said)
    play.send("confirm_return", C, REASONS)
    assert (play.status, play.period.order) == ("recovered", None)
    return play


def test_p15_what_two_read_to_be_paid_for_an_order_that_is_gone_is_to_come_back() -> None:
    play = recovered_in_part()
    decide(play, "settled", key=key(play, 2), amount=owed(play))
    assert (play.status, over(play)) == ("recovering", owed(play))
    say(play, "not_executed", key=key(play, 2), amount=owed(play))
    decide(play, "rejected", key=key(play, 2), amount=owed(play))
    assert (play.status, over(play)) == ("recovered", 0)


def test_p9_no_payment_is_awaited_for_an_order_that_is_gone() -> None:
    play = recovered_in_part()
    say(play, "under_way", key=key(play, 2), amount=owed(play), account="other")
    say(play, "returned", key=key(play, 1), amount=PART, reference="R-1")
    assert play.status == "recovered"
    decide(play, "settled", key=key(play, 2), amount=owed(play))
    assert (play.status, over(play)) == ("recovering", owed(play))


def test_p6_what_the_next_attempt_waits_for_is_asked_again_where_an_answer_proved_nothing() -> None:
    play = reach("completed")
    say(play, "not_executed")
    never = ("payment_never_received", T_, {"key": key(play, 1)})
    play.outcome(next(e for e in play.case.outbox.values() if e.kind == "enquire"), *never)
    decide(play, "settled")
    say(play, "returned", amount=PART, reference="R-1")
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    for _ in range(3):
        (asked,) = [e for e in play.case.outbox.values() if e.kind == "enquire"]
        assert rows(play.outcome(asked, *never)) == ["P6"]
        play.wait(play.period.deadlines["payment_answer"].expires_at + timedelta(hours=1))
    assert play.status == "payment_pending"
    assert "1:payment_unknown" in play.case.tasks
