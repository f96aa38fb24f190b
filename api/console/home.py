"""The first page: what waits for whom is signed in."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.cases import signed
from api.console.commission import doors_of
from api.console.look import page
from api.console.orders import sections
from api.console.visits import Anybody, Visitor
from api.console.work import AskedWork, place_of, tasks_of

router = APIRouter(include_in_schema=False)
# For whom there are first steps; whoever represents a recipient signs in as one.
PERSONAS: Final = (
    *("recipient", "representative", "supplier"),
    *("caseworker", "commission", "administrator"),
)
STEPS: Final = ("one", "two", "three", "four", "five")
FIRST: Final = 20


@router.get("/")
async def home(request: Request, visit: Anybody) -> Response:
    """What waits for me; for somebody who is not signed in, what this is and where to begin."""
    if visit is None:
        return page(request, None, "welcome.html")
    api = api_of(request, visit)
    me = await api.me()
    return page(request, visit, "home.html", me=me, **await _waiting(api, me))


async def _waiting(api: Api, me: Mapping[str, Any]) -> dict[str, Any]:
    """The own list of each role: measures of the cabinet, orders to act on, or work."""
    role = me["role"]
    if role == "recipient":
        return {"persons": (await api.get("/v1/cabinet"))["persons"]}
    if role == "supplier":
        return await _orders(api, me)
    tasks = (await tasks_of(api, limit=FIRST))["tasks"]
    doors = await doors_of(api) if role == "commission" else []
    return {
        "doors": doors,
        "tasks": tasks,
        "places": {one["id"]: place_of(one, AskedWork()) for one in tasks},
    }


async def _orders(api: Api, me: Mapping[str, Any]) -> dict[str, Any]:
    """What a supplier has to do, and whether recipients see what it offers."""
    told, more = await sections(api)
    known = me["supplier"]
    selling = await api.get(f"/v1/suppliers/{known['id']}") if known else None
    asked = {"task": "registration", "state": "open", "limit": 1}
    applied = [] if known else (await api.get("/v1/tasks", **asked))["tasks"]
    shown = {"selling": selling, "applied": bool(applied), "signed": signed()}
    return {"sections": told, "more": more, **shown}


@router.get("/notices")
async def notices(request: Request, visit: Visitor) -> Response:
    """What was said last in each of my measures, the open ones first."""
    api = api_of(request, visit)
    persons = (await api.get("/v1/cabinet"))["persons"]
    measures = [
        one for person in persons for kind in person["entitlements"] for one in kind["measures"]
    ]
    found = sorted(measures, key=lambda one: one["closed"])[:FIRST]
    cases = [await api.get(one["href"]) for one in found]
    return page(request, visit, "my_notices.html", cases=cases)


@router.get("/help")
async def first_steps(request: Request, visit: Anybody) -> Response:
    """The first steps of everybody, the own ones first."""
    mine = visit.role if visit else ""
    personas = sorted(PERSONAS, key=lambda one: one != mine)
    return page(request, visit, "help.html", personas=personas, mine=mine, steps=STEPS)
