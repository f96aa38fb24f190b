"""Periods of a measure that is supplied again and again: planned, begun, gone on with, parted."""

from datetime import timedelta

from domain.case import Pause
from domain.context import Change, Context, Start
from domain.norms import continued_quantity
from domain.periods import choice_until, next_span, rest_owed, standing_order
from domain.records.registry import recorder, with_flag
from domain.records.representation import watched
from domain.terms import Term

_ONE_DAY = timedelta(days=1)


@recorder
def plan_period(c: Context) -> Change:
    """The next period and its days. It begins some days ahead, so that there is time to order.

    A standing order goes on from the first day of the month.
    """
    span = next_span(c.case)
    assert span is not None, "the row asks for it"
    begins, ends = span
    ahead = Term.parse(c.edition.values["period_ahead"]).amount
    opens = begins - (_ONE_DAY if c.measure.standing else timedelta(days=ahead + 1))
    return Change(
        period={"begins": begins, "ends": ends, **_paused(c)},
        starts={"period_begin": Start(until=max(opens, c.today), basis="policy")},
        extends=_of_case(c),
    )


def _paused(c: Context) -> dict[str, Pause]:
    """The pause of the case, which holds for a period that it comes to have (row L8)."""
    return {"pause": c.period.pause} if c.period.pause else {}


def _of_case(c: Context) -> dict[str, Start]:
    """The terms that every period of a case has: the end of a pause and of a power (L6, L8)."""
    pause = c.period.pause
    ends = {"pause": Start(until=pause.until, basis="policy")} if pause else {}
    return {**ends, **watched(c, c.measure.acting)}


@recorder
def begin_choice(c: Context) -> Change:
    """An order until the period's last day; one that is near leaves the days of `choose_again`."""
    least = (c.today, c.edition.values["choose_again"])
    until = max(choice_until(c.measure, c.period), c.today + _ONE_DAY)
    start = Start(until=until, basis="policy", at_least=least, keep=True)
    return Change(starts={"choice": start})


@recorder
def decline_ahead(c: Context) -> Change:
    """The recipient wants no further period."""
    return Change(period={"flags": with_flag(c, "declined_ahead")})


@recorder
def use_up(c: Context) -> Change:
    """The hours of the year are all given: the order goes on when the next year grants more."""
    return Change(period={"flags": with_flag(c, "hours_used_up")})


@recorder
def continue_order(c: Context) -> Change:
    """The same order for another month; its application is made of the hours that are accepted."""
    order = standing_order(c.case, c.period)
    assert order is not None, "the row asks for it"
    assert c.period.ends is not None, "a later period has its days"
    update = {
        "number": len(c.period.orders) + 1,
        "quantity": continued_quantity(c, order),
        "norm_year": c.norm_year,
        "deliver_by": None,
    }
    orders = (*c.period.orders, order.model_copy(update=update))
    used = {"norm_used": c.facts["norm_used"]} if "norm_used" in c.facts else {}
    return Change(period={"orders": orders}, starts={"delivery": time_sheet(c)}, data=used)


def time_sheet(c: Context) -> Start:
    """The hours of a month are told within so many days after its end."""
    assert c.period.ends is not None, "a later period has its days"
    return Start(event=c.period.ends, length=c.edition.values["time_sheet"])


@recorder
def take_rest(c: Context) -> Change:
    """What of an order was not accepted is still owed, under the same order (row F6)."""
    found = rest_owed(c.case)
    assert found is not None, "the row asks for it"
    origin, rest = found
    assert origin.order is not None, "a part was accepted of an order"
    order = origin.order.model_copy(update={"number": 1, "quantity": rest, "deliver_by": None})
    days = {"begins": origin.begins, "ends": origin.ends}
    written = {"orders": (order,), "part_of": origin.number, **days, **_paused(c)}
    return Change(period=written, extends=_of_case(c))
