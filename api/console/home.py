"""The first page: what waits for whom is signed in."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.look import language_of, page
from api.console.visits import Anybody
from api.console.work import AskedWork, place_of

router = APIRouter(include_in_schema=False)
FIRST: Final = 20


@router.get("/")
async def home(request: Request, visit: Anybody) -> Response:
    """What waits for me; for somebody who is not signed in, what this is and where to begin."""
    if visit is None:
        return page(request, None, "welcome.html")
    api = api_of(request, visit, language_of(request))
    me = await api.get("/v1/me")
    return page(request, visit, "home.html", me=me, **await _waiting(api, me["role"]))


async def _waiting(api: Api, role: str) -> dict[str, Any]:
    """The own list of each role: measures of the cabinet, cases to act in, or work."""
    if role == "recipient":
        return {"persons": (await api.get("/v1/cabinet"))["persons"]}
    if role == "supplier":
        found = await api.get("/v1/cases", waits_for="supplier", limit=FIRST)
        return {"cases": found["cases"]}
    tasks = (await api.get("/v1/tasks", limit=FIRST))["tasks"]
    return {"tasks": tasks, "places": {one["id"]: place_of(one, AskedWork()) for one in tasks}}
