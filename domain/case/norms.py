"""What the periods of a case take from the norm of a year, and how much more they may."""

from dataclasses import dataclass
from typing import Final

from domain.case.context import Context
from domain.case.periods import rounds
from domain.case.state import Case, Order, Period
from domain.terms.counting import local_day

# The events by which a period comes to take from the norm.
TAKING: Final = ("ordered", "order_continued")


@dataclass(frozen=True, slots=True)
class Use:
    """So many units of the norm of a year, held by a period."""

    period: int
    year: int
    quantity: int


def year_of(order: Order) -> int:
    """The year whose norm an order takes from: in which its period begins, else it was placed."""
    return order.norm_year or local_day(order.placed_at).year


def uses(case: Case) -> list[Use]:
    """What each live order holds: what was accepted of it, before that all of it.

    A standing order of a year is one quantity over all its months: the latest month that has no
    time sheet yet holds what the others have left of it.
    """
    found, pending = [], {}
    for period in case.periods.values():
        if (order := period.order) is None:
            continue
        year, taken = year_of(order), taken_of(period)
        if order.span == "year" and taken is None:
            pending[year] = (period.number, order.quantity)
            continue
        quantity = _owed(case, period, order) if taken is None else taken
        found.append(Use(period.number, year, quantity))
    for year, (number, granted) in pending.items():
        others = sum(use.quantity for use in found if use.year == year)
        found.append(Use(number, year, max(0, granted - others)))
    return found


def _owed(case: Case, period: Period, order: Order) -> int:
    """An order without the rest of it that is owed in a period of its own (row F6)."""
    rests = [
        one.orders[0].quantity for one in case.periods.values() if one.part_of == period.number
    ]
    return order.quantity - sum(rests)


def taken_of(period: Period) -> int | None:
    """What was accepted, or stands in a time sheet; None where nothing was handed over."""
    delivery = period.delivery
    if delivery is None:
        return None
    if delivery.accepted is not None:
        return delivery.accepted
    return delivery.quantity


def own_use(case: Case, year: int, without: int | None = None) -> int:
    """What the periods of a case hold in a year, without one of them."""
    return sum(one.quantity for one in uses(case) if one.year == year and one.period != without)


def left_of_order(case: Case, period: Period) -> int:
    """How much of its order a period may still be given: hours of a year count over its months."""
    order = period.order
    assert order is not None, "the row's statuses imply a live order"
    if order.span != "year":
        return _owed(case, period, order)
    others = [one for one in case.periods.values() if one.number != period.number]
    told = sum(taken_of(one) or 0 for one in others if _of_year(one, year_of(order)))
    return max(0, order.quantity - told)


def rolled_over(case: Case, year: int) -> int:
    """What the periods of the year before left of their shares, where an edition lets it count."""
    measure = case.measure
    assert measure is not None, "a case with a status has a measure"
    before = [one for one in rounds(case) if one.begins and one.begins.year == year - 1]
    granted = len(before) * (measure.share or 0)
    return max(0, granted - own_use(case, year - 1))


def norm_of(c: Context) -> int | None:
    """The norm of the year; where the edition says so, with what the year before left of it."""
    norm = c.yearly_norm
    if norm is None or c.edition.values["unused_norm"] != "rolls_over":
        return norm
    return norm + rolled_over(c.case, c.norm_year)


def continued_quantity(c: Context, order: Order) -> int:
    """The hours of a standing order in this period: what it grants, within the norm; 0: none.

    Hours of a year are one quantity: the months that follow in it take nothing more.
    """
    norm, year = norm_of(c), c.norm_year
    if order.span == "year" and order.norm_year == year:
        told = sum(taken_of(one) or 0 for one in c.case.periods.values() if _of_year(one, year))
        return order.quantity if told < order.quantity else 0
    if norm is None:
        return order.quantity
    used: int = c.facts.get("norm_used", 0)
    left = norm - used - own_use(c.case, year, c.period.number)
    return max(0, min(order.quantity, left))


def _of_year(period: Period, year: int) -> bool:
    return period.order is not None and year_of(period.order) == year
