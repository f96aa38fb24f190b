"""What has come by itself is recorded in the files of many cases, before their runs look.

Terms end at midnight, thousands at once. Whoever rings finds by one index what has come, and has
file after file take it, as the run of the case would. A file that somebody holds is left for the
next round: nobody here waits for a lock, so several workers ring side by side. Truth is in the file
alone: a bell that dies harms nothing, and the runs look all the same.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from random import shuffle
from threading import Event
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from db.casefile import opened
from db.crowds import ALL_TURNS, turn
from db.engine import reads
from definitions.editions import edition
from domain.case.state import Case
from domain.terms.agenda import soonest

# While one thread waits for PostgreSQL, another decides.
HANDS: Final = 3
# So many files are recorded in one transaction, which is over before a person notices.
TOGETHER: Final = 10
PAGE: Final = 500
# Nobody asks more often, nor more rarely: the clock of a trial may have been moved.
LEAST_PAUSE, LONGEST_PAUSE = 1.0, 5.0
_BEGIN: Final = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
_DUE: Final = text(
    "SELECT rings_at, case_id FROM case_state WHERE rings_at <= (SELECT legal_now())"
    f" AND (rings_at, case_id) > (:at, :after) ORDER BY rings_at, case_id LIMIT {PAGE}"
)
# The lock before the row, as everybody has it (`open_file`), and neither is waited for. What
# another bell has recorded meanwhile is not due any more.
_FREE: Final = text(
    "SELECT h.case_id FROM case_head h JOIN case_state s USING (case_id)"
    " WHERE h.case_id = ANY(CAST(:cases AS uuid[])) AND s.rings_at <= (SELECT legal_now())"
    " AND pg_try_advisory_xact_lock(hashtextextended(CAST(h.case_id AS text), 3))"
    " FOR NO KEY UPDATE OF h SKIP LOCKED"
)
_NEXT: Final = text("SELECT extract(epoch FROM min(rings_at) - legal_now()) FROM case_state")
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


async def ring(engine: Engine) -> None:
    """Record what comes by itself when it comes, for as long as the process runs."""
    stopped, pause = Event(), LEAST_PAUSE
    with ThreadPoolExecutor(HANDS, thread_name_prefix="bell") as hands:
        try:
            while True:
                try:
                    wait = await asyncio.to_thread(_round, engine, hands, stopped)
                except SQLAlchemyError as error:
                    log.warning("the bell cannot ring", kind=type(error).__name__)
                    wait = 0.0
                # What has come and could not be recorded is tried again, ever more rarely.
                pause = LEAST_PAUSE if wait else min(LONGEST_PAUSE, 2 * pause)
                await asyncio.sleep(wait or pause)
        finally:
            stopped.set()


def _round(engine: Engine, hands: ThreadPoolExecutor, stopped: Event) -> float:
    """Ring until nothing more is recorded; seconds until the next question, 0 where something that
    has come is left.
    """
    while (next_in := _next_in(engine)) is not None and next_in <= 0:
        if not ring_due(engine, hands, stopped):
            return 0.0
    return min(max(next_in or LONGEST_PAUSE, LEAST_PAUSE), LONGEST_PAUSE)


def _next_in(engine: Engine) -> float | None:
    with reads(engine) as connection:
        found = connection.execute(_NEXT).scalar()
    return None if found is None else float(found)


def ring_due(engine: Engine, hands: ThreadPoolExecutor, stopped: Event) -> int:
    """Go once over what has come; how many files have recorded something."""
    rung = 0
    for parts in _pages(engine):
        rung += sum(hands.map(partial(_together, engine, stopped), parts))
        if stopped.is_set():
            break
    return rung


def _pages(engine: Engine) -> Iterator[list[list[UUID]]]:
    """What has come, the oldest first; of each page the parts in no order, so that bells that begin
    at once are not at the same files.
    """
    at, after = _BEGIN
    while True:
        with reads(engine) as connection:
            page = connection.execute(_DUE, {"at": at, "after": after}).all()
        if not page:
            return
        at, after = page[-1]
        cases = [row.case_id for row in page]
        parts = [cases[n : n + TOGETHER] for n in range(0, len(cases), TOGETHER)]
        shuffle(parts)
        yield parts


def _together(engine: Engine, stopped: Event, cases: Sequence[UUID]) -> int:
    """So many of these files as nobody holds, in one transaction; where one cannot be recorded,
    each in its own.
    """
    if stopped.is_set():
        return 0
    try:
        with engine.begin() as connection:
            free = connection.execute(_FREE, {"cases": list(cases)}).scalars().all()
            return sum(_record(connection, str(case)) for case in free)
    except Exception as fault:
        if len(cases) > 1:
            return sum(_together(engine, stopped, [case]) for case in cases)
        kind, case_id = type(fault).__name__, str(cases[0])
        log.error("what has come cannot be recorded", case_id=case_id, kind=kind)
        return 0


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
    after = UUID(int=0)
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
