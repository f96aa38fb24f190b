"""The stage: a running stack seen from outside, and everybody who plays on it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from cli.demo.board import Board
from cli.demo.cast import AUTHORITY, REGION, Casting, CastPerson, Firm
from cli.demo.portal import TIMEOUT, Player, read
from sandbox.party import TLS, Identity, Party

ALMATY = ZoneInfo("Asia/Almaty")
# An advance of the clock waits for every open case.
CLOCK_TIMEOUT = 180.0


@dataclass(frozen=True)
class StagedSupplier:
    """A firm on the portal, and who plays it."""

    firm: Firm
    player: Player
    id: str


@dataclass(frozen=True)
class Outside:
    """The sandbox: its clock, its faults, and what it was told."""

    http: httpx.AsyncClient = field(repr=False)

    async def now(self) -> datetime:
        """The legal instant."""
        return datetime.fromisoformat(read(await self.http.get("/clock"))["now"])

    async def today(self) -> date:
        """The legal day in Kazakhstan."""
        return (await self.now()).astimezone(ALMATY).date()

    async def advance(self, to: datetime) -> int:
        """Move the legal clock; the number of open cases that could not be taken along."""
        answer = await self.http.post(
            "/clock/advance", json={"to": to.isoformat()}, timeout=CLOCK_TIMEOUT
        )
        return int(read(answer)["failed"])

    async def arm(self, system: str, fault: str, match: str, seconds: float | None = None) -> None:
        """The next call of a system that contains `match` misbehaves, step by step so slowly."""
        body = {"system": system, "fault": fault, "match": match, "seconds": seconds}
        read(await self.http.post("/faults", json=body))

    async def messages_to(self, phone: str) -> int:
        """How many SMS went to a phone."""
        return len(read(await self.http.get("/sms/outbox", params={"phone": phone})))

    async def orders(self) -> list[dict[str, Any]]:
        """The treasury's ledger: `{key, received, amount, status, settled, …}`."""
        found: list[dict[str, Any]] = read(await self.http.get("/treasury/orders"))
        return found

    async def results(self, case: str) -> list[str]:
        """What E-Собес was told of a case: statuses."""
        found = read(await self.http.get("/esobes/results"))
        return [str(result["status"]) for result in found if result["case_id"] == case]


@dataclass(frozen=True)
class Stage:
    """Who and what is there before the first case."""

    api: str
    sandbox: str
    casting: Casting
    board: Board
    outside: Outside
    held: AsyncExitStack = field(repr=False)

    @classmethod
    @asynccontextmanager
    async def opened(cls, urls: Mapping[str, str], board: Board) -> AsyncIterator["Stage"]:
        """The stage over the addresses of a stack; closes every connection at the end."""
        async with AsyncExitStack() as held:
            # A connection that lay idle may be closed just as it is used again.
            sandbox = httpx.AsyncClient(
                base_url=urls["sandbox"],
                timeout=TIMEOUT,
                trust_env=False,
                verify=TLS,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
            outside = Outside(await held.enter_async_context(sandbox))
            yield cls(urls["api"], urls["sandbox"], Casting(), board, outside, held)

    @property
    def authority(self) -> str:
        """The BIN of the local authority that reviews and pays in every story."""
        return AUTHORITY

    async def system(self, role: str) -> Player:
        """An outside system: it has a token and no key."""
        answer = read(await self.outside.http.post("/identity/token", json={"role": role}))
        return Player(await self._connected(answer["access_token"]))

    async def person(self, person: CastPerson, role: str, firm: Firm | None = None) -> Player:
        """A person in a role, with a key made here and a certificate of the authority."""
        identity: Identity = {
            "role": role,
            "iin": person.iin,
            "common_name": person.full_name,
            "bin": firm.bin if firm else None,
            "organisation": firm.name if firm else None,
            "authority": self.authority if role == "caseworker" else None,
            "region": REGION if role == "commission" else None,
        }
        party = await asyncio.to_thread(lambda: Party.enrol(self.sandbox, **identity))
        return Player(await self._connected(party.token), party)

    async def supplier(self, firm: Firm, administrator: Player) -> StagedSupplier:
        """Put a firm on the portal: the administrator registers it, it offers what it has."""
        made = await administrator.send("/v1/suppliers", firm.registration)
        player = await self.person(firm.signatory, "supplier", firm)
        supplier = StagedSupplier(firm, player, made["id"])
        for item, price in firm.offers.items():
            await self.offer(supplier, item, price)
        return supplier

    async def offer(self, supplier: StagedSupplier, item: str, price: int) -> None:
        """The supplier offers an item at a price in tiyn, or changes the price."""
        path = f"/v1/suppliers/{supplier.id}/offers/{item}"
        await supplier.player.send(path, {"price": price}, method="PUT")

    async def _connected(self, token: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            base_url=self.api,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
            timeout=TIMEOUT,
            trust_env=False,
            verify=TLS,
        )
        return await self.held.enter_async_context(client)
