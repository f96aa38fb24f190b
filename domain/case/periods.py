"""The periods of a case: which live, which a message is about, and which one a list shows."""

from datetime import date, datetime, timedelta
from typing import Final

from domain.case.state import PLANNED, Case, Deadline, Measure, Order, Pause, Period
from domain.messages import Actor, Message, Refusal, Role
from domain.process import Process
from domain.terms.counting import local_day, months_after

_ONE_DAY = timedelta(days=1)


MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
# A recipient wants no further period, or there is none any more.
NO_FURTHER: Final = frozenset(("declined_ahead", "revoked"))


def rounds(case: Case) -> list[Period]:
    """The periods that follow each other in time, without the rests of orders taken in parts."""
    found = [one for one in case.periods.values() if one.part_of is None]
    return sorted(found, key=lambda one: one.number)


def span_of(measure: Measure, first: date, place: int) -> tuple[date, date]:
    """First and last day of the `place`th period (from 0) of a measure whose first began then.

    A standing order is told by calendar months or quarters, of which the first has begun already;
    what a year grants of it is told by months too. Other periods are as long as the catalogue says.
    """
    months, opening = MONTHS[measure.periodic], first
    if measure.standing:
        months = 3 if measure.periodic == "quarter" else 1
        opening = first.replace(day=1, month=first.month - (first.month - 1) % months)
    begins, after = (months_after(opening, months * one) for one in (place, place + 1))
    return max(begins, first), after - _ONE_DAY


def waited(period: Period) -> tuple[str, int] | None:
    """Who brought what was ordered, and how many days after the order; None until it is accepted,
    and where an order goes on from span to span.
    """
    order, delivery = period.order, period.delivery
    if order is None or order.span or period.part_of is not None:
        return None
    if delivery is None or not delivery.accepted:
        return None
    return order.acting, max(0, (delivery.on - local_day(order.placed_at)).days)


def next_span(case: Case) -> tuple[date, date] | None:
    """The days of the period that would follow; None where none follows.

    The programme must still be in force on its first day.
    """
    measure, known = case.measure, rounds(case)
    if measure is None or measure.periodic == "none" or known[0].begins is None:
        return None
    if any(NO_FURTHER.intersection(one.flags) for one in case.periods.values()):
        return None
    if measure.procured or measure.payer == "EMPLOYER":
        return None
    begins, ends = span_of(measure, known[0].begins, len(known))
    over = measure.valid_until is not None and begins > measure.valid_until
    return None if over else (begins, ends)


def choice_until(measure: Measure, period: Period) -> date:
    """The last day for an order of a later period: its own, or the programme's (row Q1)."""
    assert period.ends is not None, "a later period has its days"
    return min(period.ends, measure.valid_until or period.ends)


def standing_order(case: Case, period: Period) -> Order | None:
    """The order of the month before, if it was confirmed and still stands (row Q2).

    Months that had no hours left any more are passed over.
    """
    before = [one for one in rounds(case) if one.number < period.number]
    earlier = [one for one in before if "hours_used_up" not in one.flags]
    order = earlier[-1].order if earlier else None
    if order is None or not order.span or order.confirmed_at is None:
        return None
    since = [one for one in rounds(case) if earlier[-1].number < one.number <= period.number]
    told = any("supplier_ceased" in one.flags for one in since)
    return None if told or _ceased(before, order.supplier) else order


def last_supplier(case: Case) -> str | None:
    """Who acts on the latest order that stands: offered first when there is one to choose (Q1)."""
    orders = [order for one in case.periods.values() for order in one.orders if order.live]
    latest = max(orders, key=lambda order: order.placed_at, default=None)
    return latest.acting if latest else None


def _ceased(periods: list[Period], supplier: str) -> bool:
    """Whether a supplier is no more (rows O4, P13).

    Its successor is paid for what was supplied and takes no months over.
    """
    theirs = [one for one in periods if one.order and one.order.supplier == supplier]
    return any("supplier_ceased" in p.flags or (p.order and p.order.successor) for p in theirs)


def pause_of(case: Case, process: Process) -> Pause | None:
    """The pause that the open periods of a case are in; None where none is (row L8)."""
    return next((one.pause for one in open_periods(case, process) if one.pause), None)


def rest_owed(case: Case) -> tuple[Period, int] | None:
    """The period of which a part was accepted, and what of its order is still owed (row F6)."""
    followed = {one.part_of for one in case.periods.values()}
    for one in case.periods.values():
        taken = one.delivery.accepted if one.delivery else None
        if "part_accepted" not in one.flags or one.number in followed or "revoked" in one.flags:
            continue
        if taken is not None and one.order and not one.order.span:
            return one, one.order.quantity - taken
    return None


def open_periods(case: Case, process: Process) -> list[Period]:
    """Those that have not ended, one that is only planned among them."""
    return [
        one
        for one in case.periods.values()
        if not process.statuses[one.status].closed or complained(one, process)
    ]


def complained(period: Period, process: Process) -> bool:
    """Whether a complaint about what was paid waits for the commission, be it closed or not."""
    rule = process.terms.get("complaint")
    return rule is not None and "complaint" in period.flags and period.status in rule.runs_in


def live_periods(case: Case, process: Process) -> list[Period]:
    """Those that have begun and have not ended."""
    return [one for one in open_periods(case, process) if one.status != PLANNED]


def is_closed(case: Case, process: Process) -> bool:
    """A case closes with its last period; one that still has periods to come is not closed."""
    return bool(case.periods) and not open_periods(case, process)


def authorities_of(case: Case) -> tuple[str, ...]:
    """The authority of the recipient's place, then those elsewhere that pay an order (row L7)."""
    assert case.measure is not None, "a case with a status has a measure"
    named = (one for period in case.periods.values() for one in period.payers)
    return tuple(dict.fromkeys((case.measure.authority, *named)))


def leading(case: Case, process: Process) -> Period:
    """The period that stands for the case: of the live ones the one that is due soonest.

    Where none lives, the planned one, else the latest.
    """
    found = live_periods(case, process) or open_periods(case, process)
    if not found:
        return case.periods[max(case.periods)]
    return min(found, key=lambda one: (_due_at(one, process), one.number))


def _due_at(period: Period, process: Process) -> tuple[bool, datetime]:
    deadline = due(period, process)
    return (False, deadline.expires_at) if deadline else (True, period.since)


def due(period: Period, process: Process) -> Deadline | None:
    """The deadline of the status, if it has one; a past one says since when somebody is overdue."""
    term = process.statuses[period.status].term
    deadline = period.deadlines.get(term) if term else None
    return None if deadline is None or deadline.stopped else deadline


def acts_on(period: Period, supplier: str | None) -> bool:
    """Whether a supplier, or the successor of one, acts on the live order of a period."""
    return period.order is not None and period.order.acting == supplier


def meant(case: Case, number: int | None, process: Process, actor: Actor) -> Period | Refusal:
    """The period that a command is about: the one it names, or the only live one.

    Where none lives, the latest that has begun: its end is the answer. A supplier means one on
    whose order it acts; of the others it is not told whether they are there.
    """
    if actor.role == Role.SUPPLIER:
        own = {n: p for n, p in case.periods.items() if acts_on(p, actor.on_behalf_of)}
        if not own or (number is not None and number not in own):
            return Refusal(code="not_your_case")
        case = case.model_copy(update={"periods": own})
    if number is not None:
        return case.periods.get(number) or Refusal(code="period_unknown")
    live = live_periods(case, process)
    if len(live) > 1:
        named = ", ".join(str(one.number) for one in live)
        return Refusal(code="period_required", facts={"periods": named})
    return live[0] if live else _latest(case)


def _latest(case: Case) -> Period:
    begun = [one for one in case.periods.values() if one.status != PLANNED]
    return max(begun or case.periods.values(), key=lambda one: one.number)


def addressed(case: Case, message: Message, process: Process) -> list[Period] | Refusal:
    """The periods that a message is about; those of the whole case reach every open one.

    These need name none; but where one is named, it is one that there is.
    """
    whole = process.whole_case
    of_all = message.name in (*whole.every, *whole.once)
    if message.period is not None or not of_all:
        found = meant(case, message.period, process, message.actor)
        if isinstance(found, Refusal) or not of_all:
            return found if isinstance(found, Refusal) else [found]
    if message.name in whole.once:
        return [leading(case, process)]
    return open_periods(case, process) or [_latest(case)]
