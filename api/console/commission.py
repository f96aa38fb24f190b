"""What the commission has to do: disputes, conclusions, registrations, removals of suppliers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, get_args
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.forms import faults_of
from api.console.look import page
from api.console.visits import Visit, Visitor, prove_fresh, prove_same_house
from api.console.work import AskedWork, last_day_of, place_of
from api.problems import Problem
from api.register.removals import Ground

router = APIRouter(prefix="/commission", include_in_schema=False)
# The codes of the work that belongs to each of its doors.
DOORS: Final[Mapping[str, tuple[str, ...]]] = {
    "disputes": ("dispute", "complaint"),
    "conclusions": ("no_supplier", "no_supplier_asked"),
    "registration": ("supplier_applies",),
    "removals": ("removal_proposed", "supplier_withdrew"),
}
GROUNDS: Final[tuple[str, ...]] = get_args(Ground)
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class DeskDoor:
    """One kind of its work: how much there is, how much of it is late, and the soonest last day."""

    name: str
    count: int
    late: int
    soonest: date | None

    @property
    def href(self) -> str:
        return f"/commission/{self.name}"


async def doors_of(api: Api) -> list[DeskDoor]:
    """All of them, each with what waits behind it."""
    tasks = (await api.get("/v1/tasks", sort="due", limit=MOST))["tasks"]
    return [_door(name, [one for one in tasks if one["code"] in of]) for name, of in DOORS.items()]


def _door(name: str, tasks: Sequence[Mapping[str, Any]]) -> DeskDoor:
    late = sum(one["lateness"] == "late" for one in tasks)
    return DeskDoor(name, len(tasks), late, last_day_of(tasks[0]) if tasks else None)


@router.get("/suppliers")
async def suppliers(
    request: Request, visit: Visitor, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Who is registered, and who is no more."""
    _check(visit)
    found = await api_of(request, visit).get("/v1/suppliers", after=after)
    return page(request, visit, "suppliers.html", found=found)


@router.get("/suppliers/{supplier}")
async def supplier(request: Request, visit: Visitor, supplier: UUID) -> Response:
    """One supplier: why it was removed, or the form that removes it."""
    _check(visit)
    return await _shown(request, visit, supplier)


@router.post("/suppliers/{supplier}")
async def remove(
    request: Request,
    visit: Visitor,
    supplier: UUID,
    ground: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
    evidence: Annotated[str, Form(max_length=4000)] = "",
    key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Take it out of the register; every case with an order of it is told."""
    prove_same_house(request)
    _check(visit)
    prove_fresh(visit)
    said = {"ground": ground, "reason": reason, "evidence": evidence}
    body = {"command": "remove", **{name: one for name, one in said.items() if one.strip()}}
    path, key = f"/v1/suppliers/{supplier}/commands", key or str(uuid4())
    try:
        await api_of(request, visit).send("POST", path, body, key)
    except NotDone as told:
        return await _shown(request, visit, supplier, said, told, told.key_after(key))
    return RedirectResponse(f"/commission/suppliers/{supplier}?done=yes", 303)


async def _shown(
    request: Request,
    visit: Visit,
    supplier: UUID,
    given: Mapping[str, str] | None = None,
    told: NotDone | None = None,
    key: str | None = None,
) -> Response:
    found = await api_of(request, visit).get(f"/v1/suppliers/{supplier}")
    shown: dict[str, Any] = {
        "supplier": found,
        "grounds": GROUNDS,
        "given": given or {},
        "told": told.problem if told else None,
        "faults": faults_of(told.problem) if told else {},
        "done": request.query_params.get("done") == "yes",
        "key": key or uuid4(),
    }
    status = told.status if told else 200
    return page(request, visit, "supplier.html", status=status, **shown)


@router.get("/{door}")
async def behind(request: Request, visit: Visitor, door: str) -> Response:
    """What waits behind one door: what is asked, and by when."""
    _check(visit)
    if door not in DOORS:
        raise Problem("not_found")
    api = api_of(request, visit)
    tasks = (await api.get("/v1/tasks", sort="due", limit=MOST))["tasks"]
    found = [one for one in tasks if one["code"] in DOORS[door]]
    shown: dict[str, Any] = {
        "door": door,
        "doors": list(DOORS),
        "tasks": found,
        "last_day_of": last_day_of,
    }
    places = {one["id"]: place_of(one, AskedWork()) for one in found}
    return page(request, visit, "commission.html", places=places, **shown)


def _check(visit: Visit) -> None:
    if visit.role != "commission":
        raise Problem("not_allowed")
