"""Money that comes back from a supplier, and who takes the place of one (rows P10-P13)."""

from domain.case import Claim, Decision, Payment
from domain.context import Change, Context
from domain.records.orders import void_order, voided
from domain.records.payment import return_payment
from domain.records.registry import decided, recorder, undecided, with_flag, without_flags
from domain.selectors.commission import SUCCESSION

PAID = ("settled", "excess")


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


def _closed_with(c: Context, status: str) -> tuple[Payment, ...]:
    """All that a claim is about, or without one what was paid beside the payment."""
    mine = {payment.key for payment in c.attempts()}
    about = PAID if c.period.claim else ("excess",)
    return tuple(
        payment.model_copy(update={"status": status})
        if payment.key in mine and payment.status in about
        else payment
        for payment in c.period.payments
    )


def _ended(c: Context, payments: tuple[Payment, ...]) -> Change:
    """The claim is satisfied: the order no longer counts against the norm (row P11)."""
    if c.period.claim is None:
        return Change(period={"payments": payments})
    if c.period.claim.still_needed and "revoked" not in c.period.flags:
        return _choose_again(c, payments)
    return Change(period={"payments": payments, "claim": None, "orders": voided(c)})


def _choose_again(c: Context, payments: tuple[Payment, ...]) -> Change:
    void = void_order(c)
    period = {**void.period, "payments": payments, "claim": None}
    return Change(period=period, starts=void.starts)


@recorder
def return_claimed(c: Context) -> Change:
    """The treasury has the money back."""
    return _ended(c, return_payment(c).period["payments"])


@recorder
def confirm_return(c: Context) -> Change:
    """A caseworker has the evidence that it came back in full."""
    return _ended(c, _closed_with(c, "returned"))


@recorder
def propose_write_off(c: Context) -> Change:
    return Change(period={"decisions": decided(c, "write_off")})


@recorder
def write_off(c: Context) -> Change:
    """What cannot be collected is lost; the aid that was supplied still counts."""
    payments = _closed_with(c, "written_off")
    return Change(
        period={"payments": payments, "claim": None, "decisions": decided(c, "write_off")}
    )


@recorder
def write_off_and_choose(c: Context) -> Change:
    """The recipient does not wait for the money (row P12)."""
    again = _choose_again(c, _closed_with(c, "written_off"))
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
