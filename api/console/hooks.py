"""Where a supplier's own system is told what has changed, and how that goes."""

from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.console.asking import NotDone, api_of
from api.console.look import page
from api.console.selling import own_supplier
from api.console.visits import Visit, Visitor, prove_same_house
from api.problems import Problem

PLACE: Final = "/webhooks"
# Before it stands nothing: whatever has changed comes after it.
FROM_THE_FIRST: Final = f"0.{UUID(int=0)}"
ACTS: Final[dict[str, dict[str, Any]]] = {
    "end": {"active": False},
    "resume": {"active": True},
    "again": {"after": FROM_THE_FIRST},
    "renew": {"renew_secret": True},
}
router = APIRouter(prefix=PLACE, include_in_schema=False)


@router.get("")
async def listed(request: Request, visit: Visitor) -> Response:
    """All of them, with their last attempts."""
    return await _shown(request, visit)


@router.post("")
async def add(
    request: Request,
    visit: Visitor,
    url: Annotated[str, Form(max_length=2000)] = "",
    key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Tell one more address; its secret is shown now and never again."""
    prove_same_house(request)
    said = {"url": url.strip()}
    try:
        made = await api_of(request, visit).send("POST", "/v1/webhooks", said, key or str(uuid4()))
    except NotDone as fault:
        return await _shown(request, visit, fault=fault, url=url)
    return await _shown(request, visit, made=made, done="added")


@router.post("/{webhook}")
async def change(
    request: Request, visit: Visitor, webhook: UUID, act: Annotated[str, Form()] = ""
) -> Response:
    """End it, have it go on, send everything anew, or renew its secret."""
    prove_same_house(request)
    if act not in ACTS:
        raise Problem("not_found")
    address = f"/v1/webhooks/{webhook}"
    try:
        told = await api_of(request, visit).send("PATCH", address, ACTS[act], str(uuid4()))
    except NotDone as fault:
        return await _shown(request, visit, fault=fault)
    return await _shown(request, visit, made=told if act == "renew" else None, done="changed")


async def _shown(
    request: Request,
    visit: Visit,
    *,
    fault: NotDone | None = None,
    made: Any = None,
    done: str = "",
    url: str = "",
) -> Response:
    api = api_of(request, visit)
    await own_supplier(api, visit)
    facts: dict[str, Any] = {
        "found": (await api.get("/v1/webhooks"))["webhooks"],
        "told": fault and fault.problem,
        "made": made,
        "done": done,
        "url": url,
        "key": str(uuid4()),
    }
    return page(request, visit, "hooks.html", status=fault.status if fault else 200, **facts)
