"""Rejected messages of E-Собес on a desk: what their readers see, and what they send."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth import Caller
from api.bodies import ContactsForm, FreeText
from api.deps import Parts
from api.language import Text, said, worded
from api.problems import Problem, Refused, told_reasons
from api.schemas import Answer, Choice
from api.work.asked import AskedTasks
from db.audit import note
from db.intake import correct_contacts, read_contacts
from db.intake_tasks import (
    OPEN,
    Act,
    OpenIntakeTask,
    WantedTasks,
    count_tasks,
    give_back,
    is_done,
    list_tasks,
    read_task,
)
from db.persons import Contacts
from definitions.intake import CONTACTS
from domain.messages import Role


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

    task: Literal["intake"] = Field(description="A rejected message of E-Собес")
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


class CorrectContacts(ContactsForm):
    """Take the message over with these contacts, if nothing else is wrong with it."""

    act: Literal["correct_contacts"]


class ReturnMessage(BaseModel):
    """Hand the message back to E-Собес, which reads the reason and is told of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    act: Literal["return_message"]
    reason: FreeText = Field(repr=False)


def told_task(task: OpenIntakeTask, caller: Caller) -> dict[str, Any]:
    """A task in JSON, with what the caller may do."""
    shown = ("id", "message_id", "state", "opened_at", "age_seconds", "due_at", "overdue")
    closed = ("certificate", "closed_at", "told", "case_id", "reference")
    return {
        **{name: getattr(task, name) for name in (*shown, *closed)},
        "mistakes": told_mistakes(task.mistakes),
        "task": "intake",
        "owner": Role.CASEWORKER if task.authority else Role.ADMINISTRATOR,
        "authority_id": task.authority,
        "label": said("task.invalid_message"),
        "may": [_choice(task, "correct_contacts", caller), _choice(task, "return_message", caller)],
    }


def told_mistakes(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mistakes of a message in words."""
    return [{**one, "text": worded(one["text"])} for one in found]


def refusals(task: OpenIntakeTask, act: str, caller: Caller) -> list[dict[str, Any]]:
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


def _choice(task: OpenIntakeTask, act: str, caller: Caller) -> dict[str, Any]:
    reasons = refusals(task, act, caller)
    if act == "correct_contacts" and not task.of_contacts:
        reasons.append({"code": "for_esobes_to_correct", "facts": {}})
    return {
        "name": act,
        "label": said(f"command.{act}"),
        "href": f"/v1/tasks/{task.id}",
        "allowed": not reasons,
        "reasons": told_reasons(reasons),
    }


class IntakeDesk:
    """The rejected messages of a caseworker's authority; for administrators all."""

    roles = frozenset((Role.CASEWORKER, Role.ADMINISTRATOR))
    states: tuple[str, ...] = ("open", "overdue", "corrected", "returned", "cured")

    def part(
        self, connection: Connection, _: Parts, reader: Caller, asked: AskedTasks
    ) -> list[dict[str, Any]]:
        """Part of the tasks, oldest first."""
        return [told_task(task, reader) for task in list_tasks(connection, _wanted(reader, asked))]

    def count(self, connection: Connection, reader: Caller, asked: AskedTasks) -> int:
        """How many there are of those that are asked for."""
        return count_tasks(connection, _wanted(reader, asked))

    def read(
        self, connection: Connection, parts: Parts, reader: Caller, task_id: UUID
    ) -> dict[str, Any] | None:
        """One task; the recipient's contacts only for its authority's caseworkers."""
        task = _sighted(connection, reader, task_id)
        if task is None:
            return None
        close = reader.role == Role.CASEWORKER
        contacts = read_contacts(connection, parts.seal, task_id) if close else None
        return {**told_task(task, reader), "contacts": contacts}

    def carry_out(
        self,
        connection: Connection,
        parts: Parts,
        caller: Caller,
        task_id: UUID,
        act: Act,
        form: BaseModel,
    ) -> None:
        """Do it and write down who did, unless that has been done; then nothing is done."""
        task = _sighted(connection, caller, task_id)
        assert task is not None, "what is acted on was found"
        if is_done(connection, task_id, act):
            return
        if reasons := refusals(task, act.name, caller):
            raise Refused(reasons)
        if isinstance(form, CorrectContacts):
            contacts = Contacts(**form.model_dump(exclude={"act"}))
            left = correct_contacts(connection, parts.seal, task_id, contacts, act, parts.gateway)
            if left:
                raise _still_wrong(left)
        elif isinstance(form, ReturnMessage):
            give_back(connection, parts.seal, task_id, act, form.reason)
        note(connection, caller.actor, act.name, task_id)


def _wanted(reader: Caller, asked: AskedTasks) -> WantedTasks:
    return WantedTasks(
        every=reader.role == Role.ADMINISTRATOR,
        authority=reader.on_behalf_of,
        state=asked.state,
        after=asked.after_task,
        most=asked.limit,
    )


def _sighted(connection: Connection, caller: Caller, task_id: UUID) -> OpenIntakeTask | None:
    """The task; to those on whose desk it does not lie, it does not exist."""
    task = read_task(connection, task_id)
    mine = caller.on_behalf_of is not None and task is not None
    if task is None or not (
        caller.role == Role.ADMINISTRATOR or (mine and task.authority == caller.on_behalf_of)
    ):
        return None
    return task


def _still_wrong(mistakes: list[dict[str, Any]]) -> Problem:
    """What remains: of the contacts themselves the form's; anything else is for E-Собес."""
    if all(mistake["pointer"] in CONTACTS for mistake in mistakes):
        own = [
            {**mistake, "pointer": mistake["pointer"].removeprefix("/person")}
            for mistake in mistakes
        ]
        return Problem("form_invalid", errors=own)
    return Refused([{"code": "for_esobes_to_correct", "facts": {}}], errors=mistakes)
