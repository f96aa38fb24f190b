"""The order: placed, confirmed, void, delivered, accepted."""

from datetime import date
from typing import Any, Literal

from domain.case import Application, Delivery, Order
from domain.context import Change, Context, Start
from domain.messages import Role
from domain.payer import Payer
from domain.periods import span_of
from domain.records.application import application_for, signature
from domain.records.registry import recorder, with_flag, without_flags

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


def _replace_order(c: Context, **update: Any) -> tuple[Order, ...]:
    return tuple(
        order.model_copy(update=update) if order is c.period.order else order
        for order in c.period.orders
    )


def voided(c: Context) -> tuple[Order, ...]:
    """The period's orders, none of them live."""
    return _replace_order(c, live=False)


def revived(c: Context) -> tuple[Order, ...]:
    """The period's orders with the last one live again, if there was one."""
    if not c.period.orders:
        return ()
    return (*c.period.orders[:-1], c.period.orders[-1].model_copy(update={"live": True}))


@recorder
def place_order(c: Context) -> Change:
    """Price and guaranteed sum are fixed; version 1 of the application carries R's signature."""
    day, payer = c.data.get("deliver_by"), c.facts.get("payer")
    order = Order(
        number=len(c.period.orders) + 1,
        authority=c.measure.authority,
        supplier=c.facts["supplier"],
        offer=c.data["offer"],
        quantity=c.data["quantity"],
        unit_price=c.facts["price"],
        unit_sum=c.unit_sum,
        unit=c.facts.get("unit"),
        catalogue=c.facts.get("catalogue"),
        placed_at=c.message.at,
        deliver_by=date.fromisoformat(day) if day else None,
        companion_sum=c.companion_sum,
        span=_span(c),
        norm_year=c.norm_year if c.measure.periodic != "none" else None,
        deliver_to=c.data.get("deliver_to"),
        paid_from=Payer(**payer) if payer else None,
    )
    application = Application(
        version=1,
        order=order.number,
        sha256=c.data["application"],
        quantity=order.quantity,
        amount=order.ceiling,
        signatures={Role.RECIPIENT: signature(c)},
    )
    flags = without_flags(
        c, *OF_ORDER, "order_void_untold", "reopening_asked", "returned_once", "no_supplier_asked"
    )
    written = {"orders": (*c.period.orders, order), "application": application, "flags": flags}
    return Change(period={**written, "delivery": None, "decisions": (), "hearing": None})


def _span(c: Context) -> Literal["month", "year"] | None:
    """Over which time the quantity of a standing order is counted (row Q2)."""
    if not c.measure.standing:
        return None
    return "year" if c.measure.periodic == "year" else "month"


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
        "flags": (*without_flags(c, *OF_ORDER), "order_void_untold"),
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
    told = min(c.today, date.fromisoformat(c.data["on"]) if "on" in c.data else c.today)
    choice, values, least = c.deadline("choice"), c.edition.values, None
    if choice is not None and choice.paused_by == "term_held":
        least = (max(c.today, choice.last_day), values["late_proof"])
    again = Start(event=told, length=values["choose_again"], at_least=least, keep=least is None)
    return Change(period={"flags": without_flags(c, "order_void_untold")}, starts={"choice": again})


@recorder
def allow_cancelling(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "cancelling_allowed")})


@recorder
def deliver(c: Context) -> Change:
    on = date.fromisoformat(c.data["on"])
    flags = without_flags(c, *CANCELLING, "remedy_ordered")
    written: dict[str, Any] = {"delivery": Delivery(on=on, quantity=c.data["quantity"])}
    if flags != c.period.flags:
        written["flags"] = flags
    return Change(period=written)


@recorder
def deliver_accepted(c: Context) -> Change:
    """An edition without acceptance counts the hand-over itself."""
    on, quantity = date.fromisoformat(c.data["on"]), c.data["quantity"]
    taken = Delivery(on=on, quantity=quantity, accepted=quantity, accepted_at=c.message.at)
    return Change(period={"delivery": taken, "application": application_for(c, quantity)})


@recorder
def accept(c: Context) -> Change:
    """The application is the one for what was accepted."""
    assert c.period.delivery is not None
    quantity = c.data["quantity"]
    taken = {"accepted": quantity, "accepted_at": c.message.at}
    delivery = c.period.delivery.model_copy(update=taken)
    return Change(period={"delivery": delivery, "application": application_for(c, quantity)})


@recorder
def accept_part(c: Context) -> Change:
    """The rest is a further period of the same order (row F6); hours not given are not owed."""
    return Change(period={**accept(c).period, "flags": with_flag(c, "part_accepted")})
