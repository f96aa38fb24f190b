"""Money that comes back from a supplier, and who takes the place of one (rows P10-P13)."""

from domain.attempts import changed, excess, order_of, owed_back, returned_by
from domain.case import Claim, Decision, Payment
from domain.context import Change, Context
from domain.records.orders import void_order, voided
from domain.records.payment import return_payment
from domain.records.registry import decided, recorder, undecided, with_flag, without_flags
from domain.selectors.commission import SUCCESSION


@recorder
def claim(c: Context) -> Change:
    """Quality was poor, nothing was supplied, or it was fraud: the supplier pays (SC 167(8))."""
    made = Claim(
        ground=c.data["ground"],
        amount=c.data["amount"],
        at=c.message.at,
        still_needed=c.data["still_needed"],
    )
    return Change(
        period={
            "claim": made,
            "flags": without_flags(c, "complaint"),
            "decisions": undecided(c, "write_off"),
        }
    )


def _closed_with(c: Context, sum_: str) -> tuple[Payment, ...]:
    """All that is owed back leaves the attempts: the excess first, then what was paid."""
    rest, payments = owed_back(c), c.period.payments
    for payment in sorted(c.attempts(), key=lambda p: (p.status != "excess", -p.attempt)):
        if (part := min(rest, payment.left)) > 0:
            rest -= part
            told = payment.model_copy(update={sum_: getattr(payment, sum_) + part})
            payments = changed(
                payments, payment.key, **{sum_: getattr(told, sum_), "status": told.standing.status}
            )
    return payments


def _ended(c: Context, payments: tuple[Payment, ...]) -> Change:
    """The claim is satisfied: the order no longer counts against the norm (row P11)."""
    if c.period.claim is None:
        return Change(period={"payments": _promoted(c, payments), "excess": 0})
    if c.period.claim.still_needed and "revoked" not in c.period.flags:
        return _choose_again(c, payments)
    written = {"payments": payments, "claim": None, "excess": 0, "orders": voided(c)}
    return Change(period=written)


def _promoted(c: Context, payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
    """Of several that were paid the last one left is the payment (row P11)."""
    mine = order_of(c, payments)
    beside = [p for p in mine if p.status == "excess" and p.left]
    if not beside or any(p.status == "settled" for p in mine):
        return payments
    return changed(payments, beside[0].key, status="settled")


def _choose_again(c: Context, payments: tuple[Payment, ...]) -> Change:
    void = void_order(c)
    period = {**void.period, "payments": payments, "claim": None, "excess": 0}
    return Change(period=period, starts=void.starts)


@recorder
def return_claimed(c: Context) -> Change:
    """The treasury has the money back."""
    made = return_payment(c)
    ended = _ended(c, made.period["payments"])
    return Change(period=ended.period, starts=ended.starts, data=made.data)


@recorder
def return_part(c: Context) -> Change:
    """A part is back: of the excess first, then of the claim."""
    made, amount = return_payment(c), returned_by(c)
    of_excess = min(amount, excess(c))
    written = {**made.period, "excess": excess(c) - of_excess}
    if c.period.claim is not None:
        returned = c.period.claim.returned + amount - of_excess
        written["claim"] = c.period.claim.model_copy(update={"returned": returned})
    return Change(period=written, data=made.data)


@recorder
def confirm_return(c: Context) -> Change:
    """A caseworker has the evidence that it came back in full."""
    return _ended(c, _closed_with(c, "recovered"))


@recorder
def propose_write_off(c: Context) -> Change:
    return Change(period={"decisions": decided(c, "write_off")})


@recorder
def write_off(c: Context) -> Change:
    """What cannot be collected is lost; the aid that was supplied still counts."""
    payments = _closed_with(c, "lost")
    written = {"payments": payments, "claim": None, "excess": 0}
    return Change(period={**written, "decisions": decided(c, "write_off")})


@recorder
def write_off_and_choose(c: Context) -> Change:
    """The recipient does not wait for the money (row P12)."""
    again = _choose_again(c, _closed_with(c, "lost"))
    return Change(
        period={**again.period, "decisions": decided(c, "write_off")}, starts=again.starts
    )


@recorder
def flag_ceased(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "supplier_ceased")})


@recorder
def propose_successor(c: Context) -> Change:
    return Change(period={"decisions": _successor(c)})


def _successor(c: Context) -> tuple[Decision, ...]:
    told = {name: c.data[name] for name in SUCCESSION}
    return decided(c, "successor", **told)


@recorder
def enter_successor(c: Context) -> Change:
    """From now on the successor acts, signs and is paid; what the supplier did stands (P13)."""
    orders = tuple(
        order.model_copy(update={"successor": c.data["successor"]}) if order.live else order
        for order in c.period.orders
    )
    flags = without_flags(c, "supplier_ceased")
    return Change(period={"orders": orders, "flags": flags, "decisions": _successor(c)})
