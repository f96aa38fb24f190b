"""Rejected messages of E-Собес as work on a desk (row R2): look, correct contacts, give back."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth import Caller, Caseworker, Official
from api.bodies import ContactsForm
from api.deps import IdempotencyKey, Parts, PartsDep
from api.intake import (
    ACTS,
    ANSWERS,
    IntakeTaskDetail,
    IntakeTaskList,
    ReturnForm,
    refusals,
    told_task,
)
from api.problems import Problem, Refused
from api.reading import JSON
from api.routes.lists import YesNo
from db.audit import note
from db.engine import reads
from db.inbox import actor_key, fingerprint
from db.intake import correct_contacts, read_contacts
from db.intake_tasks import (
    Act,
    KeyTaken,
    Task,
    TaskClosed,
    Wanted,
    count_tasks,
    give_back,
    is_done,
    list_tasks,
    read_task,
)
from db.persons import Contacts
from definitions.intake import CONTACTS
from domain.messages import Role

router = APIRouter(prefix="/v1/intake-tasks", tags=["intake"])
State = Literal["open", "overdue", "corrected", "returned", "cured"]


class Asked(BaseModel):
    """Which tasks, and which part of their list."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    state: State | None = Field(default=None, description="`overdue`: open and past its day")
    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = Field(default=None, description="The `after` of the part before")
    count: YesNo = Field(default="false", description="Count all that the filters let through")


@router.get("", operation_id="listIntakeTasks", response_model=IntakeTaskList)
def list_all(
    official: Official, parts: PartsDep, asked: Annotated[Asked, Query()]
) -> dict[str, Any]:
    """The rejected messages of your authority, for administrators all, oldest first."""
    wanted = Wanted(
        every=official.role == Role.ADMINISTRATOR,
        authority=official.on_behalf_of,
        state=asked.state,
        after=asked.after,
        most=asked.limit,
    )
    with reads(parts.engine) as connection:
        found = list_tasks(connection, wanted)
        count = count_tasks(connection, wanted) if asked.count == "true" else None
    return {
        "tasks": [told_task(task, official) for task in found],
        "after": found[-1].id if len(found) == asked.limit else None,
        "count": count,
    }


@router.get(
    "/{task_id}",
    operation_id="readIntakeTask",
    response_model=IntakeTaskDetail,
    responses=ANSWERS,
)
def read_one(official: Official, parts: PartsDep, task_id: UUID) -> dict[str, Any]:
    """One rejected message; the recipient's contacts only for its authority's caseworkers."""
    return _told(parts, official, task_id)


@router.post(
    "/{task_id}/correct-contacts",
    operation_id="correctContacts",
    response_model=IntakeTaskDetail,
    responses=ACTS,
    dependencies=JSON,
)
async def correct(
    caseworker: Caseworker,
    parts: PartsDep,
    task_id: UUID,
    key: IdempotencyKey,
    form: ContactsForm,
) -> dict[str, Any]:
    """Take the message over with these contacts, if nothing else is wrong with it."""
    contacts = Contacts(**form.model_dump())

    def carry_out(connection: Connection, act: Act) -> None:
        seal, gateway = parts.seal, parts.gateway
        remaining = correct_contacts(connection, seal, task_id, contacts, act, gateway)
        if remaining:
            raise _still_wrong(remaining)

    act = _act(parts, caseworker, "correct_contacts", key, form)
    await run_in_threadpool(_once, parts, caseworker, task_id, act, carry_out)
    return await _woken(parts, caseworker, task_id)


@router.post(
    "/{task_id}/return",
    operation_id="returnMessage",
    response_model=IntakeTaskDetail,
    responses=ACTS,
    dependencies=JSON,
)
def give(
    official: Official, parts: PartsDep, task_id: UUID, key: IdempotencyKey, form: ReturnForm
) -> dict[str, Any]:
    """Hand the message back to E-Собес, which reads the reason and is told of it."""

    def carry_out(connection: Connection, act: Act) -> None:
        give_back(connection, parts.seal, task_id, act, form.reason)

    act = _act(parts, official, "return_message", key, form)
    _once(parts, official, task_id, act, carry_out)
    return _told(parts, official, task_id)


def _act(parts: Parts, caller: Caller, name: str, key: str, form: BaseModel) -> Act:
    """The request as it is kept, so that its repetition is known."""
    if caller.person is None:
        raise Problem("not_allowed")
    said = f"{name}:{form.model_dump_json()}".encode()
    return Act(
        name, caller.person, f"{actor_key(caller.actor)}:{key}", fingerprint(parts.seal, said)
    )


def _once(
    parts: Parts,
    caller: Caller,
    task_id: UUID,
    act: Act,
    carry_out: Callable[[Connection, Act], None],
) -> None:
    """Carry a request out and write down who did it, unless that has been done.

    Problem: not_found, idempotency_conflict, command_refused, form_invalid; then nothing was done.
    """
    with parts.engine.begin() as connection:
        task = _sighted(connection, caller, task_id)
        try:
            if is_done(connection, task_id, act):
                return
            if reasons := refusals(task, act.name, caller):
                raise Refused(reasons)
            carry_out(connection, act)
        except KeyTaken:
            raise Problem("idempotency_conflict") from None
        except TaskClosed:
            raise Refused([{"code": "already_decided", "facts": {}}]) from None
        note(connection, caller.actor, act.name, task_id)


def _sighted(connection: Connection, caller: Caller, task_id: UUID) -> Task:
    """The task. To those on whose desk it does not lie, it does not exist."""
    task = read_task(connection, task_id)
    mine = caller.on_behalf_of is not None and task is not None
    if task is None or not (
        caller.role == Role.ADMINISTRATOR or (mine and task.authority == caller.on_behalf_of)
    ):
        raise Problem("not_found")
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


def _told(parts: Parts, caller: Caller, task_id: UUID) -> dict[str, Any]:
    with reads(parts.engine) as connection:
        task = _sighted(connection, caller, task_id)
        close = caller.role == Role.CASEWORKER
        contacts = read_contacts(connection, parts.seal, task_id) if close else None
    return {**told_task(task, caller), "contacts": contacts}


async def _woken(parts: Parts, caller: Caller, task_id: UUID) -> dict[str, Any]:
    """The task with its case, which hears of its message; without Temporal housekeeping says it."""

    told = await run_in_threadpool(_told, parts, caller, task_id)
    parts.link.tell(str(told["case_id"]))
    return told
