"""One case as its reader sees it, rendered once for each event and reader."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from api.access import Parties, actor_of, is_asked, may_see
from api.auth import Caller
from api.commands import address
from api.problems import Problem, told_reasons
from api.rendering import dump, instant
from db.views import read_arrival, read_page, read_stand, read_timeline
from definitions.calendars import current_calendar
from definitions.editions import edition
from definitions.wording import READERS, UnknownText, every_language
from domain.case import Case, Measure, Period
from domain.messages import Role
from domain.outlook import choices
from domain.projection import project
from domain.terms import ZONE

MOST_PAGES: Final = 2_000
MOST_EVENTS: Final = 100_000
PRIVATE: Final = {"Cache-Control": "private, no-cache"}
OFFICIALS: Final = frozenset((Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR))


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader gets until `until` (legal time), or until the file has another event.

    `without_account` are those of the case's authorities that could not pay when it was rendered.
    """

    seq: int
    without_account: tuple[str, ...]
    until: datetime
    etag: str
    body: bytes

    def still_holds(self, stand: Any) -> bool:
        """Whether nothing has changed since that this page tells."""
        same = (self.seq, self.without_account) == (stand["seq"], tuple(stand["without_account"]))
        return same and bool(stand["now"] < self.until)


class Pages:
    """Renders pages, and keeps those asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, Caller], Page] = OrderedDict()

    async def read(self, pool: Any, caller: Caller, case_id: UUID) -> Page:
        """The page. Problem `not_found` for those to whom the case does not exist."""
        stand = await read_stand(pool, case_id)
        if stand is None:
            return await _arrived(pool, caller, case_id)
        check_sight(caller, stand)
        key = (case_id, caller)
        kept = self._kept.get(key)
        if kept is not None and kept.still_holds(stand):
            self._kept.move_to_end(key)
            return kept
        made = _render(await read_page(pool, case_id), caller)
        self._kept[key] = made
        while len(self._kept) > MOST_PAGES:
            self._kept.popitem(last=False)
        return made


def _render(row: Any, caller: Caller) -> Page:
    parties = Parties.of(row)
    if not may_see(caller, parties):
        raise Problem("not_found")
    case = Case.model_validate_json(row["state"])
    events = json.loads(row["timeline"])
    view = json.loads(row["view"])
    if caller.role == Role.SUPPLIER:
        events = list(_of_supplier(events, str(caller.on_behalf_of)))
        view["periods"] = [_own(one, str(caller.on_behalf_of)) for one in view["periods"]]
    if caller.role not in OFFICIALS:
        view |= {"tasks": [], "escalations": []}
    assert case.measure is not None, "what is shown has a measure"
    body = {
        **view,
        # Its sum is that of the receipt: an order's own stands with the order and its offers.
        "measure": {**view["measure"], "catalogue": case.measure.catalogue},
        "tasks": [{**task, "label": words("task", task["code"])} for task in view["tasks"]],
        "status_label": words("status", view["status"]),
        "next": _next(view, row["now"]),
        "you": _you(case, caller, parties, row),
        "timeline": [timeline_event(one) for one in events],
        "deadlines": list(_deadlines(case)),
        "documents": list(_documents(events, case.id)),
    }
    rendered = dump(body)
    etag = f'"{row["seq"]}.{hashlib.sha256(rendered).hexdigest()[:12]}"'
    poor = tuple(row["without_account"])
    return Page(row["seq"], poor, _until(case, row["now"]), etag, rendered)


async def read_events(pool: Any, caller: Caller, case_id: UUID, after: int, most: int) -> list[Any]:
    """Lines of a timeline after a number, as far as the caller sees them."""
    await check_access(pool, caller, case_id)
    if caller.role != Role.SUPPLIER:
        return await read_timeline(pool, case_id, after, most)
    every = await read_timeline(pool, case_id, 0, MOST_EVENTS)
    theirs = _of_supplier(every, str(caller.on_behalf_of))
    return [event for event in theirs if event["seq"] > after][:most]


async def check_access(pool: Any, caller: Caller, case_id: UUID) -> Any:
    """How far the case stands. Problem `not_found` for those to whom it does not exist."""
    stand = await read_stand(pool, case_id)
    check_sight(caller, stand)
    return stand


def check_sight(caller: Caller, stand: Any) -> None:
    """Problem `not_found` where there is no case, or none for this caller."""
    if stand is None or not may_see(caller, Parties.of(stand)):
        raise Problem("not_found")


async def _arrived(pool: Any, caller: Caller, case_id: UUID) -> Page:
    """A case that has been received and waits for its run: the same page, without a line."""
    row = await read_arrival(pool, case_id)
    if row is None:
        raise Problem("not_found")
    measure = Measure.model_validate_json(row["measure"])
    period = Period(number=1, status="received", since=row["submitted_at"])
    case = Case(id=str(case_id), edition=row["edition"], measure=measure, periods={1: period})
    seen = project(case, edition(case.edition))
    written = {
        "seq": seen.seq,
        "recipient_id": UUID(seen.recipient),
        "representative_ids": [UUID(one) for one in seen.representatives],
        "authority_id": UUID(seen.authority),
        "payer_ids": [],
        "supplier_ids": [],
        "region": seen.region,
        "view": json.dumps(seen.view),
        "state": case.model_dump_json(),
        "timeline": "[]",
        "without_account": [],
        "asked_ids": [],
        "edition": row["edition"],
        "now": row["now"],
    }
    return _render(written, caller)


@cache
def words(group: str, code: str) -> dict[str, str]:
    """A label in kk, ru and en; the code itself where nobody wrote one."""
    try:
        return every_language(f"{group}.{code}")
    except UnknownText:
        return dict.fromkeys(("kk", "ru", "en"), code)


def _next(view: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Who acts next, by when, and what happens otherwise."""
    due = view["due"]
    told = [words("waits_for", who) for who in view["waits_for"]]
    return {
        "who": view["waits_for"],
        "text": {lang: " / ".join(one[lang] for one in told) for lang in ("kk", "ru", "en")},
        "by": due and due["expires_at"],
        "last_day": due and due["last_day"],
        "overdue": bool(due) and datetime.fromisoformat(due["expires_at"]) <= now,
        "otherwise": due and words("otherwise", due["otherwise"]),
    }


def _you(case: Case, caller: Caller, parties: Parties, row: Any) -> dict[str, Any]:
    actor = actor_of(caller, parties)
    facts = {
        "without_account": row["without_account"],
        "actor_is_asked": is_asked(caller, parties),
    }
    found = choices(case, actor, row["now"], edition(case.edition), current_calendar(), facts)
    may = [
        {
            "name": one["name"],
            "period": one["period"],
            "label": words("command", one["name"]),
            "href": f"/v1/cases/{case.id}/{address(one['name'])}",
            "allowed": one["allowed"],
            "reasons": told_reasons(one["reasons"]),
        }
        for one in found
    ]
    role = caller.role.value
    told = words(f"now.{role}", case.status) if role in READERS else None
    return {"role": role, "text": told, "may": may}


def timeline_event(row: dict[str, Any]) -> dict[str, Any]:
    """One line of a timeline, from the columns of an event."""
    told = {name: row[name] for name in ("seq", "type", "row", "period", "to", "basis")}
    reasons = told_reasons(row["reasons"]) if row["reasons"] else None
    return {
        **told,
        "text": words("happened", row["type"]),
        "actor": {"role": row["actor"]},
        "at": instant(_instant(row["at"])),
        "message": _message(row["message"]),
        **({"confirms": _message(row["first"])} if row["first"] else {}),
        **({"reasons": reasons} if reasons else {}),
    }


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _message(message_id: str) -> str | None:
    """The address of the message behind an event; deadlines and effects have none."""
    try:
        return f"/v1/messages/{UUID(message_id)}"
    except ValueError:
        return None


def _deadlines(case: Case) -> Iterator[dict[str, Any]]:
    """By period and time: the map in the state has no order of its own."""
    found = [(period.number, one.expires_at, one.term) for period, one in case.deadlines()]
    for number, _, term in sorted(found):
        period = case.periods[number]
        one = period.deadlines[term]
        yield {
            "period": period.number,
            "term": one.term,
            "revision": one.revision,
            "last_day": one.last_day,
            "expires_at": one.expires_at,
            "reminders": sorted(one.reminders.values()),
            "over": "over" in one.fired,
            "stopped": one.stopped,
            "rest": one.rest,
            "certificate": one.certificate,
            "href": f"/v1/cases/{case.id}/deadlines/{period.number}/{one.term}",
        }


def _documents(events: Iterable[dict[str, Any]], case_id: str) -> Iterator[dict[str, Any]]:
    """What was signed or decided, in the order in which it came into the file; each once."""
    seen: set[str] = set()
    for event in events:
        application, paper = event["application"] or {}, event["paper"]
        found = [*_signed(application)]
        if paper:
            found.append((paper["kind"], event["actor"], paper["sha256"]))
        for kind, by, sha256 in found:
            if sha256 not in seen:
                seen.add(sha256)
                yield {
                    "kind": kind,
                    "sha256": sha256,
                    "version": application.get("version", 1),
                    "by": by,
                    "href": f"/v1/cases/{case_id}/documents/{sha256}",
                }


def _signed(application: dict[str, Any]) -> Iterator[tuple[str, str | None, str]]:
    if not application:
        return
    yield "application", None, application["sha256"]
    signatures = sorted(application["signatures"].items(), key=lambda one: (one[1]["at"], one[0]))
    for role, signature in signatures:
        yield "signature", role, signature["cms_sha256"]
    if account := application["account"]:
        yield "account", "supplier", account["sha256"]
        yield "signature", "supplier", account["cms_sha256"]


def _of_supplier(events: Iterable[dict[str, Any]], supplier: str) -> Iterator[dict[str, Any]]:
    """What happened while an order of this supplier was live; the rest is not theirs to see."""
    theirs: dict[int, bool] = {}
    for event in events:
        period = event["period"]
        live = [order for order in event["orders"] or () if order["live"]]
        mine = any(_is_of(order, supplier) for order in live)
        if theirs.get(period) or mine:
            yield event
        if event["orders"] is not None:
            theirs[period] = mine


def _own(period: dict[str, Any], supplier: str) -> dict[str, Any]:
    """A period without the orders of other suppliers and what belongs to those."""
    earlier = [one for one in period["earlier_orders"] if _is_of(one, supplier)]
    kept = {**period, "earlier_orders": earlier}
    order = period["order"]
    if order is not None and _is_of(order, supplier):
        return kept
    nothing: dict[str, Any] = {
        "order": None,
        "application": None,
        "delivery": None,
        "payments": [],
        "flags": [],
        "dispute": None,
        "claim": None,
    }
    return {**kept, **nothing}


def _is_of(order: dict[str, Any], supplier: str) -> bool:
    """An order of this supplier, or one in which it takes the supplier's place."""
    return supplier in (order["supplier"], order.get("successor"))


def _until(case: Case, now: datetime) -> datetime:
    """When time alone may change what somebody may do: the next deadline, or local midnight."""
    local = now.astimezone(ZONE) + timedelta(days=1)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    coming = (d.expires_at for _, d in case.deadlines() if d.expires_at > now)
    return min([midnight, *coming])
