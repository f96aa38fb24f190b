"""What the product still has to be told: a queue on disk, delivered at least once."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from sqlite3 import Row

import httpx

from sandbox.store import Store

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
IN_FLIGHT = 32

logger = logging.getLogger("sandbox.callbacks")


@dataclass(frozen=True)
class Callback:
    """One call to the product, due at a wall-clock instant (seconds since 1970)."""

    role: str
    path: str
    content_type: str
    body: bytes
    due_at: float


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: the next state of the row, and when it is due again."""

    number: int
    state: str
    due_at: float
    answer: str


class Callbacks:
    """Sends what is due until the product takes it, over any number of restarts."""

    def __init__(self, store: Store, product_url: str | None, issue: Callable[[str], str]) -> None:
        self._store = store
        self._product_url = product_url
        self._issue = issue
        self._wake = asyncio.Event()

    def put(self, callback: Callback) -> None:
        """Queue a call within the caller's transaction; `wake` the sender after it."""
        self._store.add(
            "insert into callback (role, path, content_type, body, due_at) values (?, ?, ?, ?, ?)",
            callback.role,
            callback.path,
            callback.content_type,
            callback.body,
            callback.due_at,
        )

    def wake(self) -> None:
        """Let the sender look at the queue again."""
        self._wake.set()

    def list_waiting(self) -> list[dict[str, str | int | float | None]]:
        """What is still to be delivered, the next one first; `due_at` in seconds since 1970."""
        rows = self._store.rows(
            "select id, path, due_at, attempts, last_answer from callback"
            " where state = 'waiting' order by due_at, id"
        )
        return [dict(row) for row in rows]

    async def run(self) -> None:
        """Send for ever; without a product's address, wait for ever."""
        if self._product_url is None:
            return
        limits = httpx.Limits(max_connections=IN_FLIGHT)
        async with httpx.AsyncClient(
            base_url=self._product_url, limits=limits, timeout=10, trust_env=False
        ) as client:
            flying: dict[int, asyncio.Task[Outcome]] = {}
            try:
                while True:
                    for row in self._due(flying):
                        flying[row["id"]] = asyncio.create_task(self._send(client, row))
                    await self._pause(flying)
                    done = [number for number, task in flying.items() if task.done()]
                    self._record(flying.pop(number).result() for number in done)
            finally:
                for task in flying.values():
                    task.cancel()
                await asyncio.gather(*flying.values(), return_exceptions=True)

    def _due(self, flying: Iterable[int]) -> list[Row]:
        busy = set(flying)
        rows = self._store.rows(
            "select * from callback where state = 'waiting' and due_at <= ?"
            " order by due_at, id limit ?",
            time.time(),
            IN_FLIGHT + len(busy),
        )
        return [row for row in rows if row["id"] not in busy][: IN_FLIGHT - len(busy)]

    async def _pause(self, flying: dict[int, asyncio.Task[Outcome]]) -> None:
        """Until an answer, a new callback, or the next one that is not yet under way is due."""
        marks = ",".join("?" * len(flying))
        due = self._store.scalar(
            f"select min(due_at) from callback where state = 'waiting' and id not in ({marks})",
            *flying,
        )
        timeout = None if due is None else max(0.0, due - time.time())
        if len(flying) >= IN_FLIGHT:
            timeout = None
        woken = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait(
                {woken, *flying.values()}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            woken.cancel()
        self._wake.clear()

    async def _send(self, client: httpx.AsyncClient, row: Row) -> Outcome:
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(row["attempts"], 10))
        headers = {
            "Authorization": f"Bearer {self._issue(row['role'])}",
            "Content-Type": row["content_type"],
            "X-Request-Id": f"callback-{row['id']}-{row['attempts'] + 1}",
        }
        try:
            answer = await client.post(row["path"], content=row["body"], headers=headers)
        except httpx.HTTPError as error:
            return Outcome(row["id"], "waiting", time.time() + pause, type(error).__name__)
        status = answer.status_code
        if 200 <= status < 300:
            return Outcome(row["id"], "delivered", row["due_at"], str(status))
        if 400 <= status < 500 and status not in (401, 429):
            logger.warning("callback %s to %s dropped: %s", row["id"], row["path"], status)
            return Outcome(row["id"], "dropped", row["due_at"], str(status))
        return Outcome(row["id"], "waiting", time.time() + pause, str(status))

    def _record(self, outcomes: Iterable[Outcome]) -> None:
        """Write down finished attempts together: one lost to a kill is only sent once more."""
        found = list(outcomes)
        if not found:
            return
        with self._store.transaction():
            for outcome in found:
                self._store.run(
                    "update callback set state = ?, due_at = ?, last_answer = ?,"
                    " attempts = attempts + 1 where id = ?",
                    outcome.state,
                    outcome.due_at,
                    outcome.answer,
                    outcome.number,
                )
