"""Whether a text that waited is still worth sending, by the case as it stands when it is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.case.application import unsigned_by
from domain.case.state import Case, Period
from domain.messages import Role
from domain.process import Asking, Edition
from domain.terms.agenda import OVER
from domain.terms.counting import local_day


def audience(
    case: Case, number: int, data: Mapping[str, Any], edition: Edition, now: datetime
) -> tuple[str, ...]:
    """Of those whom a `tell` was for, the ones who are still to be told; nobody if it is in vain.

    News is told however late. What asks for something is told while it can be done: in its
    statuses, of the order that it is about, until the end of its term, and of several reminders of
    one term only the last that has come.
    """
    period, to = case.periods[number], tuple(data["to"])
    asking = edition.process.asking.get(data["text"])
    if asking is None:
        return to
    if asking.while_in and period.status not in asking.while_in:
        return ()
    if _of_another_order(period, data) or _past(period, data, asking, now):
        return ()
    application = period.application
    if asking.unaccounted and application and application.account:
        return ()
    if asking.unsigned and case.measure is not None:
        missing = unsigned_by(application, edition, case.measure.category)
        # Whose signature is being checked has done what is asked.
        held = application.signatures if application else {}
        return tuple(who for who in to if who in missing and who not in held)
    return to


def round_stands(case: Case, number: int, data: Mapping[str, Any]) -> bool:
    """Whether a round of notices is still the one by which the recipient is to be told (row N1)."""
    period = case.periods[number]
    current = period.round is not None and period.round.number == data["round"]
    return current and period.status in ("notifying", "notice_failed")


def _of_another_order(period: Period, data: Mapping[str, Any]) -> bool:
    """A supplier is asked nothing about an order that it no longer has."""
    if Role.SUPPLIER not in data["to"] or "order" not in data:
        return False
    return period.order is None or period.order.number != data["order"]


def _past(period: Period, data: Mapping[str, Any], asking: Asking, now: datetime) -> bool:
    """Whether the term is over by which it is to be done, or a later reminder of it has come.

    A term that stands still has no last day that could be past.
    """
    term = data.get("term", asking.term)
    if term is None:
        return False
    deadline = period.deadlines.get(term)
    if deadline is None or OVER in deadline.fired:
        return True
    standing = deadline.stopped and deadline.rest is not None
    if "reminder" not in data:
        return not standing and (deadline.stopped or local_day(now) > deadline.last_day)
    at = deadline.reminders.get(data["reminder"])
    if at is None or deadline.stopped or local_day(now) > deadline.last_day:
        return True
    return any(at < later <= now for later in deadline.reminders.values())
