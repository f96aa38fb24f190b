"""What a case waits for in time: the deadline messages it will send itself, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.case.periods import is_closed
from domain.case.proceedings import RevocationAhead
from domain.case.state import Case, Deadline, Period
from domain.messages import DEADLINE, Actor, Message, Role
from domain.process import Process
from domain.terms.counting import end_of_day

# A command may be on its way while its term ends: requests live at most ten seconds, so this is
# long enough for every one submitted in time to stand in the inbox before the end is recorded.
GRACE = timedelta(seconds=30)

OVER = "over"


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message that the case sends itself, and the instant from which it may be recorded.

    `about` says in codes what it is for.
    """

    wake_at: datetime
    message: Message
    about: str


def agenda(case: Case, process: Process) -> list[DueMessage]:
    """Every deadline message still to come, and a revocation on its day, soonest first."""
    found = [due for period, deadline in case.deadlines() for due in _of(period, deadline, process)]
    if ahead := revoked_ahead(case, process):
        found.append(_revocation(ahead))
    return sorted(found, key=lambda due: (due.wake_at, due.message.id))


def soonest(case: Case, process: Process) -> DueMessage | None:
    """The first of them."""
    return next(iter(agenda(case, process)), None)


def revoked_ahead(case: Case, process: Process) -> RevocationAhead | None:
    """What E-Собес told ahead, and the case has yet to hear."""
    if case.measure is None or is_closed(case, process):
        return None
    return case.measure.revocation


def _revocation(ahead: RevocationAhead) -> DueMessage:
    """It is heard when the local day begins that it names, weekend or not."""
    message = Message(
        id=f"revoked:{ahead.message}",
        name="revoked",
        at=end_of_day(ahead.effective_on - timedelta(days=1)),
        actor=Actor(role=Role.ESOBES),
        data=ahead.model_dump(mode="json", exclude={"message"}, exclude_none=True),
    )
    return DueMessage(wake_at=message.at + GRACE, message=message, about=message.name)


def _of(period: Period, deadline: Deadline, process: Process) -> Iterator[DueMessage]:
    rule = process.terms[deadline.term]
    if not runs(period, deadline, process):
        return
    yield _due(period, deadline, rule.fires, OVER)
    if rule.reminds:
        for code in deadline.reminders:
            if code not in deadline.fired:
                yield _due(period, deadline, rule.reminds, code)


def runs(period: Period, deadline: Deadline, process: Process) -> bool:
    """Whether the term runs where the period stands."""
    ended = deadline.stopped or OVER in deadline.fired
    return not ended and period.status in process.terms[deadline.term].runs_in


def in_turn(period: Period, message: Message, process: Process) -> bool:
    """Whether a deadline message is one that the agenda holds: stale ones may come after a race."""
    deadline = _meant(period, message)
    if deadline is None or not runs(period, deadline, process):
        return False
    return any(
        due.message.id == message.id and due.message.at == message.at
        for due in _of(period, deadline, process)
    )


def spent(period: Period, message: Message) -> str | None:
    """The term whose next message must have another id, because this one used it up out of turn."""
    deadline = _meant(period, message)
    if deadline is None:
        return None
    code = message.data["fires"]["code"]
    return deadline.term if _id(period, deadline, code) == message.id else None


def _meant(period: Period, message: Message) -> Deadline | None:
    return period.deadlines.get(message.data.get("fires", {}).get("term"))


def _due(period: Period, deadline: Deadline, name: str, code: str) -> DueMessage:
    at = deadline.expires_at if code == OVER else deadline.reminders[code]
    message = Message(
        id=_id(period, deadline, code),
        name=name,
        at=at,
        actor=DEADLINE,
        period=period.number,
        data={"fires": {"term": deadline.term, "code": code}},
    )
    wake_at = at + GRACE if code == OVER else at
    return DueMessage(wake_at=wake_at, message=message, about=f"{deadline.term}/{code}")


def _id(period: Period, deadline: Deadline, code: str) -> str:
    """The same each time it is made, so that it is recorded once.

    A message that was refused because it came out of turn used its id up; `misfires` gives another.
    """
    again = f":{deadline.misfires}" if deadline.misfires else ""
    return f"{deadline.term}:{period.number}:{deadline.revision}:{code}{again}"
