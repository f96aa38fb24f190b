"""The first page: what waits for whom is signed in."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.commission import doors_of
from api.console.look import page
from api.console.visits import Anybody, Visitor
from api.console.work import AskedWork, place_of

router = APIRouter(include_in_schema=False)
ROLES: Final = ("recipient", "supplier", "caseworker", "commission", "administrator")
FIRST: Final = 20
MOST_ORDERS: Final = 200
# What a supplier has to do with an order, by its status; what stands nowhere is under way.
STAGES: Final = {
    "ordered": "to_confirm",
    "in_fulfilment": "to_deliver",
    "delivered": "accepting",
    "awaiting_signatures": "to_sign",
    "under_review": "money",
    "awaiting_funds": "money",
    "payment_pending": "money",
    "payment_failed": "money",
}


@router.get("/")
async def home(request: Request, visit: Anybody) -> Response:
    """What waits for me; for somebody who is not signed in, what this is and where to begin."""
    if visit is None:
        return page(request, None, "welcome.html")
    api = api_of(request, visit)
    me = await api.get("/v1/me")
    return page(request, visit, "home.html", me=me, **await _waiting(api, me["role"]))


async def _waiting(api: Api, role: str) -> dict[str, Any]:
    """The own list of each role: measures of the cabinet, cases to act in, or work."""
    if role == "recipient":
        return {"persons": (await api.get("/v1/cabinet"))["persons"]}
    if role == "supplier":
        found = await api.get("/v1/cases", closed="false", sort="due", limit=MOST_ORDERS)
        return {"orders": list(_by_stage(found["cases"]))}
    tasks = (await api.get("/v1/tasks", limit=FIRST))["tasks"]
    doors = await doors_of(api) if role == "commission" else []
    return {
        "doors": doors,
        "tasks": tasks,
        "places": {one["id"]: place_of(one, AskedWork()) for one in tasks},
    }


def _by_stage(cases: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Orders by what a supplier has to do with them, in the order in which that comes."""
    for stage in (*dict.fromkeys(STAGES.values()), "other"):
        if found := [one for one in cases if STAGES.get(one["status"], "other") == stage]:
            yield stage, found


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
    """The first steps of each role, the own ones first."""
    mine = visit.role if visit else ""
    roles = sorted(ROLES, key=lambda one: one != mine)
    return page(request, visit, "help.html", roles=roles, mine=mine)
