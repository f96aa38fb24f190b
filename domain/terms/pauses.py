"""Terms that stand still: how much of each is left, and where it ends once it goes on (row L8)."""

from collections.abc import Iterable
from datetime import date, timedelta

from domain.case.context import Context, Start
from domain.case.state import Deadline
from domain.process import Row, TermRule
from domain.terms.agenda import OVER
from domain.terms.counting import Term

EVERY = "*"
HERE = "here"
# The events that have the terms of a status stand still, until their rows resume them.
HELD = "disputed"
# The event of a pause of the whole case; what other events hold does not go on with it.
PAUSED = "paused"


def paused(context: Context, row: Row) -> dict[str, str]:
    """The rests of the terms that a row has stand still; one named may stand still already.

    The day of the pause counts as left: nobody loses it to the clock. Where nobody could act for
    the recipient since an earlier day, that day does (row L6).
    """
    terms, status = context.edition.process.terms, context.period.status
    return {
        term: deadline.rest or _rest(context, deadline, _held_from(context, deadline))
        for term, deadline in context.period.deadlines.items()
        if (term in row.pauses and deadline.rest)
        or (
            (term in row.pauses or EVERY in row.pauses or _here(row, status, terms[term]))
            and _runs(context, deadline)
        )
        if term not in row.stops
    }


def _held_from(context: Context, deadline: Deadline) -> date:
    measure = context.case.measure
    idle = measure.acting.idle_since(context.today) if measure else None
    if idle is None:
        return context.today
    return min(context.today, max(idle, date.fromisoformat(deadline.certificate["first_day"])))


def _here(row: Row, status: str, rule: TermRule) -> bool:
    """A term that the row has stand still because the status is left for a while."""
    to = row.to or status
    return HERE in row.pauses and status in rule.runs_in and to not in rule.runs_in


def _runs(context: Context, deadline: Deadline) -> bool:
    unstoppable = context.edition.process.terms[deadline.term].unstoppable
    return not (unstoppable or deadline.stopped or OVER in deadline.fired)


def resumed(context: Context, row: Row, to: str) -> dict[str, Start]:
    """How the terms go on that a row has go on: the rest of each, counted from this day.

    A term that has nothing to limit any more where the case now stands stays as it is.
    """
    terms = context.edition.process.terms
    return {
        term: Start(
            event=_begun_later(context, deadline),
            length=deadline.rest,
            basis=str(deadline.certificate["article"]),
        )
        for term, deadline in context.period.deadlines.items()
        if deadline.rest
        if term in row.resumes
        or (EVERY in row.resumes and deadline.paused_by == PAUSED)
        or (HERE in row.resumes and _goes_on(context, deadline))
        if to in terms[term].runs_in or terms[term].outlives
    }


def _begun_later(context: Context, deadline: Deadline) -> date | None:
    """From when it was counted, where that is after this day: the end of a pause may be told late,
    after a term began that waits for it.
    """
    begun = date.fromisoformat(deadline.certificate["start"])
    return begun if begun > context.today else None


def _goes_on(context: Context, deadline: Deadline) -> bool:
    """It was held with its status, or by a pause that ended while the status was left."""
    ended = deadline.paused_by == PAUSED and context.period.pause is None
    return deadline.paused_by == HELD or ended


def dropped(context: Context, to: str) -> list[str]:
    """Rests of a status that was left for a while, and that the case does not return to."""
    terms, period = context.edition.process.terms, context.period
    if period.dispute is None or to in terms["dispute"].runs_in:
        return []
    return [
        term
        for term, deadline in period.deadlines.items()
        if deadline.paused_by == HELD and (deadline.rest is not None)
    ]


def standing_still(context: Context, row: Row, made: Iterable[Deadline]) -> list[Deadline]:
    """Terms that begin while the whole case is paused wait for its end with all their length."""
    if context.period.pause is None or EVERY in row.resumes:
        return list(made)
    terms, tomorrow = context.edition.process.terms, context.today + timedelta(days=1)
    return [
        one
        if terms[one.term].unstoppable
        else one.model_copy(
            update={"stopped": True, "rest": _rest(context, one, tomorrow), "paused_by": PAUSED}
        )
        for one in made
    ]


def _rest(context: Context, deadline: Deadline, first: date) -> str:
    """The days from `first` to the last day, in the term's own kind; months leave days."""
    kind = Term.parse(str(deadline.certificate["term"])).kind
    left = (deadline.last_day - first).days + 1
    if kind == "wd":
        days = (first + timedelta(days=ahead) for ahead in range(left))
        return f"{max(1, sum(context.calendar.is_working(day) for day in days))}wd"
    return f"{max(1, left)}cd"
