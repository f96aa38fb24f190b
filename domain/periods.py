"""The periods of a case: which live, which a message is about, and which one a list shows."""

from datetime import datetime

from domain.case import PLANNED, Case, Deadline, Period
from domain.messages import Message, Refusal
from domain.process import Process


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


def meant(case: Case, number: int | None, process: Process) -> Period | Refusal:
    """The period that a command is about: the one it names, or the only live one.

    Where none lives, the latest that has begun: its end is the answer.
    """
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
    """The periods that a message is about; those of the whole case reach every open one."""
    if message.name in process.whole_case.every:
        return open_periods(case, process) or [_latest(case)]
    if message.name in process.whole_case.once:
        return [leading(case, process)]
    found = meant(case, message.period, process)
    return found if isinstance(found, Refusal) else [found]
