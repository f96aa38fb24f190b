"""Who looks at what is stuck: officials, and administrators also while the database is away."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError

from api.auth import Caller, Guard, PersonMissing, require_person
from api.deps import Parts
from api.problems import Problem
from api.tokens import ProviderUnavailable, TokenInvalid
from domain.messages import Role


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
