"""Money of an order that is gone, while the case goes on without it or has ended (P8-P12, P15)."""

from typing import Final

from domain.case.context import Change, Context
from domain.case.state import Payment
from domain.messages import Refusal
from domain.money.attempts import (
    DECIDED,
    after,
    came_back,
    changed,
    due,
    earlier_orders,
    in_step,
    order_of,
    owed_back,
    word_on,
)
from domain.rules.common import escalate_overdue, may_decide
from domain.rules.payment import doubted, other_lines, with_attempt, word_of
from domain.rules.recovery import closed_with, withheld
from domain.rules.registry import (
    body_selector,
    by_another,
    naming,
    naming_selector,
    proposed,
    recorder,
    selector,
    unless,
)

# What two decide of the attempts at such an order.
EARLIER: Final = "write_off_earlier"


# --- which row fits ---


@body_selector
def earlier_order_settled(c: Context) -> bool:
    """An attempt to pay an order that is gone settled, which is news."""
    return _of_earlier_order(c) == "settles"


@body_selector
def earlier_order_returned(c: Context) -> bool:
    """What was paid of an order that is gone came back."""
    return _of_earlier_order(c) == "returns"


@body_selector
def earlier_order_differs(c: Context) -> bool:
    """A word on an order that is gone does not fit what is known of it."""
    return _of_earlier_order(c) in ("differs", "contradicts")


@body_selector
def earlier_order_rejected(c: Context) -> bool:
    """An attempt to pay an order that is gone was stopped, and is not executed."""
    return _of_earlier_order(c) == "rejects"


@body_selector
def earlier_order_under_way(c: Context) -> bool:
    """Nothing final of an attempt to pay an order that is gone."""
    return _of_earlier_order(c) == "under_way"


@body_selector
def earlier_order_unclear(c: Context) -> bool:
    """Nobody can act on what is said of an attempt to pay an order that is gone."""
    return _of_earlier_order(c) == "unclear"


@body_selector
def earlier_order_never_received(c: Context) -> bool:
    """The treasury never received it."""
    return _of_earlier_order(c) == "never_received"


def _of_earlier_order(c: Context) -> str | None:
    payment = c.named()
    return None if payment is None or c.reported() else word_on(c, payment)


@naming_selector("line")
def line_of_earlier_order(c: Context) -> bool:
    """The statement tells of an attempt to pay an order that is gone."""
    return c.named() is not None and c.reported() is None


@naming_selector("order")
def earlier_order_named(c: Context) -> bool:
    """Another order is named than the one that the period is about."""
    return c.about != c.standing


@naming_selector("order")
def no_earlier_write_off_yet(c: Context) -> bool:
    return not proposed(c, EARLIER, "order")


@selector
def earlier_unsettled(c: Context) -> bool:
    """Of an order that is gone money is to come back, or is owed, and that lies on no desk."""
    return _unsettled(c) and not c.has_task("earlier_money")


@selector
def earlier_settled_up(c: Context) -> bool:
    """Nothing of an order that is gone is to come back or owed any more."""
    return c.has_task("earlier_money") and not _unsettled(c)


def _unsettled(c: Context) -> bool:
    payments = c.period.payments
    return any(
        c.period.owed_back(number, payments) or c.period.due(number, payments)
        for number in earlier_orders(c)
    )


# --- what must hold ---


@naming("order")
def decides_for_payer(c: Context) -> Refusal | None:
    """A caseworker of the authority that pays the order which is named, or stands (row L7)."""
    return may_decide(c)


@naming("order")
def is_owed_back(c: Context) -> Refusal | None:
    return unless(owed_back(c, c.period.payments) > 0, "nothing_to_do")


@naming("order")
def is_unsettled(c: Context) -> Refusal | None:
    """The supplier owes something of the order, or is owed it."""
    payments = c.period.payments
    return unless(bool(owed_back(c, payments) or due(c, payments)), "nothing_to_do")


@naming("order")
def no_doubt_of_order(c: Context) -> Refusal | None:
    """Likewise of the order that is named."""
    doubted = any(p.doubtful for p in order_of(c, c.period.payments))
    return unless(not doubted, "payment_in_doubt")


@naming("order")
def second_earlier_writer(c: Context) -> Refusal | None:
    return by_another(c, proposed(c, EARLIER, "order"))


# --- what is written ---


def with_earlier(c: Context, payments: tuple[Payment, ...]) -> Change:
    """Attempts at an order that is gone; what others said of them as they were is decided anew."""
    decisions = tuple(
        one for one in other_lines(c) if one.kind != EARLIER or one.data["order"] != c.about
    )
    written = {"payments": in_step(c, payments), "decisions": decisions}
    return Change(period=written, data=word_of(c))


@recorder
def keep_excess(c: Context) -> Change:
    """Paid for an order that is gone, which the case goes on without: it is to come back."""
    told = {"status": "excess", "reference": c.data.get("reference"), **DECIDED}
    return with_earlier(c, changed(c.period.payments, c.data["key"], **told))


@recorder
def return_of_earlier_order(c: Context) -> Change:
    return with_earlier(c, came_back(c.period.payments, c.data))


@recorder
def close_earlier_attempt(c: Context) -> Change:
    """It was stopped, and did not arrive: it is not executed."""
    never = c.message.name == "payment_never_received"
    status = "never_received" if never else "rejected"
    told = {"status": status, "reason": c.data.get("reason"), **DECIDED}
    return with_earlier(c, changed(c.period.payments, c.data["key"], **told))


@recorder
def doubt_earlier_order(c: Context) -> Change:
    """Two have to decide, and the authority's lead looks into it, for the case goes on."""
    payment = next(p for p in c.period.payments if p.key == c.data["key"])
    heard = with_attempt(c, payment.key, **doubted(c, payment))
    period = {**heard.period, "decisions": other_lines(c)}
    return Change(period=period, case=escalate_overdue(c).case, data=heard.data)


@recorder
def take_statement_of_earlier_order(c: Context) -> Change:
    """What stands of an order that is gone changes nothing for the one that lives."""
    return with_earlier(c, after(c))


@recorder
def confirm_earlier_return(c: Context) -> Change:
    return with_earlier(c, closed_with(c, "recovered"))


@recorder
def propose_earlier_write_off(c: Context) -> Change:
    return Change(period={"decisions": c.decided(EARLIER, order=c.about)})


@recorder
def write_off_earlier(c: Context) -> Change:
    """What does not come back is lost, and what is owed, which the case can pay no more, is not."""
    made = with_earlier(c, closed_with(c, "lost"))
    orders = withheld(c, due(c, c.period.payments))
    return Change(period={**made.period, "orders": orders}, data=made.data)
