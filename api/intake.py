"""Rejected messages of E-Собес on a desk: what their readers see, and what they send."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.auth import Caller
from api.bodies import FreeText
from api.language import Text, said, worded
from api.problems import told_reasons
from api.schemas import Answer, Choice
from db.intake_tasks import OPEN, Task
from domain.messages import Role

ANSWERS: dict[int | str, dict[str, Any]] = {404: {"description": "No such task for this caller"}}
ACTS: dict[int | str, dict[str, Any]] = {
    **ANSWERS,
    409: {"description": "Refused, with what remains to correct; or the key is in use"},
}


class MessageMistake(BaseModel):
    """One mistake of a message, with its place in it."""

    pointer: str
    code: str
    text: Text


class RecipientContacts(Answer):
    """Contacts in the form in which somebody wrote them."""

    phone: str | None
    phone_confirmed: bool
    email: str | None
    email_confirmed: bool


class IntakeTask(Answer):
    """A rejected message, which lies on the desk of its authority or of the administrators.

    Overdue is an open task whose `due_at` is past; `certificate` explains that term. A message
    that was corrected or cured has its case. `told` is how E-Собес took a return:
    `acknowledged`, the code with which it refused, or null as long as neither is known.
    """

    id: UUID
    message_id: str | None
    owner: Literal["caseworker", "administrator"]
    authority_id: UUID | None
    state: Literal["open", "corrected", "returned", "cured"]
    label: Text
    opened_at: datetime
    age_seconds: int
    due_at: datetime
    overdue: bool
    certificate: dict[str, Any]
    closed_at: datetime | None
    mistakes: list[MessageMistake]
    may: list[Choice]
    case_id: UUID | None
    reference: str | None
    told: str | None


class IntakeTaskDetail(IntakeTask):
    """One task; `contacts` only for caseworkers of its authority, as far as they can be read."""

    contacts: RecipientContacts | None


class IntakeTaskList(Answer):
    """A part of the tasks, the oldest first; `after` leads to the next part."""

    tasks: list[IntakeTask]
    after: UUID | None
    count: int | None = None


class ReturnForm(BaseModel):
    """Why the message goes back to E-Собес; E-Собес is told these words."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    reason: FreeText = Field(repr=False)


def told_task(task: Task, caller: Caller) -> dict[str, Any]:
    """A task in JSON, with what the caller may do."""
    shown = ("id", "message_id", "state", "opened_at", "age_seconds", "due_at", "overdue")
    closed = ("certificate", "closed_at", "told", "case_id", "reference")
    return {
        **{name: getattr(task, name) for name in (*shown, *closed)},
        "mistakes": [{**one, "text": worded(one["text"])} for one in task.mistakes],
        "owner": Role.CASEWORKER if task.authority else Role.ADMINISTRATOR,
        "authority_id": task.authority,
        "label": said("task.invalid_message"),
        "may": [_choice(task, "correct_contacts", caller), _choice(task, "return_message", caller)],
    }


def refusals(task: Task, act: str, caller: Caller) -> list[dict[str, Any]]:
    """Why the caller may not do this now: reasons as the decider gives them; empty: they may.

    Whether nothing but contacts is wrong is known for certain only when the message is looked at
    again.
    """
    codes = []
    if act == "correct_contacts" and caller.role != Role.CASEWORKER:
        codes.append("not_your_task")
    if task.state != OPEN:
        codes.append("already_decided")
    return [{"code": code, "facts": {}} for code in codes]


def _choice(task: Task, act: str, caller: Caller) -> dict[str, Any]:
    reasons = refusals(task, act, caller)
    if act == "correct_contacts" and not task.of_contacts:
        reasons.append({"code": "for_esobes_to_correct", "facts": {}})
    return {
        "name": act,
        "label": said(f"command.{act}"),
        "href": f"/v1/intake-tasks/{task.id}/{ADDRESS[act]}",
        "allowed": not reasons,
        "reasons": told_reasons(reasons),
    }


ADDRESS = {"correct_contacts": "correct-contacts", "return_message": "return"}
