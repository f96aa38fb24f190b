"""Who has a piece of work: taken, given, handed over, given back; all of it while one is away."""

from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.access import OFFICIALS
from api.auth import Caller, person_of
from api.problems import Problem, Refused
from api.work.lines import whose
from db.audit import note
from db.work_lists import (
    addresses_of,
    assign,
    cover,
    find_work,
    is_known,
    lock_work,
    release,
)
from domain.messages import Role

# Who holds one of these decides who of theirs does the work.
_LEADS: Final = ("authority_lead", "commission_chair")


class _Assigning(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TakeOver(_Assigning):
    """Take it yourself."""

    act: Literal["claim"]


class Give(_Assigning):
    """Give it to a person: what nobody has, or what you have yourself; whoever leads, anything."""

    act: Literal["assign"]
    person: UUID = Field(description="Who is to do it")


class GiveBack(_Assigning):
    """Nobody has it any more."""

    act: Literal["release"]


class Cover(_Assigning):
    """While who has it is away, another does all the work of this list that they have."""

    act: Literal["cover"]
    person: UUID = Field(description="Who does it instead")


Assigning = TakeOver | Give | GiveBack | Cover


def carry_out(connection: Connection, caller: Caller, id_: UUID, deed: Assigning) -> None:
    """Do it and write down who did. Problem `not_found` for work that is done or another's."""
    if caller.role not in OFFICIALS:
        raise Problem("not_allowed")
    by = person_of(caller)
    lock_work(connection, id_)
    addresses = addresses_of(connection, by)
    row = find_work(connection, whose(caller, addresses), id_)
    if row is None:
        raise Problem("not_found")
    _check(connection, caller, row, deed, addresses)
    match deed:
        case TakeOver():
            assign(connection, id_, by, by)
        case Give(person=person):
            assign(connection, id_, person, by)
        case GiveBack():
            release(connection, id_)
        case Cover(person=person):
            cover(connection, row.holder, row.assignee, person, by)
    note(connection, caller.actor, f"work_{deed.act}", id_, row.case_id)


def _check(
    connection: Connection, caller: Caller, row: Any, deed: Assigning, addresses: list[str]
) -> None:
    free = row.assignee in (None, caller.person)
    codes = []
    if isinstance(deed, TakeOver) and not free:
        codes.append("already_assigned")
    elif not free and not _leads(caller, row, addresses):
        codes.append("not_yours_to_assign")
    if isinstance(deed, Cover) and row.assignee is None:
        codes.append("nothing_to_do")
    if isinstance(deed, Give | Cover) and not is_known(connection, deed.person):
        codes.append("assignee_unknown")
    if codes:
        raise Refused([{"code": code, "facts": {}} for code in codes])


def _leads(caller: Caller, row: Any, addresses: list[str]) -> bool:
    place = row.holder.partition(":")[2]
    return caller.role == Role.ADMINISTRATOR or any(
        f"{office}:{place}" in addresses for office in _LEADS
    )
