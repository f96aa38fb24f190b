"""One person on both sides: the case is held, and what two caseworkers make of it (row L15)."""

from typing import Any

from domain.case import Conflict
from domain.context import Change, Context
from domain.records.orders import void_order
from domain.records.registry import decided, recorder, undecided
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
    """The order to pay never left us: nothing of it can settle any more."""
    payments = tuple(
        one.model_copy(update={"status": "void", "reason": "parties_conflict"})
        if one.key == c.data["key"]
        else one
        for one in c.period.payments
    )
    held = {} if c.period.held else _held(c)
    return Change(period={"payments": payments, **held})


@recorder
def propose_end_of_order(c: Context) -> Change:
    return Change(period={"decisions": decided(c, "end_order")})


@recorder
def end_order(c: Context) -> Change:
    """As an order that falls through (row O2); nobody is heard about its application any more."""
    void = void_order(c)
    return Change(period={**void.period, "hearing": None}, starts=void.starts)


@recorder
def reconsider(c: Context) -> Change:
    """The approvals are void; the application is reviewed anew."""
    return Change(period={"decisions": undecided(c, "approve")})
