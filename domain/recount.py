"""What another calendar makes of the deadlines that still run: a later day, or nothing at all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from domain.agenda import OVER
from domain.case import Case, Deadline, Period
from domain.terms import Calendar, CalendarEnds, Certificate, recompute

# `earlier`: counted anew it would end sooner, so it stays (invariant 4). `outside`: the other
# calendar does not know its days.
Outcome = Literal["moves", "unchanged", "earlier", "outside"]


def recount(held: Certificate, calendar: Calendar) -> tuple[Outcome, Certificate]:
    """The certificate that holds from now on: the present one unless the new one ends later."""
    try:
        made = recompute(held, calendar)
    except CalendarEnds:
        return "outside", held
    if made.last_day == held.last_day:
        return "unchanged", held
    return ("moves", made) if made.last_day > held.last_day else ("earlier", held)


def open_deadlines(case: Case, at: datetime) -> Iterator[tuple[Period, Deadline]]:
    """The deadlines that have not come: those that run, and those that will run again."""
    for period, deadline in case.deadlines():
        if not deadline.stopped and OVER not in deadline.fired and deadline.expires_at > at:
            yield period, deadline
