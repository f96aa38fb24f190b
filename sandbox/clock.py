"""The legal clock: PostgreSQL's row, and the virtual clock of every open case in Temporal.

Time skipping is experimental: this is the only module that knows it.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import psycopg
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from sandbox.store import Store

WORKFLOW_TYPE = "case"
GROUP = 50
# A case that lags less than this is on time: its clock went on while the skip was asked for.
TOLERANCE_SECONDS = 1.0
# Each back-off of a failing activity is one skip; the server's bound of 200 ends within two days.
SKIPS = 1_000_000
PASSES = 3
SETTING_OFFSET = "clock_offset"
SETTING_BEHIND = "clock_cases_behind"

logger = logging.getLogger("sandbox.clock")


class NoClock(Exception):
    """The row of the legal clock cannot be reached."""


class CasesOutOfReach(Exception):
    """The Temporal server does not answer."""


class NeverBackwards(Exception):
    """The legal clock only goes forward."""


class Moved(Enum):
    """What became of one case."""

    ON_TIME = "on time"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class Advance:
    """The clock after an advance; open cases brought to it, and open cases that were not."""

    now: datetime
    offset_seconds: float
    cases: int
    failed: int


class LegalClock:
    """Reads and moves the legal clock, and takes the open cases along."""

    def __init__(self, store: Store, database_url: str | None, cases: "Cases | None") -> None:
        self._store = store
        self._database_url = database_url
        self._cases = cases
        self._turn = asyncio.Lock()
        # Known without asking, because nobody else moves it.
        self._offset = float(store.setting(SETTING_OFFSET) or 0)

    @property
    def offset_seconds(self) -> float:
        """How far the legal clock is ahead of the wall clock, as last read."""
        return self._offset

    def now(self) -> datetime:
        """The legal instant."""
        return self.at(time.time())

    def at(self, wall: float) -> datetime:
        """The legal instant of a wall-clock instant, as the clock stands."""
        return datetime.fromtimestamp(wall + self._offset, UTC)

    async def read(self) -> None:
        """Ask the row how far it is ahead.

        Raises NoClock when there is no database or it does not answer.
        """
        offset = await self._ask(
            "select extract(epoch from legal_now() - clock_timestamp())::float8"
        )
        if not isinstance(offset, float):
            raise NoClock
        # Plus nothing, so that no offset is 0 and not -0.
        self._offset = round(offset, 3) + 0.0
        self._store.remember(SETTING_OFFSET, str(self._offset))

    async def advance(self, delta: timedelta | None, to: datetime | None) -> Advance:
        """Move by `delta`, or to an instant; then bring every open case to the same time.

        Raises NeverBackwards; NoClock when the row could not be moved; CasesOutOfReach when the row
        has moved and Temporal did not answer (an advance of zero brings the cases after it).
        """
        async with self._turn:
            await self.read()
            step = delta if to is None else to - self.now()
            if step is None or step < timedelta(0):
                raise NeverBackwards
            # Written first: a kill between row and cases must not leave them behind for ever.
            self._store.remember(SETTING_BEHIND, "yes")
            if step:
                await self._ask("select move_legal_clock(%s)", step)
                await self.read()
            return await self._take_cases_along()

    async def catch_up(self) -> None:
        """At start: read the row, and finish an advance that a kill cut short."""
        pause = 0.2
        while True:
            try:
                async with self._turn:
                    await self.read()
                    if self._store.setting(SETTING_BEHIND) == "yes":
                        await self._take_cases_along()
                    return
            except (NoClock, CasesOutOfReach) as error:
                logger.info("the clock waits for its row and the cases: %s", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(5.0, pause * 2)

    async def _take_cases_along(self) -> Advance:
        counts = dict.fromkeys(Moved, 0)
        if self._cases is not None:
            counts = await self._cases.bring_to(self)
        if not counts[Moved.FAILED]:
            self._store.remember(SETTING_BEHIND, "no")
        moved = counts[Moved.ON_TIME] + counts[Moved.ENDED]
        return Advance(self.now(), self._offset, moved, counts[Moved.FAILED])

    async def _ask(self, statement: str, *values: timedelta) -> object:
        """The only value of an answer, in a transaction of its own."""
        if self._database_url is None:
            raise NoClock
        try:
            async with await psycopg.AsyncConnection.connect(
                self._database_url, autocommit=True, connect_timeout=5
            ) as connection:
                answer = await connection.execute(statement.encode(), values)
                row = await answer.fetchone()
        except psycopg.Error as error:
            # The driver's own text may quote the address with its password.
            logger.warning("the legal clock did not answer: %s", type(error).__name__)
            raise NoClock from None
        return None if row is None else row[0]


class Cases:
    """The open cases on the Temporal server."""

    def __init__(self, address: str, namespace: str, timeout_seconds: float) -> None:
        self._address = address
        self._namespace = namespace
        self._timeout = timeout_seconds
        self._skipper: TimeSkipper | None = None

    async def bring_to(self, clock: LegalClock) -> dict[Moved, int]:
        """Bring every open case to the legal clock, in groups; what became of how many.

        Each case is forwarded by what it lags behind, so that a repetition forwards nothing twice.
        A case that was started while others were forwarded is found by a further pass.
        """
        try:
            return await self._bring_to(await self._connect(), clock)
        except (RPCError, RuntimeError) as error:
            # RuntimeError is how the SDK says that it could not connect.
            raise CasesOutOfReach from error

    async def _bring_to(self, skipper: TimeSkipper, clock: LegalClock) -> dict[Moved, int]:
        query = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
        seen: dict[str, Moved] = {}
        for _ in range(PASSES):
            found = [case.id async for case in skipper.client.list_workflows(query)]
            fresh = [number for number in dict.fromkeys(found) if number not in seen]
            if not fresh:
                break
            for start in range(0, len(fresh), GROUP):
                group = fresh[start : start + GROUP]
                outcomes = await asyncio.gather(*(self._move(skipper, n, clock) for n in group))
                seen.update(zip(group, outcomes, strict=True))
        return {outcome: list(seen.values()).count(outcome) for outcome in Moved}

    async def _connect(self) -> TimeSkipper:
        if self._skipper is None:
            client = await Client.connect(self._address, namespace=self._namespace)
            config = TimeSkippingConfig(max_session_skip_count=SKIPS)
            self._skipper = TimeSkipper(client, config=config)
        return self._skipper

    async def _move(self, skipper: TimeSkipper, number: str, clock: LegalClock) -> Moved:
        """Forward one case; a case that ended meanwhile is fine, one that is stuck is a failure."""
        try:
            async with asyncio.timeout(self._timeout):
                return await forward(skipper, number, clock)
        except TimeoutError:
            # The server goes on skipping by itself once the case's workflow task succeeds.
            cause = "time-out"
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return Moved.ENDED
            cause = error.status.name
        except (RuntimeError, ValueError) as error:
            # Overridden by another fast-forward; or a status that the SDK does not know.
            cause = type(error).__name__
        logger.warning("case %s was not forwarded: %s", number, cause)
        return Moved.FAILED


async def forward(skipper: TimeSkipper, number: str, clock: LegalClock) -> Moved:
    """Skip what the case lags behind the legal clock, until it lags no more."""
    handle = skipper.client.get_workflow_handle(number)
    while True:
        described = await handle.describe()
        if described.status != WorkflowExecutionStatus.RUNNING:
            return Moved.ENDED
        extended = described.raw_description.workflow_extended_info
        # A case that never skipped is on the wall clock.
        current = datetime.now(UTC)
        if extended.HasField("time_skipping_info"):
            current = extended.time_skipping_info.current_time.ToDatetime(UTC)
        lag = clock.now() - current
        if lag.total_seconds() < TOLERANCE_SECONDS:
            return Moved.ON_TIME
        # A running activity holds the skip up while both clocks go on, so look once more.
        await skipper.fast_forward(handle, lag)


def write_instant(instant: datetime) -> str:
    """An instant as the wire wants it: RFC 3339, UTC, milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
