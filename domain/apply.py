"""The fold: what one more event makes of a case. It needs no edition: events say all."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from domain.case.state import Case, Deadline, Effect, Escalation, Period, Task
from domain.errors import BrokenChain
from domain.messages import Event

_OF_OUTBOX = frozenset(("effects", "done", "cancels"))
_OF_TASKS = frozenset(("opens", "asks", "closes"))
_OF_QUESTIONS = frozenset(("question", "answers"))
_OF_DEADLINES = frozenset(("deadlines", "fires", "missed", "misfires", "pauses", "stops"))


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
    update |= _of_case(case, data.get("case", {}))
    if not data.keys().isdisjoint(_OF_OUTBOX):
        update["outbox"] = _outbox(case, event)
    if not data.keys().isdisjoint(_OF_TASKS):
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
        period = Period(number=event.period, status="none", since=event.at)
    update = _records(Period, data.get("period", {}))
    if "to" in data and data["to"] != period.status:
        update |= {"status": data["to"], "since": event.at, "moved_by": event.actor}
    if not data.keys().isdisjoint(_OF_DEADLINES):
        update["deadlines"] = _deadlines(period, event)
    return period.model_copy(update=update)


def _deadlines(period: Period, event: Event) -> dict[str, Deadline]:
    """`fires` and `missed` mark what happened or was dropped, `misfires` what came out of turn."""
    deadlines, data = dict(period.deadlines), event.data

    def change(term: str, **update: Any) -> None:
        deadlines[term] = deadlines[term].model_copy(update=update)

    if fired := data.get("fires"):
        change(fired["term"], fired=(*deadlines[fired["term"]].fired, fired["code"]))
    for term, codes in data.get("missed", {}).items():
        change(term, fired=(*deadlines[term].fired, *codes))
    if term := data.get("misfires"):
        change(term, misfires=deadlines[term].misfires + 1)
    for term in data.get("stops", ()):
        change(term, stopped=True, rest=None, paused_by=None)
    for term, rest in data.get("pauses", {}).items():
        change(term, stopped=True, rest=rest, paused_by=event.type)
    for made in data.get("deadlines", ()):
        deadlines[made["term"]] = Deadline.model_validate(made)
    return deadlines


def _outbox(case: Case, event: Event) -> dict[str, Effect]:
    gone = {event.data.get("done"), *event.data.get("cancels", ())}
    outbox = {k: v for k, v in case.outbox.items() if k not in gone}
    for made in event.data.get("effects", ()):
        outbox[made["key"]] = Effect(period=event.period, **made)
    return outbox


def _of_case(case: Case, written: dict[str, Any]) -> dict[str, Any]:
    """A question is put and answered by itself; older events write the map of all of them."""
    records = {name: value for name, value in written.items() if name not in _OF_QUESTIONS}
    update = _records(Case, records)
    if len(records) < len(written) and "escalations" not in update:
        answered, put = written.get("answers"), written.get("question")
        left = {key: one for key, one in case.escalations.items() if key != answered}
        made = Escalation.model_validate(put) if put else None
        update["escalations"] = left | ({made.id: made} if made else {})
    return update


def _tasks(case: Case, event: Event) -> dict[str, Task]:
    gone = {f"{event.period}:{code}" for code in event.data.get("closes", ())}
    tasks = {key: task for key, task in case.tasks.items() if key not in gone}
    for word, owner in (("opens", "caseworker"), ("asks", "commission")):
        for code in event.data.get(word, ()):
            made = Task(code=code, owner=owner, opened_at=event.at, period=event.period)
            tasks.setdefault(f"{event.period}:{code}", made)
    return tasks


def _records(owner: type[Case] | type[Period], values: dict[str, Any]) -> dict[str, Any]:
    return {name: _adapter(owner, name).validate_python(v) for name, v in values.items()}


@cache
def _adapter(owner: type[Case] | type[Period], name: str) -> TypeAdapter[Any]:
    annotation: Any = owner.model_fields[name].annotation
    return TypeAdapter(annotation)
