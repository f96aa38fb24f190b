"""Who may ask for operations, and the ways to the database and to Temporal."""

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from temporalio.client import Client

from api.auth import Caller, Guard, PersonMissing, require_person
from api.claims import TokenInvalid
from api.deps import Parts
from api.issuer import ProviderUnavailable
from api.operations.asked import Whom
from api.problems import Problem
from db.engine import reads
from db.erasures import recipient_of
from domain.messages import Role
from workflows.client import Cases

T = TypeVar("T")


class Overseer(Guard):
    """Officials; administrators even while the database, which has their names, is away."""

    async def __call__(self, request: Request) -> Caller:
        try:
            return await super().__call__(request)
        except OperationalError:
            return await self._by_token_alone(request)

    async def _by_token_alone(self, request: Request) -> Caller:
        token = request.headers["authorization"].partition(" ")[2].strip()
        parts: Parts = request.app.state.parts
        try:
            claims = await parts.tokens.verify(token)
            require_person(claims)
        except PersonMissing:
            raise Problem("person_missing") from None
        except (TokenInvalid, ProviderUnavailable):
            raise Problem("not_signed_in") from None
        if Role(claims.role) != Role.ADMINISTRATOR:
            raise Problem("unavailable")
        return Caller(Role.ADMINISTRATOR, None, None, float(claims.exp))


OverseerDep = Annotated[Caller, Depends(Overseer(Role.CASEWORKER, Role.ADMINISTRATOR))]


def authority_of(caller: Caller) -> UUID | None:
    """Whose cases the caller oversees: None stands for all."""
    if caller.role == Role.ADMINISTRATOR:
        return None
    if caller.on_behalf_of is None:
        raise Problem("not_allowed")
    return caller.on_behalf_of


async def read(parts: Parts, reading: Callable[[Connection], T]) -> T:
    def in_thread() -> T:
        with reads(parts.engine) as connection:
            return reading(connection)

    return await run_in_threadpool(in_thread)


async def write(parts: Parts, writing: Callable[[Connection], T]) -> T:
    def in_thread() -> T:
        with parts.engine.begin() as connection:
            return writing(connection)

    return await run_in_threadpool(in_thread)


def cases_of(parts: Parts) -> Cases | None:
    """The way to Temporal, once a first connection stood."""
    cases = parts.link.cases
    return cases if isinstance(cases, Cases) else None


def client_of(parts: Parts) -> Client:
    cases = cases_of(parts)
    if cases is None:
        raise Problem("unavailable")
    return cases.client


def person_meant(connection: Connection, whom: Whom) -> UUID:
    """Who is meant; Problem `not_found` where there is no such case."""
    found = whom.person or recipient_of(connection, whom.case)
    if found is None:
        raise Problem("not_found")
    return found
