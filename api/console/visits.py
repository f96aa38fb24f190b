"""Who visits the pages: the session of a browser, from its cookie."""

import asyncio
import base64
import binascii
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

import structlog
from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Depends, Request
from starlette.responses import Response

from api.claims import TokenInvalid
from api.console.carried import carry, opened
from api.console.provider import Asked, SignedIn
from api.deps import Parts, PartsDep
from api.issuer import ProviderUnavailable
from api.problems import Problem
from api.stepping_up import StepUp
from db.dispatches import legal_now
from db.engine import reads
from db.sessions import (
    USES_LIE_APART,
    HeldSession,
    begin_session,
    end_session,
    end_told,
    keep_session,
    lock_session,
    read_session,
    use_session,
)

SESSION: Final = "ozhb_session"
OVER: Final = "/session/over"
ASKED: Final = "ozhb_signing_in"
_SIGN_IN: Final = "sign-in"
WHOSE: Final = "person"
AT_PROVIDER: Final = "session"
# How long somebody may take at the provider.
ASKED_SECONDS: Final = 900
# So long before a token ends another one is asked for.
RENEW_SECONDS: Final = 60
# However slowly a provider answers, the threads of all others are free.
_RENEWING: Final = CapacityLimiter(8)


log = structlog.get_logger(__name__)


class SignInFirst(Exception):
    """The page is for somebody who is signed in; `fresh` asks for a new proof of who it is."""

    def __init__(self, *, fresh: bool = False) -> None:
        super().__init__("sign in first")
        self.fresh = fresh


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser of one person, who is signed in.

    The session ends at `until` if nothing is done with it, and at `ends` in any case. `now` is by
    the clock of the law, as terms run: that of a sandbox can be moved.
    """

    signed_in: SignedIn
    until: datetime
    ends: datetime
    now: datetime
    step_up: StepUp = field(default_factory=StepUp)

    @property
    def token(self) -> str:
        return self.signed_in.token

    @property
    def role(self) -> str:
        return self.signed_in.role

    @property
    def left(self) -> int:
        """For how many seconds it goes on if nothing is done with it."""
        return _left(self.until)

    @property
    def at_most(self) -> int:
        """For how many seconds it goes on at the most."""
        return _left(self.ends)


def _left(until: datetime) -> int:
    return max(int(until.timestamp() - time.time()), 0)


def prove_fresh(visit: Visit) -> None:
    """SignInFirst unless its person has proven just now who they are."""
    if not visit.step_up.holds(visit.signed_in.proof):
        raise SignInFirst(fresh=True)


async def visit_of(request: Request, parts: PartsDep) -> Visit | None:
    """Whose browser asks; None for one that nobody has signed in with.

    What a page asks by itself, again and again, is no use of the session.
    """
    secret = secret_of(parts, request)
    if secret is None:
        return None
    used = "hx-request" not in request.headers
    held, now = await asyncio.to_thread(_read, parts, secret, used=used)
    if held is None:
        return None
    signed_in: SignedIn | None = _opened(held)
    if signed_in is not None and _is_to_be_renewed(signed_in):
        signed_in = await to_thread.run_sync(_renewed, parts, secret, limiter=_RENEWING)
    if signed_in is None:
        return None
    until = min(held.until, held.used_at + parts.session_idle)
    return Visit(signed_in, until, held.until, now, parts.step_up)


def _opened(held: HeldSession) -> SignedIn:
    return SignedIn(**json.loads(held.content))


def _is_to_be_renewed(signed_in: SignedIn) -> bool:
    return signed_in.refresh is not None and signed_in.until - time.time() < RENEW_SECONDS


async def visitor(visit: Annotated[Visit | None, Depends(visit_of)]) -> Visit:
    """The same where somebody must be signed in."""
    if visit is None:
        raise SignInFirst
    return visit


Visitor = Annotated[Visit, Depends(visitor)]
Anybody = Annotated[Visit | None, Depends(visit_of)]


async def begin(parts: Parts, response: Response, signed_in: SignedIn) -> None:
    """Let this browser be theirs: until the token ends or, where the provider gives one after the
    other, for as long as one token may live at most.
    """
    secret = secrets.token_bytes(32)
    longest = time.time() + parts.tokens.longest_life
    until = signed_in.until if signed_in.refresh is None else longest
    await asyncio.to_thread(_begin, parts, secret, signed_in, until)
    value = base64.urlsafe_b64encode(secret).decode()
    keep_cookie(parts, response, SESSION, value, int(until - time.time()))


async def end(parts: Parts, request: Request, response: Response) -> None:
    """Forget who it was."""
    secret = secret_of(parts, request)
    if secret is not None:
        await asyncio.to_thread(_end, parts, secret)
    drop_cookie(parts, response, SESSION)


def end_told_of(parts: Parts, person: str | None, session: str | None) -> int:
    """End one session that the provider names, or all of a person; how many there were."""
    # Who names a session means no other of the same person.
    whose = fingerprint_of(parts, WHOSE, None if session else person)
    with parts.engine.begin() as connection:
        return end_told(connection, whose, fingerprint_of(parts, AT_PROVIDER, session))


def keep_asked(parts: Parts, response: Response, asked: Asked) -> None:
    """Only the browser that was sent to the provider can come back from it."""
    value = carry(parts, _SIGN_IN, asdict(asked))
    keep_cookie(parts, response, ASKED, value, ASKED_SECONDS)


def read_asked(parts: Parts, request: Request) -> Asked | None:
    """What this browser was sent to the provider with; None if it was not, or long ago."""
    told = opened(parts, _SIGN_IN, cookie_of(parts, request, ASKED))
    return told and Asked(**told)


def sign_in_address(back: str, *, fresh: bool = False) -> str:
    """Where somebody signs in who then wants to go on at an address of ours."""
    return f"/sign-in?back={quote(back, safe='')}{'&fresh=1' if fresh else ''}"


def keep_cookie(parts: Parts, response: Response, name: str, value: str, seconds: int) -> None:
    """Have the browser keep something for us that no script reads and no other site sends."""
    response.set_cookie(_named(parts, name), value, max_age=seconds, **_kept(parts))


def drop_cookie(parts: Parts, response: Response, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_named(parts, name), **_kept(parts))


def cookie_of(parts: Parts, request: Request, name: str) -> str:
    """What the browser kept; empty where it has nothing."""
    return request.cookies.get(_named(parts, name), "")


def _named(parts: Parts, name: str) -> str:
    """Over TLS a browser takes a cookie of such a name from this very host alone (RFC 6265bis)."""
    return f"__Host-{name}" if _over_tls(parts) else name


def _kept(parts: Parts) -> dict[str, Any]:
    # The provider sends the browser back with a plain link: `strict` would lose it.
    return {"path": "/", "httponly": True, "secure": _over_tls(parts), "samesite": "lax"}


def _over_tls(parts: Parts) -> bool:
    return parts.public_url.startswith("https:")


def secret_of(parts: Parts, request: Request) -> bytes | None:
    """What this browser's session is found by, and opens with."""
    try:
        found = base64.urlsafe_b64decode(cookie_of(parts, request, SESSION))
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == 32 else None


def fingerprint_of(parts: Parts, kind: str, name: str | None) -> bytes | None:
    """What the provider calls a person or a session, as nobody reads it who has not the key."""
    if not name:
        return None
    key = parts.seal.key_for("sessions")
    return hmac.digest(key, f"{kind}:{name}".encode(), "sha256")


def _read(parts: Parts, secret: bytes, *, used: bool) -> tuple[HeldSession | None, datetime]:
    """The session, and the legal clock."""
    with reads(parts.engine) as connection:
        held = read_session(connection, secret, parts.session_idle)
        now = legal_now(connection)
    if held is None or not used or held.used_at > datetime.now(UTC) - USES_LIE_APART:
        return held, now
    with parts.engine.begin() as connection:
        at = use_session(connection, secret)
    return held if at is None else replace(held, used_at=at), now


def _renewed(parts: Parts, secret: bytes) -> SignedIn | None:
    """With its next token; None where the provider gives none any more: the session has ended.

    One request asks, and others of the same browser wait: a token is given once. While the provider
    is away, what still counts counts; Problem `unavailable` once it does not.
    """
    with parts.engine.begin() as connection:
        held = lock_session(connection, secret, parts.session_idle)
        if held is None or parts.provider is None:
            return None
        before = _opened(held)
        if not _is_to_be_renewed(before):
            return before
        try:
            after = from_thread.run(parts.provider.renew, before)
        except TokenInvalid as error:
            log.info("signed out by the provider", role=before.role, why=str(error))
            end_session(connection, secret)
            return None
        except ProviderUnavailable:
            if before.until > time.time():
                return before
            raise Problem("unavailable") from None
        keep_session(connection, secret, _packed(after))
    return after


def _packed(signed_in: SignedIn) -> bytes:
    return json.dumps(asdict(signed_in)).encode()


def _begin(parts: Parts, secret: bytes, signed_in: SignedIn, until: float) -> None:
    whose = fingerprint_of(parts, WHOSE, signed_in.subject)
    at_provider = fingerprint_of(parts, AT_PROVIDER, signed_in.session)
    ends = datetime.fromtimestamp(until, UTC)
    with parts.engine.begin() as connection:
        begin_session(connection, secret, _packed(signed_in), ends, whose, at_provider)


def _end(parts: Parts, secret: bytes) -> None:
    with parts.engine.begin() as connection:
        end_session(connection, secret)


def prove_same_house(request: Request) -> None:
    """No other site acts for who is signed in: a form comes from a page of ours.

    Problem `not_allowed` for one that does not.
    """
    site = request.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("origin")
    if site or origin is None or origin.partition("://")[2] != request.headers.get("host"):
        raise Problem("not_allowed")
