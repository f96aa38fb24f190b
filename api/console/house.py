"""The way in and out: signing in, signing out, the language, and the files of the look."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.claims import TokenInvalid
from api.console import visits
from api.console.asking import NotDone, api_of
from api.console.look import EASY, HEADERS, LANGUAGE, LOOK, MEDIA, language_of, page, say_in
from api.console.provider import Asked, SignedIn, SignInProvider
from api.console.visits import OVER, Anybody, SignInFirst, Visit, sign_in_address
from api.deps import Parts, PartsDep
from api.issuer import ProviderUnavailable
from api.problems import Problem
from api.tokens import MOST_TOKEN_BYTES
from definitions.wording import LANGUAGES
from definitions.written import moment

router = APIRouter(include_in_schema=False)
RETURN: Final = "/sign-in/done"
SIGNED_OUT: Final = "/signed-out"
SESSION: Final = "/session"
A_YEAR: Final = 366 * 86_400
# Papers are kept by a browser until they change; a machine may be of several people.
NOTHING_KEPT: Final = {"Clear-Site-Data": '"cache", "storage"'}
log = structlog.get_logger(__name__)
FILES: Final = frozenset(one.name for one in LOOK.iterdir() if one.name.rpartition(".")[2] in MEDIA)


def local(address: str) -> str:
    """An address of ours; the first page for any other."""
    parts = urlsplit(address)
    ours = not (parts.scheme or parts.netloc) and address.startswith("/")
    return address if ours and not address.startswith(("//", "/\\")) else "/"


@router.get("/sign-in")
async def sign_in(request: Request, parts: PartsDep, back: str = "/", fresh: str = "") -> Response:
    """To the identity provider, and from there back to where somebody wanted to go."""
    asked = Asked.anew(local(back), fresh=bool(fresh))
    try:
        address = await _provider(parts).address(asked, f"{parts.public_url}{RETURN}")
    except ProviderUnavailable:
        return page(request, None, "away.html", status=503)
    answer = RedirectResponse(address, 303)
    visits.keep_asked(parts, answer, asked)
    return answer


@router.get(RETURN)
async def sign_in_done(request: Request, parts: PartsDep) -> Response:
    """Back from the provider. What does not fit to the question of this browser signs nobody in."""
    told, asked = dict(request.query_params), visits.read_asked(parts, request)
    if asked is None or told.get("state") != asked.state:
        return page(request, None, "not_signed_in.html", status=400)
    try:
        signed_in = await _provider(parts).exchange(asked, told, f"{parts.public_url}{RETURN}")
    except TokenInvalid as error:
        log.warning("not signed in", why=str(error))
        return page(request, None, "not_signed_in.html", status=403)
    except ProviderUnavailable:
        return page(request, None, "away.html", status=503)
    log.info("signed in", role=signed_in.role)
    answer = RedirectResponse(asked.back, 303)
    await visits.end(parts, request, answer)
    await visits.begin(parts, answer, signed_in)
    visits.drop_cookie(parts, answer, visits.ASKED)
    if spoken := await _spoken(request, signed_in):
        visits.keep_cookie(parts, answer, LANGUAGE, spoken, A_YEAR)
    return answer


def _provider(parts: Parts) -> SignInProvider:
    if parts.provider is None:
        raise Problem("not_found")
    return parts.provider


async def _spoken(request: Request, signed_in: SignedIn) -> str | None:
    """The language that somebody has chosen elsewhere; None where the portal does not know them."""
    until = datetime.fromtimestamp(signed_in.until, UTC)
    try:
        me = await api_of(request, Visit(signed_in, until, until, datetime.now(UTC))).get("/v1/me")
    except (NotDone, SignInFirst):
        return None
    found: str | None = me["language"]
    return found


@router.post("/sign-out")
async def sign_out(request: Request, parts: PartsDep) -> Response:
    """Forget who it was, here and at the provider where that can be asked of it."""
    visits.prove_same_house(request)
    way_out = None
    if parts.provider is not None:
        with suppress(ProviderUnavailable):  # here it is forgotten all the same
            way_out = await parts.provider.way_out(f"{parts.public_url}{SIGNED_OUT}")
    answer = page(request, None, "signed_out.html", way_out=way_out)
    answer.headers.update(NOTHING_KEPT)
    if way_out is not None:
        # A form of ours leads nowhere else; the page that it shows does.
        answer.headers["Refresh"] = f"0; url={way_out}"
    log.info("signed out")
    await visits.end(parts, request, answer)
    return answer


@router.get(SIGNED_OUT)
async def signed_out(request: Request) -> Response:
    """Back from the provider, where somebody has signed out."""
    return page(request, None, "signed_out.html", way_out=None)


@router.post("/sign-out/by-provider")
async def sign_out_by_provider(
    parts: PartsDep, logout_token: Annotated[str, Form(max_length=MOST_TOKEN_BYTES)]
) -> Response:
    """The provider says that a session has ended there (OpenID Connect Back-Channel Logout)."""
    answer = Response(headers={"Cache-Control": "no-store"})
    try:
        person, session = await _provider(parts).read_ending(logout_token)
    except TokenInvalid as error:
        log.warning("not signed out", why=str(error))
        answer.status_code = 400
        return answer
    except ProviderUnavailable:
        raise Problem("unavailable") from None
    ended = await asyncio.to_thread(visits.end_told_of, parts, person, session)
    log.info("signed out by the provider", sessions=ended)
    return answer


@router.get(SESSION)
async def session(request: Request, visit: Anybody) -> Response:
    """How long the session goes on, now that it is used; a page asks while somebody writes."""
    if visit is None:
        return Response(status_code=401, headers=HEADERS)
    told = say_in(request)("session_ends", at=moment(visit.until, language_of(request)))
    said = {"left": visit.left, "at_most": visit.at_most, "told": told}
    return JSONResponse(said, headers=HEADERS)


@router.get(OVER)
async def over(request: Request, back: str = "/") -> Response:
    """Where a page goes by itself when the session has ended: nobody is signed in again unasked."""
    return page(request, None, "over.html", back=sign_in_address(local(back)))


@router.post("/language")
async def speak(
    request: Request,
    parts: PartsDep,
    visit: Anybody,
    language: Annotated[str, Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    """From now on in this language; of who is signed in, with every browser."""
    visits.prove_same_house(request)
    if language not in LANGUAGES:
        raise Problem("not_found")
    answer = RedirectResponse(local(back), 303)
    visits.keep_cookie(parts, answer, LANGUAGE, language, A_YEAR)
    if visit is not None:
        with suppress(NotDone, SignInFirst):  # this browser knows it all the same
            said = {"language": language}
            await api_of(request, visit).send("PATCH", "/v1/me", said, str(uuid4()))
    return answer


@router.post("/easy")
async def say_easily(
    request: Request,
    parts: PartsDep,
    easy: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """From now on in short and plain sentences, or in the usual ones again."""
    visits.prove_same_house(request)
    answer = RedirectResponse(local(back), 303)
    visits.keep_cookie(parts, answer, EASY, "yes" if easy == "yes" else "no", A_YEAR)
    return answer


@router.head("/look/{name}")
@router.get("/look/{name}")
async def look(name: str) -> Response:
    """Style and scripts: our own, and nothing of another house."""
    if name not in FILES:
        raise Problem("not_found")
    kept = {"Cache-Control": "public, max-age=86400"}
    content = LOOK.joinpath(name).read_bytes()
    return Response(content, 200, kept, MEDIA[name.rpartition(".")[2]])


@router.get("/accessibility")
async def accessibility(request: Request, visit: Anybody) -> Response:
    """What was tested, and what fails."""
    return page(request, visit, "accessibility.html")
