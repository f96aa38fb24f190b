"""What goes out: what administrators hold, and how outside systems answer."""

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.console.asking import NotDone, api_of
from api.console.forms import faults_of
from api.console.look import page
from api.console.visits import Anybody, SignInFirst, Visit, Visitor, prove_same_house
from api.problems import Problem
from db.holds import SWITCHES

router = APIRouter(prefix="/systems", include_in_schema=False)
# What is no page, though somebody with a browser asks for it.
FILES: Final = ("/look/{name}", "/cases/{reference}/papers/{sha256}", "/lists/export")


async def know_holds(request: Request, visit: Anybody) -> None:
    """What is held stands on every page of an administrator, so that nobody wonders why.

    What is only a part of a page, or a file, has no room for it.
    """
    part = request.headers.get("hx-request") or request.scope["route"].path in FILES
    if part or visit is None or visit.role != "administrator":
        return
    try:
        request.state.holds = (await api_of(request, visit).me())["holds"]
    except (NotDone, SignInFirst):
        return  # the page itself says what is wrong


@router.get("")
async def systems(request: Request, visit: Visitor) -> Response:
    """What is held now, and what may be."""
    return await _shown(request, visit)


@router.post("")
async def switch(
    request: Request,
    visit: Visitor,
    kind: Annotated[str, Form(max_length=10)],
    switch: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
    key: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Hold something with a reason, or release it; the answer says what came of it."""
    prove_same_house(request)
    if kind not in ("hold", "release"):
        raise Problem("not_found")
    body = {"kind": kind, "switch": switch, **({"reason": reason} if kind == "hold" else {})}
    try:
        done = await api_of(request, visit).send(
            "POST", "/v1/operations", body, f"{key or uuid4()}"
        )
    except NotDone as fault:
        given = {"switch": switch, "reason": reason, "key": fault.key_after(key or f"{uuid4()}")}
        return await _shown(request, visit, given, fault=fault)
    await know_holds(request, visit)
    return await _shown(request, visit, done=done)


async def _shown(
    request: Request,
    visit: Visit,
    given: dict[str, str] | None = None,
    done: Any = None,
    fault: NotDone | None = None,
) -> Response:
    api = api_of(request, visit)
    editions = (await api.get("/v1/definitions"))["editions"]
    shown: dict[str, Any] = {
        "found": await api.get("/v1/operations/stuck"),
        "names": {one["hash"]: one["title"] for one in editions},
        "switches": SWITCHES,
        "given": given or {},
        "told": fault.problem if fault else None,
        "faults": faults_of(fault.problem) if fault else {},
        "done": done,
        "key": (given or {}).get("key") or uuid4(),
    }
    return page(request, visit, "systems.html", status=fault.status if fault else 200, **shown)
