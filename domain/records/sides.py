"""One person on both sides: the case is held, and what two caseworkers make of it (row L15)."""

from typing import Any

from domain.attempts import changed, left_of
from domain.case import Claim, Conflict
from domain.context import Change, Context
from domain.records.life import withdraw
from domain.records.orders import void_order
from domain.records.registry import decided, recorder, undecided, without_flags
from domain.selectors.payment import RETRYING
from domain.sides import found_in


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
    return Change(period={"decisions": decided(c, "end_order")})


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
    written = {"claim": owed, "flags": without_flags(c, RETRYING)}
    return Change(period={**written, "decisions": undecided(c, "write_off")})


@recorder
def reconsider(c: Context) -> Change:
    """The approvals are void; the application is reviewed anew."""
    return Change(period={"decisions": undecided(c, "approve")})
