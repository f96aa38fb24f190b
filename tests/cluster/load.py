"""Whole cases by many at once, as patient clients play them, and a ledger of what was answered."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from bench.product import CasePlayer, Cast, News, WentWrong, as_one, recipient
from bench.wire import Wire
from sandbox.party import Party

PATIENCE_SECONDS: Final = 12
CASE_SECONDS: Final = 240
AGAIN_SECONDS: Final = 0.3
LOOK_SECONDS: Final = 0.5


@dataclass
class Ledger:
    """What was answered 2xx, each by its key, and when; and what was not answered at once."""

    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)
    at: list[float] = field(default_factory=list)
    slowest: float = 0.0
    refused: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    finished: int = 0

    def note(self, key: str, case: str, what: str, took: float) -> None:
        self.acknowledged[key] = (case, what)
        self.at.append(time.monotonic())
        self.slowest = max(self.slowest, took)

    def silence(self, since: float, until: float) -> float:
        """The longest time in which nothing was answered, in seconds."""
        seen = [since, *(at for at in self.at if since <= at <= until), until]
        return max(later - earlier for earlier, later in itertools.pairwise(seen))


@dataclass
class PatientPlayer(CasePlayer):
    """Repeats under the same key, at the other API, until it is answered."""

    ledger: Ledger = field(default_factory=Ledger)
    wires: Iterator[Wire] = field(default_factory=lambda: iter(()))

    async def ask(
        self, token: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Any:
        headers = {**as_one(token), "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else b""
        begun = time.monotonic()
        async with asyncio.timeout(CASE_SECONDS):
            while True:
                with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        answer = await next(self.wires).ask(method, path, headers, content)
                    if answer.status < 300:
                        if method != "GET":
                            key, took = headers["Idempotency-Key"], time.monotonic() - begun
                            self.ledger.note(key, self.case, path, took)
                        return answer.json()
                    if answer.status < 500 and answer.status not in (408, 429):
                        raise WentWrong(f"{path} answered {answer.status}: {answer.body[:400]!r}")
                    known = f"{answer.status}"
                    self.ledger.faults[known] = self.ledger.faults.get(known, 0) + 1
                await asyncio.sleep(AGAIN_SECONDS)

    async def until(self, status: str) -> dict[str, Any]:
        async with asyncio.timeout(CASE_SECONDS):
            while (seen := await self.see())["status"] != status:
                await asyncio.sleep(LOOK_SECONDS)
        return seen


@dataclass
class Crowd:
    """So many cases at once; a new one begins when one has ended."""

    sandbox: str
    cast: Cast
    apis: tuple[str, ...]
    ledger: Ledger = field(default_factory=Ledger)
    players: list[PatientPlayer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stopping: bool = False

    async def lane(self, number: int) -> None:
        """One case after the other."""
        wires = [Wire(url) for url in self.apis]
        turns = itertools.cycle(wires[number % 2 :] + wires[: number % 2])
        for place in itertools.count(number, 1000):
            if self.stopping:
                break
            person = await self._enrolled(place)
            player = PatientPlayer(
                wires[0], self.cast, News(), person, place, [], ledger=self.ledger, wires=turns
            )
            self.players.append(player)
            try:
                await player.open()
                await player.finish()
                self.ledger.finished += 1
            except (WentWrong, TimeoutError) as error:
                why = str(error) or type(error).__name__
                self.wrong.append(f"case {player.case or place}: {why}")
        for wire in wires:
            await wire.close()

    async def _enrolled(self, place: int) -> Party:
        """A recipient with papers of the outside, which may just be away."""
        async with asyncio.timeout(CASE_SECONDS):
            while True:
                with suppress(httpx.TransportError):
                    return await asyncio.to_thread(recipient, self.sandbox, place)
                await asyncio.sleep(AGAIN_SECONDS)
