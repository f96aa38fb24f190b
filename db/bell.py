"""What has come by itself is recorded in the files of many cases, before their runs look.

Terms end at midnight, thousands at once. Whoever rings finds by one index what has come, and has
file after file take it, as the run of the case would. A file that somebody holds is left for the
next round: nobody here waits for a lock, so several workers ring side by side. Truth is in the file
alone: a bell that dies harms nothing, and the runs look all the same.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import shuffle
from threading import Event
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from db.casefile import opened
from db.crowds import ALL_TURNS, FEW, crowd, turn
from db.engine import reads
from db.foreseen import Foreseen, foresee, record_foreseen
from definitions.editions import edition
from domain.case.state import Case
from domain.terms.agenda import soonest

# While one thread waits for PostgreSQL, another decides.
HANDS: Final = 3
# So many files are recorded in one transaction, which is over before a person notices.
TOGETHER: Final = 25
PAGE: Final = 500
# Nobody asks more often, nor more rarely: the clock of a trial may have been moved.
LEAST_PAUSE, LONGEST_PAUSE = 1.0, 5.0
# A crowd is foreseen for so many seconds before it comes, so many cases of it at a time; each
# takes some kilobytes until then.
AHEAD_SECONDS: Final = 240.0
AT_A_TIME: Final = 50
MOST_FORESEEN: Final = 10_000
_NOBODY: Final = UUID(int=0)
_BEGIN: Final = (datetime.min.replace(tzinfo=UTC), _NOBODY)
_NEXT: Final = text(
    "SELECT min(rings_at) AS at, extract(epoch FROM min(rings_at) - legal_now()) AS wait"
    " FROM case_state"
)
_DUE: Final = text(
    "SELECT rings_at, case_id FROM case_state WHERE rings_at <= (SELECT legal_now())"
    f" AND (rings_at, case_id) > (:at, :after) ORDER BY rings_at, case_id LIMIT {PAGE}"
)
_CROWD: Final = text(
    "SELECT case_id FROM case_state WHERE rings_at = :at AND case_id > :after"
    f" ORDER BY case_id LIMIT {AT_A_TIME}"
)
# The lock before the row, as everybody has it (`open_file`), and neither is waited for. What
# another bell has recorded meanwhile is not due any more. Step by step: in one condition with
# others, PostgreSQL would ask for the locks of cases that nobody meant.
_FREE: Final = text(
    "WITH due AS MATERIALIZED (SELECT case_id FROM case_state"
    "  WHERE case_id = ANY(CAST(:cases AS uuid[])) AND rings_at <= (SELECT legal_now())),"
    " mine AS MATERIALIZED (SELECT case_id FROM due"
    "  WHERE pg_try_advisory_xact_lock(hashtextextended(CAST(case_id AS text), 3)))"
    " SELECT h.case_id FROM case_head h JOIN mine USING (case_id)"
    " FOR NO KEY UPDATE OF h SKIP LOCKED"
)
_SET: Final = text(
    "UPDATE case_state SET rings_at = :at WHERE case_id = :case AND rings_at IS DISTINCT FROM :at"
)
_UNSET: Final = text(
    "SELECT case_id, edition, seq, CAST(state AS text) AS state FROM case_state"
    f" WHERE live AND rings_at IS NULL AND case_id > :after ORDER BY case_id LIMIT {PAGE}"
)
_SET_FIRST: Final = text(
    "UPDATE case_state SET rings_at = :at WHERE case_id = :case AND seq = :seq"
)
log = structlog.get_logger(__name__)


@dataclass
class Bell:
    """One that rings, with its hands; `foreseen` is what a crowd will record that comes soon."""

    engine: Engine
    foreseen: dict[UUID, Foreseen] = field(default_factory=dict)
    _ahead: tuple[datetime | None, UUID] = (None, _NOBODY)
    _stopped: Event = field(default_factory=Event)
    _hands: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(HANDS, thread_name_prefix="bell")
    )

    async def ring(self) -> None:
        """Record what comes by itself when it comes, for as long as the process runs."""
        pause = LEAST_PAUSE
        try:
            while True:
                try:
                    wait = await asyncio.to_thread(self.round)
                except SQLAlchemyError as error:
                    log.warning("the bell cannot ring", kind=type(error).__name__)
                    wait = None
                # What has come and could not be recorded is tried again, ever more rarely.
                pause = min(LONGEST_PAUSE, 2 * pause) if wait is None else LEAST_PAUSE
                await asyncio.sleep(pause if wait is None else wait)
        finally:
            self.stop()

    def stop(self) -> None:
        """What is in hand is finished, and no more is begun."""
        self._stopped.set()
        self._hands.shutdown(cancel_futures=True)

    def round(self) -> float | None:
        """Ring until nothing more is recorded; seconds until the next round, None where something
        that has come is left.
        """
        while True:
            at, wait = self._next()
            if at is None or wait > 0:
                break
            if not self.ring_due():
                return None
        if at != self._ahead[0]:
            self.foreseen.clear()
            self._ahead = (at, _NOBODY)
        if at is not None and wait < AHEAD_SECONDS and self._foresee(at):
            return 0.0
        return min(max(wait, LEAST_PAUSE), LONGEST_PAUSE)

    def _next(self) -> tuple[datetime | None, float]:
        with reads(self.engine) as connection:
            at, wait = connection.execute(_NEXT).one()
        return at, LONGEST_PAUSE if wait is None else float(wait)

    def _foresee(self, at: datetime) -> bool:
        """Some more of the crowd that comes then; False where there is none, or all have."""
        with reads(self.engine) as connection:
            if len(self.foreseen) >= MOST_FORESEEN or crowd(connection, at) < FEW:
                return False
            told = {"at": at, "after": self._ahead[1]}
            cases = connection.execute(_CROWD, told).scalars().all()
        for case in cases:
            try:
                one = foresee(self.engine, case, at)
            except Exception as fault:  # told in full when it has come, and is not recorded
                log.info("not foreseen", case_id=str(case), kind=type(fault).__name__)
            else:
                self.foreseen |= {case: one} if one else {}
        self._ahead = (at, cases[-1] if cases else self._ahead[1])
        return bool(cases)

    def ring_due(self) -> int:
        """Go once over what has come; how many files have recorded something."""
        rung = 0
        for parts in self._pages():
            if self._stopped.is_set():
                break
            rung += sum(self._hands.map(self._together, parts))
        return rung

    def _pages(self) -> Iterator[list[list[UUID]]]:
        """What has come, the oldest first; of each page the parts in no order, so that bells that
        begin at once are not at the same files.
        """
        at, after = _BEGIN
        while True:
            with reads(self.engine) as connection:
                page = connection.execute(_DUE, {"at": at, "after": after}).all()
            if not page:
                return
            at, after = page[-1]
            cases = [row.case_id for row in page]
            parts = [cases[n : n + TOGETHER] for n in range(0, len(cases), TOGETHER)]
            shuffle(parts)
            yield parts

    def _together(self, cases: Sequence[UUID]) -> int:
        """So many of these files as nobody holds, in one transaction; where one cannot be recorded,
        each in its own.
        """
        try:
            with self.engine.begin() as connection:
                free = connection.execute(_FREE, {"cases": list(cases)}).scalars().all()
                done = record_foreseen(connection, self.foreseen, free)
                rung = sum(_record(connection, str(case)) for case in free if case not in done)
        except Exception as fault:
            for case in cases:
                self.foreseen.pop(case, None)
            if len(cases) > 1:
                return sum(self._together([case]) for case in cases)
            kind, case_id = type(fault).__name__, str(cases[0])
            log.error("what has come cannot be recorded", case_id=case_id, kind=kind)
            return 0
        for case in done:
            self.foreseen.pop(case, None)
        return rung + len(done)


def _record(connection: Connection, case_id: str) -> bool:
    """As the look of its run would; a run that will soon look by itself is not told before."""
    with opened(connection, case_id) as file:
        due = file.coming
        file.hear()
        file.ring()
        if due is not None and turn(connection, case_id, due.wake_at):
            file.patience = ALL_TURNS
    if not file.made:
        # A former build wrote last, and knows of no bell.
        coming = file.coming
        connection.execute(_SET, {"at": coming and coming.wake_at, "case": case_id})
    return bool(file.made)


def set_missing(engine: Engine) -> None:
    """Have every live case known to the bell: files from before there was one are not."""
    after = _NOBODY
    while True:
        with engine.begin() as connection:
            page = connection.execute(_UNSET, {"after": after}).all()
            # A file that has grown meanwhile knows better.
            if found := [one for row in page if (one := _first(row))]:
                connection.execute(_SET_FIRST, found)
        if not page:
            return
        after = page[-1].case_id


def _first(row: Any) -> dict[str, Any] | None:
    case = Case.model_validate_json(row.state)
    coming = soonest(case, edition(row.edition).process)
    if coming is None:
        return None
    return {"at": coming.wake_at, "case": row.case_id, "seq": row.seq}
