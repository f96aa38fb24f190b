"""Where a run may be cut, what a cut drops, and the cut itself."""

from collections.abc import Iterator, Sequence
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

from domain.messages import Frozen
from workflows.operations import describe, reset
from workflows.replays import Mark, fetch, looks_in

_ENDS: Final = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
)
_ENDED: Final = (
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
)


class NoSuchPoint(Exception):
    """The run holds no workflow task to which it could be reset there."""


class BeyondEnd(Exception):
    """The run has not come so far: `last` is its last event."""

    def __init__(self, last: int) -> None:
        super().__init__("the point lies beyond the end of the history")
        self.last = last


class Point(Frozen):
    """Where to cut: after the file had so many events, or at an event of the history."""

    to_seq: int | None = None
    to_event: int | None = None


class Waiting(Frozen):
    """An activity or a timer under way. `seconds`: how long a timer was to take in all."""

    name: str
    event_id: int
    seconds: float | None = None


class Cut(Frozen):
    """A reset as it would be made, and what it does to what is under way.

    The run keeps its history before `to_event` and then knows the file up to `knows_seq`; it reads
    the rest of the file in its first task. `activities` and `timers` are dropped: effects are asked
    for again as far as the file's outbox holds them, terms are armed again from its deadlines.
    `again` are activities and timers from before the cut, which the server begins anew in full.
    `messages` is the number of updates and signals that are delivered again.
    """

    run_id: str
    to_event: int
    knows_seq: int
    activities: tuple[Waiting, ...]
    timers: tuple[Waiting, ...]
    again: tuple[Waiting, ...]
    messages: int


async def plan(client: Client, case_id: str, point: Point) -> Cut:
    """What a reset of the current run would do.

    Raises NoSuchPoint, BeyondEnd, NoRun, TemporalDown.
    """
    found = await describe(client, case_id)
    run_id = found.workflow_execution_info.execution.run_id
    history = await fetch(client, case_id, run_id)
    last = history.events[-1].event_id
    if point.to_event is not None and point.to_event > last:
        raise BeyondEnd(last)
    marks = await looks_in(client, history)
    to_event = _point(history, marks, point)
    known = [mark.seq for mark in marks if mark.task_end < to_event]
    activities = list(_activities(history))
    timers = list(_timers(history))
    return Cut(
        run_id=run_id,
        to_event=to_event,
        knows_seq=max(known, default=0),
        activities=tuple(one for one in activities if one.event_id >= to_event),
        timers=tuple(one for one in timers if one.event_id >= to_event),
        again=tuple(one for one in (*activities, *timers) if one.event_id < to_event),
        messages=_messages(history, to_event),
    )


async def carry_out(client: Client, case_id: str, cut: Cut) -> str:
    """Reset as planned; the id of the new run. Raises NoRun, TemporalDown."""
    return await reset(client, case_id, cut.run_id, cut.to_event)


def _point(history: WorkflowHistory, marks: Sequence[Mark], point: Point) -> int:
    """The end of the workflow task at which the run is cut: the server takes no other event."""
    ends = [event.event_id for event in history.events if event.event_type in _ENDS]
    if point.to_seq is not None:
        beyond = [mark.task_end for mark in marks if mark.seq > point.to_seq]
        ends = beyond[:1] or ends
    elif point.to_event is not None:
        ends = [end for end in ends if end <= point.to_event]
    if not ends:
        raise NoSuchPoint("the run holds no workflow task to which it could be reset there")
    return ends[-1]


def _activities(history: WorkflowHistory) -> Iterator[Waiting]:
    ended = {_scheduled(event) for event in history.events if event.event_type in _ENDED}
    for event in history.events:
        if event.event_type != EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            continue
        if event.event_id not in ended:
            named = event.activity_task_scheduled_event_attributes.activity_type.name
            yield Waiting(name=named, event_id=event.event_id)


def _scheduled(event: HistoryEvent) -> int:
    """The event that scheduled an activity which ended with this one."""
    ended = getattr(event, event.WhichOneof("attributes") or "")
    return int(ended.scheduled_event_id)


def _timers(history: WorkflowHistory) -> Iterator[Waiting]:
    ended = set()
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            ended.add(event.timer_fired_event_attributes.started_event_id)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            ended.add(event.timer_canceled_event_attributes.started_event_id)
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED and event.event_id not in ended:
            timer = event.timer_started_event_attributes
            seconds = timer.start_to_fire_timeout.ToTimedelta().total_seconds()
            yield Waiting(name=f"timer {timer.timer_id}", event_id=event.event_id, seconds=seconds)


def _messages(history: WorkflowHistory, to_event: int) -> int:
    taken = (
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    )
    return sum(e.event_type in taken and e.event_id >= to_event for e in history.events)
