"""What waits for somebody: one list, one address each, who has it, and acts that close it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import OFFICIALS
from api.auth import Caller, Reader, person_of
from api.deps import IdempotencyKey, Parts, PartsDep
from api.mistakes import parameter_mistake
from api.money.reports import CloseReport, DeskReport, DeskReportDetail, ReadAgain, ReportDesk
from api.once import Once, once_for
from api.problems import Invalid, Problem, Refused
from api.queries import marked, refuse_beside
from api.reading import JSON
from api.register.registrations import (
    RefuseRegistration,
    Register,
    RegistrationDesk,
    RegistrationView,
)
from api.rendering import instant
from api.schemas import Answer
from api.work.asked import AskedTasks
from api.work.assigning import Assigning, Cover, Give, GiveBack, TakeOver, carry_out, may_assign
from api.work.intake import CorrectContacts, IntakeDesk, IntakeTask, IntakeTaskDetail, ReturnMessage
from api.work.lines import WorkLine, own_desk, told_last, told_line, whose
from api.work.subjects import subjects_of
from db.dispatches import legal_now
from db.engine import reads
from db.inbox import actor_key, fingerprint
from db.intake_tasks import Act, TaskClosed
from db.officials import colleagues_of
from db.once import KeyTaken
from db.wakes import Untold
from db.work_lists import (
    COLUMNS,
    WantedWork,
    addresses_of,
    count_work,
    find_work,
    read_last,
    read_work,
)
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
    WorkLine | IntakeTaskDetail | DeskReportDetail | RegistrationView, Field(discriminator="task")
]
Line = Annotated[WorkLine | IntakeTask | DeskReport | RegistrationView, Field(discriminator="task")]
Deed = Annotated[
    TakeOver
    | Give
    | GiveBack
    | Cover
    | CorrectContacts
    | ReturnMessage
    | ReadAgain
    | CloseReport
    | Register
    | RefuseRegistration,
    Field(discriminator="act"),
]


class Colleague(Answer):
    """An official of the same role at the same place."""

    person: UUID = Field(description="Whom work is given to by this id")


class TaskList(Answer):
    """A part of the work; `after` leads to the next part."""

    tasks: list[Line] = Field(description="A part of it")
    after: str | None = Field(description="Where the next part begins; null: there is none")
    count: int | None = Field(None, description="How much there is in all; null: not asked for")
    colleagues: list[Colleague] | None = Field(
        None, description="Who else does this work, also who has none now; null: not asked for"
    )


class TaskDesk(Protocol):
    """One kind of task: who has it, and what is done about it."""

    roles: frozenset[Role]
    states: tuple[str, ...]

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
# What narrows the list of work, and no desk.
OF_WORK: Final = (
    *("kind", "lateness", "assignee", "of", "authority", "case", "sort", "colleagues"),
)
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
    """What waits for you: of your authority, your region, your own; in cases and beside them."""
    if asked.of_a_desk:
        return _of_desks(request, reader, parts, asked)
    with reads(parts.engine) as connection:
        addresses = addresses_of(connection, reader.person)
        wanted = wanted_work(reader, addresses, asked)
        found, now = read_work(connection, wanted), legal_now(connection)
        happened = _last(connection, reader, found)
        about = subjects_of(connection, parts.seal, found)
        count = count_work(connection, wanted) if asked.count == "true" else None
        others = _colleagues(connection, reader) if asked.colleagues == "true" else None
    last = found[-1] if len(found) == asked.limit else None
    place = last and f"{instant(getattr(last, COLUMNS[asked.sort]))}~{last.id}"
    told = [
        _told(row, reader, addresses, now, happened.get(row.case_id), about.get(row.id))
        for row in found
    ]
    after = marked(request, place)
    return {"tasks": told, "after": after, "count": count, "colleagues": others}


def _colleagues(connection: Connection, reader: Caller) -> list[dict[str, Any]] | None:
    """Of parties none are told: they give their work to nobody."""
    if reader.role not in OFFICIALS or reader.person is None:
        return None
    place = str(reader.on_behalf_of or reader.region or "")
    found = colleagues_of(connection, reader.person, reader.role, place)
    return [{"person": one} for one in found]


def _told(
    row: Any,
    reader: Caller,
    addresses: list[str],
    now: datetime,
    last: Any | None,
    about: Mapping[str, Any] | None,
) -> dict[str, Any]:
    may = may_assign(reader, row, addresses)
    beside = {"last": told_last(last), "about": about, "may": may}
    return {**told_line(row, reader, now), **beside}


def _last(connection: Connection, reader: Caller, found: Sequence[Any]) -> Mapping[UUID, Any]:
    """Parties see in a case only what concerns them: they read it there."""
    if reader.role not in OFFICIALS:
        return {}
    return read_last(connection, (row.case_id for row in found))


def wanted_work(reader: Caller, addresses: list[str], asked: AskedTasks) -> WantedWork:
    """The part that is asked for of the lists of a reader."""
    assignee = reader.person if asked.assignee == "mine" else asked.assignee
    everybody = asked.of == "everybody" or asked.authority or asked.case
    return WantedWork(
        whose=whose(reader, addresses, asked.authority)
        if everybody
        else own_desk(reader, addresses),
        most=asked.limit,
        sort=asked.sort,
        after=asked.place,
        kind=asked.kind,
        lateness=asked.lateness,
        assignee=assignee if isinstance(assignee, UUID) else None,
        unassigned=asked.assignee == "unassigned",
        authority=asked.authority,
        case_id=asked.case,
    )


def _of_desks(request: Request, reader: Caller, parts: Parts, asked: AskedTasks) -> dict[str, Any]:
    theirs = {
        name: desk
        for name, desk in DESKS.items()
        if reader.role in desk.roles and asked.task in (None, name)
    }
    refuse_beside(request, *OF_WORK)
    desks = {n: desk for n, desk in theirs.items() if asked.state in (None, *desk.states)}
    if theirs and not desks:
        known = ", ".join(sorted({state for desk in theirs.values() for state in desk.states}))
        raise Invalid([parameter_mistake("state", "not_allowed_value", allowed=known)])
    if desks.keys() != {"intake"}:
        refuse_beside(request, "count")
    with reads(parts.engine) as connection:
        found = [
            one for desk in desks.values() for one in desk.part(connection, parts, reader, asked)
        ]
        count = INTAKE.count(connection, reader, asked) if asked.count == "true" else None
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
    request: Request,
    caller: Reader,
    parts: PartsDep,
    task_id: UUID,
    key: IdempotencyKey,
    deed: Deed,
) -> dict[str, Any]:
    """Take work, give it to somebody, or do what a desk asks; it answers with it as it is then."""
    if isinstance(deed, Assigning):
        once = once_for(request, parts.seal, key, deed.model_dump_json().encode())
        return await run_in_threadpool(_assigned, parts, caller, task_id, once, deed)
    kind, roles = DEEDS[type(deed)]
    if caller.role not in roles:
        raise Problem("not_allowed")
    said = f"{deed.act}:{deed.model_dump_json(exclude={'act'})}".encode()
    named = f"{actor_key(caller.actor)}:{key}"
    act = Act(deed.act, person_of(caller), named, fingerprint(parts.seal, said))
    told = await run_in_threadpool(_carried_out, parts, caller, task_id, act, DESKS[kind], deed)
    if isinstance(deed, CorrectContacts):
        parts.link.tell(Untold(str(told["case_id"])))
    return told


def _assigned(
    parts: Parts, caller: Caller, id_: UUID, once: Once, deed: Assigning
) -> dict[str, Any]:
    def act(connection: Connection) -> dict[str, Any]:
        carry_out(connection, caller, id_, deed)
        return {"id": str(id_)}

    with parts.engine.begin() as connection:
        once.make(connection, act)
    with reads(parts.engine) as connection:
        return _line(connection, parts, caller, id_)


def _line(connection: Connection, parts: Parts, reader: Caller, id_: UUID) -> dict[str, Any]:
    addresses = addresses_of(connection, reader.person)
    row = find_work(connection, whose(reader, addresses), id_)
    if row is None:
        raise Problem("not_found")
    last = _last(connection, reader, [row]).get(row.case_id)
    about = subjects_of(connection, parts.seal, [row]).get(row.id)
    return _told(row, reader, addresses, legal_now(connection), last, about)


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
    return _line(connection, parts, reader, task_id)
