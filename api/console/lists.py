"""Lists of cases, and the search for one. What is personal stands in no address."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.console.asking import NotDone, api_of
from api.console.forms import faults_of
from api.console.look import page
from api.console.visits import Visitor, prove_same_house
from domain.terms.counting import end_of_day, rfc3339

router = APIRouter(include_in_schema=False)


@router.get("/cases")
async def cases(
    request: Request,
    visit: Visitor,
    status: Annotated[str, Query(max_length=40)] = "",
    closed: Annotated[str, Query(max_length=5)] = "false",
    until: date | None = None,
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Cases that I may see, the soonest due first."""
    api = api_of(request, visit)
    filters = {"status": status, "closed": closed, "after": after}
    due = due_up_to(until) if until else ""
    found = await api.get("/v1/cases", sort="due", due_before=due, **filters)
    shown = {"found": found, "status_asked": status, "closed": closed, "until": until}
    return page(request, visit, "cases.html", **shown)


def due_up_to(day: date) -> str:
    """The instant before which a term has ended whose last day is this one, or earlier."""
    return rfc3339(end_of_day(day) + timedelta(seconds=1))


@router.get("/search")
async def search(request: Request, visit: Visitor) -> Response:
    """What can be searched for."""
    return page(request, visit, "search.html", query="", reason="", found=None, faults={})


@router.post("/search")
async def find(
    request: Request,
    visit: Visitor,
    query: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """What was found; a search for a person is recorded with its reason."""
    prove_same_house(request)
    api = api_of(request, visit)
    body = {"query": query, **({"reason": reason} if reason.strip() else {})}
    shown: dict[str, Any] = {"query": query, "reason": reason}
    try:
        found = await api.send("POST", "/v1/search", body, str(uuid4()))
    except NotDone as fault:
        faults = faults_of(fault.problem) or {"query": fault.problem["detail"]}
        return page(
            request, visit, "search.html", status=fault.status, found=None, faults=faults, **shown
        )
    return page(request, visit, "search.html", found=found, faults={}, **shown)
