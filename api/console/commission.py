"""What the commission has to do: disputes, conclusions, registrations, what it hears of suppliers
that withdrew or are proposed for removal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.look import page
from api.console.visits import Visit, Visitor
from api.console.work import AskedWork, last_day_of, place_of, tasks_of
from api.problems import Problem

router = APIRouter(prefix="/commission", include_in_schema=False)
# The codes of the work that belongs to each of its doors.
DOORS: Final[Mapping[str, tuple[str, ...]]] = {
    "disputes": ("dispute", "complaint"),
    "conclusions": ("no_supplier", "no_supplier_asked"),
    "registration": ("supplier_applies",),
    "removals": ("removal_proposed", "supplier_withdrew"),
}
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


@router.get("/{door}")
async def behind(request: Request, visit: Visitor, door: str) -> Response:
    """What waits behind one door: what is asked, and by when."""
    _check(visit)
    if door not in DOORS:
        raise Problem("not_found")
    api = api_of(request, visit)
    tasks = (await tasks_of(api, sort="due", limit=MOST))["tasks"]
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
