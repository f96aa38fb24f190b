"""The answers of operations: what officials are shown of a case, and what their acts came to."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.language import Text, said
from api.operations.surroundings import ProcessView, SchemaView, Surroundings, SystemView
from api.schemas import Answer
from db.holds import HoldInForce, Switch
from db.operations import Opened, Trouble
from db.rebuild import Damage
from db.sealing import Seal
from domain.case.desks import place
from workflows.client import workflow_id
from workflows.operations import Pending, Run, WorkflowTask, answering
from workflows.proofs import DryRun
from workflows.resets import Cut
from workflows.troubles import Status, Troubles


class Remedy(Answer):
    """What can be done about it."""

    name: str
    label: Text


class StuckCase(Answer):
    """One thing that holds a case up. `who` must act: roles, or whom an escalation names.

    A rejected message of E-Собес has no case: then `intake_task` is there instead of `case_id`; of
    a report of the treasury that is not understood it is `treasury_report`.
    """

    case_id: UUID | None
    intake_task: UUID | None
    treasury_report: UUID | None
    reference: str
    status: str
    cause: str
    text: Text
    since: datetime
    age_seconds: int
    who: list[str]
    remedies: list[Remedy]
    detail: dict[str, Any]


class AnsweredQuestion(Answer):
    """How a question was answered: whole (`answered`), by its oldest (`more`), or not at all."""

    name: str
    status: Status


class StandingHold(Answer):
    """What an administrator holds: it waits until somebody releases it."""

    id: UUID = Field(description="Of the hold")
    switch: Switch = Field(description="What is held")
    reason: str | None = Field(description="Why; null: it cannot be read")
    placed_by: UUID = Field(description="The administrator who placed it")
    placed_at: datetime = Field(description="Since when, in legal time")
    waiting: int = Field(description="How many effects wait; of one channel all texts")


class HoldReport(Answer):
    """A hold that was placed or released."""

    id: UUID = Field(description="Of the hold")
    switch: Switch = Field(description="What is held, or released")
    held: bool = Field(description="Whether it is held now")
    waiting: int = Field(description="How many effects wait, or waited")
    on_their_way: int = Field(
        0, description="Orders to pay that left before, and cannot be called back"
    )
    woken: int = Field(
        0, description="Cases that were woken; the others look by themselves in ten minutes"
    )


class LegalHoldReport(Answer):
    """A legal hold that was placed or lifted."""

    id: UUID = Field(description="Of the hold")
    person: UUID = Field(description="Who is not erased while it stands")
    held: bool = Field(description="Whether it stands now")


class StuckList(Answer):
    """Everything that does not go on by itself, the oldest first, and what administrators hold.

    `questions`: how each was answered; `database`, `temporal`: whether all that it was asked was;
    `complete`: everything was, and this is all.
    """

    stuck: list[StuckCase]
    holds: list[StandingHold] = Field(description="What is held now")
    systems: list[SystemView] = Field(description="How outside systems answer")
    processes: list[ProcessView] = Field(description="Which processes work, and by which build")
    revision: SchemaView = Field(description="The revision of the tables")
    questions: list[AnsweredQuestion]
    database: bool
    temporal: bool
    complete: bool


class Awaited(Answer):
    """An effect that the outside has not answered, with the activity that asks for it."""

    key: str
    kind: str
    period: int
    asked_at: datetime | None
    activity: Pending | None


class Unheard(Answer):
    """A message in the inbox that has no event yet."""

    id: UUID
    name: str
    name_label: Text | None = Field(None, description="What was asked for, in words")
    by: str
    received_at: datetime
    age_seconds: int


class ResetProposal(Answer):
    """A reset of the run that waits for a second administrator."""

    id: UUID
    run_id: str
    to_seq: int | None
    to_event: int | None
    proposed_by: UUID
    proposed_at: datetime


class EventLine(Answer):
    """One of the last events."""

    seq: int
    type: str
    row: str
    by: str
    at: datetime
    recorded_at: datetime


class InTemporal(Answer):
    """The case as Temporal has it. `reachable` False: it does not answer now."""

    reachable: bool
    workflow_id: str
    url: str | None
    run_id: str | None = None
    status: str | None = None
    started_at: datetime | None = None
    history_length: int | None = None
    task: WorkflowTask | None = None


class Inspection(Answer):
    """A case with everything that may hold it up; the last events first."""

    id: UUID
    reference: str
    status: str
    closed: bool
    waits_for: list[str]
    due_at: datetime | None
    edition: str
    seq: int
    state: dict[str, Any] | None
    outbox: list[Awaited]
    waiting: list[Unheard]
    events: list[EventLine]
    resets: list[ResetProposal]
    temporal: InTemporal


class Retried(Answer):
    """What was set going."""

    case_id: UUID
    activities: list[Pending]
    task: WorkflowTask | None


class ResetReport(Answer):
    """A reset as it would be, or was, made: `new_run_id` once it was.

    `proposal` is its id where it was proposed, and waits for a second administrator. `waiting` are
    messages of the inbox that the run will find in its first task.
    """

    case_id: UUID
    cut: Cut
    recorded: int
    waiting: list[Unheard]
    new_run_id: str | None = None
    proposal: UUID | None = None


class OperationPart(Answer):
    """How many cases were looked at, of how many in all, and from where to go on (null: done)."""

    checked: int
    total: int
    next: UUID | None


class RebuildReport(OperationPart):
    """Every difference by table, key and column."""

    damages: list[Damage]
    applied: bool


class ReplayReport(OperationPart):
    """Cases that do not replay, or that would be decided otherwise today; or the one asked for."""

    cases: list[DryRun]


class RestartReport(OperationPart):
    """Cases that got a new run; `failed` got none, `own` are for another administrator."""

    failed: list[UUID]
    own: list[UUID]


def told_troubles(troubles: Troubles, around: Surroundings, seal: Seal) -> StuckList:
    """In words."""
    return StuckList(
        stuck=[_stuck(one) for one in troubles.found],
        holds=[told_hold(one, seal) for one in troubles.holds],
        systems=around.systems,
        processes=around.processes,
        revision=around.schema,
        questions=[AnsweredQuestion(**vars(one)) for one in troubles.questions],
        database=troubles.database,
        temporal=troubles.temporal,
        complete=troubles.complete,
    )


def told_hold(one: HoldInForce, seal: Seal) -> StandingHold:
    """With its reason, for those who may know it."""
    shown = ("id", "switch", "placed_by", "placed_at", "waiting")
    return StandingHold(reason=one.reason(seal), **{name: getattr(one, name) for name in shown})


def _stuck(one: Trouble) -> StuckCase:
    remedies = [Remedy(name=name, label=_texts(f"remedy.{name}")) for name in one.remedies]
    told = one.model_dump(exclude={"remedies"})
    return StuckCase(**told, text=_texts(f"stuck.{one.cause}"), remedies=remedies)


def _texts(code: str) -> Any:
    return said(code)


_SHOWN = {"seq", "type", "row", "at", "recorded_at"}


def told_case(case_id: UUID, opened: Opened, temporal: InTemporal, run: Run | None) -> Inspection:
    """What the file knows, and what Temporal adds."""
    return Inspection(
        id=case_id,
        reference=opened.head.reference,
        status=opened.view.status if opened.view else "none",
        closed=opened.view is not None and opened.view.closed,
        waits_for=opened.view.waits_for if opened.view else [],
        due_at=opened.view.due_at if opened.view else None,
        edition=opened.head.edition,
        seq=opened.head.seq,
        state=opened.case.model_dump(mode="json") if opened.case else None,
        outbox=_outbox(opened, run),
        waiting=told_waiting(opened),
        events=[
            EventLine(by=one.actor_role, **one.model_dump(include=_SHOWN)) for one in opened.events
        ],
        resets=[ResetProposal.model_validate(one, from_attributes=True) for one in opened.resets],
        temporal=temporal,
    )


def told_waiting(opened: Opened) -> list[Unheard]:
    return [
        Unheard(
            id=one.id,
            name=one.name,
            by=one.actor_role,
            received_at=one.received_at,
            age_seconds=round(age.total_seconds()),
        )
        for one, age in opened.waiting
    ]


def _outbox(opened: Opened, run: Run | None) -> list[Awaited]:
    outbox = opened.case.outbox.values() if opened.case else ()
    effects = sorted(outbox, key=lambda one: place(one.key))
    activities = run.activities if run else ()
    return [
        Awaited(
            key=effect.key,
            kind=effect.kind,
            period=effect.period,
            asked_at=opened.asked_at.get(effect.key),
            activity=answering(effect.key, activities),
        )
        for effect in effects
    ]


def told_run(case_id: UUID, run: Run | None, *, reachable: bool, url: str | None) -> InTemporal:
    """The run, if Temporal could say."""
    shown = {"run_id", "status", "started_at", "history_length", "task"}
    return InTemporal(
        reachable=reachable,
        workflow_id=workflow_id(str(case_id)),
        url=url,
        **(run.model_dump(include=shown) if run else {}),
    )


def wall_now() -> datetime:
    """From which the age of what hangs in a machine is counted."""
    return datetime.now(UTC)
