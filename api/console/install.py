"""Puts the pages into the application."""

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.console import (
    admin,
    by_phone,
    cases,
    changes,
    commission,
    consenting,
    desks,
    erasing,
    home,
    hooks,
    house,
    kept,
    lists,
    many,
    overview,
    pricelists,
    review,
    selling,
    sessions,
    signing,
    suppliers,
    systems,
    work,
)
from api.console.asking import PASSING, NotDone, way_inside
from api.console.look import address_of, in_words, language_of, page
from api.console.visits import OVER, SignInFirst, Visit, sign_in_address, visit_of
from api.language import speak
from api.problems import OF_DATABASE, Handler, Problem, answer, handlers

# What passes by itself: it is worth asking again.
PASSING_BY: Final = (*PASSING, 500, 503)
KEPT: Final = ("retry-after", "connection", "allow")


def install(app: FastAPI) -> None:
    """Every page, and what becomes of a page that cannot be shown."""
    for one in (
        *(home, house, lists, by_phone, signing, consenting, cases, review, selling, pricelists),
        *(work, many, kept, overview, desks, admin, systems, changes, commission),
        *(sessions, suppliers, erasing, hooks),
    ):
        app.include_router(one.router, dependencies=[Depends(systems.know_holds)])
    app.state.inside = way_inside(app)
    app.state.references = {}
    app.state.laws = {}
    app.state.overviews = {}
    app.add_exception_handler(SignInFirst, _sign_in)
    app.add_exception_handler(NotDone, _not_done)
    for kind, handler in handlers().items():
        app.add_exception_handler(kind, _as_page(handler))


def is_page(request: Request) -> bool:
    """Whether somebody with a browser asks for a page, and not a program for data."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        ("/v1/", "/problems/", "/check/")
    )


async def _sign_in(request: Request, error: Exception) -> Response:
    """To the provider and back; what was typed goes on in the page until then."""
    assert isinstance(error, SignInFirst)
    if request.method == "GET":
        here = address_of(request)
        if request.headers.get("hx-request"):
            # The provider may sign in without a question, and a page that asks by itself would
            # never end.
            leads = f"{OVER}?{urlencode({'back': here})}"
            return Response(status_code=204, headers={"HX-Redirect": leads})
        return RedirectResponse(sign_in_address(here, fresh=error.fresh), 303)
    typed, files = await _typed(request)
    shown = {"typed": typed, "files": files, "fresh": error.fresh}
    return page(request, None, "ended.html", status=401, **shown)


async def _typed(request: Request) -> tuple[list[tuple[str, str]], bool]:
    """What stood in a form that was sent, and whether files went with it, which are not kept."""
    async with request.form() as form:
        said = form.multi_items()
    typed = [(name, one) for name, one in said if isinstance(one, str)]
    return typed, len(typed) < len(said)


def _as_page(handler: Handler) -> Handler:
    """Of a page the problem is a page too."""

    async def told(request: Request, error: Exception) -> Response:
        if not is_page(request):
            return await handler(request, error)
        speak(language_of(request))
        return await _problem(request, await handler(request, error))

    return told


def tell(request: Request, problem: Problem) -> Response:
    """What nobody foresaw, as a page or for a program."""
    if not is_page(request):
        return answer(request, problem)
    speak(language_of(request))
    return _shown(request, in_words(request, problem))


async def _not_done(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotDone)
    return await _again(request, dict(error.problem))


async def _problem(request: Request, told: Response) -> Response:
    shown = await _again(request, json.loads(bytes(told.body)))
    kept = {name: told.headers[name] for name in KEPT if name in told.headers}
    shown.headers.update(kept)
    return shown


async def _again(request: Request, problem: dict[str, Any]) -> Response:
    """A form that nobody could take just now is sent again from here, as it was."""
    sent = request.method == "POST" and problem["status"] in PASSING_BY
    typed, files = await _typed(request) if sent else ([], False)
    return _shown(request, problem, typed, files, await _visit(request))


async def _visit(request: Request) -> Visit | None:
    """Who reads the page; while the database or the provider is away, nobody knows."""
    try:
        return await visit_of(request, request.app.state.parts)
    except (*OF_DATABASE, Problem):
        return None


def _shown(
    request: Request,
    problem: dict[str, Any],
    typed: Sequence[Any] = (),
    files: bool = False,
    visit: Visit | None = None,
) -> Response:
    again = request.method == "GET" and problem["status"] in PASSING_BY
    shown = {"problem": problem, "again": again, "typed": typed, "files": files}
    return page(request, visit, "problem.html", status=problem["status"], **shown)
