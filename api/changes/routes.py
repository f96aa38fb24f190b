"""Changes of the law and of reference data: one way for all of them."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from api.auth import Administrator, doorkeeper, person_of, require_fresh
from api.changes.kinds import KINDS, ROOMS
from api.changes.models import (
    ChangeList,
    ChangePreview,
    EffectsPage,
    Kind,
    NewChange,
    OutcomeName,
    Provisional,
    ProvisionalDeadline,
)
from api.changes.rooms import ChangePart, Filters, Room, cursor, read_cursor
from api.deps import EngineDep, Parts, PartsDep
from api.once import Once, OnceDep
from api.problems import Problem, Refused
from api.queries import Unmarked, marked, refuse_beside
from api.reading import JSON
from db.calendars import learn_from
from db.columns import ProposedChange
from db.engine import reads
from db.open_deadlines import BEGIN
from db.provisional import ProvisionalCount, count_provisional, list_provisional
from db.runs import hear
from db.sealing import Seal
from definitions.calendars import current_calendar
from domain.messages import Refusal

# Of those whom a change would concern so many are told one by one before it is proposed.
FIRST_SHOWN: Final = 20
router = APIRouter(prefix="/v1", tags=["changes"])
NONE: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "There is none"}}
APPROVED: Final = {**NONE, 409: {"description": "Refused, with the reasons"}}
TAKEN: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "A version of this name has other content, or could not be approved now"}
}


@router.get("/changes", operation_id="listChanges", response_model=ChangeList)
def read_all(
    request: Request,
    administrator: Administrator,
    engine: EngineDep,
    kind: Annotated[Kind | None, Query(description="Only of this kind")] = None,
    after: Annotated[
        UUID | None, Unmarked, Query(description="The `after` of the part before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
) -> dict[str, Any]:
    """Every change that was proposed, the newest first; of one kind, a part may hold fewer."""
    with reads(engine) as connection:
        found = [
            {**_told(one), **room.named(connection, one)}
            for room in KINDS.values()
            for one in room.proposals.page(connection, after, limit)
        ]
    part = sorted(found, key=lambda one: str(one["id"]), reverse=True)[:limit]
    return {
        "changes": [one for one in part if kind in (None, one["kind"])],
        "after": marked(request, part[-1]["id"] if len(part) == limit else None),
    }


@router.post(
    "/changes",
    operation_id="proposeChange",
    response_model=ChangePreview,
    status_code=201,
    dependencies=JSON,
    responses={**NONE, **TAKEN, 200: {"description": "Only shown, as `dry_run` asks"}},
)
def propose(
    request: Request,
    administrator: Administrator,
    once: OnceDep,
    parts: PartsDep,
    body: NewChange,
    response: Response,
) -> dict[str, Any]:
    """Propose a change, or be shown what it would do; nothing changes before a second administrator
    approves it.

    One mistake, and nothing of it is taken. The same proposal again, whoever makes it, is the same
    change.
    """
    room, person = ROOMS[type(body)], person_of(administrator)

    def act(connection: Connection) -> dict[str, Any]:
        return {"change": str(room.propose(connection, parts.seal, person, body).id)}

    if body.dry_run:
        response.status_code = 200
        with parts.engine.connect() as connection:
            shown = _only_shown(
                connection, parts.seal, room, room.propose(connection, parts.seal, person, body)
            )
            connection.rollback()
        return shown
    require_fresh(request, administrator)
    with parts.engine.begin() as connection:
        made = once.make(connection, act)
        return _preview(connection, parts.seal, *_found(connection, UUID(made["change"])))


@router.get(
    "/changes/{change_id}",
    operation_id="readChange",
    response_model=ChangePreview,
    responses=NONE,
)
def read_one(administrator: Administrator, parts: PartsDep, change_id: UUID) -> dict[str, Any]:
    """How far it has gone, and what it would still do now; of reference data value by value, of an
    erasure what stands against it, or its certificate.
    """
    return _shown(parts, change_id)


@router.get(
    "/changes/{change_id}/effects",
    operation_id="listEffects",
    response_model=EffectsPage,
    responses=NONE,
)
def effects(
    request: Request,
    administrator: Administrator,
    engine: EngineDep,
    change_id: UUID,
    filters: Annotated[Filters, Depends()],
) -> dict[str, Any]:
    """Every open case that is concerned, with its deadlines: no day becomes an earlier one."""
    with reads(engine) as connection:
        room, change = _found(connection, change_id)
        refuse_beside(request, *room.passed_over)
        found, after = room.effects(connection, change, filters)
    return {"effects": found, "after": marked(request, after)}


@router.post(
    "/changes/{change_id}/approve",
    operation_id="approveChange",
    response_model=ChangePreview,
    dependencies=JSON,
    responses=APPROVED,
)
async def approve(
    request: Request,
    administrator: Administrator,
    once: OnceDep,
    parts: PartsDep,
    change_id: UUID,
) -> dict[str, Any]:
    """Approve what another administrator proposed: it holds from now on, or from its day on.

    Open cases take it over one by one; those with an order of a supplier that is removed are told
    at once. Who is to be erased is erased at once, and for good.
    """
    require_fresh(request, administrator)
    person = person_of(administrator)
    woken = await run_in_threadpool(_approve, parts, once, person, change_id)
    doorkeeper(request).forget()
    # What is more their runs find themselves, told by housekeeping.
    parts.link.tell(*await run_in_threadpool(hear, parts.engine, woken))
    return await run_in_threadpool(_shown, parts, change_id)


def _approve(parts: Parts, once: Once, person: UUID, change_id: UUID) -> list[str]:
    """The first cases that are to look into their files at once."""

    def act(connection: Connection) -> dict[str, Any]:
        room, _ = _found(connection, change_id)
        approved = room.approve(connection, parts.seal, person, change_id)
        if isinstance(approved, Refusal):
            raise Refused([approved.model_dump(mode="json")])
        return {"change": str(change_id)}

    with parts.engine.begin() as connection:
        once.make(connection, act)
        room, change = _found(connection, change_id)
        woken = room.woken(connection, change)
    learn_from(parts.engine)
    return woken


@router.get(
    "/provisional-deadlines", operation_id="readProvisionalDeadlines", response_model=Provisional
)
def read_provisional(
    request: Request,
    administrator: Administrator,
    engine: EngineDep,
    part: Annotated[ChangePart, Depends()],
) -> dict[str, Any]:
    """Open deadlines that depend on days of which nobody has decided yet.

    The change of the calendar that brings the decision counts them anew.
    """
    after = read_cursor(part.after) if part.after else BEGIN
    with reads(engine) as connection:
        counts = count_provisional(connection, part.authority)
        found = list_provisional(connection, after=after, most=part.limit, authority=part.authority)
    calendar = current_calendar()
    return {
        "calendar": calendar.version,
        "provisional_from": calendar.provisional_from,
        "total": sum(one.deadlines for one in counts),
        "authorities": [_authority(one) for one in counts],
        "deadlines": [{name: getattr(one, name) for name in _SHOWN} for one in found],
        "after": marked(request, cursor(found[-1].place) if len(found) == part.limit else None),
    }


_SHOWN: Final = (*ProvisionalDeadline.model_fields,)


def _authority(one: ProvisionalCount) -> dict[str, Any]:
    days = [{"day": day, "deadlines": many} for day, many in one.days.items()]
    return {
        "authority": one.authority,
        "name": one.name,
        "deadlines": one.deadlines,
        "days": days,
    }


def _found(connection: Connection, change_id: UUID) -> tuple[Room, ProposedChange]:
    """The change of an id, whatever its kind. Problem `not_found` where there is none."""
    for room in KINDS.values():
        change = room.proposals.read(connection, change_id)
        if change is not None:
            return room, change
    raise Problem("not_found")


def _shown(parts: Parts, change_id: UUID) -> dict[str, Any]:
    with reads(parts.engine) as connection:
        return _preview(connection, parts.seal, *_found(connection, change_id))


def _preview(
    connection: Connection, seal: Seal, room: Room, change: ProposedChange
) -> dict[str, Any]:
    told = {**_told(change), **room.named(connection, change)}
    return {**told, **room.counted(connection, seal, change)}


def _only_shown(
    connection: Connection, seal: Seal, room: Room, change: ProposedChange
) -> dict[str, Any]:
    """What a change would do, with the first cases, of a calendar those whose days move."""
    moves: OutcomeName | None = None if room.passed_over else "moves"
    found, _ = room.effects(connection, change, Filters(limit=FIRST_SHOWN, outcome=moves))
    return {**_preview(connection, seal, room, change), "id": None, "effects": found}


def _told(change: ProposedChange) -> dict[str, Any]:
    """What every change has; reference data holds as soon as it is approved."""
    shown = {"id", "proposed_by", "proposed_at", "approved_by", "approved_at"}
    of_cases = {"looked_at", "extended", "extended_at"}
    return {**change.model_dump(include=shown | of_cases), "state": change.state}
