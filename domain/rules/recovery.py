"""Money that comes back from a supplier, and who takes the place of one (rows P10-P13)."""

from dataclasses import replace
from typing import Final

from domain.case.context import Change, Context
from domain.case.state import Claim, Order, Payment
from domain.messages import Refusal
from domain.money.attempts import after, changed, in_step, order_of, owed_back
from domain.rules.life import is_revoked
from domain.rules.order import void_order, voided
from domain.rules.payment import asking_void, return_payment, with_attempts
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    by_another,
    guard,
    naming,
    proposed,
    recorder,
    selector,
    unless,
)

# What two caseworkers say alike of a successor.
SUCCESSION = ("successor", "ground")
BREACHES: Final = ("poor_quality", "not_performed", "fraud")
SUCCESSIONS: Final = ("heir", "liquidator", "merged")


# --- which row fits ---


@selector
def not_ceased_before(c: Context) -> bool:
    return "supplier_ceased" not in c.period.flags


@selector
def claim_open(c: Context) -> bool:
    """The commission found a breach, and the claim on the supplier stands."""
    return c.period.claim is not None


@selector
def aid_still_needed(c: Context) -> bool:
    """The commission said so, and the measure is still granted."""
    return c.period.claim is not None and c.period.claim.still_needed and not is_revoked(c)


@selector
def completed_before_excess(c: Context) -> bool:
    """It was completed before more was paid than was due."""
    return c.period.excess_since == "completed"


@selector
def written_off_before_excess(c: Context) -> bool:
    """What was claimed had been written off before more was paid than was due."""
    return c.period.excess_since == "written_off"


@selector
def recovered_before_excess(c: Context) -> bool:
    """What was claimed had come back before more was paid than was due."""
    return c.period.excess_since == "recovered"


@selector
def no_write_off_yet(c: Context) -> bool:
    return not proposed(c, "write_off")


@body_selector
def no_such_successor_yet(c: Context) -> bool:
    """Nobody has entered this very successor."""
    return not proposed(c, "successor", *SUCCESSION)


@body_selector
def then_recovered(c: Context) -> bool:
    """All that was to come back has: the excess, and what was claimed."""
    return not owed_back(c, after(c))


# --- what must hold ---


@guard
def nothing_contradicts(c: Context) -> Refusal | None:
    """What stands is decided first: no sum is closed on a word that is in doubt."""
    return unless(not any(p.doubtful for p in c.attempts()), "payment_in_doubt")


@naming("ground")
def breach_ground_right(c: Context) -> Refusal | None:
    return unless(c.data["ground"] in BREACHES, "ground_not_listed")


@bounding("amount")
@naming("amount")
def claim_right(c: Context) -> Refusal | None:
    """Something was paid, and no more is claimed than that (SC 167(8))."""
    paid = sum(p.left for p in c.attempts() if p.status == "settled")
    return unless(0 < c.data["amount"] <= paid, "claim_wrong", most=paid)


@guard
def second_writer(c: Context) -> Refusal | None:
    """Another caseworker proposed to write the claim off."""
    return by_another(c, proposed(c, "write_off"))


@guard
def not_ceased_yet(c: Context) -> Refusal | None:
    return unless("supplier_ceased" not in c.period.flags, "nothing_to_do")


@naming("ground")
def successor_ground_right(c: Context) -> Refusal | None:
    return unless(c.data["ground"] in SUCCESSIONS, "ground_not_listed")


@body_guard
def successor_known(c: Context) -> Refusal | None:
    """The successor is known to the portal, and is another than who acts now."""
    known = bool(c.facts.get("successor_known")) and c.data["successor"] != c.order.acting
    return unless(known, "successor_unknown")


@body_guard
def second_enterer(c: Context) -> Refusal | None:
    """Another caseworker entered the very same successor."""
    return by_another(c, proposed(c, "successor", *SUCCESSION))


# --- what is written ---


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
            "orders": withheld(c, c.data["amount"]),
            "flags": c.without_flags("complaint"),
            "decisions": c.undecided("write_off"),
        }
    )


def withheld(c: Context, amount: int) -> tuple[Order, ...]:
    """The period's orders: of the one that is paid so much is never paid again."""
    return tuple(
        one.model_copy(update={"withheld": one.withheld + amount}) if one.number == c.about else one
        for one in c.period.orders
    )


def closed_with(c: Context, sum_: str) -> tuple[Payment, ...]:
    """All that is owed back leaves the attempts: the excess first, then what was paid."""
    payments = c.period.payments
    rest, mine = owed_back(c, payments), order_of(c, payments)
    for payment in sorted(mine, key=lambda p: (p.status != "excess", -p.attempt)):
        if (part := min(rest, payment.left)) > 0:
            rest -= part
            told = payment.model_copy(update={sum_: getattr(payment, sum_) + part})
            payments = changed(
                payments, payment.key, **{sum_: getattr(told, sum_), "status": told.standing.status}
            )
    return payments


def _ended(c: Context, payments: tuple[Payment, ...]) -> Change:
    """The claim is satisfied: the order no longer counts against the norm (row P11)."""
    payments = in_step(c, payments)
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
    made = return_payment(c)
    ended = _ended(c, made.period["payments"])
    return Change(period=ended.period, starts=ended.starts, data=made.data)


@recorder
def return_stated(c: Context) -> Change:
    """Two have read in a statement that it is back."""
    left = after(c)
    made, ended = asking_void(c, with_attempts(c, left), left), _ended(c, left)
    period, starts = {**made.period, **ended.period}, {**made.starts, **ended.starts}
    return replace(made, period=period, starts=starts)


@recorder
def return_part(c: Context) -> Change:
    """A part is back: of the excess first, then of the claim."""
    made = return_payment(c)
    return Change(period=made.period, data=made.data)


@recorder
def choose_after_rest(c: Context) -> Change:
    """What was left to be paid beside the claim is paid: the recipient chooses again."""
    return _choose_again(c, c.period.payments)


@recorder
def confirm_return(c: Context) -> Change:
    """A caseworker has the evidence that it came back in full."""
    return _ended(c, closed_with(c, "recovered"))


@recorder
def propose_write_off(c: Context) -> Change:
    return Change(period={"decisions": c.decided("write_off")})


@recorder
def write_off(c: Context) -> Change:
    """What cannot be collected is lost; the aid that was supplied still counts."""
    payments = closed_with(c, "lost")
    written = {"payments": payments, "claim": None}
    return Change(period={**written, "decisions": c.decided("write_off")})


@recorder
def write_off_and_choose(c: Context) -> Change:
    """The recipient does not wait for the money (row P12)."""
    again = _choose_again(c, closed_with(c, "lost"))
    return Change(period={**again.period, "decisions": c.decided("write_off")}, starts=again.starts)


@recorder
def propose_successor(c: Context) -> Change:
    told = {name: c.data[name] for name in SUCCESSION}
    return Change(period={"decisions": c.decided("successor", **told)})


@recorder
def enter_successor(c: Context) -> Change:
    """From now on the successor acts, signs and is paid; what the supplier did stands (P13)."""
    orders = tuple(
        order.model_copy(update={"successor": c.data["successor"]}) if order.live else order
        for order in c.period.orders
    )
    flags = c.without_flags("supplier_ceased")
    return Change(period={"orders": orders, "flags": flags, "decisions": c.undecided("successor")})
