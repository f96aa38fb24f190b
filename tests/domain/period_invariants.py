"""Invariants over the periods of a case (1, 2 and 9 of the process)."""

from datetime import timedelta
from itertools import pairwise

from domain.case.state import Case
from domain.terms.counting import ZONE
from tests.domain.steps import Step


def within_the_norm(step: Step) -> None:
    """2: a person's cases and periods together stay within the norm of the year."""
    measure, facts = step.after.measure, step.message.facts
    for event in step.events:
        if event.type not in ("ordered", "order_continued"):
            continue
        assert measure is not None
        order = step.after.periods[event.period].order
        assert order is not None
        assert order.quantity <= (facts.get("share", measure.share) or order.quantity)
        year = order.norm_year or order.placed_at.astimezone(ZONE).year
        norm = facts.get("yearly_norm", measure.yearly_norm)
        assert norm is not None
        assert facts.get("norm_used", 0) + held_in(step.after, year) <= norm


def held_in(case: Case, year: int) -> int:
    """What the live orders of a year hold: accepted or told hours, else all that was ordered."""
    together, of_year = 0, [0]
    for period in case.periods.values():
        order, given = period.order, period.delivery
        if order and (order.norm_year or order.placed_at.astimezone(ZONE).year) == year:
            taken = order.quantity if given is None else given.quantity
            if given is not None and given.accepted is not None:
                taken = given.accepted
            if order.span == "year":
                of_year.append(order.quantity)
            else:
                together += taken
    return together + max(of_year)


def parts_make_no_more_than_the_order(step: Step) -> None:
    """2: what was accepted of an order and its rest are together what was ordered (row F6)."""
    for period in step.after.periods.values():
        if period.part_of is None:
            continue
        origin = step.after.periods[period.part_of]
        if origin.delivery is None or origin.delivery.accepted is None:
            continue  # it is to be delivered anew
        whole = origin.orders[-1].quantity
        assert all(origin.delivery.accepted + one.quantity <= whole for one in period.orders[:1])


def periods_follow_each_other(step: Step) -> None:
    """9: one period is known ahead at most, none after a revocation, and they do not overlap."""
    rounds = [one for one in step.after.periods.values() if one.part_of is None]
    assert [one.number for one in rounds] == sorted(one.number for one in rounds)
    assert sum(one.status == "planned" for one in rounds) <= 1
    if any("revoked" in one.flags for one in step.after.periods.values()):
        assert not any(event.type == "period_planned" for event in step.events)
    for one, after in pairwise(rounds):
        assert one.ends is not None
        assert after.begins == one.ends + timedelta(days=1)
