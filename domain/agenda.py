"""What a case waits for in time: the deadline messages it will send itself, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.case import Case, Deadline, Period
from domain.messages import DEADLINE, Message
from domain.process import Process

# A command may be on its way while its term ends: requests live at most ten seconds, so this is long
# enough for every one submitted in time to stand in the inbox before the end is recorded.
GRACE = timedelta(seconds=30)

OVER = "over"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline message and the instant from which it may be recorded."""

    wake_at: datetime
    message: Message


def agenda(case: Case, process: Process) -> list[Due]:
    """Every deadline message still to come, soonest first."""
    found = [due for period, deadline in case.deadlines() for due in _of(period, deadline, process)]
    return sorted(found, key=lambda due: (due.wake_at, due.message.id))


def _of(period: Period, deadline: Deadline, process: Process) -> Iterator[Due]:
    rule = process.terms[deadline.term]
    if period.status not in rule.runs_in or OVER in deadline.fired:
        return
    yield _due(period, deadline, rule.fires, OVER)
    if rule.reminds:
        for code in deadline.reminders:
            if code not in deadline.fired:
                yield _due(period, deadline, rule.reminds, code)


def _due(period: Period, deadline: Deadline, name: str, code: str) -> Due:
    """Its id is the same each time it is made, so that it is recorded once."""
    at = deadline.expires_at if code == OVER else deadline.reminders[code]
    message = Message(
        id=f"{deadline.term}:{period.number}:{deadline.revision}:{code}",
        name=name,
        at=at,
        actor=DEADLINE,
        period=period.number,
        data={"fires": {"term": deadline.term, "code": code}},
    )
    return Due(wake_at=at + GRACE if code == OVER else at, message=message)
