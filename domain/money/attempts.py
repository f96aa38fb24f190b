"""The attempts to pay one order, as a word of the treasury or a line of a statement leaves them."""

from collections.abc import Iterable
from typing import Any, Final

from domain.case.context import Context
from domain.case.state import Payment
from domain.money.words import STATED, contrary, meaning, returns_of, told, weighed

# What the treasury said before it is known how an attempt ended says nothing more after that.
DECIDED: Final = {"word": None, "unclear": None}


def word(c: Context) -> str:
    """What the message means for the attempt that it names, of the order that stands."""
    payment = c.reported()
    return "nothing" if payment is None else word_on(c, payment)


def word_on(c: Context, payment: Payment) -> str:
    """What the message means for an attempt; `payment_never_received` is a word too."""
    if c.message.name == "payment_never_received":
        return _never_received(c, payment)
    return meaning(payment, c.data, recovering=pays_back(c))


def _never_received(c: Context, payment: Payment) -> str:
    """Only as the answer to an enquiry; of what the treasury has told of before, it contradicts."""
    if c.data.get("effect") not in c.case.outbox or payment.status == "held":
        return "nothing"
    if payment.went:
        against = contrary(payment, {"outcome": "not_executed"})
        known = told({"outcome": "never_received"}) in payment.contrary
        return "confirms" if against is None else "nothing" if known else "contradicts"
    if payment.unanswered or payment.status == "void":
        return "differs" if payment.word or payment.unclear else "never_received"
    return "differs" if payment.unclear else "confirms"


def order_of(c: Context, payments: Iterable[Payment]) -> tuple[Payment, ...]:
    """The attempts of the order that the message is about."""
    return tuple(p for p in payments if p.order == c.about)


def due(c: Context, payments: Iterable[Payment]) -> int:
    """What is not paid yet of the order that the message is about; in tiyn."""
    return c.period.due(c.about, payments)


def left_of(c: Context, payments: Iterable[Payment]) -> int:
    """What the supplier holds of the order's money, in tiyn."""
    return sum(p.left for p in order_of(c, payments))


def owed_back(c: Context, payments: Iterable[Payment]) -> int:
    """What is to come back of it, be it claimed or paid over; in tiyn."""
    return c.period.owed_back(c.about, payments)


def pays_back(c: Context) -> bool:
    """The supplier owes something of the order, and may pay it back in parts."""
    if c.about == c.standing:
        return c.period.status == "recovering"
    return owed_back(c, c.period.payments) > 0


def earlier_orders(c: Context) -> tuple[int, ...]:
    """The orders that are gone, while the period is about another one or none, and had money."""
    numbers = dict.fromkeys(p.order for p in c.period.payments)
    return tuple(number for number in numbers if number != c.standing)


def in_step(c: Context, payments: Iterable[Payment]) -> tuple[Payment, ...]:
    """All attempts; none of the order's is beside another once nothing is to come back."""
    known = tuple(payments)
    over = owed_back(c, known) > 0
    beside = {p.key for p in order_of(c, known) if p.status == "excess" and not over}
    return tuple(
        p.model_copy(update={"status": "settled"}).standing if p.key in beside else p for p in known
    )


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
            reason = {"status": "rejected", "reason": c.data.get("reason"), **DECIDED}
            return changed(c.period.payments, c.data["key"], **reason)
        case "never_received":
            return changed(c.period.payments, c.data["key"], status="never_received")
        case "returns":
            return _returned(c)
    return c.period.payments


def _settled(c: Context, payments: tuple[Payment, ...], **update: Any) -> tuple[Payment, ...]:
    """This one counts; once all is paid, whatever is unanswered beside it is void (rows P2, P8)."""
    update = {"status": "settled", "doubt": None, **DECIDED, **update}
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
    return _awaited(c, came_back(c.period.payments, c.data))


def came_back(payments: tuple[Payment, ...], said: dict[str, Any]) -> tuple[Payment, ...]:
    """So much came back of an attempt, as the treasury tells it."""
    payment = next(p for p in payments if p.key == said["key"])
    more = {"returns": (*payment.returns, *returns_of(said)), "reason": said.get("reason")}
    return _back(payments, payment, said["amount"], **more)


def _back(
    payments: tuple[Payment, ...], payment: Payment, amount: int, **more: Any
) -> tuple[Payment, ...]:
    """What comes back counts once: first as what caseworkers had confirmed, or had given up.

    It may name another attempt of the order than they found the sum in (rows P9, P11, P12).
    """
    named = payment.model_copy(update={"returned": payment.returned + amount, **more})
    beside = [p for p in payments if p.order == payment.order and p.went and p.key != payment.key]
    known, rest = [named, *beside], amount
    for sum_ in ("recovered", "lost"):
        for place, one in enumerate(known):
            part = min(max(0, rest), getattr(one, sum_))
            known[place] = one.model_copy(update={sum_: getattr(one, sum_) - part})
            rest -= part
    known = _shifted(known)
    was = {p.key: p for p in payments}
    told = {one.key: one.standing for one in known if one != was[one.key]}
    return tuple(told.get(p.key, p) for p in payments)


def _shifted(known: list[Payment]) -> list[Payment]:
    """No more came back of an attempt and is lost than was paid: the rest is lost of another."""
    named, *beside = known
    over = (
        named.returned
        + named.recovered
        + named.lost
        - named.model_copy(update={"status": "settled"}).paid
    )
    for place, one in enumerate(beside):
        if (part := min(over, named.lost, one.standing.left)) > 0:
            named = named.model_copy(update={"lost": named.lost - part})
            beside[place] = one.model_copy(update={"lost": one.lost + part})
            over -= part
    return [named, *beside]


def _awaited(c: Context, payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
    """Once something is owed again, what was void may be what pays it."""
    waits = c.about == c.standing and c.period.status not in ("recovering", "written_off")
    if not (waits and due(c, payments)):
        return payments
    mine = {p.key for p in order_of(c, payments)}
    return tuple(
        p.model_copy(update={"status": "unknown"}) if p.status == "void" and p.key in mine else p
        for p in payments
    )


def _stated(c: Context) -> tuple[Payment, ...]:
    """What two caseworkers read in a statement stands, whatever the treasury told (P6, P15)."""
    if c.data.get("differs"):
        return _stated_elsewhere(c)
    was = next(p for p in c.period.payments if p.key == c.data["key"])
    payments = _as_stated(c)
    stands = weighed(next(p for p in payments if p.key == c.data["key"]))
    if stands.doubt and not stands.went and was.status == "held":
        stands = stands.model_copy(update={"status": was.status})
    return tuple(stands if p.key == stands.key else p for p in payments)


def _stated_elsewhere(c: Context) -> tuple[Payment, ...]:
    """By the statement it went to somebody else: what became of it two have yet to say (row P3)."""
    payment = next(p for p in c.period.payments if p.key == c.data["key"])
    holds = not payment.went and payment in c.attempts()
    status = "held" if holds else payment.status
    return changed(c.period.payments, payment.key, doubt=c.data["differs"], status=status)


def _as_stated(c: Context) -> tuple[Payment, ...]:
    payment, payments = c.named(), c.period.payments
    assert payment is not None, "a line of a statement names an attempt"
    # What is paid of an order that is gone was not due.
    new = "settled" if payment in c.attempts() else "excess"
    amount: int = c.data.get("amount") or 0
    clear = {"doubt": None, "proven": True, "stated": True, **DECIDED}
    match c.data["outcome"]:
        case "settled":
            other = None if amount == payment.amount else amount
            status = payment.status if payment.went else new
            stood = payment.model_copy(update={"settled": other, "status": status}).standing
            return _settled(c, payments, **clear, settled=other, status=stood.status)
        case "returned":
            # No more comes back than was paid.
            paid = max(amount, payment.amount if payment.settled is None else payment.settled)
            more = {
                "status": payment.status if payment.went else new,
                "settled": None if paid == payment.amount else paid,
                "returns": (*payment.returns, f"{STATED}:{amount}"),
            }
            told = amount - payment.returned
            return _awaited(c, _back(payments, payment, told, **clear, **more))
    gone = {"status": "rejected", "reason": "statement", "settled": None}
    nothing = {"returned": 0, "recovered": 0, "lost": 0}
    return _awaited(c, changed(payments, payment.key, **clear, **gone, **nothing))
