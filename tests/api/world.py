"""People and systems around the portal: tokens, keys, cases that stand somewhere."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import Engine, text

from db.documents import Draft, Placed, draft_account, draft_order, keep, read_document
from db.reference import offer_facts, read_case
from db.sealing import Seal
from domain.messages import SERVICE, Message
from domain.terms.counting import local_day
from integrations.scanner import Clamd
from integrations.signatures import PyhankoVerifier
from tests.integrations.ca import HEAD, PERSON, Owner, Signer, authority, ec_key, verifier
from tests.support.intake import SEAL, iin, measure, take_in
from tests.support.play import Host
from tests.support.polling import BOUND_SECONDS

ISSUER = "https://people.example"
LONGEST_LIFE = timedelta(hours=12)
AUTHORITY_BIN = "200140900011"
SUPPLIER_BIN, OTHER_BIN = "200140000014", "200140000022"
ITEM = "MOBILITY-WHEELCHAIR-OUTDOOR"
SUM = 28_500_000
PRICE = 27_000_000
ADDRESS = "Алматы, Абай даңғылы 10, 5-пәтер"
# Where no scanner listens: who uploads says which one looks.
NOBODY = Clamd("127.0.0.1", 9)
IBAN, BIC = "KZ86125KZT5004100100", "KKMFKZ2A"
T = TypeVar("T")


@cache
def token_key(name: str = "current") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name})


def provider(*keys: RSAKey | ECKey, calls: list[str] | None = None) -> httpx.MockTransport:
    """The wire to an identity provider that publishes these keys."""

    def answer(request: httpx.Request) -> httpx.Response:
        if calls is not None:
            calls.append(request.url.path)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"})
        published = [{**key.as_dict(private=False), "use": "sig"} for key in keys]
        return httpx.Response(200, json={"keys": published})

    return httpx.MockTransport(answer)


def today(days: int = 0) -> str:
    """The local day, or one so many days later."""
    return (local_day(datetime.now(UTC)) + timedelta(days=days)).isoformat()


def reasons(answer: httpx.Response) -> list[str]:
    """Why a command was refused."""
    assert answer.status_code == 409, answer.text
    return [reason["code"] for reason in answer.json()["reasons"]]


def token(role: str, key: RSAKey | None = None, /, **claims: Any) -> str:
    """A bearer token; `claims` come on top of the usual ones."""
    signing = key or token_key()
    now = int(time.time())
    usual = {
        "iss": ISSUER,
        "aud": "ozhb",
        "sub": f"{role}-{claims.get('iin')}-{claims.get('bin')}",
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "role": role,
    }
    return jwt.encode({"alg": "RS256", "kid": signing.kid}, {**usual, **claims}, signing)


@dataclass(frozen=True)
class Person:
    """Somebody with a token and a key."""

    token: str
    signer: Signer

    def sign(self, content: bytes) -> str:
        """A detached CMS signature in base64."""
        return base64.b64encode(self.signer.sign(content)).decode()


def person(role: str, number: int, **claims: Any) -> Person:
    """The number-th person in a role."""
    own = iin(number)
    return Person(token(role, iin=own, **claims), _signer(role, own, claims.get("bin")))


@cache
def _signer(role: str, own: str, bin_: str | None) -> Signer:
    """The certificate of a person, issued once for all tests."""
    now = datetime.now(UTC).replace(microsecond=0)
    owner = Owner(
        iin=own,
        bin=bin_,
        not_before=now - timedelta(days=1),
        not_after=now + timedelta(days=300),
        key=ec_key(f"{role}-{own}"),
        owner_types=(HEAD,) if bin_ else (PERSON,),
    )
    return authority("national").issue(owner)


@dataclass
class World:
    """The portal and those around it."""

    app: FastAPI
    engine: Engine
    host: Host
    http: httpx.AsyncClient
    seal: Seal = SEAL
    # Makes a fresh database stand as it once did under a name; else it is made each time.
    again: Callable[[object, Callable[[], Awaitable[Any]]], Awaitable[Any]] | None = None
    clerk: Person = field(
        default_factory=lambda: person("caseworker", 901, authority=AUTHORITY_BIN)
    )
    second_clerk: Person = field(
        default_factory=lambda: person("caseworker", 902, authority=AUTHORITY_BIN)
    )
    foreign_clerk: Person = field(
        default_factory=lambda: person("caseworker", 903, authority="201140900018")
    )
    commission: Person = field(default_factory=lambda: person("commission", 907, region="71"))
    admin: Person = field(default_factory=lambda: person("administrator", 904))
    supplier: Person = field(default_factory=lambda: person("supplier", 905, bin=SUPPLIER_BIN))
    other_supplier: Person = field(default_factory=lambda: person("supplier", 906, bin=OTHER_BIN))

    def recipient(self, number: int = 1) -> Person:
        return person("recipient", number)

    async def get(self, path: str, by: Person | None = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            sent["Authorization"] = f"Bearer {by.token}"
        return await self.http.get(path, headers=sent)

    def headers(self, by: Person, more: dict[str, str]) -> dict[str, str]:
        """What a command needs beside its body."""
        usual = {"Authorization": f"Bearer {by.token}", "Idempotency-Key": str(uuid4())}
        return {**usual, **more}

    async def post(
        self, path: str, by: Person | None = None, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())}
        if by is not None:
            headers["Authorization"] = f"Bearer {by.token}"
        return await self.http.post(path, json={} if body is None else body, headers=headers)

    async def do(
        self, task: str, by: Person, act: str, body: Any = None, **more: str
    ) -> httpx.Response:
        """Something that somebody does about a task at its address."""
        headers = self.headers(by, {"Idempotency-Key": key} if (key := more.get("key")) else {})
        return await self.http.patch(task, json={"act": act, **(body or {})}, headers=headers)

    async def ask(
        self, case: str, command: str, by: Person | None = None, body: Any = None, **more: Any
    ) -> httpx.Response:
        """A command of somebody, whatever is answered; `more` is its key."""
        said = {"command": command, **(body or {})}
        return await self.post(f"/v1/cases/{case}/commands", by, said, **more)

    async def act(self, case: str, command: str, by: Person, **body: Any) -> dict[str, Any]:
        """A command that must be carried out; the case after it."""
        answer = await self.ask(case, command, by, body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def refused(self, case: str, command: str, by: Person, **body: Any) -> list[str]:
        """A command that must be refused; why it was."""
        return reasons(await self.ask(case, command, by, body))

    def receive(self, number: int = 1, **changes: Any) -> str:
        """A measure of the number-th person arrives; the id of its case."""
        verdict = take_in(self.engine, measure(number, **changes))[0]
        assert verdict.case_id is not None, verdict
        case = str(verdict.case_id)
        if not self.host.asleep:
            self.host.record(case)
        return case

    async def choosing(self, number: int = 1, **changes: Any) -> str:
        """A case whose recipient has opened it: the two months run."""
        case = self.receive(number, **changes)
        await self.act(case, "open_case", self.recipient(number))
        return case

    def offer(self, bin_: str = SUPPLIER_BIN, price: int = PRICE) -> tuple[UUID, UUID]:
        """A supplier who offers wheelchairs everywhere; the ids of both."""
        with self.engine.begin() as connection:
            supplier = connection.execute(
                text(
                    "INSERT INTO supplier (bin, name, regions, active)"
                    " VALUES (:bin, 'ТОО Үлгі', '{71}', true) RETURNING id"
                ),
                {"bin": bin_},
            ).scalar_one()
            offer = connection.execute(
                text(
                    "INSERT INTO offer (supplier_id, item, price, active)"
                    " VALUES (:supplier, :item, :price, true) RETURNING id"
                ),
                {"supplier": supplier, "item": ITEM, "price": price},
            ).scalar_one()
        return supplier, offer

    def draft(self, case: str, offer: UUID, quantity: int = 1) -> Draft:
        """The application that an order would make, as the recipient is shown it."""
        with self.engine.begin() as connection:
            found = read_case(connection, case)
            placed = offer_facts(connection, found, offer, datetime.now(UTC))
            about = Placed.of(placed, quantity)
            made = draft_order(connection, self.seal, found, max(found.periods), about)
            keep(connection, self.seal, case, made)
        return made

    def order(self, case: str, offer: UUID, by: Person, **changes: Any) -> dict[str, Any]:
        """The body of a good order, signed; `changes` spoil it."""
        draft = self.draft(case, offer)
        assert draft.application is not None
        good = {
            "offer_id": str(offer),
            "quantity": 1,
            "price_shown": draft.application.unit_price,
            "co_payment_confirmed": draft.application.co_payment,
            "deliver_to": {"address": ADDRESS},
            "application_sha256": draft.sha256,
            "signature": by.sign(draft.content),
        }
        return {**good, **changes}

    async def standing(self, name: object, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` makes; where nothing has happened yet it may have been made before."""
        if self.again is None:
            return await make()
        made: T = await self.again(name, make)
        return made

    async def ordered(self, number: int = 1) -> str:
        """A case with an order of the supplier."""
        return await self.standing(("ordered", number), partial(self._ordered, number))

    async def _ordered(self, number: int) -> str:
        _, offer = self.offer()
        case = await self.choosing(number)
        person = self.recipient(number)
        await self.act(case, "place_order", person, **self.order(case, offer, person))
        return case

    async def paper(self, case: str, kind: str, by: Person) -> dict[str, Any]:
        """The last document of a kind in the file, as its reader gets it."""
        page = (await self.get(f"/v1/cases/{case}", by)).json()
        href = [one["href"] for one in page["documents"] if one["kind"] == kind][-1]
        answer = await self.get(href, by)
        assert answer.headers["content-type"] == "application/json"
        told: dict[str, Any] = json.loads(answer.content)
        return told

    def annex(self, case: str, by: Person, iban: str = IBAN) -> dict[str, Any]:
        """The body with which a supplier signs: application and account."""
        with self.engine.begin() as connection:
            found = read_case(connection, case)
            application = found.periods[1].application
            assert application is not None
            document = read_document(connection, self.seal, case, application.sha256)
            account = draft_account(connection, self.seal, found, 1, (iban, BIC))
        assert document is not None
        return {
            "application_sha256": application.sha256,
            "signature": by.sign(document.content),
            "account": {"iban": iban, "bic": BIC},
            "account_signature": by.sign(account.content),
        }

    async def reviewed(self, number: int = 1) -> str:
        """A case whose application lies before the caseworkers."""
        return await self.standing(("reviewed", number), partial(self._reviewed, number))

    async def _reviewed(self, number: int) -> str:
        case = await self.ordered(number)
        await self.act(case, "confirm", self.supplier)
        await self.act(
            case, "mark_delivered", self.supplier, on=today(), quantity=1, evidence="Акт № 1"
        )
        await self.act(case, "accept", self.recipient(number), quantity=1)
        told = await self.act(case, "sign", self.supplier, **self.annex(case, self.supplier))
        assert told["status"] == "under_review"
        return case

    def fail_notice(self, case: str) -> None:
        """No channel took the notice."""
        self.outcome(case, "notice_sent", channels=[], round=1)

    def outcome(self, case: str, name: str, **data: Any) -> None:
        """The end of the first effect that the case waits for."""
        with self.engine.connect() as connection:
            found = read_case(connection, case)
        key = next(iter(found.outbox))
        message = Message(
            id=f"effect:{key}",
            name=name,
            at=datetime.now(UTC),
            actor=SERVICE,
            data={**data, "effect": key},
        )
        self.host.say(case, message)

    def silence_certificates(self) -> None:
        """From now on the certificate authority does not answer."""
        self.app.state.door = replace(self.app.state.door, signatures=silent_verifier())

    async def listening(self) -> None:
        """Somebody follows, and what has happened so far has been told."""
        changes = self.app.state.changes
        with self.engine.connect() as connection:
            newest = connection.execute(text("SELECT max(xid) FROM case_state")).scalar_one() or 0
        async with asyncio.timeout(BOUND_SECONDS):
            while not changes.listeners or changes.after is None or changes.after[0] < newest:
                await asyncio.sleep(0.01)

    def representing(self, number: int) -> dict[str, Any]:
        """The number-th person as a legal representative, in a message of E-Собес."""
        return {
            "iin": iin(number),
            "kind": "GUARDIAN",
            "basis_number": "12-3",
            "basis_date": "2026-01-12",
            "valid_until": None,
            "phone": None,
            "email": None,
        }

    def everything(self) -> str:
        """All that stands unenciphered in the file, the inbox and what is made of them."""
        tables = (
            *("event", "inbox", "case_view", "case_state", "supplier_view", "dispatch", "audit"),
            *("document", "upload", "asked_once", "person_search", "case_read"),
        )
        with self.engine.connect() as connection:
            found = (connection.execute(text(f"SELECT t::text FROM {one} t")) for one in tables)
            return "\n".join(str(row[0]) for rows in found for row in rows)

    def audit(self) -> list[tuple[str, str]]:
        """Who did what to reference data and persons."""
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT actor_role, action FROM audit ORDER BY id"))
            return [(row.actor_role, row.action) for row in rows]


def silent_verifier() -> PyhankoVerifier:
    """A verifier whose authority is down."""
    wire = httpx.MockTransport(lambda _: httpx.Response(503))
    return verifier(authority("national").trust(), wire)
