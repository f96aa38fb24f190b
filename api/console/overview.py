"""The overview: where open cases stand and for how long, what will be late, and the money.

Each number is a link to its list, and each picture stands beside a table that says the same.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import sqrt
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.look import language_of, page
from api.console.visits import Visitor

router = APIRouter(include_in_schema=False)
KEPT_SECONDS: Final = 60
MOST_KEPT: Final = 1_000
SUMS: Final = ("approved", "settled", "returned", "open", "not_executed")
# In how many weeks it is asked what will be late then.
AHEAD: Final = (2, 4, 8)
# Of a picture of days: its width, and the sizes of its dots.
WIDTH: Final = 300
MOST_ITEMS: Final = 40
SMALLEST, LARGEST = 3.0, 9.0


@dataclass(frozen=True, slots=True)
class Dot:
    """Cases that have been in a status for as many days: where it stands, how large it is."""

    x: float
    r: float
    past: bool


@dataclass(frozen=True, slots=True)
class InStatus:
    """Open cases in one status, their days in it, and how long its term is."""

    status: str
    count: int
    late: int
    href: str
    median: int
    longest: int
    term: float | None
    line: float | None
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One week: how many terms end in it, how many until its end, and the height of its column."""

    until: str
    count: int
    in_all: int
    href: str
    part: int


@dataclass(frozen=True, slots=True)
class InRegion:
    """Open cases with a term in one region: `share` of them are in time, in percent."""

    region: str
    count: int
    late: int
    href: str
    late_href: str
    silent: int
    silent_href: str
    share: int


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The same of recipients who are written to in one language."""

    language: str
    count: int
    late: int
    href: str
    late_href: str
    silent: int
    silent_href: str
    share: int


@dataclass(frozen=True, slots=True)
class OfItem:
    """The same of one item of the catalogue."""

    name: str
    count: int
    late: int
    href: str
    late_href: str
    silent: int
    silent_href: str
    share: int


@router.get("/overview")
async def overview(request: Request, visit: Visitor) -> Response:
    """What stands where, what ends when; for administrators the money as well."""
    held = request.app.state.overviews
    key = (sha256(visit.token.encode()).hexdigest(), language_of(request))
    at, shown = held.get(key, (0.0, None))
    if shown is None or time.monotonic() - at > KEPT_SECONDS:
        shown = await _counted(api_of(request, visit), visit.role)
        if len(held) >= MOST_KEPT:
            held.clear()
        held[key] = (time.monotonic(), shown)
    return page(request, visit, "overview.html", **shown, sums=SUMS)


async def _counted(api: Api, role: str) -> dict[str, Any]:
    asked = [api.get("/v1/cases", figures="true", limit=1)]
    if role == "administrator":
        asked.append(api.get("/v1/money"))
    found, *ledger = await asyncio.gather(*asked)
    told = found["figures"]
    weeks = list(_columns(told["by_week"]))
    return {
        "at": told["at"],
        "standing": list(_standing(told["by_status"], datetime.fromisoformat(told["at"]))),
        "weeks": weeks,
        "ahead": [(number, weeks[number]) for number in AHEAD if number < len(weeks)],
        "places": list(_places(told["by_region"], weeks[0].until)),
        # What was kept by a former build has neither, and nothing of silence.
        "spoken": list(_spoken(told.get("by_language", ()), weeks[0].until)),
        "items": list(_items(told.get("by_item", ()), weeks[0].until))[:MOST_ITEMS],
        "ledger": ledger[0] if ledger else None,
    }


def _listed(**filters: str) -> str:
    return f"/cases?{urlencode({**filters, 'closed': 'false'})}"


def _standing(found: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[InStatus]:
    """Those with the most late cases first; all on one scale of days."""
    longest = max(
        (max(one["days"][-1][0], one["term_days"] or 0) for one in found if one["days"]), default=1
    )
    scale = WIDTH / (longest + 1)
    most = max((count for one in found for _, count in one["days"]), default=1)
    for one in sorted(found, key=lambda one: (-one["late"], -one["count"])):
        term = one["term_days"]
        yield InStatus(
            status=one["status"],
            count=one["count"],
            late=one["late"],
            href=_listed(status=one["status"]),
            median=_median(one["days"]),
            longest=(now - datetime.fromisoformat(one["since"])).days,
            term=term,
            line=None if term is None else round(term * scale, 1),
            dots=tuple(_dot(day, count / most, scale, term) for day, count in one["days"]),
        )


def _dot(day: int, share: float, scale: float, term: float | None) -> Dot:
    """Its area says how many cases it stands for; none is cut at the edge of the picture."""
    r = round(SMALLEST + (LARGEST - SMALLEST) * sqrt(share), 1)
    x = min(max(r, round((day + 0.5) * scale, 1)), WIDTH - r)
    return Dot(x, r, term is not None and day > term)


def _median(days: Sequence[Sequence[int]]) -> int:
    """Half of the cases are in their status for as many days, or fewer."""
    half, seen = sum(count for _, count in days) / 2, 0
    for day, count in days:
        seen += count
        if seen >= half:
            return day
    return 0


def _columns(found: Sequence[Mapping[str, Any]]) -> Iterator[Column]:
    most = max((one["count"] for one in found), default=0) or 1
    in_all = 0
    for one in found:
        in_all += one["count"]
        part = round(100 * one["count"] / most)
        yield Column(one["until"], one["count"], in_all, _listed(until=one["until"]), part)


def _places(found: Sequence[Mapping[str, Any]], yesterday: str) -> Iterator[InRegion]:
    """The one with the smallest share in time first."""
    for one in sorted(found, key=_in_time):
        yield InRegion(
            region=one["region"], **_counted_with_lists(one, yesterday, region=one["region"])
        )


def _spoken(found: Sequence[Mapping[str, Any]], yesterday: str) -> Iterator[InLanguage]:
    """Likewise."""
    for one in sorted(found, key=_in_time):
        of = one["language"] or "none"
        yield InLanguage(
            language=one["language"], **_counted_with_lists(one, yesterday, language=of)
        )


def _items(found: Sequence[Mapping[str, Any]], yesterday: str) -> Iterator[OfItem]:
    """Those with the most silent cases first."""
    for one in sorted(found, key=lambda one: (-one["silent"], _in_time(one))):
        name = one.get("item_label") or one["item"]
        yield OfItem(name=name, **_counted_with_lists(one, yesterday, item=one["item"]))


def _counted_with_lists(one: Mapping[str, Any], yesterday: str, **of: str) -> dict[str, Any]:
    """The numbers of a row, and the list behind each."""
    return {
        "count": one["count"],
        "late": one["late"],
        "silent": one.get("silent", 0),
        "href": _listed(**of),
        "late_href": _listed(**of, until=yesterday),
        "silent_href": _listed(**of, silent="true"),
        "share": round(100 * _in_time(one)),
    }


def _in_time(one: Mapping[str, Any]) -> float:
    """The share of cases with a term whose term is not over."""
    return float((one["count"] - one["late"]) / one["count"]) if one["count"] else 1.0
