"""What is asked of a full base, and how long each answer takes."""

import base64
import json
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from sqlalchemy import Engine, text

from api.console.provider import SignedIn
from api.console.visits import SESSION
from api.limits import Limits
from bench.meters import cpu_seconds
from bench.seeding import Seeded
from db.calendars import approve, calendar_of, propose
from db.engine import reads
from db.extensions import extend_batch
from db.inbox import Submission, put
from db.intake import finish_pending, report_overdue_waits
from db.operations import count, page, shapes
from db.provisional import count_provisional, list_provisional
from db.recounts import count_outcomes
from db.removals import settle_removals
from db.sessions import begin_session
from db.views import read_changes, read_settled
from db.wakes import unheard
from definitions.calendars import CURRENT, calendar_data, calendar_text
from domain.messages import Actor, Role
from tests.api.apps import make_app, make_parts
from tests.api.world import token
from tests.support.door import looked_up
from tests.support.intake import SEAL, iin
from tests.support.play import Host
from workflows.troubles import stuck

TIMES: Final = 40
FEW: Final = 5
WARM: Final = 5
_CASES: Final = text(
    "SELECT case_id, authority_id FROM case_view WHERE status = :status ORDER BY md5(case_id::text)"
    " LIMIT :most"
)
_REFERENCES: Final = text("SELECT reference FROM case_view WHERE case_id = ANY(:cases)")
_PUT_AWAY: Final = text(
    "SELECT case_id FROM case_view WHERE closed AND since < legal_now() - interval '735 days'"
    " ORDER BY since LIMIT 300"
)
_WAKES: Final = text(
    "INSERT INTO wake (case_id, seq, since, tried_at) SELECT case_id, seq,"
    " clock_timestamp() - interval '5 seconds', clock_timestamp() - interval '5 seconds'"
    " FROM case_state WHERE live LIMIT 1000 ON CONFLICT DO NOTHING"
)
LISTS: Final = {
    "by reference": "",
    "open, by reference": "closed=false",
    "by due": "closed=false&sort=due",
    "by due, all": "sort=due",
    "by since": "closed=false&sort=since",
    "choosing, by due": "status=choosing&sort=due",
    "completed": "status=completed",
    "rare status": "status=choice_expired",
    "rare status by due": "status=choice_expired&sort=due",
    "waits for commission": "waits_for=commission",
    "waits for caseworker, by due": "waits_for=caseworker&sort=due",
    "due before": "due_before={tomorrow}&sort=due",
    "stuck": "stuck=true",
    "escalated to me": "escalated_to=me",
    "item": "item=wheelchair",
    "item that is rare": "item=nothing-of-this-kind",
}
SEARCHES: Final[Mapping[str, Mapping[str, str]]] = {
    "end of a reference": {"query": "4711"},
    "any reference": {"query": "0000"},
    "programme": {"query": "P4711", "by": "programme"},
    "rare name": {"query": "Тлеубекова Гулжан", "by": "name"},
    "beginnings of names": {"query": "сер бер", "by": "name"},
    "three letters": {"query": "нур", "by": "name"},
    "nobody": {"query": "Ъъъ", "by": "name"},
    "supplier": {"query": "ТОО 200140000077", "by": "supplier"},
    "item": {"query": "wheelchair", "by": "item"},
}
COUNTS: Final = {
    "all": "limit=1&count=true",
    "open": "closed=false&limit=1&count=true",
    "status": "status=choosing&limit=1&count=true",
    "waits for caseworker": "closed=false&waits_for=caseworker&limit=1&count=true",
    "stuck": "stuck=true&limit=1&count=true",
}
PAGES: Final = {"work list": "/work", "late work": "/work?lateness=late", "overview": "/overview"}
WORK: Final = {
    "by due": "",
    "by since": "sort=since",
    "late": "lateness=late",
    "unassigned": "assignee=unassigned",
    "mine": "assignee=mine",
    "rare kind": "kind=contest",
}


@dataclass
class Timed:
    """Milliseconds of each time a question was asked; CPU of database and portal on average.

    Time drifts with what else the machine does; CPU does not.
    """

    took: list[float] = field(default_factory=list)
    cpu: float = 0.0

    def at(self, share: float) -> float:
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))]

    @property
    def p50(self) -> float:
        return self.at(0.5)

    @property
    def p95(self) -> float:
        return self.at(0.95)

    @property
    def p99(self) -> float:
        return self.at(0.99)


@dataclass(frozen=True)
class QueryWatch:
    """Times questions to the database whose server has this process id."""

    pid: int

    async def later(self, ask: Callable[[], Awaitable[object]], times: int = TIMES) -> Timed:
        """The first times are not counted: a base that is in use is warm."""
        for _ in range(WARM):
            await ask()
        found, before = Timed(), self._spent()
        for _ in range(times):
            begun = time.perf_counter()
            await ask()
            found.took.append((time.perf_counter() - begun) * 1000)
        found.cpu = (self._spent() - before) * 1000 / times
        return found

    async def now(self, ask: Callable[[], object], times: int = FEW) -> Timed:
        """The same of what is asked without waiting."""

        async def asked() -> None:
            ask()

        return await self.later(asked, times)

    def _spent(self) -> float:
        return cpu_seconds(self.pid) + time.process_time()


async def measure(engine: Engine, dsn: str, seeded: Seeded, watch: QueryWatch) -> dict[str, Timed]:
    """Every question but commands, one after the other."""
    parts = replace(
        make_parts(engine, dsn, Host(engine, asleep=True)),
        limits=Limits(requests_per_second=1_000_000),
        # Over TLS cookies have another name, and the wire here has none.
        public_url="http://portal",
    )
    app = make_app(parts)
    found: dict[str, Timed] = {}
    async with app.router.lifespan_context(app):
        wire = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=wire, base_url="http://portal") as http:
            found |= await _of_readers(http, engine, seeded, watch)
        pool = app.state.pool
        settled = await read_settled(pool)
        after = (settled - 1, UUID(int=2**128 - 1))
        found["SSE poll"] = await watch.later(lambda: read_changes(pool, after))
    for name, authority in {"administrator": None, **_authorities(engine, seeded)}.items():
        asked = partial(stuck, None, engine, datetime.now(UTC), authority)
        found[f"stuck, {name}"] = await watch.later(asked)
    return found | await _of_the_law(engine, watch) | await _of_housekeeping(engine, watch)


def _authorities(engine: Engine, seeded: Seeded) -> dict[str, UUID]:
    with reads(engine) as connection:
        rows = connection.execute(text("SELECT bin, id FROM authority")).all()
    known = {row.bin: row.id for row in rows}
    return {"largest": known[seeded.largest], "middling": known[seeded.middling]}


async def _of_readers(
    http: httpx.AsyncClient, engine: Engine, seeded: Seeded, watch: QueryWatch
) -> dict[str, Timed]:
    own = {"iin": iin(1)}
    readers = {
        "administrator": token("administrator", iin=iin(2)),
        "largest authority": token("caseworker", authority=seeded.largest, iin=iin(3)),
        "middling authority": token("caseworker", authority=seeded.middling, iin=iin(4)),
        "commission": token("commission", region=seeded.oblast, iin=iin(5)),
        "supplier": token("supplier", bin=seeded.supplier, iin=iin(6)),
        "recipient": token("recipient", **{**own, "iin": seeded.recipient}),
    }
    found = {}

    async def ask(who: str, path: str, body: Any = None) -> httpx.Response:
        named = {"Authorization": f"Bearer {readers[who]}"}
        method = "GET" if body is None else "POST"
        answer = await http.request(method, path, headers=named, json=body)
        assert answer.status_code == 200, (who, path, answer.text)
        return answer

    async def case(pages: Iterator[UUID]) -> httpx.Response:
        return await ask("administrator", f"/v1/cases/{next(pages)}")

    async def look(who: str, path: str) -> None:
        named = {"Cookie": f"{SESSION}={browsers[who]}", "Accept-Language": "kk"}
        answer = await http.get(path, headers=named)
        assert answer.status_code == 200, (who, path, answer.status_code)

    async def case_page(pages: Iterator[str]) -> None:
        await look("administrator", f"/cases/{next(pages)}")

    with reads(engine) as connection:
        named = {"status": "choosing", "most": 300}
        chosen = {
            "case": [row.case_id for row in connection.execute(_CASES, named)],
            "case put away": list(connection.execute(_PUT_AWAY).scalars()),
        }
    chance = random.Random(1)
    for name, cases in chosen.items():
        pages = cycle(chance.sample(cases, min(len(cases), TIMES + 10)))
        found[name] = await watch.later(partial(case, pages))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for who in readers:
        for kind, queries in (("list", LISTS), ("count", COUNTS)):
            for name, query in queries.items():
                path = f"/v1/cases?{query.format(tomorrow=tomorrow)}"
                found[f"{kind} {name}, {who}"] = await watch.later(partial(ask, who, path))
        for name, said in SEARCHES.items():
            if who != "supplier" or said.keys() == {"query"}:
                asked = partial(ask, who, "/v1/search", {**said, "reason": "Measured"})
                found[f"search {name}, {who}"] = await watch.later(asked)
        for name, query in WORK.items():
            path = f"/v1/tasks?{query}"
            found[f"work {name}, {who}"] = await watch.later(partial(ask, who, path))
        found[f"me, {who}"] = await watch.later(partial(ask, who, "/v1/me"))
    found["cabinet"] = await watch.later(lambda: ask("recipient", "/v1/cabinet"))
    browsers = {who: _browser(engine, who, one) for who, one in readers.items()}
    with reads(engine) as connection:
        references = list(connection.execute(_REFERENCES, {"cases": chosen["case"]}).scalars())
    for name, path in PAGES.items():
        for who in ("largest authority", "middling authority", "administrator", "commission"):
            found[f"page {name}, {who}"] = await watch.later(partial(look, who, path))
    shown = cycle(references)
    found["page case"] = await watch.later(partial(case_page, shown))
    return found


def _browser(engine: Engine, who: str, bearer: str) -> str:
    """The cookie of somebody who has signed in to the pages."""
    now = time.time()
    role = "caseworker" if who.endswith("authority") else who
    known = SignedIn(bearer, role, now + 3600, now)
    secret = secrets.token_bytes(32)
    with engine.begin() as connection:
        until = datetime.fromtimestamp(known.until, UTC)
        begin_session(connection, secret, json.dumps(asdict(known)).encode(), until)
    return base64.urlsafe_b64encode(secret).decode()


def commands(*bases: tuple[Engine, int], turns: int = 200) -> list[Timed]:
    """A plain command, each on another case: in turn on these bases, whose servers are known by
    their process ids.
    """
    sides = [(_commander(engine), pid, Timed()) for engine, pid in bases]
    for turn in range(turns + WARM):
        for ask, pid, timed in sides:
            spent, own, begun = cpu_seconds(pid), time.process_time(), time.perf_counter()
            ask()
            took, own = time.perf_counter() - begun, time.process_time() - own
            if turn >= WARM:
                timed.took.append(took * 1000)
                timed.cpu += (own + cpu_seconds(pid) - spent) * 1000 / turns
    return [timed for _, _, timed in sides]


def _commander(engine: Engine) -> Callable[[], None]:
    """A question put to the administrators by a caseworker of the case's authority."""
    with reads(engine) as connection:
        named = {"status": "choosing", "most": 300}
        places = cycle(list(connection.execute(_CASES, named)))
    said = {"to": "administrators", "reason": True}

    def command() -> None:
        row = next(places)
        clerk = Actor(role=Role.CASEWORKER, id=str(uuid4()), on_behalf_of=str(row.authority_id))
        asked = Submission(
            case_id=str(row.case_id),
            name="escalate",
            actor=clerk,
            key=str(uuid4()),
            body=b"{}",
            data=said,
            facts=looked_up(said),
        )
        with engine.begin() as connection:
            stored = put(connection, SEAL, asked)
        assert [one.type for one in stored.events] == ["escalated"]

    return command


async def _of_the_law(engine: Engine, watch: QueryWatch) -> dict[str, Timed]:
    """A day is given off; which deadlines move, and the first parts of moving them."""
    found = {}
    with engine.begin() as connection:
        change = propose(connection, uuid4(), _days())
    with reads(engine) as connection:
        found["provisional count"] = await watch.now(lambda: count_provisional(connection))
        found["provisional list"] = await watch.now(
            lambda: list_provisional(connection, most=50), 20
        )
        found["preview"] = await watch.now(lambda: count_outcomes(connection, calendar_of(change)))
    with engine.begin() as connection:
        approve(connection, uuid4(), change.id)
    found["sweep of the calendar"] = await watch.now(lambda: extend_batch(engine, timedelta()))
    return found


def _days() -> dict[str, Any]:
    data = calendar_data(calendar_text(CURRENT))
    day = datetime.now(UTC).date() + timedelta(days=30)
    while day.weekday() > 3 or any(row["date"] == day.isoformat() for row in data["day"]):
        day += timedelta(days=1)
    off: Mapping[str, Any] = {
        "date": day.isoformat(),
        "working": False,
        "reason": "holiday:announced",
        "source": "Government decree 1",
    }
    rows = sorted([*data["day"], off], key=lambda row: str(row["date"]))
    return {**data, "version": "kz-2027-01", "day": rows}


async def _of_housekeeping(engine: Engine, watch: QueryWatch) -> dict[str, Timed]:
    found = {}

    def look() -> None:
        settle_removals(engine)
        report_overdue_waits(engine, SEAL)
        finish_pending(engine, SEAL)
        with engine.begin() as connection:
            unheard(connection, 50)

    with engine.begin() as connection:
        connection.execute(_WAKES)
    found["sweep of housekeeping"] = await watch.now(look)
    with reads(engine) as connection:
        found["release check"] = await watch.now(lambda: list(shapes(connection, None)))
        found["operations: page and count"] = await watch.now(
            lambda: (page(connection, UUID(int=0), 50), count(connection))
        )
    return found
