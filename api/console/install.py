"""Puts the pages into the application."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.console import cases, home, house, lists, signing, work
from api.console.asking import NotDone, way_inside
from api.console.look import page
from api.console.visits import SignInFirst, sign_in_address


def install(app: FastAPI) -> None:
    """Every page, and what becomes of a page that cannot be shown."""
    for one in (home, house, lists, signing, cases, work):
        app.include_router(one.router)
    app.state.inside = way_inside(app)
    app.state.references = {}
    app.add_exception_handler(SignInFirst, _sign_in)
    app.add_exception_handler(NotDone, _told)


async def _sign_in(request: Request, error: Exception) -> Response:
    """To the provider and back; what was typed goes on in the page until then."""
    assert isinstance(error, SignInFirst)
    if request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        address = sign_in_address(back, fresh=error.fresh)
        if request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)
    async with request.form() as form:
        typed = [(name, one) for name, one in form.multi_items() if isinstance(one, str)]
    return page(request, None, "ended.html", status=401, typed=typed)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotDone)
    return page(request, None, "problem.html", status=error.status, problem=error.problem)
