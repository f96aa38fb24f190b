"""An open case goes on under a later edition: its terms are counted anew, and never end earlier."""

from datetime import datetime

from domain.case.context import Context
from domain.case.state import Case, Deadline
from domain.messages import SERVICE, Message
from domain.process import Edition
from domain.terms.counting import Calendar, CalendarEnds, Certificate, Term, certify
from domain.terms.recount import Outcome, in_one_order, is_open, open_deadlines, outcome_of

EDITION_MOVED = "edition_moved"


def edition_message(after: str, before: Edition, at: datetime) -> Message:
    """That a case goes on under an edition (its hash), as it is told once.

    `lengths` are those under which the terms were counted: what is not of these lengths (the rest
    of a pause, an extension) stays.
    """
    return Message(
        id=f"edition:{after}",
        name=EDITION_MOVED,
        at=at,
        actor=SERVICE,
        data={"edition": after},
        facts={"lengths": {name: term.length for name, term in before.terms.items()}},
    )


def as_held(case: Case, edition: Edition) -> Edition:
    """The edition as it holds for the kind of entitlement of a case."""
    assert case.measure is not None, "a case with an event has a measure"
    return edition.of(case.measure.entitlement)


def fits(case: Case, edition: Edition) -> bool:
    """Whether the edition knows every status and every term of the case."""
    process = edition.process
    statuses = {period.status for period in case.periods.values()}
    terms = {deadline.term for _, deadline in case.deadlines()}
    return statuses <= process.statuses.keys() and terms <= process.terms.keys()


def counted(
    deadline: Deadline, length: str | None, edition: Edition, calendar: Calendar
) -> tuple[Outcome, Certificate]:
    """What the edition makes of a deadline that had a length of the edition before."""
    held = Certificate.from_json(deadline.certificate)
    rule = edition.terms[deadline.term]
    if str(held.term) != length or length == rule.length:
        return "unchanged", held
    try:
        made = certify(held.start, Term.parse(rule.length), calendar, rule.basis)
    except CalendarEnds:
        return "outside", held
    outcome = outcome_of(held.last_day, made.last_day)
    return outcome, made if outcome == "moves" else held


def moved_by_edition(context: Context) -> dict[str, Certificate]:
    """The terms of a period that end later under the edition of the message."""
    lengths, found = context.fact("lengths"), {}
    for term, deadline in in_one_order(context.period.deadlines):
        if is_open(deadline, context.message.at):
            length = lengths.get(term)
            outcome, made = counted(deadline, length, context.edition, context.calendar)
            if outcome == "moves":
                found[term] = made
    return found


def outcomes(
    case: Case, before: Edition, after: Edition, calendar: Calendar, at: datetime
) -> list[tuple[int, Deadline, Outcome, Certificate]]:
    """Every deadline of a case that has not come, and what becomes of it; none if none may move."""
    if not fits(case, after):
        return []
    before, after = as_held(case, before), as_held(case, after)
    found = []
    for period, deadline in open_deadlines(case, at):
        length = before.terms[deadline.term].length
        outcome, made = counted(deadline, length, after, calendar)
        found.append((period.number, deadline, outcome, made))
    return found
