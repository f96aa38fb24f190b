"""A deadline that a party disputes: what follows from the day, and the calendar, that they name."""

from domain.case import Deadline
from domain.proceedings import Contest
from domain.terms import Calendar, Certificate, certify


def reading(contest: Contest, deadline: Deadline, calendar: Calendar) -> Certificate:
    """The same term counted from the contested day; CalendarEnds outside the calendar.

    `calendar` is the one that the contest names, or the current one.
    """
    held = Certificate.from_json(deadline.certificate)
    return certify(contest.start or held.start, held.term, calendar, held.article)
