"""Predicates over the periods of a measure that is supplied again and again."""

from domain.case import PLANNED
from domain.context import Context
from domain.norms import continued_quantity
from domain.periods import next_span, rest_owed, rounds, standing_order
from domain.selectors.registry import body_selector, selector


@selector
def further_period(c: Context) -> bool:
    """The latest period has begun, and another follows while the programme is in force (row Q1)."""
    latest = rounds(c.case)[-1]
    return latest.status != PLANNED and next_span(c.case) is not None


@selector
def period_void(c: Context) -> bool:
    """It would not begin any more: it is over, or nothing is granted for it (row Q3)."""
    begins, ends, until = c.period.begins, c.period.ends, c.measure.valid_until
    assert begins is not None, "a planned period has its days"
    assert ends is not None, "a planned period has its days"
    over = c.today > ends or (until is not None and max(begins, c.today) > until)
    return over or c.measure.periodic == "none"


@selector
def hours_used_up(c: Context) -> bool:
    """The standing order has no hours left, in the year or in the norm (row Q3)."""
    order = standing_order(c.case, c.period)
    return order is not None and continued_quantity(c, order) == 0


@selector
def later_period(c: Context) -> bool:
    """Not the first of the periods of a measure: the two months ran once (row Q1)."""
    return c.period.number > 1 and c.period.begins is not None


@selector
def order_stands(c: Context) -> bool:
    """The standing order of the month before goes on (row Q2)."""
    order = standing_order(c.case, c.period)
    return order is not None and continued_quantity(c, order) > 0


@selector
def order_goes_on(c: Context) -> bool:
    """There is a standing order that the month to come would go on with (row O4)."""
    return standing_order(c.case, c.period) is not None


@body_selector
def goes_on_with_this_supplier(c: Context) -> bool:
    """The message is about the supplier of that order."""
    order = standing_order(c.case, c.period)
    return order is not None and c.data["supplier"] == order.supplier


@selector
def rest_is_owed(c: Context) -> bool:
    """A part of an order was accepted, and the rest has no period yet (row F6)."""
    return rest_owed(c.case) is not None


@body_selector
def accepts_a_part(c: Context) -> bool:
    delivered = c.period.delivery.quantity if c.period.delivery else 0
    return bool(0 < c.data["quantity"] < delivered)
