"""Who visits the pages: the session of a browser, from its cookie."""

import asyncio
import base64
import binascii
import json
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import Response

from api.console.carried import carry, opened
from api.console.provider import Asked, SignedIn
from api.deps import Parts, PartsDep
from api.problems import Problem
from db.engine import reads
from db.sessions import begin_session, end_session, read_session

SESSION: Final = "ozhb_session"
ASKED: Final = "ozhb_signing_in"
_SIGN_IN: Final = "sign-in"
# How long somebody may take at the provider.
ASKED_SECONDS: Final = 900
# How long a sign-in is fresh enough for a grave decision.
FRESH_SECONDS: Final = 900


class SignInFirst(Exception):
    """The page is for somebody who is signed in; `fresh` asks for a new proof of who it is."""

    def __init__(self, *, fresh: bool = False) -> None:
        super().__init__("sign in first")
        self.fresh = fresh


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser of one person, who is signed in."""

    signed_in: SignedIn

    @property
    def token(self) -> str:
        return self.signed_in.token

    @property
    def role(self) -> str:
        return self.signed_in.role

    @property
    def until(self) -> datetime:
        return datetime.fromtimestamp(self.signed_in.until, UTC)

    def is_fresh(self, seconds: float) -> bool:
        """Whether its person proved who they are so recently."""
        return time.time() - self.signed_in.signed_in_at <= seconds


def prove_fresh(visit: Visit) -> None:
    """SignInFirst unless its person has proven just now who they are."""
    if not visit.is_fresh(FRESH_SECONDS):
        raise SignInFirst(fresh=True)


async def visit_of(request: Request, parts: PartsDep) -> Visit | None:
    """Whose browser asks; None for one that nobody has signed in with."""
    secret = _secret(parts, request)
    if secret is None:
        return None
    held = await asyncio.to_thread(_read, parts, secret)
    if held is None:
        return None
    return Visit(SignedIn(**json.loads(held)))


async def visitor(visit: Annotated[Visit | None, Depends(visit_of)]) -> Visit:
    """The same where somebody must be signed in."""
    if visit is None:
        raise SignInFirst
    return visit


Visitor = Annotated[Visit, Depends(visitor)]
Anybody = Annotated[Visit | None, Depends(visit_of)]


async def begin(parts: Parts, response: Response, signed_in: SignedIn) -> None:
    """Let this browser be theirs until the token ends."""
    secret = secrets.token_bytes(32)
    held = json.dumps(asdict(signed_in)).encode()
    await asyncio.to_thread(_begin, parts, secret, held, signed_in.until)
    value = base64.urlsafe_b64encode(secret).decode()
    keep_cookie(parts, response, SESSION, value, int(signed_in.until - time.time()))


async def end(parts: Parts, request: Request, response: Response) -> None:
    """Forget who it was."""
    secret = _secret(parts, request)
    if secret is not None:
        await asyncio.to_thread(_end, parts, secret)
    drop_cookie(parts, response, SESSION)


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


def _secret(parts: Parts, request: Request) -> bytes | None:
    try:
        found = base64.urlsafe_b64decode(cookie_of(parts, request, SESSION))
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == 32 else None


def _read(parts: Parts, secret: bytes) -> bytes | None:
    with reads(parts.engine) as connection:
        return read_session(connection, secret)


def _begin(parts: Parts, secret: bytes, held: bytes, until: float) -> None:
    with parts.engine.begin() as connection:
        begin_session(connection, secret, held, datetime.fromtimestamp(until, UTC))


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
