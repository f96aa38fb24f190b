"""Who calls: a proven token becomes a Caller; who may call a route is a parameter type."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from api.claims import Claims, TokenInvalid
from api.issuer import ProviderUnavailable
from api.limits import Rates
from api.problems import Problem
from api.queries import check_query
from api.stepping_up import SignInProof, StepUp, page_proof
from api.tokens import TokenVerifier
from api.watching import CaseWatch
from domain.messages import PERSONS, Actor, Role

MOST_CALLERS: Final = 10_000
# Who may be erased is looked up anew when their token is used again after so long.
KNOWN_SECONDS: Final = 60.0
ERASABLE: Final = (Role.RECIPIENT, Role.SUPPLIER)


class PersonMissing(Exception):
    """A token of a person's role names no person: what is done under it would be done by nobody."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Our own ids of who a token speaks for; `complete` when none is missing any more."""

    person: UUID | None = None
    on_behalf_of: UUID | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `on_behalf_of` is the caseworker's authority or the supplier, if known to us.

    `region` is that of a commission: the beginning of KATO codes. `bin` is of a supplier, known to
    us or not, `provider` of a gateway. `until` is the end of the token (Unix), `proof` how its
    person signed in.
    """

    role: Role
    person: UUID | None
    on_behalf_of: UUID | None
    until: float = field(default=0.0, compare=False)
    region: str | None = None
    bin: str | None = None
    # Of a gateway: who runs it.
    provider: str | None = None
    proof: SignInProof = field(default_factory=SignInProof, compare=False)

    @property
    def actor(self) -> Actor:
        """The caller as a message names them."""
        return Actor(role=self.role, id=_text(self.person), on_behalf_of=_text(self.on_behalf_of))


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


class Doorkeeper:
    """Turns tokens into callers; a token once proven costs a look-up until it expires, of those
    who may be erased for a minute.

    What was proven is forgotten with the keys that proved it. `identify` finds our own ids of the
    person and the organisation (SQL, in a thread).
    """

    def __init__(
        self,
        tokens: TokenVerifier,
        identify: Callable[[Claims], Identity],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tokens = tokens
        self._identify = identify
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()
        self._keys: Mapping[str, object] | None = None

    async def caller(self, token: str) -> Caller:
        """Raises TokenInvalid, PersonMissing, ProviderUnavailable."""
        keys = await self._tokens.keys()
        if keys is not self._keys:
            self._known.clear()
            self._keys = keys
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        if (known := self._known.get(digest)) is not None and self._clock() < known[1]:
            self._known.move_to_end(digest)
            return known[0]
        claims = await self._tokens.verify(token)
        require_person(claims)
        identity = await run_in_threadpool(self._identify, claims)
        caller = _caller(claims, identity)
        if identity.complete and await self._tokens.keys() is keys:
            self._remember(digest, caller)
        return caller

    def forget(self) -> None:
        """Somebody may have been erased: who comes next is looked up."""
        self._known.clear()

    def _remember(self, digest: bytes, caller: Caller) -> None:
        anew = self._clock() + KNOWN_SECONDS if caller.role in ERASABLE else caller.until
        self._known[digest] = caller, min(caller.until, anew)
        while len(self._known) > MOST_CALLERS:
            self._known.popitem(last=False)


def require_person(claims: Claims) -> None:
    """PersonMissing for a token of a person's role without an IIN."""
    if Role(claims.role) in PERSONS and claims.iin is None:
        raise PersonMissing


def _caller(claims: Claims, identity: Identity) -> Caller:
    return Caller(
        role=Role(claims.role),
        person=identity.person,
        on_behalf_of=identity.on_behalf_of,
        region=claims.region if claims.role == "commission" else None,
        bin=claims.bin if claims.role == "supplier" else None,
        provider=claims.provider if claims.role == "gateway" else None,
        until=float(claims.exp),
        proof=SignInProof(claims.auth_time or 0.0, claims.acr),
    )


def person_of(caller: Caller) -> UUID:
    """Who proposes or approves. Problem `not_allowed` for one without a person."""
    if caller.person is None:
        raise Problem("not_allowed")
    return caller.person


class Guard(SecurityBase):
    """Lets callers of some roles through, and tells OpenAPI so."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Caller:
        given = request.headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem("not_signed_in")
        try:
            caller = await doorkeeper(request).caller(token.strip())
        except TokenInvalid:
            raise Problem("not_signed_in") from None
        except PersonMissing:
            raise Problem("person_missing") from None
        except ProviderUnavailable:
            raise Problem("unavailable") from None
        rates(request).take(caller.role, caller.person)
        if caller.role not in self.roles:
            raise Problem("not_allowed")
        check_query(request)
        if "case_id" in request.path_params:
            watch(request).require_room()
        if (told := page_proof()) is not None:
            caller = replace(caller, proof=told)
        request.state.caller = caller
        return caller


def require_fresh(request: Request, caller: Caller) -> None:
    """For a grave act. Problem `sign_in_too_old` unless its person has signed in just now."""
    wanted: Any = request.app.state.step_up
    assert isinstance(wanted, StepUp)
    wanted.require(caller.proof)


def rates(request: Request) -> Rates:
    """How often each person has asked this process."""
    found: Any = request.app.state.rates
    assert isinstance(found, Rates)
    return found


def watch(request: Request) -> CaseWatch:
    """What was read of cases and is not written down yet."""
    found: Any = request.app.state.watch
    assert isinstance(found, CaseWatch)
    return found


def doorkeeper(request: Request) -> Doorkeeper:
    """Of the application that serves this request."""
    found: Any = request.app.state.doorkeeper
    assert isinstance(found, Doorkeeper)
    return found


Recipient = Annotated[Caller, Depends(Guard(Role.RECIPIENT))]
Administrator = Annotated[Caller, Depends(Guard(Role.ADMINISTRATOR))]
Official = Annotated[Caller, Depends(Guard(Role.CASEWORKER, Role.ADMINISTRATOR))]
# Who may take the proof of a case: the sides what they see of it.
Proven = Annotated[
    Caller,
    Depends(Guard(Role.RECIPIENT, Role.SUPPLIER, Role.CASEWORKER, Role.ADMINISTRATOR)),
]
EveryOfficial = Annotated[
    Caller, Depends(Guard(Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR))
]
# Who may take a list away: a supplier its own.
Taker = Annotated[
    Caller,
    Depends(Guard(Role.SUPPLIER, Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR)),
]
Drafter = Annotated[
    Caller,
    Depends(Guard(Role.RECIPIENT, Role.SUPPLIER, Role.CASEWORKER, Role.COMMISSION)),
]
Newcomer = Annotated[Caller, Depends(Guard(Role.SUPPLIER, Role.ADMINISTRATOR))]
READERS: Final = Guard(*PERSONS)
Reader = Annotated[Caller, Depends(READERS)]
Esobes = Annotated[Caller, Depends(Guard(Role.ESOBES))]
Gateway = Annotated[Caller, Depends(Guard(Role.GATEWAY))]
Treasury = Annotated[Caller, Depends(Guard(Role.TREASURY))]
