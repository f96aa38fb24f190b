"""What lies on desks beside the cases: one list, one address each, and acts that close one."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.auth import Caller, Reader, person_of
from api.deps import IdempotencyKey, Parts, PartsDep
from api.money.reports import CloseReport, DeskReport, DeskReportDetail, ReadAgain, ReportDesk
from api.problems import Problem, Refused
from api.queries import marked
from api.reading import JSON
from api.register.registrations import (
    RefuseRegistration,
    Register,
    RegistrationDesk,
    RegistrationView,
)
from api.schemas import Answer
from api.work.asked import AskedTasks
from api.work.intake import CorrectContacts, IntakeDesk, IntakeTask, IntakeTaskDetail, ReturnMessage
from db.engine import reads
from db.inbox import actor_key, fingerprint
from db.intake_tasks import Act, TaskClosed
from db.once import KeyTaken
from domain.messages import Role

router = APIRouter(prefix="/v1/tasks", tags=["work"])
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is none, or not on your desk"},
}
ACTS: Final[dict[int | str, dict[str, Any]]] = {
    **ANSWERS,
    409: {"description": "Refused, with the reasons; or the key is in use"},
}
Task = Annotated[
    IntakeTaskDetail | DeskReportDetail | RegistrationView, Field(discriminator="task")
]
Line = IntakeTask | DeskReport | RegistrationView
Deed = Annotated[
    CorrectContacts | ReturnMessage | ReadAgain | CloseReport | Register | RefuseRegistration,
    Field(discriminator="act"),
]


class TaskList(Answer):
    """A part of the tasks, the oldest first; `after` leads to the next part."""

    tasks: list[Line] = Field(description="A part of them")
    after: str | None = Field(description="Where the next part begins; null: there is none")
    count: int | None = Field(None, description="Of rejected messages: how many there are in all")


class TaskDesk(Protocol):
    """One kind of task: who has it, and what is done about it."""

    roles: frozenset[Role]

    def part(
        self, connection: Connection, parts: Parts, reader: Caller, asked: AskedTasks
    ) -> list[dict[str, Any]]:
        """Part of the reader's tasks, the oldest first."""

    def read(
        self, connection: Connection, parts: Parts, reader: Caller, task_id: UUID
    ) -> dict[str, Any] | None:
        """One task in full; None for those on whose desk it does not lie."""

    def carry_out(
        self,
        connection: Connection,
        parts: Parts,
        caller: Caller,
        task_id: UUID,
        act: Act,
        form: Any,
    ) -> None:
        """Do something about it. Raises Problem, KeyTaken, TaskClosed; then nothing was done."""


INTAKE: Final = IntakeDesk()
DESKS: Final[Mapping[str, TaskDesk]] = {
    "intake": INTAKE,
    "treasury_report": ReportDesk(),
    "registration": RegistrationDesk(),
}
# Who may do what, and about which kind of task.
DEEDS: Final[Mapping[type[BaseModel], tuple[str, frozenset[Role]]]] = {
    CorrectContacts: ("intake", frozenset((Role.CASEWORKER,))),
    ReturnMessage: ("intake", frozenset((Role.CASEWORKER, Role.ADMINISTRATOR))),
    ReadAgain: ("treasury_report", frozenset((Role.ADMINISTRATOR,))),
    CloseReport: ("treasury_report", frozenset((Role.ADMINISTRATOR,))),
    Register: ("registration", frozenset((Role.COMMISSION,))),
    RefuseRegistration: ("registration", frozenset((Role.COMMISSION,))),
}


@router.get("", operation_id="listTasks", response_model=TaskList)
def list_all(
    request: Request, reader: Reader, parts: PartsDep, asked: Annotated[AskedTasks, Query()]
) -> dict[str, Any]:
    """What lies on your desk beside cases: of your authority, your region, or your own."""
    desks = {
        name: desk
        for name, desk in DESKS.items()
        if reader.role in desk.roles and asked.task in (None, name)
    }
    with reads(parts.engine) as connection:
        found = [
            one for desk in desks.values() for one in desk.part(connection, parts, reader, asked)
        ]
        counted = asked.count == "true" and "intake" in desks
        count = INTAKE.count(connection, reader, asked) if counted else None
    part = sorted(found, key=lambda one: str(one["id"]))[: asked.limit]
    after = part[-1]["id"] if len(part) == asked.limit else None
    return {"tasks": part, "after": marked(request, after), "count": count}


@router.get("/{task_id}", operation_id="readTask", response_model=Task, responses=ANSWERS)
def read_one(reader: Reader, parts: PartsDep, task_id: UUID) -> dict[str, Any]:
    """One task in full, with what you may do about it."""
    with reads(parts.engine) as connection:
        return _found(connection, parts, reader, task_id)


@router.patch(
    "/{task_id}",
    operation_id="doTask",
    response_model=Task,
    responses=ACTS,
    dependencies=JSON,
)
async def do(
    caller: Reader, parts: PartsDep, task_id: UUID, key: IdempotencyKey, deed: Deed
) -> dict[str, Any]:
    """Do something about a task; it answers with the task as it is then."""
    kind, roles = DEEDS[type(deed)]
    if caller.role not in roles:
        raise Problem("not_allowed")
    said = f"{deed.act}:{deed.model_dump_json(exclude={'act'})}".encode()
    named = f"{actor_key(caller.actor)}:{key}"
    act = Act(deed.act, person_of(caller), named, fingerprint(parts.seal, said))
    told = await run_in_threadpool(_carried_out, parts, caller, task_id, act, DESKS[kind], deed)
    if isinstance(deed, CorrectContacts):
        parts.link.tell(str(told["case_id"]))
    return told


def _carried_out(
    parts: Parts, caller: Caller, task_id: UUID, act: Act, desk: TaskDesk, deed: BaseModel
) -> dict[str, Any]:
    try:
        with parts.engine.begin() as connection:
            if desk.read(connection, parts, caller, task_id) is None:
                raise Problem("not_found")
            desk.carry_out(connection, parts, caller, task_id, act, deed)
    except KeyTaken:
        raise Problem("idempotency_conflict") from None
    except TaskClosed:
        raise Refused([{"code": "already_decided", "facts": {}}]) from None
    with reads(parts.engine) as connection:
        return _found(connection, parts, caller, task_id)


def _found(connection: Connection, parts: Parts, reader: Caller, task_id: UUID) -> dict[str, Any]:
    for desk in DESKS.values():
        if reader.role in desk.roles:
            told = desk.read(connection, parts, reader, task_id)
            if told is not None:
                return told
    raise Problem("not_found")
