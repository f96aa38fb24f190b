"""The work list: what waits for somebody, by lateness; its filters stand in the address."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Self
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.access import OFFICIALS
from api.console.asking import Api, api_of
from api.console.forms import plainly
from api.console.house import local
from api.console.lists import kept_of
from api.console.look import page
from api.console.visits import Visitor, prove_same_house
from api.labels import last_day
from api.work.lines import Kind
from db.work import NEVER
from db.work_lists import Lateness

router = APIRouter(prefix="/work", include_in_schema=False)
PART: Final = 50
# What is past its day for longer than this stands first.
VERY_LATE: Final = timedelta(days=7)
FILTERS: Final = ("of", "assignee", "kind", "lateness", "after")
LATENESS: Final[tuple[Lateness, ...]] = ("late", "due_soon", "later")
KINDS: Final[tuple[Kind, ...]] = (
    *("term", "task", "approval", "contest", "question"),
    *("intake", "treasury_report", "registration", "change"),
)
# Where this is to be done a checklist leads to the decision.
REVIEWED: Final = ("review", "second_approval")


@dataclass(frozen=True, slots=True)
class AskedWork:
    """Which work: the filters as they stand in the address."""

    of: Annotated[str, Query(max_length=20)] = ""
    assignee: Annotated[str, Query(max_length=40)] = ""
    kind: Annotated[str, Query(max_length=40)] = ""
    lateness: Annotated[str, Query(max_length=40)] = ""
    after: Annotated[str, Query(max_length=200)] = ""

    def with_(self, **changes: str) -> str:
        """The address of the list with other filters, from its beginning."""
        held = {name: getattr(self, name) for name in FILTERS} | {"after": ""} | changes
        given = {name: one for name, one in held.items() if one}
        return f"/work?{urlencode(given)}" if given else "/work"

    @classmethod
    def read(cls, said: str) -> Self:
        """From the filters as one text; what is no filter is passed over."""
        given = dict(parse_qsl(said))
        return cls(**{name: given.get(name, "")[:200] for name in FILTERS})

    def whole(self) -> Self:
        """The same list from its beginning."""
        return replace(self, after="")

    @property
    def filters(self) -> dict[str, str]:
        """As the API takes them."""
        told = {name: getattr(self, name) for name in FILTERS if name != "after"}
        return {name: one for name, one in told.items() if one}

    @property
    def said(self) -> str:
        """The filters as one text; never empty, so that a page knows that it is walked to."""
        given = {name: one for name in FILTERS if (one := getattr(self, name))}
        return urlencode(given) or "all=1"


@router.get("")
async def work(
    request: Request, visit: Visitor, asked: Annotated[AskedWork, Depends()]
) -> Response:
    """Mine, nobody's, or everybody's; the latest first."""
    api = api_of(request, visit)
    me, found, *counts = await asyncio.gather(
        api.me(),
        listed(api, asked, colleagues="true"),
        *(_count(api, assignee, asked.of) for assignee in ("", "mine", "unassigned")),
    )
    shown: dict[str, Any] = {
        "me": me,
        "questions": await _questions(api, found["tasks"]),
        "progress_of": progress_of,
        "groups": list(_groups(found["tasks"], visit.now)),
        "found": found,
        "counts": dict(zip(("", "mine", "unassigned"), counts, strict=True)),
        "colleagues": _colleagues(me, found),
        "place_of": place_of,
        "last_day_of": last_day_of,
        "kept": kept_of(me),
        "kinds": KINDS,
        "latenesses": LATENESS,
    }
    return page(request, visit, "work.html", asked=asked, **shown)


async def listed(api: Api, asked: AskedWork, limit: int = PART, colleagues: str = "") -> Any:
    """The part of the list that is asked for."""
    filters = {name: getattr(asked, name) for name in FILTERS}
    told = {"sort": "due", "limit": limit, "count": "true", "colleagues": colleagues}
    return await tasks_of(api, **told, **filters)


async def tasks_of(api: Api, **asked: Any) -> Any:
    """A part of the work; what is wrong with what came from outside is told in plain words."""
    found = await api.get("/v1/tasks", **asked)
    for about in (one["about"] for one in found["tasks"] if one["about"]):
        about["wrong"] = plainly(about["wrong"], api.language)
    return found


async def _count(api: Api, assignee: str, of: str) -> int:
    found = await api.get("/v1/tasks", limit=1, count="true", assignee=assignee, of=of)
    return int(found["count"])


async def _questions(
    api: Api, tasks: Sequence[Mapping[str, Any]]
) -> dict[str, list[Mapping[str, Any]]]:
    """Of cases in which somebody is asked, the open questions: to whom, since when."""
    cases = {one["case"] for one in tasks if one["kind"] == "question" and one["case"]}
    found = await asyncio.gather(*(api.get(f"/v1/cases/{one}") for one in sorted(cases)))
    return {one["id"]: one["escalations"] for one in found}


def progress_of(task: Mapping[str, Any]) -> str:
    """Whether anybody has begun: nobody has looked at it, somebody has it, or it goes on."""
    last = task["last"]
    by_people = last is not None and last["actor"]["role"] in OFFICIALS
    if by_people and _instant(last["at"]) > _instant(task["since"]):
        return "moving"
    return "held" if task["assignee"] else "untouched"


def _groups(
    tasks: Sequence[Mapping[str, Any]], now: datetime
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The tasks of each lateness, in the order in which they are looked at."""
    border = now - VERY_LATE
    for name in ("very_late", *LATENESS):
        found = [one for one in tasks if _lateness(one, border) == name]
        if found:
            yield name, found


def _lateness(task: Mapping[str, Any], border: datetime) -> str:
    very = task["due_at"] and datetime.fromisoformat(task["due_at"]) < border
    return "very_late" if very else str(task["lateness"])


def last_day_of(task: Mapping[str, Any]) -> date | None:
    """The last day that is in time; of work on a desk the one before its first late instant."""
    if task["last_day"]:
        return date.fromisoformat(task["last_day"])
    return last_day(task["due_at"])


def _colleagues(me: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, str]:
    """Who beside the reader has work of this list, or stands at the same desk; by name."""
    having = [one["assignee"] for one in found["tasks"] if one["assignee"]]
    known = {
        one["person"]: one["person_label"]
        for one in (*having, *(found["colleagues"] or ()))
        if one.get("person_label") and one["person"] != me["person"]
    }
    return dict(sorted(known.items(), key=lambda one: one[1]))


async def colleagues_of(api: Api) -> dict[str, str]:
    """The same, of all the work that the reader sees."""
    whole = listed(api, AskedWork(), limit=200, colleagues="true")
    me, found = await asyncio.gather(api.me(), whole)
    return _colleagues(me, found)


def place_of(task: Mapping[str, Any], asked: AskedWork) -> str:
    """The page of a piece of work, with the way to its neighbours in the list."""
    trail = urlencode({"list": asked.said, "task": task["id"], "due": task["due_at"] or ""})
    if task["kind"] == "change" and task["reference"]:
        return f"/stuck/{task['reference']}/reset"
    if task["reference"]:
        inner = "/review" if task["code"] in REVIEWED and task["role"] == "caseworker" else ""
        return f"/cases/{task['reference']}{inner}?{trail}"
    if task["href"].startswith("/v1/changes/"):
        return f"/changes/{task['id']}"
    return f"/desks/tasks/{task['id']}?{trail}"


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is who goes through a list: `place` is None for what is not in it any more."""

    back: str
    count: int
    place: int | None
    previous: str | None
    following: str | None


async def walk_of(request: Request, api: Api) -> Walk | None:
    """The neighbours of the page in the list that its address names; None: it names none.

    Work that is done has left the list: its neighbours are those between which it stood.
    """
    said, task = request.query_params.get("list"), request.query_params.get("task")
    if not said:
        return None
    asked = AskedWork.read(said)
    tasks = (await listed(api, asked))["tasks"]
    here = (_instant(request.query_params.get("due")), task or "")
    before = [one for one in tasks if _order(one) < here and one["id"] != task]
    after = [one for one in tasks if _order(one) > here and one["id"] != task]
    still = len(before) + len(after) < len(tasks)
    return Walk(
        back=asked.with_(after=asked.after),
        count=len(tasks),
        place=len(before) + 1 if still else None,
        previous=place_of(before[-1], asked) if before else None,
        following=place_of(after[0], asked) if after else None,
    )


def _order(task: Mapping[str, Any]) -> tuple[datetime, str]:
    """Where a piece of work stands in a list by terms."""
    return _instant(task["due_at"]), task["id"]


def _instant(due: str | None) -> datetime:
    """When it ends; what never does stands last."""
    try:
        found = datetime.fromisoformat(due or "")
    except ValueError:
        return NEVER
    return found if found.tzinfo else NEVER


@router.post("/{task}")
async def take(
    request: Request,
    visit: Visitor,
    task: str,
    act: Annotated[str, Form()],
    person: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/work",
) -> Response:
    """Take a piece of work, give it to a colleague, or give it back."""
    prove_same_house(request)
    api = api_of(request, visit)
    deed = {"act": act, **({"person": person} if act == "assign" else {})}
    await api.send("PATCH", f"/v1/tasks/{task}", deed, key or str(uuid4()))
    return RedirectResponse(local(back), 303)
