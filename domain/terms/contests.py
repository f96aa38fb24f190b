"""A deadline that a party disputes: what follows from the day, and the calendar, that they name."""

from domain.case.proceedings import Contest
from domain.case.state import Deadline
from domain.terms.counting import Calendar, Certificate, certify


def reading(contest: Contest, deadline: Deadline, calendar: Calendar) -> Certificate:
    """The same term counted from the contested day; CalendarEnds outside the calendar.

    `calendar` is the one that the contest names, or the current one.
    """
    held = Certificate.from_json(deadline.certificate)
    return certify(contest.start or held.start, held.term, calendar, held.article)
