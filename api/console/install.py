"""Puts the pages into the application."""

import json

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.console import (
    admin,
    cases,
    changes,
    desks,
    home,
    house,
    lists,
    overview,
    review,
    selling,
    signing,
    systems,
    work,
)
from api.console.asking import NotDone, way_inside
from api.console.look import address_of, in_words, page
from api.console.visits import SignInFirst, sign_in_address
from api.problems import Problem, answer, http_problem


def install(app: FastAPI) -> None:
    """Every page, and what becomes of a page that cannot be shown."""
    for one in (
        *(home, house, lists, signing, cases, review, selling),
        *(work, overview, desks, admin, systems, changes),
    ):
        app.include_router(one.router, dependencies=[Depends(systems.know_holds)])
    app.state.inside = way_inside(app)
    app.state.references = {}
    app.state.overviews = {}
    app.add_exception_handler(SignInFirst, _sign_in)
    app.add_exception_handler(NotDone, _told)
    app.add_exception_handler(Problem, _known)
    app.add_exception_handler(HTTPException, _not_there)


def is_page(request: Request) -> bool:
    """Whether somebody with a browser asks for a page, and not a program for data."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        ("/v1/", "/problems/", "/check/")
    )


async def _sign_in(request: Request, error: Exception) -> Response:
    """To the provider and back; what was typed goes on in the page until then."""
    assert isinstance(error, SignInFirst)
    if request.method == "GET":
        address = sign_in_address(address_of(request), fresh=error.fresh)
        if request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)
    async with request.form() as form:
        typed = [(name, one) for name, one in form.multi_items() if isinstance(one, str)]
    return page(request, None, "ended.html", status=401, typed=typed, fresh=error.fresh)


async def _known(request: Request, error: Exception) -> Response:
    """Of a page the problem is a page too."""
    assert isinstance(error, Problem)
    if not is_page(request):
        return answer(request, error)
    told = in_words(request, error)
    return page(request, None, "problem.html", status=told["status"], problem=told)


async def _not_there(request: Request, error: Exception) -> Response:
    """An address that there is not, or a form that is too large."""
    assert isinstance(error, HTTPException)
    told = await http_problem(request, error)
    if not is_page(request):
        return told
    problem = json.loads(bytes(told.body))
    return page(request, None, "problem.html", status=told.status_code, problem=problem)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotDone)
    return page(request, None, "problem.html", status=error.status, problem=error.problem)
