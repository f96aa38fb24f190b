"""The fold: what one more event makes of a case. It needs no edition: events carry their effects."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from domain.case import Case, Deadline, Effect, Period, Task
from domain.errors import BrokenChain
from domain.messages import Event


def apply(case: Case, event: Event) -> Case:
    """The case after one more event. BrokenChain if the event is not the next one."""
    if event.seq != case.seq + 1:
        raise BrokenChain(f"event {event.seq} does not follow {case.seq}")
    data = event.data
    period = case.periods.get(event.period)
    update: dict[str, Any] = {"seq": event.seq}
    if period is not None or "to" in data:
        period = _period(period, event)
        update["periods"] = {**case.periods, period.number: period}
    update |= _records(Case, data.get("case", {}))
    if "effects" in data or "done" in data:
        update["outbox"] = _outbox(case, event)
    if "opens" in data or "closes" in data:
        update["tasks"] = _tasks(case, event)
    return case.model_copy(update=update)


def fold(case: Case, events: list[Event]) -> Case:
    """The case after all these events."""
    for event in events:
        case = apply(case, event)
    return case


def _period(period: Period | None, event: Event) -> Period:
    data = event.data
    if period is None:
        period = Period(number=event.period, status=data["to"], since=event.at)
    update = _records(Period, data.get("period", {}))
    if "to" in data and data["to"] != period.status:
        update |= {"status": data["to"], "since": event.at}
    if "deadlines" in data or "fires" in data:
        update["deadlines"] = _deadlines(period, data)
    return period.model_copy(update=update)


def _deadlines(period: Period, data: dict[str, Any]) -> dict[str, Deadline]:
    deadlines = dict(period.deadlines)
    if "fires" in data:
        term, code = data["fires"]["term"], data["fires"]["code"]
        present = deadlines[term]
        deadlines[term] = present.model_copy(update={"fired": (*present.fired, code)})
    for made in data.get("deadlines", ()):
        deadline = Deadline.model_validate(made)
        deadlines[deadline.term] = deadline
    return deadlines


def _outbox(case: Case, event: Event) -> dict[str, Effect]:
    outbox = {k: v for k, v in case.outbox.items() if k != event.data.get("done")}
    for made in event.data.get("effects", ()):
        outbox[made["key"]] = Effect(period=event.period, **made)
    return outbox


def _tasks(case: Case, event: Event) -> dict[str, Task]:
    gone = {f"{event.period}:{code}" for code in event.data.get("closes", ())}
    tasks = {key: task for key, task in case.tasks.items() if key not in gone}
    for code in event.data.get("opens", ()):
        made = Task(code=code, owner="caseworker", opened_at=event.at, period=event.period)
        tasks.setdefault(f"{event.period}:{code}", made)
    return tasks


def _records(owner: type[Case] | type[Period], values: dict[str, Any]) -> dict[str, Any]:
    return {name: _adapter(owner, name).validate_python(v) for name, v in values.items()}


@cache
def _adapter(owner: type[Case] | type[Period], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(owner.model_fields[name].annotation)
