"""Lists that somebody comes back to, under names of their own; and lists taken away as a file."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, api_of
from api.console.house import local
from api.console.lists import AskedCases
from api.console.visits import Visitor, prove_same_house
from api.console.work import AskedWork

router = APIRouter(prefix="/lists", include_in_schema=False)
List = Annotated[str, Form(alias="list", max_length=1000)]
Of = Annotated[str, Form(max_length=10)]


def _meant(of: str, filters: str) -> dict[str, Any]:
    """The list of a page, as the API names it."""
    asked = AskedCases.read(filters) if of == "cases" else AskedWork.read(filters)
    return {"of": "cases" if of == "cases" else "work", "filters": asked.filters}


@router.post("/keep")
async def keep(
    request: Request,
    visit: Visitor,
    name: Annotated[str, Form(max_length=200)],
    of: Of = "work",
    filters: List = "",
    back: Annotated[str, Form()] = "/work",
) -> Response:
    """Come back to this list under a name; one of the same name is replaced."""
    prove_same_house(request)
    api = api_of(request, visit)
    called = " ".join(name.split())[:60]
    others = [one for one in (await api.me())["lists"] if one["name"] != called]
    await _save(api, [*others, {"name": called, "list": _meant(of, filters)}])
    return RedirectResponse(local(back), 303)


@router.post("/forget")
async def forget(
    request: Request,
    visit: Visitor,
    name: Annotated[str, Form(max_length=200)],
    back: Annotated[str, Form()] = "/work",
) -> Response:
    """Not any more."""
    prove_same_house(request)
    api = api_of(request, visit)
    held = (await api.me())["lists"]
    await _save(api, [one for one in held if one["name"] != name])
    return RedirectResponse(local(back), 303)


async def _save(api: Api, lists: list[dict[str, Any]]) -> None:
    kept = [{"name": one["name"], "list": _plain(one["list"])} for one in lists]
    await api.send("PUT", "/v1/me/lists", {"lists": kept}, str(uuid4()))


def _plain(kept: dict[str, Any]) -> dict[str, Any]:
    """A list as it is sent: without what the API only says beside its codes."""
    names = ("status", "waits_for", "due_before", "item", "region", "closed")
    known = names if kept["of"] == "cases" else ("of", "kind", "lateness", "assignee", "authority")
    given = {name: kept["filters"].get(name) for name in known}
    return {"of": kept["of"], "filters": {n: one for n, one in given.items() if one is not None}}


@router.post("/export")
async def export(
    request: Request,
    visit: Visitor,
    of: Of = "work",
    filters: List = "",
    form: Annotated[str, Form(max_length=10)] = "xlsx",
    purpose: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """The whole list as a file; what for is recorded."""
    prove_same_house(request)
    wish = {"kind": "export", "list": _meant(of, filters), "form": form, "purpose": purpose}
    found = await api_of(request, visit).download("/v1/operations", wish, str(uuid4()))
    names = ("content-type", "content-disposition", "cache-control")
    return Response(found.content, 200, {name: found.headers[name] for name in names})
