"""The product: whole cases against its API, all parties over HTTP, as lightly as clients could.

A case is a first message, nine more (proof of the notice, seven commands, the treasury's word), and
nine effects (a notice, six texts, a payment, a report).
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from temporalio.client import Client

from bench.bare import EFFECTS, MESSAGES
from bench.counters import Counted, CountedStatement, count_all
from bench.meters import sqlite_bytes
from bench.turns import in_flight
from bench.wire import Reply, Wire
from cli.home import local_postgres
from cli.people import sample_authorities
from cli.postgres import APP, OWNER, SUPERUSER
from cli.samples import load_authorities
from cli.stack import Stack
from sandbox.identities import make_bin, make_iban, make_iin, make_phone
from sandbox.party import Party

ITEM = {
    "classifier_code": "MOBILITY-WHEELCHAIR-OUTDOOR",
    "name_kk": "Кресло-арба",
    "name_ru": "Кресло-коляска",
    "category": "MOBILITY_AID",
    "quantity": 1,
    "unit": "PIECE",
}
PRICE = 20_000_000
KATO = "711110000"
AUTHORITY = "200140900011"  # one of the samples
TO = {"address": "Алматы, Абай даңғылы 10, 5-пәтер"}
PATIENCE_SECONDS = 60
_SHAPE = (
    "SELECT (SELECT count(*) - 1 FROM inbox WHERE case_id = %(case)s), (SELECT count(DISTINCT"
    " message_id) FROM event WHERE case_id = %(case)s AND message_id LIKE 'effect:%%')"
)


class WentWrong(Exception):
    """The product answered what a case on its straight way is not answered."""


@dataclass(frozen=True)
class Cast:
    """Everybody but the recipients."""

    esobes: str
    supplier: Party
    first: Party
    second: Party
    offer: str
    iban: str


def cast(stack: Stack) -> Cast:
    """Enrol the parties, and put one offer on the portal."""
    sandbox = stack.urls["sandbox"]
    admin = _token(sandbox, {"role": "administrator", "iin": make_iin(90_000)})
    supplier = Party.enrol(
        sandbox,
        role="supplier",
        iin=make_iin(90_001),
        bin=make_bin(901),
        common_name="ҮЛГІ ЖЕТКІЗУШІ",
        organisation="Үлгі",
    )
    with httpx.Client(base_url=stack.urls["api"], timeout=30, trust_env=False) as client:
        load_authorities(stack, client, sample_authorities())
        made = client.post(
            "/v1/suppliers",
            headers=as_one(admin),
            json={
                "bin": make_bin(901),
                "name": "Үлгі",
                "phone": make_phone(90_001),
                "email": None,
                "regions": ["71"],
                "active": True,
            },
        )
        made.raise_for_status()
        offered = client.put(
            f"/v1/suppliers/{made.json()['id']}/offers/{ITEM['classifier_code']}",
            headers=as_one(supplier.token),
            json={"price": PRICE},
        )
        offered.raise_for_status()
    return Cast(
        esobes=_token(sandbox, {"role": "esobes"}),
        supplier=supplier,
        first=_caseworker(sandbox, 90_002),
        second=_caseworker(sandbox, 90_003),
        offer=str(offered.json()["id"]),
        iban=make_iban(901),
    )


def as_one(token: str) -> dict[str, str]:
    """Who asks, and the key of one request."""
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}


def _token(sandbox: str, claims: dict[str, Any]) -> str:
    with httpx.Client(base_url=sandbox, timeout=30, trust_env=False) as client:
        answer = client.post("/identity/token", json=claims)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _caseworker(sandbox: str, number: int) -> Party:
    return Party.enrol(
        sandbox,
        role="caseworker",
        iin=make_iin(number),
        authority=AUTHORITY,
        common_name="ҮЛГІ МАМАН",
    )


def recipient(sandbox: str, number: int) -> Party:
    """The number-th person with a programme, with key and token."""
    return Party.enrol(sandbox, role="recipient", iin=make_iin(number), common_name="ҮЛГІ АЛУШЫ")


def message(person: Party, number: int) -> dict[str, Any]:
    """What E-Собес sends for the number-th person."""
    return {
        "message_id": f"bench-{number}",
        "kind": "measure",
        "measure_id": f"B-{number}",
        "programme": {
            "number": f"BENCH-{number}",
            "developed_on": "2026-10-12",
            "valid_until": "2029-10-12",
            "part": "SOCIAL",
            "revision": 1,
        },
        "person": {
            "iin": person.identity["iin"],
            "surname": "Үлгі",
            "name": "Алушы",
            "patronymic": None,
            "birth_date": None,
            "disability_group": "1",
            "phone": make_phone(number),
            "phone_confirmed": True,
            "email": None,
            "email_confirmed": False,
            "language": "kk",
            "kato": KATO,
            "authority_bin": AUTHORITY,
        },
        "representative": None,
        "item": ITEM,
        "implement_from": None,
        "implement_until": "2028-10-12",
        "payer": "BUDGET",
    }


class News:
    """What the product's one stream of changes says: how far each case has come."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.changed: dict[str, asyncio.Event] = {}

    async def follow(self, wire: Wire, token: str) -> None:
        """As the back office of a portal does: one stream for all its cases."""
        headers = {"Authorization": f"Bearer {token}"}
        async for line in wire.lines("/v1/stream", headers):
            if line.startswith(b"data: "):
                told = json.loads(line[6:])
                self.versions[told["case"]] = told["version"]
                self.changed.setdefault(told["case"], asyncio.Event()).set()

    async def later_than(self, case: str, version: int) -> None:
        """Return once the case has come further than a version."""
        while self.versions.get(case, 0) <= version:
            event = self.changed.setdefault(case, asyncio.Event())
            event.clear()
            await event.wait()


@dataclass
class CasePlayer:
    """One case from the message of E-Собес to its end."""

    wire: Wire
    cast: Cast
    news: News
    person: Party
    number: int
    # How long each command took, by its name.
    answers: list[tuple[str, float]]
    case: str = ""

    async def ask(
        self, token: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Any:
        """One request as one party; WentWrong on anything but a success."""
        headers = {**as_one(token), "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else b""
        answer: Reply = await self.wire.ask(method, path, headers, content)
        if answer.status >= 300:
            raise WentWrong(f"{method} {path} answered {answer.status}: {answer.body[:600]!r}")
        return answer.json()

    async def command(self, party: Party, name: str, **body: Any) -> Any:
        said, begun = {"command": name, **body}, time.perf_counter()
        answer = await self.ask(party.token, "POST", f"/v1/cases/{self.case}/commands", said)
        self.answers.append((name, time.perf_counter() - begun))
        return answer

    async def draft(self, party: Party, draft: str, **body: Any) -> Any:
        said = {"draft": draft, **body}
        return await self.ask(party.token, "POST", f"/v1/cases/{self.case}/drafts", said)

    async def see(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask(self.person.token, "GET", f"/v1/cases/{self.case}")
        return found

    async def until(self, status: str) -> dict[str, Any]:
        """The case once it stands there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (seen := await self.see())["status"] != status:
                await self.news.later_than(self.case, seen["version"])
        return seen

    async def open(self) -> None:
        """To the start of the two months."""
        told = await self.ask(
            self.cast.esobes, "POST", "/v1/esobes/messages", message(self.person, self.number)
        )
        self.case = told["case_id"]
        await self.until("choosing")

    async def finish(self) -> None:
        """From the order to the end."""
        person, supplier = self.person, self.cast.supplier
        wanted = {"offer_id": self.cast.offer, "quantity": 1, "deliver_to": TO}
        draft = await self.draft(person, "application", **wanted)
        await self.command(
            person,
            "place_order",
            offer_id=self.cast.offer,
            quantity=1,
            price_shown=PRICE,
            co_payment_confirmed=draft["co_payment"],
            deliver_to=TO,
            application_sha256=draft["sha256"],
            signature=person.sign(base64.b64decode(draft["bytes"])),
        )
        confirmed = await self.command(supplier, "confirm")
        today = (_instant(confirmed["since"]) + timedelta(hours=5)).date().isoformat()
        await self.command(supplier, "mark_delivered", on=today, quantity=1, evidence="акт 1")
        await self.command(person, "accept", quantity=1)
        annex = {"iban": self.cast.iban, "bic": "OZHBKZKA"}
        account = await self.draft(supplier, "account", **annex)
        await self.command(
            supplier,
            "sign",
            application_sha256=draft["sha256"],
            signature=supplier.sign(base64.b64decode(draft["bytes"])),
            account=annex,
            account_signature=supplier.sign(base64.b64decode(account["bytes"])),
        )
        await self.command(self.cast.first, "approve")
        await self.command(self.cast.second, "approve")
        await self.until("completed")


class Product:
    """The product as a side, with everybody who plays in it."""

    def __init__(self, stack: Stack, cases: int) -> None:
        self.stack = stack
        self.postgres = local_postgres(stack.home, stack.ports, stack.keys)
        self.answers: list[tuple[str, float]] = []
        sandbox = stack.urls["sandbox"]
        self.wire, self.news = Wire(stack.urls["api"]), News()
        self.cast = cast(stack)
        self.players = [
            CasePlayer(self.wire, self.cast, self.news, recipient(sandbox, n), n, self.answers)
            for n in range(cases)
        ]

    @property
    def pids(self) -> dict[str, int]:
        return self.stack.pids

    async def play(self, number: int) -> str:
        player = self.players[number]
        await player.open()
        await player.finish()
        return f"measure/{player.case}"

    async def count(self, numbers: Sequence[int]) -> Counted:
        """What these cases cost in counts; each is of the fixed shape."""
        stack = self.stack
        address, logs = f"127.0.0.1:{stack.ports.temporal}", stack.home / "logs"
        temporal = CountedStatement(await Client.connect(address), logs / "temporal.log")
        superuser, log = self.postgres.url(SUPERUSER), logs / "postgres.log"
        found = await count_all(self, numbers, temporal, superuser, log, APP)
        self.check(numbers)
        return found

    def check(self, numbers: Sequence[int]) -> None:
        """WentWrong if a case that was played has not the fixed shape."""
        with psycopg.connect(self.postgres.url(OWNER)) as connection:
            for number in numbers:
                played = connection.execute(_SHAPE, {"case": self.players[number].case}).fetchone()
                if played != (MESSAGES, EFFECTS):
                    raise WentWrong(f"a case has {played} messages and effects")

    async def open_all(self, numbers: Sequence[int]) -> dict[str, float]:
        """Cases at the start of their two months; how many bytes each takes, and where."""
        before = self.kept()
        await in_flight([self.players[number].open for number in numbers])
        return {name: (now - before[name]) / len(numbers) for name, now in self.kept().items()}

    def kept(self) -> dict[str, float]:
        """Bytes that Temporal and the case file hold now."""
        with psycopg.connect(self.postgres.url(OWNER)) as connection:
            found = connection.execute(
                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace"
            ).fetchone()
        assert found is not None
        temporal = sqlite_bytes(self.stack.home / "temporal.sqlite")
        return {"temporal": float(temporal), "case_file": float(found[0])}


@asynccontextmanager
async def product(stack: Stack, cases: int) -> AsyncIterator[Product]:
    """So many people are enrolled; one stream of news is followed while they play."""
    made = Product(stack, cases)
    following = asyncio.create_task(made.news.follow(made.wire, made.cast.first.token))
    try:
        yield made
    finally:
        following.cancel()
        await made.wire.close()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
