"""Desks beside the cases: rejected messages, reports of the treasury, applications of suppliers."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.console.asking import NotDone, api_of
from api.console.forms import faults_of, plainly, typed
from api.console.look import page, trail_of
from api.console.visits import Visitor, prove_same_house
from api.console.work import walk_of
from api.problems import Problem

router = APIRouter(prefix="/desks", include_in_schema=False)
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": ("open", "overdue", "corrected", "returned", "cured"),
    "treasury_report": ("open", "closed"),
    "registration": ("open", "overdue", "registered", "refused"),
}
# What each act is told with, and who does it.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "correct_contacts": ("phone", "phone_confirmed", "email", "email_confirmed"),
    "return_message": ("reason",),
    "read_again": (),
    "close_report": ("done",),
    "register": (),
    "refuse_registration": ("reason",),
}
CHECKED: Final = frozenset(("phone_confirmed", "email_confirmed"))
# Applications name no acts: while one is open the commission concludes on it.
CONCLUSIONS: Final = ("register", "refuse_registration")


@router.get("/{desk}")
async def desk(
    request: Request,
    visit: Visitor,
    desk: str,
    state: Annotated[str, Query(max_length=20)] = "open",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """What lies on a desk, the oldest first."""
    if desk not in STATES:
        raise Problem("not_found")
    api = api_of(request, visit)
    found = await api.get("/v1/tasks", task=desk, state=state, after=after)
    found["tasks"] = [_plain(one, api.language) for one in found["tasks"]]
    shown = {"desk": desk, "found": found, "state": state, "states": STATES[desk]}
    return page(request, visit, "desk.html", **shown)


@router.get("/tasks/{task}")
async def one(request: Request, visit: Visitor, task: UUID) -> Response:
    """One piece of it, with what may be done about it."""
    return await _shown(request, visit, task)


@router.post("/tasks/{task}")
async def act(request: Request, visit: Visitor, task: UUID) -> Response:
    """Do it; a form with mistakes comes back as it was."""
    prove_same_house(request)
    api = api_of(request, visit)
    async with request.form() as form:
        name = str(form.get("act", ""))
        if name not in FIELDS:
            raise Problem("not_found")
        key = str(form.get("key") or uuid4())
        try:
            await api.send("PATCH", f"/v1/tasks/{task}", _said(name, form), f"{key}-{name}")
        except NotDone as fault:
            return await _shown(request, visit, task, form, fault, fault.key_after(key))
    trail = trail_of(request)
    return RedirectResponse(f"/desks/tasks/{task}?done={name}{'&' if trail else ''}{trail}", 303)


def _said(act: str, form: FormData) -> dict[str, Any]:
    body: dict[str, Any] = {"act": act}
    for name in FIELDS[act]:
        value = str(form.get(name, "")).strip()
        if name in CHECKED:
            body[name] = bool(value)
        elif value:
            body[name] = value
    return body


async def _shown(
    request: Request,
    visit: Any,
    task: UUID,
    form: FormData | None = None,
    fault: NotDone | None = None,
    key: str | None = None,
) -> Response:
    api = api_of(request, visit)
    found = _plain(await api.get(f"/v1/tasks/{task}"), api.language)
    shown: dict[str, Any] = {
        "task": found,
        "acts": _acts(found, visit.role),
        "fields": FIELDS,
        "checked": CHECKED,
        "given": {name: values[0] for name, values in (typed(form) if form else {}).items()},
        "told": fault.problem if fault else None,
        "faults": faults_of(fault.problem) if fault else {},
        "key": key or uuid4(),
        "walk": await walk_of(request, api),
        "done": request.query_params.get("done") in FIELDS,
    }
    status = fault.status if fault else 200
    return page(request, visit, "desk_task.html", status=status, **shown)


def _plain(task: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A task with what is wrong in its message in plain words."""
    return {**task, "mistakes": plainly(task.get("mistakes", ()), language)}


def _acts(task: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    """The acts that a task names; of an application those of the commission."""
    if task["task"] == "registration":
        open_ = task["state"] == "open" and role == "commission"
        return [{"name": one, "allowed": True, "reasons": []} for one in CONCLUSIONS if open_]
    return [one for one in task.get("may", []) if one["name"] in FIELDS]
