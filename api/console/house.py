"""The way in and out: signing in, signing out, the language, and the files of the look."""

from contextlib import suppress
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.console import visits
from api.console.asking import NotDone, api_of
from api.console.look import EASY, LANGUAGE, LOOK, MEDIA, page
from api.console.provider import Asked, SignedIn
from api.console.visits import Anybody, SignInFirst, Visit
from api.deps import PartsDep
from api.problems import Problem
from api.tokens import ProviderUnavailable, TokenInvalid
from definitions.wording import LANGUAGES

router = APIRouter(include_in_schema=False)
RETURN: Final = "/sign-in/done"
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
    if parts.provider is None:
        raise Problem("not_found")
    asked = Asked.anew(local(back))
    returning = f"{parts.public_url}{RETURN}"
    try:
        address = await parts.provider.address(asked, returning, fresh=bool(fresh))
    except ProviderUnavailable:
        return page(request, None, "away.html", status=503)
    answer = RedirectResponse(address, 303)
    visits.keep_asked(parts, answer, asked)
    return answer


@router.get(RETURN)
async def sign_in_done(
    request: Request, parts: PartsDep, code: str = "", state: str = ""
) -> Response:
    """Back from the provider. What does not fit to the question of this browser signs nobody in."""
    asked = visits.read_asked(parts, request)
    if parts.provider is None or asked is None or asked.state != state or not code:
        return page(request, None, "not_signed_in.html", status=400)
    try:
        signed_in = await parts.provider.exchange(asked, code, f"{parts.public_url}{RETURN}")
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


async def _spoken(request: Request, signed_in: SignedIn) -> str | None:
    """The language that somebody has chosen elsewhere; None where the portal does not know them."""
    try:
        me = await api_of(request, Visit(signed_in)).get("/v1/me")
    except (NotDone, SignInFirst):
        return None
    found: str | None = me["language"]
    return found


@router.post("/sign-out")
async def sign_out(request: Request, parts: PartsDep) -> Response:
    """Forget who it was; what the provider remembers is forgotten there."""
    visits.prove_same_house(request)
    answer = page(request, None, "signed_out.html")
    answer.headers.update(NOTHING_KEPT)
    log.info("signed out")
    await visits.end(parts, request, answer)
    return answer


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
