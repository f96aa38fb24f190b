"""Who is calling, as the portal knows them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, StringConstraints, ValidationError
from sqlalchemy import Connection

from api.access import asks, seen
from api.auth import Caller, EveryOfficial, Reader, person_of
from api.bodies import WORDING
from api.deps import Parts, PartsDep, PoolDep
from api.language import Text, worded
from api.listed import ListOf
from api.operations.models import StandingHold, told_hold
from api.problems import Problem
from api.reading import JSON
from api.register.models import Form
from api.schemas import Answer
from api.work.lines import own_desk
from db.authorities import read_authority
from db.engine import reads
from db.holds import standing
from db.kept_lists import read_lists, save_lists
from db.lists import AskedPerson, read_counts
from db.persons import read_profile, save_speech
from db.pool import ReadPool
from db.sealing import Seal, Unreadable
from db.suppliers import read_supplier
from db.work_lists import addresses_of, count_all
from domain.messages import Role

router = APIRouter(prefix="/v1/me", tags=["me"])
MOST_LISTS: Final = 30


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
    silent: int = Field(description="Cases in which nobody has said anything for long")
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


class KeptList(Form):
    """A list that you come back to, under a name of yours."""

    name: Annotated[str, StringConstraints(max_length=60, pattern=WORDING)] = Field(
        repr=False, description="What you call it; kept enciphered"
    )
    list: ListOf


class ListsToKeep(Form):
    """All lists that you come back to, in your order."""

    lists: Annotated[list[KeptList], Field(max_length=MOST_LISTS)] = Field(
        description="All of them: what is not among them is forgotten"
    )


class Me(Answer):
    """Who is calling."""

    role: str
    person: UUID | None
    name: str | None
    language: str | None = Field(
        description="The language that you have chosen for the pages; null: none yet"
    )
    authority: OwnAuthority | None
    supplier: Organisation | None
    region: str | None
    counts: Counts
    work: WorkCount = Field(description="How much waits for you")
    lists: list[KeptList] = Field(description="Lists that you come back to")
    holds: list[StandingHold] = Field(description="To administrators: what is held, and waits")


class MeForm(Form):
    """What you can say of yourself."""

    language: Literal["kk", "ru", "en"] = Field(description="The language of your pages")


@router.get("", operation_id="readMe")
async def read_me(pool: PoolDep, parts: PartsDep, reader: Reader) -> Me:
    """Your role, your name, whom you stand for, how many cases you have, how much waits for you."""
    return await _me(pool, parts, reader)


@router.patch("", operation_id="changeMe", dependencies=JSON)
async def change_me(pool: PoolDep, parts: PartsDep, reader: Reader, form: MeForm) -> Me:
    """Say in which language the pages speak to you, wherever you sign in."""
    if reader.person is None:
        raise Problem("person_missing")
    await run_in_threadpool(_speak, parts, reader.person, form.language)
    return await _me(pool, parts, reader)


def _speak(parts: Parts, person: UUID, language: str) -> None:
    with parts.engine.begin() as connection:
        try:
            save_speech(connection, parts.seal, person, language)
        except Unreadable:
            raise Problem("not_found") from None


async def _me(pool: ReadPool, parts: Parts, reader: Caller) -> Me:
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


@router.put("/lists", operation_id="keepLists", dependencies=JSON)
def keep_lists(parts: PartsDep, official: EveryOfficial, kept: ListsToKeep) -> ListsToKeep:
    """Keep the lists that you come back to, in place of those kept before."""
    told = [one.model_dump(mode="json", exclude_none=True) for one in kept.lists]
    with parts.engine.begin() as connection:
        save_lists(connection, parts.seal, person_of(official), told)
    return kept


def _known(parts: Parts, reader: Caller) -> dict[str, Any]:
    stands_for = reader.on_behalf_of
    authority = supplier = None
    with reads(parts.engine) as connection:
        mine = own_desk(reader, addresses_of(connection, reader.person))
        work = count_all(connection, mine, reader.person)
        name, language = _profile(connection, parts.seal, reader.person)
        lists = list(_valid(read_lists(connection, parts.seal, reader.person)))
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
    named = {"name": name, "language": language, "authority": authority, "supplier": supplier}
    holds = [told_hold(one, parts.seal) for one in held]
    return {**named, "work": counted, "lists": lists, "holds": holds}


def _valid(kept: Iterable[Mapping[str, Any]]) -> Iterator[KeptList]:
    """Those whose filters there still are: a status may have gone with its edition."""
    for one in kept:
        try:
            yield KeptList.model_validate(one)
        except ValidationError:
            continue


def _profile(
    connection: Connection, seal: Seal, person: UUID | None
) -> tuple[str | None, str | None]:
    """As whom somebody is known, and the language that they have chosen."""
    if person is None:
        return None, None
    try:
        held = read_profile(connection, seal, person)
    except Unreadable:
        return None, None
    return held.known_as, held.speaks
