"""Periods of a measure that is supplied again and again: planned, begun, gone on with (Q1-Q3)."""

from datetime import timedelta

from domain.case.context import Change, Context, Start
from domain.case.norms import continued_quantity
from domain.case.periods import choice_until, next_span, rounds, standing_order
from domain.case.state import PLANNED, Pause
from domain.rules.parties import watched
from domain.rules.registry import recorder, selector
from domain.terms.counting import Term

_ONE_DAY = timedelta(days=1)


# --- which row fits ---


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


# --- what is written ---


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
        period={"begins": begins, "ends": ends, **still_paused(c)},
        starts={"period_begin": Start(until=max(opens, c.today), basis="policy")},
        extends=terms_of_case(c),
    )


def still_paused(c: Context) -> dict[str, Pause]:
    """The pause of the case, which holds for a period that it comes to have (row L8)."""
    return {"pause": c.period.pause} if c.period.pause else {}


def terms_of_case(c: Context) -> dict[str, Start]:
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
def use_up(c: Context) -> Change:
    """The hours of the year are all given: the order goes on when the next year grants more."""
    return Change(period={"flags": c.with_flag("hours_used_up")})


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
        "withheld": 0,
        "deliver_by": None,
    }
    orders = (*c.period.orders, order.model_copy(update=update))
    used = {"norm_used": c.facts["norm_used"]} if "norm_used" in c.facts else {}
    return Change(period={"orders": orders}, starts={"delivery": time_sheet(c)}, data=used)


def time_sheet(c: Context) -> Start:
    """The hours of a month are told within so many days after its end."""
    assert c.period.ends is not None, "a later period has its days"
    return Start(event=c.period.ends, length=c.edition.values["time_sheet"])
