"""What administrators need: what is stuck and how it gets going again, and changes."""

from itertools import groupby
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import NotDone, api_of
from api.console.look import language_of, page
from api.console.visits import Visitor, prove_fresh, prove_same_house
from api.problems import Problem

router = APIRouter(include_in_schema=False)
# Acts on one case that change nothing of what was recorded.
SAFE: Final = ("replay", "retry", "rebuild")


@router.get("/stuck")
async def stuck(request: Request, visit: Visitor) -> Response:
    """What does not go on by itself, by cause; and how each question was answered."""
    api = api_of(request, visit, language_of(request))
    found = await api.get("/v1/operations/stuck")
    by_cause = sorted(found["stuck"], key=lambda one: (one["cause"], one["since"]))
    causes = [(cause, list(ones)) for cause, ones in groupby(by_cause, lambda one: one["cause"])]
    return page(request, visit, "stuck.html", found=found, causes=causes, key=uuid4(), safe=SAFE)


@router.post("/stuck")
async def help_one(
    request: Request,
    visit: Visitor,
    case: Annotated[str, Form()],
    kind: Annotated[str, Form()],
    key: Annotated[str, Form()] = "",
) -> Response:
    """Do one safe act to one case, and say what came of it."""
    prove_same_house(request)
    if kind not in SAFE:
        raise Problem("not_found")
    api = api_of(request, visit, language_of(request))
    try:
        told = await api.send(
            "POST", "/v1/operations", {"kind": kind, "case": case}, f"{key or uuid4()}-{kind}"
        )
    except NotDone as fault:
        return page(request, visit, "problem.html", status=fault.status, problem=fault.problem)
    return page(request, visit, "helped.html", kind=kind, rows=flat(told))


@router.get("/changes")
async def changes(request: Request, visit: Visitor) -> Response:
    """Changes of the law and of reference data, the newest first."""
    api = api_of(request, visit, language_of(request))
    found = await api.get("/v1/changes")
    return page(request, visit, "changes.html", found=found)


@router.get("/changes/{change}")
async def change(request: Request, visit: Visitor, change: str) -> Response:
    """One change, and what it does to open cases."""
    api = api_of(request, visit, language_of(request))
    shown = await api.get(f"/v1/changes/{change}")
    effects = await api.get(f"/v1/changes/{change}/effects")
    told = {"change": shown, "effects": flat(effects), "key": uuid4()}
    return page(request, visit, "change.html", **told)


@router.post("/changes/{change}")
async def approve(
    request: Request, visit: Visitor, change: str, key: Annotated[str, Form()] = ""
) -> Response:
    """The second administrator lets it come into force, after a fresh sign-in."""
    prove_same_house(request)
    prove_fresh(visit)
    api = api_of(request, visit, language_of(request))
    await api.send("POST", f"/v1/changes/{change}/approve", {}, key or str(uuid4()))
    return RedirectResponse(f"/changes/{change}", 303)


def flat(told: Any, inside: str = "") -> list[tuple[str, str]]:
    """An answer as rows of a table: where it stands in the answer, and what it says."""
    if isinstance(told, dict):
        return [row for name, one in told.items() for row in flat(one, f"{inside}{name} ")]
    if isinstance(told, list):
        return [row for n, one in enumerate(told, 1) for row in flat(one, f"{inside}{n} ")]
    return [(inside.strip(), "" if told is None else str(told))]
