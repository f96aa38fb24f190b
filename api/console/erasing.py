"""What is held about whoever asks, to take away; and the erasure of a person, by two."""

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import NotDone, api_of
from api.console.cases import case_of
from api.console.look import page
from api.console.visits import Visitor, prove_fresh, prove_same_house
from api.problems import Problem

router = APIRouter(include_in_schema=False)
GROUNDS: Final = ("request", "decision")
_AS_IT_CAME: Final = ("content-type", "content-disposition", "cache-control")


@router.get("/my-data")
async def my_data(request: Request, visit: Visitor) -> Response:
    """What a recipient can take, and when they can be erased."""
    if visit.role != "recipient":
        raise Problem("not_found")
    return page(request, visit, "my_data.html")


@router.get("/my-data/file")
async def my_file(request: Request, visit: Visitor) -> Response:
    """All of it in one file, after a fresh sign-in: whoever finds a browser open gets none."""
    prove_fresh(visit)
    found = await api_of(request, visit).raw("/v1/me/data")
    headers = {name: found.headers[name] for name in _AS_IT_CAME if name in found.headers}
    return Response(found.content, headers=headers)


@router.get("/cases/{reference}/erasure")
async def erasure(request: Request, visit: Visitor, reference: str) -> Response:
    """What the erasure of its recipient means, and on what ground it is asked for."""
    if visit.role != "administrator":
        raise Problem("not_found")
    case = await case_of(api_of(request, visit), reference)
    told: dict[str, Any] = {"case": case, "grounds": GROUNDS, "reasons": None, "given": ""}
    return page(request, visit, "erasure.html", key=uuid4(), **told)


@router.post("/cases/{reference}/erasure")
async def propose_erasure(
    request: Request,
    visit: Visitor,
    reference: str,
    ground: Annotated[str, Form(max_length=20)] = "",
    act: Annotated[str, Form(max_length=10)] = "look",
    key: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """What stands against it; or propose it to a second administrator, after a fresh sign-in."""
    prove_same_house(request)
    api = api_of(request, visit)
    case = await case_of(api, reference)
    wish = {"kind": "erasure", "content": {"case": case["id"], "ground": ground}}
    proposed = act == "propose"
    if proposed:
        prove_fresh(visit)
    try:
        asked = wish if proposed else {**wish, "dry_run": True}
        made = await api.send("POST", "/v1/changes", asked, key or str(uuid4()))
    except NotDone as fault:
        if fault.problem.get("code") != "command_refused":
            raise
        # Who looks what stands against it has found just that.
        reasons, status = fault.problem["reasons"], fault.status if proposed else 200
    else:
        if proposed:
            return RedirectResponse(f"/changes/{made['id']}", 303)
        reasons, status = [], 200
    told: dict[str, Any] = {"case": case, "grounds": GROUNDS, "reasons": reasons, "given": ground}
    return page(request, visit, "erasure.html", status=status, key=uuid4(), **told)
