"""One person on both sides: the case is held, and what two caseworkers make of it (row L15)."""

from typing import Any

from domain.case.context import Change, Context
from domain.case.state import Claim, Conflict
from domain.messages import Refusal
from domain.money.attempts import changed, left_of
from domain.parties.sides import found_in
from domain.rules.life import withdraw
from domain.rules.order import void_order
from domain.rules.payment import RETRYING
from domain.rules.recovery import withheld
from domain.rules.registry import by_another, guard, proposed, recorder, selector, unless

# --- which row fits ---


@selector
def one_on_both_sides(c: Context) -> bool:
    """Somebody of the recipient's side acts for the supplier of the live order (row L15)."""
    return bool(found_in(c))


@selector
def not_held(c: Context) -> bool:
    return not c.period.held


@selector
def no_longer_held(c: Context) -> bool:
    """The order is gone for which the case was held."""
    return c.has_task("parties_conflict") and not c.period.held


@selector
def no_ending_yet(c: Context) -> bool:
    return all(one.kind != "end_order" for one in c.period.decisions)


@selector
def part_is_paid(c: Context) -> bool:
    """The supplier holds money of the order."""
    return left_of(c, c.period.payments) > 0


# --- what must hold ---


@guard
def is_held(c: Context) -> Refusal | None:
    return unless(c.period.held, "nothing_to_do")


@guard
def nothing_under_way(c: Context) -> Refusal | None:
    """No payment of the order may still reach anybody, and it is known what became of each."""
    unknown = any(one.open or one.doubtful for one in c.attempts())
    return unless(not unknown, "payment_under_way")


@guard
def second_ender(c: Context) -> Refusal | None:
    """Another caseworker proposed to end the order (row L15)."""
    return by_another(c, proposed(c, "end_order"))


# --- what is written ---


def _held(c: Context) -> dict[str, Any]:
    made = Conflict(
        order=c.order.number, supplier=c.order.supplier, persons=found_in(c), at=c.message.at
    )
    return {"conflict": made}


@recorder
def hold_for_conflict(c: Context) -> Change:
    return Change(period=_held(c))


@recorder
def stop_and_hold(c: Context) -> Change:
    """The order to pay was not sent now; whether an earlier try was, the treasury is asked."""
    stopped = changed(c.period.payments, c.data["key"], status="unknown", reason="parties_conflict")
    held = {} if c.period.held else _held(c)
    return Change(period={"payments": stopped, **held}, asks=(c.data["key"],))


@recorder
def propose_end_of_order(c: Context) -> Change:
    return Change(period={"decisions": c.decided("end_order")})


@recorder
def end_order(c: Context) -> Change:
    """As an order that falls through (row O2); nobody is heard about its application any more."""
    void = void_order(c)
    return Change(period={**void.period, "hearing": None}, starts=void.starts)


@recorder
def withdraw_order(c: Context) -> Change:
    """Likewise, of a measure that is gone: what is told of its payment is of an order that was."""
    made = withdraw(c)
    return Change(case=made.case, period={**made.period, "application": None, "hearing": None})


@recorder
def claim_what_was_paid(c: Context) -> Change:
    """Two have ended the order, and a part of it is paid: the supplier pays it back (row P10)."""
    amount = left_of(c, c.period.payments)
    owed = Claim(ground="both_sides", amount=amount, at=c.message.at, still_needed=True)
    written = {"claim": owed, "flags": c.without_flags(RETRYING)}
    orders = withheld(c, c.period.payable(c.about))
    return Change(period={**written, "orders": orders, "decisions": c.undecided("write_off")})


@recorder
def reconsider(c: Context) -> Change:
    """The approvals are void; the application is reviewed anew."""
    return Change(period={"decisions": c.undecided("approve")})
