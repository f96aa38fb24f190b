"""Where walks begin: nothing yet, steps of the straight way, and where few walks come."""

from tests.domain.ends import closed
from tests.domain.hearings import heard
from tests.domain.money import again
from tests.domain.party_starts import party_starts
from tests.domain.play import C2, T_, E, K, Play, R, S, reach, report
from tests.domain.rounds import side_by_side


def _asked() -> Play:
    play = reach("choosing")
    play.send("report_no_supplier", R, {"reason": "stated"})
    return play


def _complained(status: str) -> Play:
    """Before the commission, from a status."""
    play = reach(status)
    play.send("complain", R, {"reason": "stated", "known_on": play.today()})
    assert play.status == "disputed"
    return play


def _referred() -> Play:
    """The recipient was silent about the delivery."""
    play = reach("delivered")
    play.wait()
    play.send("refer", S, {"reason": "stated"})
    assert play.status == "disputed"
    return play


def _reported_breach() -> Play:
    """A remedy was ordered, and is not there."""
    play = _complained("in_fulfilment")
    play.send("order_remedy", K, {"reason": "stated", "until": play.today(5)})
    assert play.status == "in_fulfilment"
    return play


def _claimed() -> Play:
    """Paid, delivered, and broken."""
    play = reach("completed")
    assert play.period.payment is not None
    said = {"ground": "poor_quality", "amount": play.period.payment.amount, "still_needed": True}
    play.send("find_breach", K, {"reason": "stated", **said})
    assert play.status == "recovering"
    return play


def _stopped() -> Play:
    """The measure was revoked while the supplier makes the aid: has it been handed over?"""
    play = reach("in_fulfilment")
    play.send("revoked", E, {"ground": "programme_revoked"})
    return play


def _parted() -> Play:
    """A part was accepted, and the rest is owed."""
    play = reach("delivered")
    play.send("accept", R, {"quantity": 1}, {"application": "app-part"})
    return play


def _short_of_funds() -> Play:
    """Approved by two, and there is no money."""
    play = reach("under_review", 1)
    play.send("approve", C2, {"funds_lacking": True})
    assert play.status == "awaiting_funds"
    return play


def _unanswered() -> Play:
    """The treasury was asked what became of a payment."""
    play = reach("payment_pending", 1)
    while not any(one.kind == "enquire" for one in play.case.outbox.values()):
        play.wait()
    return play


def _unreached() -> Play:
    """No channel took the notice."""
    play = reach("notifying")
    play.answer("notify", channels=[])
    assert play.status == "notice_failed"
    return play


def _starts() -> list[Play]:
    begun = [Play(), Play(), reach("notifying", 1), reach("choosing"), reach("ordered")]
    begun += [reach("in_fulfilment"), reach("awaiting_signatures"), reach("under_review", 1)]
    begun += [reach("payment_pending"), reach("payment_pending", 1), reach("paid")]
    twice = reach("paid")
    twice.send("payment_reported", T_, report(twice, "returned"))
    again(twice)
    twice.send("payment_reported", T_, report(twice, "not_executed"))
    again(twice)
    twice.send("payment_reported", T_, report(twice, "settled"))
    second = twice.period.payments[1]
    twice.send("payment_reported", T_, report(twice, "settled", key=second.key))
    assert twice.status == "recovering"
    begun += [twice]
    begun += [_asked(), _referred(), _reported_breach(), _complained("in_fulfilment")]
    begun += [_complained("under_review"), _complained("delivered"), _claimed(), _claimed()]
    begun += [reach("delivered"), _parted(), _stopped(), _short_of_funds()]
    begun += [_unanswered(), _unanswered(), _unreached(), *side_by_side()]
    for status, waits_ in (("choosing", 4), ("choosing", 4), ("payment_pending", 1)):
        play = reach(status)
        for _ in range(waits_):
            play.wait()
        begun.append(play)
    begun += [heard(ground) for ground in (None, "not_delivered", "unsigned")]
    return [*begun, *party_starts(), *closed()]


STARTS = _starts()
