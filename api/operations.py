"""The answers of operations: what officials are shown of a case, and what their acts came to."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Answer, Texts
from db.operations import FIRST, Opened, Trouble
from db.rebuild import Damage
from definitions.wording import every_language
from domain.desks import place
from workflows.client import workflow_id
from workflows.operations import Pending, Run, Task, paired
from workflows.proofs import DryRun
from workflows.resets import Cut
from workflows.troubles import Answered, Troubles

MOST_AT_ONCE = 200


class Remedy(Answer):
    """What can be done about it."""

    name: str
    label: Texts


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
    text: Texts
    since: datetime
    age_seconds: int
    who: list[str]
    remedies: list[Remedy]
    detail: dict[str, Any]


class StuckList(Answer):
    """Everything that does not go on by itself, the oldest first.

    `questions`: how each was answered; `database`, `temporal`: whether all that it was asked was;
    `complete`: everything was, and this is all.
    """

    stuck: list[StuckCase]
    questions: list[Answered]
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


class Line(Answer):
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
    task: Task | None = None


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
    events: list[Line]
    resets: list[ResetProposal]
    temporal: InTemporal


class Asked(BaseModel):
    """A request of an administrator."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Retry(Asked):
    """Which activity to try now, by its id; without one everything that is parked."""

    activity: str | None = Field(default=None, min_length=1, max_length=200)


class Retried(Answer):
    """What was set going."""

    case_id: UUID
    activities: list[Pending]
    task: Task | None


class ResetToSeq(Asked):
    """To after so many events of the file; `dry_run` (unless told otherwise) only shows it.

    Otherwise it is proposed to a second administrator.
    """

    to_seq: int = Field(ge=0, le=1_000_000, strict=True)
    dry_run: bool = Field(default=True, strict=True)


class ResetToEvent(Asked):
    """To an event of the history; `dry_run` (unless told otherwise) only shows it.

    Otherwise it is proposed to a second administrator.
    """

    to_event: int = Field(ge=1, le=1_000_000, strict=True)
    dry_run: bool = Field(default=True, strict=True)


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


class Page(Asked):
    """A part of all cases: those after an id, so many at most."""

    after: UUID = FIRST
    limit: int = Field(default=50, ge=1, le=MOST_AT_ONCE, strict=True)


class OneCase(Asked):
    """One case; `apply` writes its projections anew."""

    case_id: UUID
    apply: bool = Field(default=False, strict=True)


class Part(Answer):
    """How many cases were looked at, of how many in all, and from where to go on (null: done)."""

    checked: int
    total: int
    next: UUID | None


class RebuildReport(Part):
    """Every difference by table, key and column."""

    damages: list[Damage]
    applied: bool


class ReplayReport(Part):
    """Cases that do not replay, or that would be decided otherwise today; or the one asked for."""

    cases: list[DryRun]


class RestartReport(Part):
    """Cases that got a new run; `failed` got none, `own` are for another administrator."""

    failed: list[UUID]
    own: list[UUID]


def told_troubles(troubles: Troubles) -> StuckList:
    """In words."""
    return StuckList(
        stuck=[_stuck(one) for one in troubles.found],
        questions=list(troubles.questions),
        database=troubles.database,
        temporal=troubles.temporal,
        complete=troubles.complete,
    )


def _stuck(one: Trouble) -> StuckCase:
    remedies = [Remedy(name=name, label=_texts(f"remedy.{name}")) for name in one.remedies]
    told = one.model_dump(exclude={"remedies"})
    return StuckCase(**told, text=_texts(f"stuck.{one.cause}"), remedies=remedies)


def _texts(code: str) -> Texts:
    return Texts(**every_language(code))


def told_case(case_id: UUID, opened: Opened, temporal: InTemporal, run: Run | None) -> Inspection:
    """What the file knows, and what Temporal adds."""
    return Inspection(
        id=case_id,
        reference=opened.reference,
        **opened.view,
        edition=opened.edition,
        seq=opened.seq,
        state=opened.case.model_dump(mode="json") if opened.case else None,
        outbox=_outbox(opened, run),
        waiting=told_waiting(opened),
        events=[Line(**line) for line in opened.events],
        resets=[ResetProposal.model_validate(one, from_attributes=True) for one in opened.resets],
        temporal=temporal,
    )


def told_waiting(opened: Opened) -> list[Unheard]:
    return [Unheard(**message) for message in opened.waiting]


def _outbox(opened: Opened, run: Run | None) -> list[Awaited]:
    outbox = opened.case.outbox.values() if opened.case else ()
    effects = sorted(outbox, key=lambda one: place(one.key))
    found = paired([effect.kind for effect in effects], run.activities if run else ())
    return [
        Awaited(
            key=effect.key,
            kind=effect.kind,
            period=effect.period,
            asked_at=opened.asked_at.get(effect.key),
            activity=activity,
        )
        for effect, activity in zip(effects, found, strict=True)
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
