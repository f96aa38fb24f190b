"""Changes of the law and of reference data: proposed by one administrator, approved by another."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.look import page
from api.console.visits import Visit, Visitor, prove_fresh, prove_same_house
from definitions.calendars import calendar_data
from definitions.wording import codes

router = APIRouter(prefix="/changes", include_in_schema=False)
# Of many effects the first are told one by one.
FIRST: Final = 20
# Plain days off, which move from year to year.
RELIGIOUS: Final = ("kurban_ait", "orthodox_christmas")
NO_NAMES: Final = ("weekend", "carried_over", "transferred")


@router.get("")
async def changes(request: Request, visit: Visitor) -> Response:
    """Changes of the law and of reference data, the newest first; and a day off to propose."""
    return await _listed(request, visit)


@router.post("")
async def propose_day(
    request: Request,
    visit: Visitor,
    day: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=60)] = "",
    source: Annotated[str, Form(max_length=400)] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Propose the calendar that counts now, with one more day off."""
    prove_same_house(request)
    prove_fresh(visit)
    api = api_of(request, visit)
    try:
        content = await _calendar_with(api, day, reason, source)
        wish = {"kind": "calendar", "content": content}
        made = await api.send("POST", "/v1/changes", wish, key or str(uuid4()))
    except NotDone as fault:
        given = {"day": day, "reason": reason, "source": source}
        return await _listed(request, visit, given, fault)
    return RedirectResponse(f"/changes/{made['id']}", 303)


async def _listed(
    request: Request,
    visit: Visit,
    given: Mapping[str, str] | None = None,
    fault: NotDone | None = None,
) -> Response:
    api = api_of(request, visit)
    shown: dict[str, Any] = {
        "found": await api.get("/v1/changes"),
        "given": given or {},
        "told": fault.problem if fault else None,
        "names": _names(),
        "key": uuid4(),
    }
    return page(request, visit, "changes.html", status=fault.status if fault else 200, **shown)


def _names() -> list[str]:
    """What a day off may be called, those that move from year to year first."""
    known = [one.partition(".")[2] for one in codes("day_off")]
    return [*RELIGIOUS, *(one for one in known if one not in (*RELIGIOUS, *NO_NAMES))]


async def _calendar_with(api: Api, day: str, name: str, source: str) -> dict[str, Any]:
    """The calendar that counts now, with this day off; a religious one moves within its year."""
    current = await api.get("/v1/provisional-deadlines", limit=1)
    found = await api.raw(f"/v1/calendars/{current['calendar']}")
    calendar = calendar_data(found.text)
    proposed = await api.get("/v1/changes", kind="calendar")
    taken = {one["version"] for one in proposed["changes"]} | {current["calendar"]}
    kind = "religious" if name in RELIGIOUS else "holiday"
    undecided = day >= current["provisional_from"]
    row = {
        "date": day,
        "working": False,
        "reason": f"{kind}:{name}",
        "source": f"provisional: {source}" if undecided else source,
    }
    kept = [one for one in calendar["day"] if one["date"] != day and not _moves(one, row)]
    days = sorted([*kept, row], key=lambda one: str(one["date"]))
    return {**calendar, "version": _after(max(taken)), "day": days}


def _moves(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    same = old["reason"] == new["reason"] and old["date"][:4] == new["date"][:4]
    return bool(same and new["reason"].startswith("religious:"))


def _after(version: str) -> str:
    """The next version: `kz-2026-12` is followed by `kz-2027-01`."""
    year, month = map(int, version.removeprefix("kz-").split("-"))
    return f"kz-{year + month // 12}-{month % 12 + 1:02d}"


@router.get("/{change}")
async def change(request: Request, visit: Visitor, change: str) -> Response:
    """One change, and what it does to open cases."""
    api = api_of(request, visit)
    shown = await api.get(f"/v1/changes/{change}")
    # Of a calendar what moves is told; an edition tells each case with all of its terms.
    outcome = "moves" if shown["kind"] == "calendar" else ""
    effects = await api.get(f"/v1/changes/{change}/effects", limit=FIRST, outcome=outcome)
    me = await api.get("/v1/me")
    told = {"change": shown, "effects": effects, "key": uuid4(), "me": me}
    return page(request, visit, "change.html", **told)


@router.post("/{change}")
async def approve(
    request: Request, visit: Visitor, change: str, key: Annotated[str, Form()] = ""
) -> Response:
    """The second administrator lets it come into force, after a fresh sign-in."""
    prove_same_house(request)
    prove_fresh(visit)
    api = api_of(request, visit)
    await api.send("POST", f"/v1/changes/{change}/approve", {}, key or str(uuid4()))
    return RedirectResponse(f"/changes/{change}", 303)
