"""Lists of cases, and the search for one. What is personal stands in no address."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Self
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.console.asking import Api, NotDone, api_of
from api.console.forms import faults_of
from api.console.look import page
from api.console.visits import Visitor, prove_same_house
from definitions.forms import is_day
from domain.terms.counting import end_of_day, local_day, rfc3339

router = APIRouter(include_in_schema=False)
PART: Final = 50
# From the end of a day to the first instant that is too late for it.
AFTER: Final = timedelta(seconds=1)
FILTERS: Final = ("status", "region", "item", "language", "silent", "closed", "until", "after")


@dataclass(frozen=True, slots=True)
class AskedCases:
    """Which cases: the filters as they stand in the address."""

    status: Annotated[str, Query(max_length=40)] = ""
    region: Annotated[str, Query(max_length=9)] = ""
    item: Annotated[str, Query(max_length=64)] = ""
    language: Annotated[str, Query(max_length=4)] = ""
    silent: Annotated[str, Query(max_length=5)] = ""
    closed: Annotated[str, Query(max_length=5)] = "false"
    until: Annotated[str, Query(max_length=10, pattern=r"^(\d{4}-\d\d-\d\d)?$")] = ""
    after: Annotated[str, Query(max_length=100)] = ""

    @classmethod
    def read(cls, said: str) -> Self:
        """From the filters as one text; what is no filter is passed over."""
        given = dict(parse_qsl(said))
        return cls(**{name: given[name][:100] for name in FILTERS if name in given})

    def whole(self) -> Self:
        """The same list from its beginning."""
        return replace(self, after="")

    def with_(self, **changes: str) -> str:
        """The address of the list with other filters, from its beginning."""
        return f"/cases?{replace(self.whole(), **changes).said}"

    @property
    def said(self) -> str:
        """The filters as one text."""
        return urlencode({name: one for name in FILTERS if (one := getattr(self, name))})

    @classmethod
    def kept(cls, filters: Mapping[str, str]) -> Self:
        """As the API keeps it: of a term the first instant that is too late."""
        told = {name: filters[name] for name in FILTERS if filters.get(name)}
        if due := filters.get("due_before"):
            told["until"] = local_day(datetime.fromisoformat(due) - 2 * AFTER).isoformat()
        return cls(**{"closed": "", **told})

    @property
    def filters(self) -> dict[str, str]:
        """As the API takes them."""
        told = {name: getattr(self, name) for name in FILTERS if name not in ("until", "after")}
        due = due_up_to(self.day) if self.day else ""
        return {name: one for name, one in (told | {"due_before": due}).items() if one}

    @property
    def day(self) -> date | None:
        """The last day of which terms are asked for."""
        return date.fromisoformat(self.until) if is_day(self.until) else None


@router.get("/cases")
async def cases(
    request: Request, visit: Visitor, asked: Annotated[AskedCases, Depends()]
) -> Response:
    """Cases that I may see, the soonest due first."""
    api = api_of(request, visit)
    found, me = await asyncio.gather(listed_cases(api, asked), api.me())
    return page(request, visit, "cases.html", found=found, asked=asked, kept=kept_of(me))


def kept_of(me: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The lists that somebody comes back to: name and address."""
    return [(one["name"], _address(one["list"])) for one in me["lists"]]


def _address(kept: Mapping[str, Any]) -> str:
    if kept["of"] == "cases":
        return AskedCases.kept(kept["filters"]).with_()
    known = ("of", "kind", "lateness", "assignee")
    told = {name: one for name in known if (one := kept["filters"].get(name))}
    return f"/work?{urlencode(told)}"


async def listed_cases(api: Api, asked: AskedCases, limit: int = PART) -> Any:
    """The part of the list that is asked for."""
    part = {"sort": "due", "limit": limit, "count": "true", "after": asked.after}
    return await api.get("/v1/cases", **asked.filters, **part)


def due_up_to(day: date) -> str:
    """The instant before which a term has ended whose last day is this one, or earlier."""
    return rfc3339(end_of_day(day) + AFTER)


@router.get("/search")
async def search(request: Request, visit: Visitor) -> Response:
    """What can be searched for."""
    return page(request, visit, "search.html", query="", reason="", found=None, faults={})


@router.post("/search")
async def find(
    request: Request,
    visit: Visitor,
    query: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """What was found; a search for a person is recorded with its reason."""
    prove_same_house(request)
    api = api_of(request, visit)
    body = {"query": query, **({"reason": reason} if reason.strip() else {})}
    shown: dict[str, Any] = {"query": query, "reason": reason}
    try:
        found = await api.send("POST", "/v1/search", body, str(uuid4()))
    except NotDone as fault:
        faults = faults_of(fault.problem) or {"query": fault.problem["detail"]}
        return page(
            request, visit, "search.html", status=fault.status, found=None, faults=faults, **shown
        )
    return page(request, visit, "search.html", found=found, faults={}, **shown)
