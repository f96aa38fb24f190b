"""The overview: how many cases stand where, what ends when, and the money; each number a link."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.lists import due_up_to
from api.console.look import page
from api.console.visits import Visitor
from api.console.work import now_by
from definitions.editions import editions
from domain.terms.counting import local_day

router = APIRouter(include_in_schema=False)
WEEKS: Final = 8
KEPT_SECONDS: Final = 60
MOST_KEPT: Final = 1_000
SUMS: Final = ("approved", "settled", "returned", "open", "not_executed")


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a picture and of its table: `part` of the longest one, in percent.

    The link leads to `listed` cases: of a week to all that end until its last day.
    """

    name: str
    count: int
    listed: int
    more: bool
    href: str
    part: int = 0
    since: str | None = None

    @property
    def days(self) -> int:
        """For how many days the oldest of them has stood there."""
        assert self.since is not None
        return (datetime.now(UTC) - datetime.fromisoformat(self.since)).days


@router.get("/overview")
async def overview(request: Request, visit: Visitor) -> Response:
    """What stands where, what ends when; for administrators the money as well."""
    held = request.app.state.overviews
    key = sha256(visit.token.encode()).hexdigest()
    at, shown = held.get(key, (0.0, None))
    if shown is None or time.monotonic() - at > KEPT_SECONDS:
        api = api_of(request, visit)
        shown = await _counted(api, visit.role)
        if len(held) >= MOST_KEPT:
            held.clear()
        held[key] = (time.monotonic(), shown)
    return page(request, visit, "overview.html", **shown, sums=SUMS)


async def _counted(api: Api, role: str) -> dict[str, Any]:
    today = local_day(now_by((await api.get("/v1/tasks", limit=1))["tasks"]))
    statuses, weeks = await asyncio.gather(_by_status(api), _by_week(api, today))
    ledger = await api.get("/v1/money") if role == "administrator" else None
    return {
        "at": datetime.now(UTC),
        "statuses": statuses,
        "weeks": weeks,
        "ledger": ledger,
    }


@cache
def open_statuses() -> tuple[str, ...]:
    """Every status that no edition closes, in the order of the process."""
    found = {
        code: status.closed
        for one in editions().values()
        for code, status in one.process.statuses.items()
    }
    return tuple(code for code, closed in found.items() if not closed and code != "none")


async def _by_status(api: Api) -> list[Bar]:
    found = await asyncio.gather(*(_one(api, "since", status=code) for code in open_statuses()))
    named = zip(open_statuses(), found, strict=True)
    return _measured(
        Bar(
            code,
            told["count"],
            told["count"],
            told["at_least"],
            f"/cases?status={code}&closed=false",
            since=told["cases"][0]["since"],
        )
        for code, told in named
        if told["count"]
    )


async def _by_week(api: Api, today: date) -> list[Bar]:
    """What is past its day, and what ends in each of the next weeks."""
    yesterday = today - timedelta(days=1)
    ends = [yesterday + timedelta(days=7 * week) for week in range(WEEKS + 1)]
    asked = (_one(api, "due", closed="false", due_before=due_up_to(day)) for day in ends)
    bars, earlier = [], 0
    for day, told in zip(ends, await asyncio.gather(*asked), strict=True):
        named, all_ = day.isoformat(), told["count"]
        href = f"/cases?closed=false&until={named}"
        bars.append(Bar(named, all_ - earlier, all_, told["at_least"], href))
        earlier = all_
    return _measured(bars)


async def _one(api: Api, sort: str, **filters: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = await api.get(
        "/v1/cases", sort=sort, limit=1, count="true", **filters
    )
    return found


def _measured(bars: Iterable[Bar]) -> list[Bar]:
    held = list(bars)
    longest = max((one.count for one in held), default=0) or 1
    return [replace(one, part=round(100 * one.count / longest)) for one in held]
