"""A payment on its way, as the rows of the payment find it."""

from datetime import timedelta
from typing import Any

from domain.messages import Event
from tests.domain.play import C2, T_, C, Play, reach, report
from tests.domain.reading import refusals

PART = 1_000_00


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


def owed(play: Play) -> int:
    application = play.period.application
    assert application is not None
    return application.amount


def again(play: Play) -> None:
    """Two caseworkers repeat the payment, and the treasury confirms every earlier attempt."""
    for caseworker in (C, C2):
        play.send("retry_payment", caseworker)
    confirm(play)


def confirm(play: Play) -> None:
    """The treasury says again of each attempt what it said before."""
    for effect in [e for e in play.case.outbox.values() if e.kind == "enquire"]:
        payment = next(p for p in play.period.payments if p.key == effect.data["key"])
        if payment.status == "never_received":
            play.outcome(effect, "payment_never_received", T_, {"key": payment.key})
        else:
            said = "settled" if payment.went else "not_executed"
            word = report(play, said, key=payment.key, amount=payment.amount)
            play.outcome(effect, "payment_reported", T_, word)


def sent(play: Play) -> list[str]:
    """The keys under which an order to pay is on its way."""
    return [e.data["key"] for e in play.case.outbox.values() if e.kind == "pay"]


def decide(play: Play, outcome: str, **changed: Any) -> list[Event]:
    """Two caseworkers enter the same line of the statement."""
    said = line(play, outcome, **changed)
    assert play.send("enter_statement", C, said)[0].type == "statement_entered"
    assert "same_person" in refusals(play.send("enter_statement", C, said))
    return play.send("enter_statement", C2, said)


def later(play: Play, term: str) -> list[Event]:
    """A term runs out."""
    return play.wait(play.period.deadlines[term].expires_at + timedelta(hours=1))


def over(play: Play, number: int | None = None) -> int:
    """What is to come back of an order: of the one that the period is about, or of a number."""
    application = play.period.application
    about = number or (application.order if application else None)
    return play.period.owed_back(about, play.period.payments)
