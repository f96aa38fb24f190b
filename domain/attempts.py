"""The attempts to pay one order, as a word of the treasury or a line of a statement leaves them."""

from collections.abc import Iterable
from typing import Any

from domain.case import Payment
from domain.context import Context
from domain.words import STATED, contrary, meaning, return_of, told


def word(c: Context) -> str:
    """What the message means for the attempt that it names, of the order that stands."""
    payment = c.reported()
    return "nothing" if payment is None else word_on(c, payment)


def word_on(c: Context, payment: Payment) -> str:
    """What the message means for an attempt; `payment_never_received` is a word too."""
    if c.message.name == "payment_never_received":
        return _never_received(c, payment)
    return meaning(payment, c.data, recovering=c.period.status == "recovering")


def _never_received(c: Context, payment: Payment) -> str:
    """Only as the answer to an enquiry; of what the treasury has told of before, it contradicts."""
    if c.data.get("effect") not in c.case.outbox or payment.status == "held":
        return "nothing"
    if payment.went:
        against = contrary(payment, {"outcome": "not_executed"})
        known = told({"outcome": "never_received"}) in payment.contrary
        return "confirms" if against is None else "nothing" if known else "contradicts"
    if payment.unanswered or payment.status == "void":
        return "differs" if payment.word else "never_received"
    return "confirms"


def order_of(c: Context, payments: Iterable[Payment]) -> tuple[Payment, ...]:
    """The attempts of the order whose application stands."""
    application = c.period.application
    return tuple(p for p in payments if application and p.order == application.order)


def payable(c: Context) -> int:
    """What is to be paid for the order that stands, in tiyn; nothing for one that is void."""
    order, application = c.period.order, c.period.application
    return application.amount if application and order else 0


def due(c: Context, payments: Iterable[Payment]) -> int:
    """What is not paid yet of the order, net of what came back: payable − settled + returned."""
    return payable(c) - sum(p.left + p.lost for p in order_of(c, payments) if p.went)


def excess(c: Context) -> int:
    """What is to come back of what was paid beyond what is due, in tiyn."""
    # A file from before it was a sum has the status of the attempts.
    beside = sum(p.left for p in c.attempts() if p.status == "excess")
    return c.period.excess or (beside if c.period.status == "recovering" else 0)


def owed_back(c: Context) -> int:
    """What the supplier owes: the excess, and what is claimed and has not come back; in tiyn."""
    claim = c.period.claim
    return excess(c) + (claim.amount - claim.returned if claim else 0)


def changed(payments: Iterable[Payment], key: str, **update: Any) -> tuple[Payment, ...]:
    """The attempts with one of them changed."""
    return tuple(p.model_copy(update=update) if p.key == key else p for p in payments)


def after(c: Context) -> tuple[Payment, ...]:
    """All attempts of the period as the message leaves them."""
    if c.message.name == "enter_statement":
        return _stated(c)
    match word(c):
        case "settles":
            return _settled(c, c.period.payments, reference=c.data.get("reference"))
        case "rejects":
            reason = {"status": "rejected", "reason": c.data.get("reason"), "word": None}
            return changed(c.period.payments, c.data["key"], **reason)
        case "never_received":
            return changed(c.period.payments, c.data["key"], status="never_received")
        case "returns":
            return _returned(c)
    return c.period.payments


def _settled(c: Context, payments: tuple[Payment, ...], **update: Any) -> tuple[Payment, ...]:
    """This one counts; once all is paid, whatever is unanswered beside it is void (rows P2, P8)."""
    update = {"status": "settled", "word": None, "doubt": None, **update}
    settled = changed(payments, c.data["key"], **update)
    if due(c, settled) > 0:
        return settled
    mine = {p.key for p in order_of(c, settled)}
    return tuple(
        p.model_copy(update={"status": "void"}) if p.unanswered and p.key in mine else p
        for p in settled
    )


def _returned(c: Context) -> tuple[Payment, ...]:
    """So much came back; what was void for the sake of this one may still arrive (row P9)."""
    payment, payments = c.reported(), c.period.payments
    assert payment is not None, "a return names an attempt"
    whole = c.data["amount"] == payment.left
    update = {
        "status": "returned" if whole else payment.status,
        "returned": payment.returned + c.data["amount"],
        "returns": (*payment.returns, return_of(c.data)),
        "reason": c.data.get("reason"),
    }
    came = changed(payments, payment.key, **update)
    return _awaited(c, came)


def _awaited(c: Context, payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
    """Once something is owed again, what was void may be what pays it."""
    if due(c, payments) <= 0 or c.period.status == "recovering":
        return payments
    mine = {p.key for p in order_of(c, payments)}
    return tuple(
        p.model_copy(update={"status": "unknown"}) if p.status == "void" and p.key in mine else p
        for p in payments
    )


def _stated(c: Context) -> tuple[Payment, ...]:
    """What two caseworkers read in a statement stands, whatever the treasury told (P6, P15)."""
    payment, payments = c.reported(), c.period.payments
    assert payment is not None, "a line of a statement names an attempt"
    amount = c.data.get("amount")
    clear = {"doubt": None, "word": None, "proven": True, "stated": True}
    match c.data["outcome"]:
        case "settled":
            other = None if amount == payment.amount else amount
            beside = payment.status in ("excess", "written_off")
            back = payment.returned >= (amount or 0)
            status = payment.status if beside else "returned" if back else "settled"
            return _settled(c, payments, **clear, settled=other, status=status)
        case "returned":
            whole = amount == (payment.amount if payment.settled is None else payment.settled)
            update = {
                "status": "returned" if whole else "settled",
                "returned": amount,
                "returns": (*payment.returns, f"{STATED}:{amount}"),
            }
            return _awaited(c, changed(payments, payment.key, **clear, **update))
    gone = {"status": "rejected", "reason": "statement", "settled": None, "returned": 0}
    return _awaited(c, changed(payments, payment.key, **clear, **gone))
