"""Who is calling, as the portal knows them."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlalchemy import Connection

from api.access import asks, seen
from api.auth import Caller, Reader
from api.deps import Parts, PartsDep, PoolDep
from api.language import Text, worded
from api.operations.models import StandingHold, told_hold
from api.schemas import Answer
from api.work.lines import own_desk
from db.authorities import read_authority
from db.engine import reads
from db.holds import standing
from db.lists import AskedPerson, read_counts
from db.persons import read_profile
from db.sealing import Seal, Unreadable
from db.suppliers import read_supplier
from db.work_lists import addresses_of, count_all
from domain.messages import Role

router = APIRouter(prefix="/v1/me", tags=["me"])


class WorkCount(Answer):
    """How much waits for you, as your list of work has it. What is more than is counted is named in
    `at_least`.
    """

    open: int
    late: int = Field(description="What is past its day")
    due_soon: int = Field(description="What ends within three days")
    later: int = Field(description="What ends later, or never")
    yours: int = Field(description="What you have taken, or were given")
    at_least: list[str] = Field(description="Counts of which there are more than is said")


class Counts(Answer):
    """Cases of the caller. What is more than is counted is named in `at_least`."""

    open: int
    waiting_for_you: int
    overdue: int
    escalated_to_you: int = Field(description="Cases with an open question that is put to you")
    at_least: list[str] = Field(description="Counts of which there are more than is said")


class Organisation(Answer):
    """Whom the caller stands for."""

    id: UUID
    bin: str | None
    name: str | None


class OwnAuthority(Answer):
    """The authority that a caseworker belongs to."""

    id: UUID
    bin: str
    names: Text
    can_pay: bool = Field(description="false: it has no account on file, so it cannot approve")


class Me(Answer):
    """Who is calling."""

    role: str
    person: UUID | None
    name: str | None
    authority: OwnAuthority | None
    supplier: Organisation | None
    region: str | None
    counts: Counts
    work: WorkCount = Field(description="How much waits for you")
    holds: list[StandingHold] = Field(description="To administrators: what is held, and waits")


@router.get("", operation_id="readMe")
async def read_me(pool: PoolDep, parts: PartsDep, reader: Reader) -> Me:
    """Your role, your name, whom you stand for, how many cases you have, how much waits for you."""
    asked = asks(reader) or AskedPerson(None, everything_else=False)
    counts = await read_counts(pool, seen(reader), reader.role.value, asked)
    known = await run_in_threadpool(_known, parts, reader)
    return Me(
        role=reader.role.value,
        person=reader.person,
        region=reader.region,
        counts=Counts(**asdict(counts)),
        **known,
    )


def _known(parts: Parts, reader: Caller) -> dict[str, Any]:
    stands_for = reader.on_behalf_of
    authority = supplier = None
    with reads(parts.engine) as connection:
        mine = own_desk(reader, addresses_of(connection, reader.person))
        work = count_all(connection, mine, reader.person)
        name = _name(connection, parts.seal, reader.person)
        if stands_for is not None and reader.role == Role.CASEWORKER:
            row = read_authority(connection, stands_for)
            authority = row and OwnAuthority(
                id=row.id, bin=row.bin, names=worded(row.names()), can_pay=row.account is not None
            )
        if stands_for is not None and reader.role == Role.SUPPLIER:
            found = read_supplier(connection, parts.seal, stands_for)
            if found is not None:
                called = found.contacts.name if found.contacts else None
                supplier = Organisation(id=found.id, bin=found.bin, name=called)
        held = standing(connection) if reader.role == Role.ADMINISTRATOR else []
    counted = WorkCount(**asdict(work))
    return {
        "name": name,
        "authority": authority,
        "supplier": supplier,
        "work": counted,
        "holds": [told_hold(one, parts.seal) for one in held],
    }


def _name(connection: Connection, seal: Seal, person: UUID | None) -> str | None:
    if person is None:
        return None
    try:
        return read_profile(connection, seal, person).known_as
    except Unreadable:
        return None
