"""What the treasury is answered, and what administrators see of its reports."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth import Caller
from api.bodies import FreeText
from api.deps import Parts
from api.language import Text, said
from api.problems import told_reasons
from api.schemas import Answer, Choice
from api.work.asked import AskedTasks
from db.audit import note
from db.intake_tasks import Act
from db.report_tasks import (
    CLOSED,
    OPEN,
    ReportTask,
    close_task,
    find_task,
    list_report_tasks,
    read_done,
    take_up,
)
from db.reports import Heard, Kept, read_again, read_report_of
from domain.messages import Role

MOST_WORDS = 100


class HeardWord(Answer):
    """A word about a payment of ours: where it stood, and whether the case file has it."""

    place: str
    key: str
    outcome: Literal["settled", "under_way", "not_executed", "returned", "other"]
    status: str
    message: UUID
    recorded: bool


class UnclearPart(Answer):
    """What is not understood: where, by which rule.

    `our_fault`: nothing is wrong with the report, and a later version of ours may read it.
    """

    code: Literal["unreadable", "unclear", "not_ours", "our_fault"]
    place: str
    rule: str
    key: str | None
    text: Text


class Remark(Answer):
    """A breach of the official schema that harmed no word."""

    place: str
    rule: str


class ReportVerdict(Answer):
    """What became of a report: kept in any case.

    `pending`: not read yet; `recorded`: all that is ours in it is with its cases; `desk`: a person
    has to look, for what is in `unclear`. At most a hundred words are listed; `not_ours` counts
    those about payments of others.
    """

    report: UUID
    verdict: Literal["pending", "recorded", "desk"]
    kind: str | None
    recorded: bool
    words: list[HeardWord]
    not_ours: int
    unclear: list[UnclearPart]
    remarks: list[Remark]


class DeskReport(Answer):
    """A report on the desk of the administrators, or what was done about it."""

    task: Literal["treasury_report"] = Field(description="A report of the treasury")
    id: UUID
    kind: str | None
    state: Literal["open", "closed"]
    label: Text
    opened_at: datetime
    age_seconds: int
    closed_at: datetime | None
    closed_by: UUID | None
    unclear: list[UnclearPart]
    may: list[Choice]


class DeskReportDetail(DeskReport):
    """One report with all that became of it; `done` is what its closer says was done.

    It is null where the report was read again, and nothing in it was unclear any more, and once the
    report is kept no longer.
    """

    received_at: datetime
    verdict: ReportVerdict
    done: str | None


class CloseReport(BaseModel):
    """Say what was done about a report; it leaves the desk and stays on file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    act: Literal["close_report"]
    done: FreeText = Field(repr=False)


class ReadAgain(BaseModel):
    """Read what was kept once more, as of today; what is clear then leaves the desk."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    act: Literal["read_again"]


def told_verdict(kept: Kept) -> dict[str, Any]:
    """A report in JSON, for whoever sent it."""
    return {
        "report": kept.id,
        "verdict": kept.verdict,
        "kind": kept.kind,
        "recorded": bool(kept.words) and not kept.waiting,
        "words": [_word(one) for one in kept.words[:MOST_WORDS]],
        "not_ours": kept.not_ours,
        "unclear": told_unclear(vars(one) for one in kept.unclear),
        "remarks": [_remark(one) for one in kept.remarks],
    }


def told_task(task: ReportTask) -> dict[str, Any]:
    """A task in JSON, with what an administrator may do."""
    shown = ("id", "kind", "state", "opened_at", "age_seconds", "closed_at", "closed_by")
    return {
        **{name: getattr(task, name) for name in shown},
        "task": "treasury_report",
        "label": said("task.report_undone"),
        "unclear": told_unclear(task.unclear),
        "may": [_choice(task, name) for name in ("read_again", "close_report")],
    }


def _word(one: Heard) -> dict[str, Any]:
    shown = ("place", "key", "outcome", "status", "message", "recorded")
    return {name: getattr(one, name) for name in shown}


def told_unclear(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What of a report is not understood, in words."""
    return [{**one, "text": said(f"report.{one['code']}")} for one in found]


def _remark(one: str) -> dict[str, str]:
    place, _, rule = one.partition(": ")
    return {"place": place, "rule": rule}


def _choice(task: ReportTask, name: str) -> dict[str, Any]:
    done = task.state != OPEN
    return {
        "name": name,
        "label": said(f"command.{name}"),
        "href": f"/v1/tasks/{task.id}",
        "allowed": not done,
        "reasons": told_reasons([{"code": "already_decided", "facts": {}}]) if done else [],
    }


class ReportDesk:
    """Reports that an administrator has to look at, and those that were looked at."""

    roles = frozenset((Role.ADMINISTRATOR,))
    states: tuple[str, ...] = (OPEN, CLOSED)

    def part(
        self, connection: Connection, _: Parts, __: Caller, asked: AskedTasks
    ) -> list[dict[str, Any]]:
        """Part of them, oldest first."""
        found = list_report_tasks(connection, asked.state, asked.after_task, asked.limit)
        return [told_task(task) for task in found]

    def read(
        self, connection: Connection, parts: Parts, _: Caller, report: UUID
    ) -> dict[str, Any] | None:
        """A report on the desk, what of it is with its cases, what was done about the rest."""
        task = find_task(connection, report)
        if task is None:
            return None
        kept = read_report_of(connection, report)
        done = read_done(connection, parts.seal, report)
        whole = {"received_at": kept.received_at, "verdict": told_verdict(kept), "done": done}
        return {**told_task(task), **whole}

    def carry_out(
        self,
        connection: Connection,
        parts: Parts,
        caller: Caller,
        report: UUID,
        act: Act,
        form: BaseModel,
    ) -> None:
        """Close it, or read it again, which may close it; and write down who did."""
        assert isinstance(form, CloseReport | ReadAgain)
        if not take_up(connection, report, act):
            return
        if isinstance(form, CloseReport):
            close_task(connection, parts.seal, report, act, form.done)
        elif read_again(connection, parts.seal, report):
            close_task(connection, parts.seal, report, act)
        note(connection, caller.actor, act.name, report)
