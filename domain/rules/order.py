"""Whether an order is confirmed, and what is left where it falls through (rows O1-O5)."""

from datetime import date
from typing import Any

from domain.case.context import Change, Context, Start
from domain.case.periods import span_of, standing_order
from domain.case.state import Order
from domain.messages import Refusal
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    guard,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.counting import local_day

CANCELLING = ("cancel_agreed:recipient", "cancel_agreed:supplier")
# What is said of an order and goes with it.
OF_ORDER = (
    "cancelling_allowed",
    "co_payment_missing",
    "complaint",
    "remedy_ordered",
    "supplier_ceased",
    "account_changed",
    "another_account",
    "retrying",
    *CANCELLING,
)


# --- which row fits ---


@body_selector
def of_this_supplier(c: Context) -> bool:
    """The message is about the one who acts on the live order."""
    order = c.period.order
    return order is not None and c.data["supplier"] == order.acting


@body_selector
def ground_is_cessation(c: Context) -> bool:
    """The supplier has died or is no more (Social Code 167(7)2)."""
    return bool(c.data["ground"] == "ceased")


@selector
def order_void_untold(c: Context) -> bool:
    """The order went void, and nothing proves yet that the recipient knows (row O2)."""
    return "order_void_untold" in c.period.flags


@body_selector
def tells_of_void_order(c: Context) -> bool:
    return c.data.get("text") in ("order_refused", "choose_anew")


@selector
def choice_passed(c: Context) -> bool:
    deadline = c.deadline("choice")
    return deadline is not None and deadline.passed(c.message.at)


@selector
def order_goes_on(c: Context) -> bool:
    """There is a standing order that the month to come would go on with (row O4)."""
    return standing_order(c.case, c.period) is not None


@body_selector
def goes_on_with_this_supplier(c: Context) -> bool:
    """The message is about the supplier of that order."""
    order = standing_order(c.case, c.period)
    return order is not None and c.data["supplier"] == order.supplier


# --- what must hold ---


@guard
def supplier_not_removed(c: Context) -> Refusal | None:
    """The supplier that confirms is still on the register: a fact of who asks (row O5)."""
    return unless(c.fact("supplier_active"), "supplier_not_active")


@bounding("on")
@body_guard
def proof_since_void(c: Context) -> Refusal | None:
    """The recipient learned that the order fell through after it did, and not tomorrow (row O2)."""
    on = date.fromisoformat(c.data["on"])
    return unless_on(on, local_day(c.period.since), c.today)


# --- what is written ---


def _replace_order(c: Context, **update: Any) -> tuple[Order, ...]:
    return tuple(
        order.model_copy(update=update) if order is c.period.order else order
        for order in c.period.orders
    )


def voided(c: Context) -> tuple[Order, ...]:
    """The orders, none of them live: what was not paid of the last one is not paid any more."""
    order, payments = c.period.order, c.period.payments
    if order is None or all(one.order != order.number for one in payments):
        return _replace_order(c, live=False)
    unpaid = c.period.due(order.number, payments)
    return _replace_order(c, live=False, withheld=order.withheld + unpaid)


def revived(c: Context) -> tuple[Order, ...]:
    """The period's orders with the last one live again, if there was one."""
    if not c.period.orders:
        return ()
    return (*c.period.orders[:-1], c.period.orders[-1].model_copy(update={"live": True}))


@recorder
def confirm_order(c: Context) -> Change:
    """With a standing order its first period begins, and lasts to the end of the month."""
    orders = _replace_order(c, confirmed_at=c.message.at)
    if not c.order.span:
        return Change(
            period={"orders": orders}, starts={"delivery": Start(until=c.order.deliver_by)}
        )
    days = first_days(c, c.today)
    ends = c.period.ends or days["ends"]
    start = Start(event=max(ends, c.today), length=c.edition.values["time_sheet"])
    return Change(period={"orders": orders, **days}, starts={"delivery": start})


def first_days(c: Context, day: date) -> dict[str, date]:
    """The days of the first period, which begins with what it was made for, once."""
    if c.period.begins is not None or c.measure.periodic == "none" or c.period.part_of:
        return {}
    begins, ends = span_of(c.measure, day, 0)
    return {"begins": begins, "ends": ends}


@recorder
def void_order(c: Context) -> Change:
    """The recipient keeps the old term, and at least some days from being told (row O2, policy).

    The days are counted from today at first, and again from the first proof that R was told; until
    then the choice does not run out.
    """
    again = Start(length=c.edition.values["choose_again"], keep=True)
    written: dict[str, Any] = {
        "orders": voided(c),
        "application": None,
        "delivery": None,
        "flags": (*c.without_flags(*OF_ORDER), "order_void_untold"),
    }
    if c.period.dispute:
        written["dispute"] = None
    return Change(period=written, starts={"choice": again})


@recorder
def cancel_order(c: Context) -> Change:
    return Change(period={"orders": voided(c), "application": None})


@recorder
def count_from_proof(c: Context) -> Change:
    """The first proof counts, a later one moves nothing (row O2).

    A term that stood still for want of a proof leaves at least the days of `late_proof`, from today
    or from its own end if that is later.
    """
    told = c.told_on(c.period.since)
    choice, values, least = c.deadline("choice"), c.edition.values, None
    if choice is not None and choice.paused_by == "term_held":
        least = (max(c.today, choice.last_day), values["late_proof"])
    again = Start(event=told, length=values["choose_again"], at_least=least, keep=least is None)
    return Change(period={"flags": c.without_flags("order_void_untold")}, starts={"choice": again})


@recorder
def flag_ceased(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("supplier_ceased")})
