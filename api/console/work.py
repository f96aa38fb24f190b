"""The work list: what waits for somebody, by lateness; its filters stand in the address."""

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import api_of
from api.console.house import local
from api.console.look import language_of, page
from api.console.visits import Visitor, prove_same_house

router = APIRouter(prefix="/work", include_in_schema=False)
PART: Final = 50
LATENESS: Final = ("late", "due_soon", "later")


@router.get("")
async def work(
    request: Request,
    visit: Visitor,
    assignee: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Mine, nobody's, or everybody's; the latest first."""
    api = api_of(request, visit, language_of(request))
    me = await api.get("/v1/me")
    found = await api.get("/v1/tasks", sort="due", limit=PART, after=after, assignee=assignee)
    groups = [
        (name, [one for one in found["tasks"] if one.get("lateness") == name]) for name in LATENESS
    ]
    shown: dict[str, Any] = {"me": me, "groups": groups, "after": found["after"]}
    return page(request, visit, "work.html", **shown, assignee=assignee)


@router.post("/{task}")
async def take(
    request: Request,
    visit: Visitor,
    task: str,
    act: Annotated[str, Form()],
    key: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/work",
) -> Response:
    """Take a piece of work, or give it back."""
    prove_same_house(request)
    api = api_of(request, visit, language_of(request))
    await api.send("PATCH", f"/v1/tasks/{task}", {"act": act}, key or str(uuid4()))
    return RedirectResponse(local(back), 303)
