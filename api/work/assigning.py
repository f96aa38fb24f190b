"""Who has a piece of work: taken, given, handed over, given back; all of it while one is away."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.access import OFFICIALS
from api.auth import Caller, person_of
from api.language import said
from api.problems import Problem, Refused, told_reasons
from api.work.lines import own_desk, whose
from db.audit import note
from db.officials import posts_of
from db.sides import own_cases
from db.work_lists import (
    addresses_of,
    assign,
    cover,
    find_work,
    is_known,
    lock_work,
    release,
    work_with,
)
from domain.messages import Role

# Who holds one of these decides who of theirs does the work.
_LEADS: Final = ("authority_lead", "commission_chair")
# Why somebody cannot do one piece, and may well do the rest of a list.
_OF_PIECES: Final = ("same_person", "party_cannot_decide")
# What may be done with one piece of work; `cover` is about a whole list.
_OFFERED: Final = ("claim", "assign", "release")


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
            _let_go(connection, row, person)
            cover(connection, row.holder, row.assignee, person, by)
    note(connection, caller.actor, f"work_{deed.act}", id_, row.case_id)


def may_assign(caller: Caller, row: Any, addresses: list[str]) -> list[dict[str, Any]]:
    """What the caller may do with who has a piece of work, or why not; nothing for parties."""
    if caller.role not in OFFICIALS:
        return []
    leads = _leads(caller, row, addresses)
    return [
        _choice(
            row,
            act,
            _hindrances(caller, row, act, leads=leads)
            + (_plainly_against(caller, row, addresses) if act == "claim" else []),
        )
        for act in _OFFERED
    ]


def _plainly_against(caller: Caller, row: Any, addresses: list[str]) -> list[str]:
    """What of `_against` the row itself says; who is a party is found when they take it."""
    if caller.role == Role.ADMINISTRATOR and row.holder not in own_desk(caller, addresses).holders:
        return [f"work_of_{row.role}"]
    return ["same_person"] if caller.person is not None and row.first_id == caller.person else []


def _choice(row: Any, act: str, codes: list[str]) -> dict[str, Any]:
    return {
        "name": act,
        "label": said(f"label.assigning.{act}"),
        "href": f"/v1/tasks/{row.id}",
        "allowed": not codes,
        "reasons": told_reasons(_reasons(codes)),
    }


def _check(
    connection: Connection, caller: Caller, row: Any, deed: Assigning, addresses: list[str]
) -> None:
    codes = _hindrances(caller, row, deed.act, leads=_leads(caller, row, addresses))
    match deed:
        case TakeOver():
            codes += _against(connection, row, person_of(caller), [caller])
        case Give(person=person) | Cover(person=person):
            codes += _against(connection, row, person, _posts(connection, person))
    if isinstance(deed, Cover):  # of all that is covered, not of this piece alone
        codes = [one for one in codes if one not in _OF_PIECES]
    if codes:
        raise Refused(_reasons(codes))


def _hindrances(caller: Caller, row: Any, act: str, *, leads: bool) -> list[str]:
    """Why not, by code, as far as it does not depend on whom it is given to."""
    free = row.assignee in (None, caller.person)
    if act == "claim":
        return [] if free else ["already_assigned"]
    codes = [] if free or leads else ["not_yours_to_assign"]
    if act == "cover" and row.assignee is None:
        codes.append("nothing_to_do")
    return codes


def _reasons(codes: list[str]) -> list[dict[str, Any]]:
    return [{"code": code, "facts": {}} for code in codes]


def _posts(connection: Connection, person: UUID) -> list[Caller]:
    """Somebody as they would call, in every role in which they work for the state."""
    return [
        Caller(
            role,
            person,
            UUID(place) if role == Role.CASEWORKER else None,
            region=place if role == Role.COMMISSION else None,
        )
        for role, place in posts_of(connection, person)
    ]


def _against(
    connection: Connection, row: Any, person: UUID, posts: Sequence[Caller]
) -> Iterator[str]:
    """Why somebody cannot do a piece of work: it waits for others, or they stand in its way."""
    if not is_known(connection, person):
        yield "assignee_unknown"
        return
    addresses = addresses_of(connection, person)
    if not any(find_work(connection, own_desk(one, addresses), row.id) for one in posts):
        yield f"work_of_{row.role}"
        return
    if row.first_id == person:
        yield "same_person"
    if row.case_id is not None and own_cases(connection, person, [row.case_id]):
        yield "party_cannot_decide"


def _let_go(connection: Connection, row: Any, person: UUID) -> None:
    """Of what one leaves behind nobody has what the other must not do."""
    left = work_with(connection, row.holder, row.assignee)
    own = own_cases(connection, person, {one.case_id for one in left if one.case_id})
    for one in left:
        if one.first_id == person or one.case_id in own:
            release(connection, one.id)


def _leads(caller: Caller, row: Any, addresses: list[str]) -> bool:
    place = row.holder.partition(":")[2]
    return caller.role == Role.ADMINISTRATOR or any(
        f"{office}:{place}" in addresses for office in _LEADS
    )
