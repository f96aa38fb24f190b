"""What another calendar makes of the deadlines that still run: a later day, or nothing at all."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Literal

from domain.case.context import Context
from domain.case.state import Case, Deadline, Period
from domain.messages import SERVICE, Message
from domain.terms.agenda import OVER
from domain.terms.counting import Calendar, CalendarEnds, Certificate, recompute

# `earlier`: counted anew it would end sooner, so it stays (invariant 4). `outside`: the other
# calendar does not know its days.
Outcome = Literal["moves", "unchanged", "earlier", "outside"]


def recount(held: Certificate, calendar: Calendar) -> tuple[Outcome, Certificate]:
    """The certificate that holds from now on: the present one unless the new one ends later."""
    try:
        made = recompute(held, calendar)
    except CalendarEnds:
        return "outside", held
    outcome = outcome_of(held.last_day, made.last_day)
    return outcome, made if outcome == "moves" else held


def outcome_of(old: date, new: date) -> Outcome:
    """What becomes of a deadline that is counted anew."""
    if new == old:
        return "unchanged"
    return "moves" if new > old else "earlier"


def open_deadlines(case: Case, at: datetime) -> Iterator[tuple[Period, Deadline]]:
    """The deadlines that have not come: those that run, and those that will run again."""
    for period, deadline in case.deadlines():
        if is_open(deadline, at):
            yield period, deadline


def moved(context: Context) -> dict[str, Certificate]:
    """The terms of a period that end later under the calendar of the message."""
    found = {}
    for term, deadline in in_one_order(context.period.deadlines):
        if is_open(deadline, context.message.at):
            held = Certificate.from_json(deadline.certificate)
            outcome, made = recount(held, context.calendar)
            if outcome == "moves":
                found[term] = made
    return found


def in_one_order(deadlines: Mapping[str, Deadline]) -> list[tuple[str, Deadline]]:
    """Deadlines as the database orders a map: a sweep decides on states read back from there.

    Decided again on the events of the file, the same comes out in the same order.
    """
    return sorted(deadlines.items(), key=lambda one: (len(one[0]), one[0]))


def concerned(context: Context, terms: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Whose terms these are, of those that run where the period stands: it is news to them."""
    rules, status = context.edition.process.terms, context.period.status
    return {t: rules[t].binds for t in terms if rules[t].binds and status in rules[t].runs_in}


def is_open(deadline: Deadline, at: datetime) -> bool:
    """Whether its end is still to come: it runs, or will run again."""
    return not deadline.stopped and OVER not in deadline.fired and deadline.expires_at > at


def calendar_message(version: str, at: datetime) -> Message:
    """That a calendar holds from now on, as a case is told it once."""
    return Message(
        id=f"calendar:{version}",
        name="calendar_changed",
        at=at,
        actor=SERVICE,
        data={"calendar": version},
    )
