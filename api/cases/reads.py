"""Who has looked at a case: for whose it is, and for those who watch over officials."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlalchemy import Connection

from api.access import OFFICIALS, Parties, is_of_house
from api.auth import Administrator, Caller, Reader
from api.cases.pages import check_access
from api.deps import EngineDep, PoolDep
from api.problems import Problem
from api.queries import Unmarked, marked, refuse_beside
from api.schemas import Answer
from db.case_reads import reads_by_person, reads_of_case, reads_of_person, unusual_readers
from db.engine import reads
from domain.messages import Role

router = APIRouter(prefix="/v1")
MOST_ID: Final = 10**18
MOST_DAYS: Final = 366
After = Annotated[
    Annotated[int, Query(ge=1, le=MOST_ID, description="The `after` of the part before")] | None,
    Unmarked,
]
Most = Annotated[int, Query(ge=1, le=200, description="How many at most")]


class ReadOfCase(Answer):
    """That somebody read a part of a case within an hour."""

    at: datetime = Field(description="When first, in legal time")
    until: datetime = Field(description="When last within the same hour")
    times: int = Field(description="How often: a page that stays open asks again by itself")
    role: str = Field(description="In which role")
    authority: UUID | None = Field(description="Of which authority; null: of none")
    supplier: UUID | None = Field(description="For which supplier; null: for none")
    region: str | None = Field(description="Of which region; null: of none")
    recipients_side: bool = Field(description="Whether it was the recipient, or who acts for them")
    part: str = Field(description="What was read, by code")
    purpose: str | None = Field(description="What for, by code; null: nobody asked")
    person: UUID | None = Field(
        None, description="Which official; null: a party, or it is not for you"
    )
    person_label: str | None = Field(None, description="The name; null: it is not known")


class CaseReads(Answer):
    """The newest first; `after` continues the list."""

    reads: list[ReadOfCase] = Field(description="A part of them")
    after: str | None = Field(description="Where the next part begins; null: there is none")


class ReadSomewhere(ReadOfCase):
    """The same, with the case."""

    case: UUID = Field(description="Which case was read")
    reference: str = Field(description="What people call it")
    standing: str = Field(description="What the case was to them then, by code")


class UnusualReader(Answer):
    """Which cases an official read lately, by what each was to them at the nearest."""

    person: UUID = Field(description="Which official")
    person_label: str | None = Field(None, description="The name; null: it is not known")
    role: str = Field(description="In which role")
    authority: UUID | None = Field(description="Of which authority; null: of none")
    region: str | None = Field(description="Of which region; null: of none")
    cases: int = Field(description="How many cases")
    times: int = Field(description="How many reads")
    held: int = Field(description="Cases of which they had taken work")
    listed: int = Field(description="Others that stood in their list of work")
    house: int = Field(description="Others of their authority or region")
    asked: int = Field(description="Others in which a question was put to them")
    outside: int = Field(description="Cases that were none of these")
    share: float = Field(description="Which part of the cases was none of these")


class Reads(Answer):
    """Reads of or by one person, or else who read what was nothing of theirs."""

    reads: list[ReadSomewhere] = Field(description="Asked for with `of` or `by`; the newest first")
    officials: list[UnusualReader] = Field(description="Without; the largest share first")
    after: str | None = Field(description="Where the next part begins; null: there is none")


@router.get("/cases/{case_id}/reads", operation_id="readReads", tags=["cases"])
async def read_reads(
    request: Request,
    pool: PoolDep,
    engine: EngineDep,
    reader: Reader,
    case_id: UUID,
    after: After = None,
    limit: Most = 50,
) -> CaseReads:
    """Who has looked at the case: when, what of it, and in which role.

    For the recipient and who acts for them, and for officials of its authorities; which official it
    was, for administrators alone.
    """
    stand = await check_access(pool, reader, case_id)
    ours = is_of_house(reader, Parties.of(stand))
    if reader.role not in _MAY_ASK or (reader.role == Role.CASEWORKER and not ours):
        raise Problem("not_allowed")
    found = await _found(engine, lambda one: reads_of_case(one, case_id, after, limit))
    told = [ReadOfCase(**_told(row, reader)) for row in found]
    return CaseReads(reads=told, after=_next(request, found, limit))


_MAY_ASK: Final = (Role.RECIPIENT, Role.CASEWORKER, Role.ADMINISTRATOR)


@router.get("/operations/reads", operation_id="listReads", tags=["operations"])
async def list_reads(
    request: Request,
    engine: EngineDep,
    administrator: Administrator,
    of: Annotated[UUID | None, Query(description="Who read any case of this recipient")] = None,
    by: Annotated[UUID | None, Query(description="What this person read")] = None,
    days: Annotated[
        int, Query(ge=1, le=MOST_DAYS, description="Without `of` and `by`: of how many days")
    ] = 30,
    after: After = None,
    limit: Most = 50,
) -> Reads:
    """Who read what: of one recipient, by one person; or which officials lately read cases that
    were neither in their list of work, nor of their house, nor put to them.
    """
    if of is None and by is None:
        window = timedelta(days=days)
        rows = await _found(engine, lambda one: unusual_readers(one, window))
        return Reads(
            reads=[], officials=[UnusualReader(**_unusual(row)) for row in rows], after=None
        )
    if of is not None and by is not None:
        refuse_beside(request, "by")
    refuse_beside(request, "days")
    asked = reads_by_person if of is None else reads_of_person
    person = by if of is None else of
    assert person is not None, "one of both is given"
    found = await _found(engine, lambda one: asked(one, person, after, limit))
    told = [
        ReadSomewhere(
            **_told(row, administrator),
            case=row.case_id,
            reference=row.reference,
            standing=row.standing,
        )
        for row in found
    ]
    return Reads(reads=told, officials=[], after=_next(request, found, limit))


async def _found(engine: Any, find: Callable[[Connection], Sequence[Any]]) -> Sequence[Any]:
    def in_thread() -> Sequence[Any]:
        with reads(engine) as connection:
            return find(connection)

    return await run_in_threadpool(in_thread)


def _next(request: Request, found: Sequence[Any], limit: int) -> str | None:
    return marked(request, found[-1].id if len(found) == limit else None)


def _told(row: Any, reader: Caller) -> dict[str, Any]:
    named = reader.role == Role.ADMINISTRATOR and row.role in OFFICIALS
    return {
        "at": row.first_at,
        "until": row.last_at,
        "times": row.times,
        "role": row.role,
        **_place(row),
        "supplier": UUID(row.place) if row.role == Role.SUPPLIER and row.place else None,
        "recipients_side": row.role == Role.RECIPIENT,
        "part": row.part,
        "purpose": row.purpose or None,
        "person": row.actor_id if named else None,
    }


def _place(row: Any) -> dict[str, Any]:
    return {
        "authority": UUID(row.place) if row.role == Role.CASEWORKER and row.place else None,
        "region": row.place if row.role == Role.COMMISSION and row.place else None,
    }


def _unusual(row: Any) -> dict[str, Any]:
    counts = ("cases", "times", "held", "listed", "house", "asked", "outside")
    told = {name: getattr(row, name) for name in counts}
    share = round(row.outside / row.cases, 3)
    return {"person": row.actor_id, "role": row.role, **_place(row), **told, "share": share}
