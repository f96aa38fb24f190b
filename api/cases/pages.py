"""One case as its reader sees it, rendered once for each event and reader."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from api.access import OFFICIALS, Parties, actor_of, is_asked, may_see
from api.auth import Caller
from api.cases.may import told_you
from api.cases.notices import is_told, told_notice
from api.cases.stands import Stands
from api.cases.steps import told_next
from api.cases.timeline import NOTED, brought, code_papers, documents, headline, told_actor, told_of
from api.labels import is_named, labelled
from api.language import asked, words
from api.names import Names, Wanted, places_in
from api.problems import Problem
from api.rendering import dump, instant
from db.documents import SIGNATURE
from db.engine import reads
from db.events import event_of
from db.notices import SentNotice, notices_of
from db.pool import ReadPool
from db.reference import known_of
from db.sealing import Seal
from db.views import read_arrival, read_file, read_page, read_stand, read_timeline
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.case.awaited import Reader, steps_of
from domain.case.outlook import choices
from domain.case.projection import MOST, Projection, project, told_period, view_of
from domain.case.state import Case, Measure, Period
from domain.messages import Actor, Role
from domain.parties.sight import Sight, sight, with_ends
from domain.process import Edition
from domain.terms.agenda import revoked_ahead
from domain.terms.counting import ZONE

MOST_PAGES: Final = 2_000
# A page has the last lines of a timeline; what came before is read part by part.
LINES: Final = 3
# So many of what was said last.
NOTICES: Final = 3
PRIVATE: Final = {"Cache-Control": "private, no-cache"}
# What is known of a reader beside the case may change without an event.
KNOWN_FOR: Final = timedelta(minutes=1)
Known = Callable[[Caller, Any, Case], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class WantedPage:
    """Whether with every command, also those that are not allowed; of one `period` alone."""

    every: bool = False
    period: int | None = None


USUAL: Final = WantedPage()


@dataclass(frozen=True, slots=True)
class ToldFile:
    """What a reader is told of the file: the last `lines` of the timeline, and the last of them
    that brought `papers`; one more of each than a page has. `noted`: how many since the first line
    of the page are folded away. `seen`: the case of a supplier.
    """

    lines: list[dict[str, Any]]
    papers: list[dict[str, Any]]
    notices: Sequence[SentNotice] = ()
    noted: int = 0
    seen: Sight | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader gets until `until` (legal time), or until the case is written anew.

    `xid` is the transaction that wrote it. `beside`: which of the case's authorities could not pay,
    who was asked, and what other cases held of the norm when it was made.
    """

    xid: int
    beside: tuple[tuple[Any, ...], ...]
    until: datetime
    etag: str
    body: bytes

    def still_holds(self, stand: Any) -> bool:
        """Whether nothing has changed since that this page tells."""
        same = (self.xid, self.beside) == (stand["xid"], _beside(stand))
        return same and bool(stand["now"] < self.until)


def _beside(row: Any) -> tuple[tuple[Any, ...], ...]:
    held = (row["unheld"], row["norm_held"])
    return tuple(row["without_account"]), tuple(row["asked_ids"]), held


class Pages:
    """Renders pages, and keeps those asked for last."""

    def __init__(self, engine: Engine, seal: Seal, names: Names) -> None:
        self._engine, self._seal, self._names = engine, seal, names
        self._kept: OrderedDict[tuple[UUID, Caller, str, WantedPage], Page] = OrderedDict()
        self._stands = Stands()

    async def read(
        self, pool: ReadPool, caller: Caller, case_id: UUID, wanted: WantedPage = USUAL
    ) -> Page:
        """The page. Problem `not_found` for those to whom case or period does not exist."""
        key = (case_id, caller, asked(), wanted)
        if (kept := self._kept.get(key)) is not None:
            # As long as it holds nobody else has the case, nor is anybody else asked in it.
            stand = await self._stands.of(pool, case_id)
            if stand is not None and kept.still_holds(stand):
                self._kept.move_to_end(key)
                return kept
        return await self._made(pool, caller, case_id, wanted)

    async def changed(
        self,
        pool: ReadPool,
        caller: Caller,
        case_id: UUID,
        case: Case | None,
        known: Mapping[str, Any] | None,
    ) -> Page:
        """The page of a case that this caller has just changed: nobody can have kept it.

        `case`: as it was written; `known`: what is known of the caller, where that was looked up
        just now. Problem `not_found` for those whose case it is no more.
        """
        return await self._made(pool, caller, case_id, USUAL, case, known)

    async def _made(
        self,
        pool: ReadPool,
        caller: Caller,
        case_id: UUID,
        wanted: WantedPage,
        case: Case | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> Page:
        row = await read_page(pool, case_id, LINES + 1, MOST + 1, case.seq if case else 0)
        if row is None:
            return await _arrived(pool, caller, case_id, self._known, wanted)
        check_sight(caller, row)
        told = await _told(pool, caller, case_id, row)
        if case is None or row["state"] is not None:
            case = Case.model_validate_json(row["state"])
        known = await self._known(caller, row, case) if known is None else known
        body = code_papers(_body(row, caller, case, told, known, wanted), self._seal)
        places = places_in(body, caller)
        if unknown := self._names.missing(places):
            await run_in_threadpool(self._look_up, unknown)
        named, made = self._names.put(places), _rendered(row, case, known, body)
        if named:  # who has no name yet gets one by no event
            self._kept[case_id, caller, asked(), wanted] = made
        while len(self._kept) > MOST_PAGES:
            self._kept.popitem(last=False)
        return made

    def _look_up(self, names: Collection[Wanted]) -> None:
        with reads(self._engine) as connection:
            self._names.look_up(connection, self._seal, names)

    async def _known(self, caller: Caller, row: Any, case: Case) -> dict[str, Any]:
        """What is known of the reader beside the case; while nothing is ordered, only of those who
        act for others.
        """
        actor = actor_of(caller, Parties.of(row))
        if actor.on_behalf_of is None and not row["supplier_ids"]:
            return {}
        return await run_in_threadpool(_known_of, self._engine, case, actor)


def _known_of(engine: Engine, case: Case, actor: Actor) -> dict[str, Any]:
    with reads(engine) as connection:
        return known_of(connection, case, actor)


async def sight_of(pool: ReadPool, caller: Caller, case_id: UUID) -> Sight | None:
    """What a supplier sees of a case; None for all others, who see the case.

    Problem `not_found` for those to whom it does not exist.
    """
    stand = await check_access(pool, caller, case_id)
    if caller.role != Role.SUPPLIER:
        return None
    return (await _walked(pool, caller, case_id, stand))[0]


async def _walked(
    pool: ReadPool, caller: Caller, case_id: UUID, row: Any
) -> tuple[Sight, list[dict[str, Any]]]:
    """What a supplier sees of the case of a row, and the lines of the timeline that it is told:
    they lie anywhere in the file.
    """
    rows = await read_file(pool, case_id, row["seq"])
    begun = Case(id=str(case_id), edition=row["edition"])
    events, process = map(event_of, rows), edition(row["edition"]).process
    seen = sight(begun, events, str(caller.on_behalf_of), process)
    return seen, told_of(seen, (json.loads(one["line"]) for one in rows))


async def _told(pool: ReadPool, caller: Caller, case_id: UUID, row: Any) -> ToldFile:
    notices = [one for one in notices_of(row["notices"]) if is_told(one, caller)][:NOTICES]
    if caller.role != Role.SUPPLIER:
        lines = json.loads(row["timeline"])
        # Numbers have no gap: what is not among the last lines has been folded away.
        noted = row["seq"] + 1 - lines[-LINES:][0]["seq"] - len(lines[-LINES:]) if lines else 0
        return ToldFile(lines, json.loads(row["papers"]), notices, noted)
    seen, every = await _walked(pool, caller, case_id, row)
    lines = [one for one in every if one["type"] != NOTED]
    papers = [one for one in every if brought([one])]
    since = lines[-LINES:][0]["seq"] if lines else 0
    noted = sum(one["type"] == NOTED and one["seq"] > since for one in every)
    return ToldFile(lines[-LINES - 1 :], papers, notices, noted, seen)


def _body(
    row: Any,
    caller: Caller,
    case: Case,
    told: ToldFile,
    known: Mapping[str, Any],
    wanted: WantedPage,
) -> dict[str, Any]:
    parties = Parties.of(row)
    if not may_see(caller, parties):
        raise Problem("not_found")
    shown = told.seen.case if told.seen else case
    held = edition(case.edition)
    law = (with_ends(held) if told.seen else held, current_calendar())
    seen = project(shown, *law)
    view = _view(seen, shown, caller, law[0], wanted)
    numbers = {None, *(one["number"] for one in view["periods"])}
    facts, actor = {**known, **_facts(caller, row)}, actor_of(caller, parties)
    if told.seen:
        facts["terms_hidden"] = told.seen.hidden(case)
    found = choices(case, actor, row["now"], held, law[1], facts, every=wanted.every)
    may = {(one["name"], one["period"]) for one in found if one["allowed"]}
    steps = steps_of(shown, law, seen.awaited, Reader(caller.role, may, row["now"]))
    ahead = revoked_ahead(shown, law[0].process)
    found = [one for one in found if one["period"] in numbers]
    papers = [one for one in documents(told.papers, case.id) if one["kind"] != SIGNATURE]
    cut = len(told.lines) > LINES or max(len(papers), len(told.papers)) > MOST
    return {
        **view,
        "tasks": [{**task, "label": words("task", task["code"])} for task in view["tasks"]],
        "next": told_next(steps, caller.role, row["now"], ahead),
        "you": told_you(case, shown, actor, found, steps, wanted.every),
        "notices": [told_notice(one, in_full=False) for one in told.notices],
        "timeline": [headline(one, caller) for one in told.lines[-LINES:]],
        "noted": told.noted,
        "earlier": f"/v1/cases/{case.id}/events" if cut or told.noted else None,
        "deadlines": [one for one in _deadlines(shown) if one["period"] in numbers],
        # Of whoever was erased nobody can read a paper any more.
        "documents": [] if row["erased_at"] else papers[-MOST:],
        **({"erased_at": row["erased_at"]} if row["erased_at"] else {}),
    }


def _rendered(row: Any, case: Case, known: Mapping[str, Any], body: dict[str, Any]) -> Page:
    """The page of a body: how long it holds, and by what it is known again."""
    rendered = dump(labelled(body))
    etag = f'"{body["version"]}.{hashlib.sha256(rendered).hexdigest()[:12]}"'
    until = _until(case, row["now"])
    if known or body["notices"] or not is_named(body["measure"]["item"]):  # changes by no event
        until = min(until, row["now"] + KNOWN_FOR)
    return Page(row["xid"], _beside(row), until, etag, rendered)


def _view(
    seen: Projection, shown: Case, caller: Caller, law: Edition, wanted: WantedPage
) -> dict[str, Any]:
    """The part of the page that is the same for all who see this of the case."""
    view = view_of(shown, seen, law)
    if caller.role not in OFFICIALS:
        view |= {"tasks": [], "escalations": [], "more": {"tasks": 0, "escalations": 0}}
        view["authority"] = seen.authority
    if wanted.period is not None:
        if wanted.period not in shown.periods:
            raise Problem("not_found")
        view["periods"] = [told_period(shown, shown.periods[wanted.period], law, seen.awaited)]
    if caller.role in OFFICIALS:
        for told in view["periods"]:
            told["decisions"] = list(_decisions(shown.periods[told["number"]], law, caller))
    # Its sum is that of the receipt: an order's own stands with the order and its offers.
    assert shown.measure is not None, "what is shown has a measure"
    view["measure"]["catalogue"] = shown.measure.catalogue
    return view


def _decisions(period: Period, law: Edition, caller: Caller) -> Iterator[dict[str, Any]]:
    """Who has decided what, as far as it stands; of two the first is told before the second."""
    commands = {row.confirms: row.on for row in law.process.rows if row.confirms}
    for one in period.decisions:
        who = told_actor(Role.CASEWORKER, one.by, caller)
        yield {"name": commands.get(one.kind, one.kind), "at": instant(one.at), **who}


async def read_events(
    pool: ReadPool, caller: Caller, case_id: UUID, after: int, most: int
) -> list[Any]:
    """Lines of a timeline after a number, as far as the caller sees them."""
    stand = await check_access(pool, caller, case_id)
    if caller.role != Role.SUPPLIER:
        return await read_timeline(pool, case_id, after, most)
    _, lines = await _walked(pool, caller, case_id, stand)
    return [one for one in lines if one["seq"] > after][:most]


async def check_access(pool: ReadPool, caller: Caller, case_id: UUID) -> Any:
    """How far the case stands. Problem `not_found` for those to whom it does not exist."""
    stand = await read_stand(pool, case_id)
    check_sight(caller, stand)
    return stand


def check_sight(caller: Caller, stand: Any) -> None:
    """Problem `not_found` where there is no case, or none for this caller."""
    if stand is None or not may_see(caller, Parties.of(stand)):
        raise Problem("not_found")


async def _arrived(
    pool: ReadPool, caller: Caller, case_id: UUID, known: Known, wanted: WantedPage
) -> Page:
    """A case that has been received and waits for its run: the same page, without a line."""
    row = await read_arrival(pool, case_id)
    if row is None:
        raise Problem("not_found")
    measure = Measure.model_validate_json(row["measure"])
    period = Period(number=1, status="received", since=row["submitted_at"])
    case = Case(id=str(case_id), edition=row["edition"], measure=measure, periods={1: period})
    seen = project(case, edition(case.edition), current_calendar())
    written = {
        "seq": seen.seq,
        "xid": 0,
        "recipient_id": UUID(seen.recipient),
        "representative_ids": [UUID(one) for one in seen.representatives],
        "authority_id": UUID(seen.authority),
        "region": seen.region,
        **{name: [] for name in ("payer_ids", "supplier_ids", "without_account", "asked_ids")},
        **{"unheld": False, "erased_at": None, "norm_held": None},
        "edition": row["edition"],
        "now": row["now"],
    }
    found = await known(caller, written, case)
    body = _body(written, caller, case, ToldFile([], []), found, wanted)
    return _rendered(written, case, found, body)


def _facts(caller: Caller, row: Any) -> dict[str, Any]:
    """What decides beside the case and stands in its row."""
    unheld, held = caller.role == Role.ADMINISTRATOR and row["unheld"], row["norm_held"] or "{}"
    asked = {"actor_is_asked": is_asked(caller, Parties.of(row)) or unheld}
    return {**asked, "without_account": row["without_account"], "norm_held": json.loads(held)}


def _deadlines(case: Case) -> Iterator[dict[str, Any]]:
    """Those that run or stand still, by period and time: the map in the state has no order."""
    found = [
        (period.number, one.expires_at, one.term)
        for period, one in case.deadlines()
        if not one.stopped or one.rest is not None
    ]
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
            **({"rest": one.rest} if one.rest else {}),
            "href": f"/v1/cases/{case.id}/deadlines/{period.number}/{one.term}",
        }


def _until(case: Case, now: datetime) -> datetime:
    """When time alone may change what somebody may do: the next deadline, or local midnight."""
    local = now.astimezone(ZONE) + timedelta(days=1)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    coming = (d.expires_at for _, d in case.deadlines() if d.expires_at > now)
    return min([midnight, *coming])
