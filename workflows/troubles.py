"""What is stuck, from the file and from Temporal together, whichever of the two still answers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from temporalio.client import Client

from db.engine import reads
from db.intake_tasks import late_intake
from db.operations import (
    UNANSWERED_AFTER,
    Known,
    Owed,
    Trouble,
    late_people,
    owed,
    read_known,
    unheard,
)
from db.report_tasks import undone_reports
from workflows.operations import (
    Failing,
    Run,
    Task,
    TemporalDown,
    answering,
    failing,
    looks,
)

# The oldest of each cause; a list that is longer helps nobody.
MOST: Final = 200
MACHINE: Final = ("administrator",)
T = TypeVar("T")


@dataclass(frozen=True)
class Troubles:
    """Everything found, the oldest first. `database`, `temporal`: whether it could be asked.

    `complete` is False where one of them could not, or where there is more than is listed.
    """

    found: list[Trouble]
    database: bool
    temporal: bool
    complete: bool


@dataclass
class _Looked:
    """What one look at the database brought."""

    people: list[Trouble] = field(default_factory=list)
    intake: list[Trouble] = field(default_factory=list)
    reports: list[Trouble] = field(default_factory=list)
    unheard: list[Trouble] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)


async def stuck(
    client: Client | None, engine: Engine, now: datetime, authority: UUID | None = None
) -> Troubles:
    """Every case that does not go on by itself, and every rejected message that lies too long.

    `authority` None: of every authority. `now` is wall time, from which the age of what hangs in
    Temporal is counted.
    """
    looked = await _ask(engine, lambda connection: _look(connection, authority))
    file = looked or _Looked()
    broken, runs = await _of_temporal(client, file.owed)
    ids = [one.case_id for one in broken or ()]
    named = await _ask(engine, lambda connection: read_known(connection, ids)) or {}
    hanging = [
        _failing(one, run, run.task, named.get(one.case_id), now)
        for one in broken or ()
        if (run := runs.get(one.case_id)) and run.task and _is_mine(one, named, authority)
    ]
    waiting = [_owed(one, runs.get(one.case_id)) for one in file.owed]
    listed = (file.people, file.intake, file.reports, file.unheard)
    found = [*chain(*listed), *hanging, *(one for one in waiting if one)]
    counts = [*map(len, listed), len(file.owed), len(ids)]
    return Troubles(
        found=sorted(found, key=lambda trouble: trouble.since),
        database=looked is not None,
        temporal=broken is not None,
        complete=looked is not None and broken is not None and max(counts) < MOST,
    )


def _look(connection: Connection, authority: UUID | None) -> _Looked:
    return _Looked(
        people=late_people(connection, authority, MOST),
        intake=late_intake(connection, authority, MOST),
        reports=[] if authority else undone_reports(connection, MOST),
        unheard=unheard(connection, authority, MOST),
        owed=owed(connection, authority, MOST),
    )


async def _ask(engine: Engine, read: Callable[[Connection], T]) -> T | None:
    """What the database says; None while it cannot be asked, which the answer tells."""

    def in_thread() -> T | None:
        try:
            with reads(engine) as connection:
                return read(connection)
        except (DBAPIError, NoConnection) as error:
            if isinstance(error, DBAPIError) and not _is_away(error):
                raise
            return None

    return await asyncio.to_thread(in_thread)


def _is_away(error: DBAPIError) -> bool:
    return error.connection_invalidated or type(error).__name__ in (
        "OperationalError",
        "InterfaceError",
    )


async def _of_temporal(
    client: Client | None, waiting: Sequence[Owed]
) -> tuple[list[Failing] | None, dict[str, Run]]:
    """Whose tasks fail, and the runs of those and of whoever waits for the outside."""
    if client is None:
        return None, {}
    try:
        broken = (await failing(client))[:MOST]
        asked = [*(one.case_id for one in broken), *(one.case_id for one in waiting)]
        return broken, await looks(client, list(dict.fromkeys(asked)))
    except TemporalDown:
        return None, {}


def _is_mine(one: Failing, named: Mapping[str, Known], authority: UUID | None) -> bool:
    """Whose a case is cannot be known while the database is away: then only to administrators."""
    known = named.get(one.case_id)
    return authority is None or (known is not None and known.authority == authority)


def _failing(one: Failing, run: Run, task: Task, known: Known | None, now: datetime) -> Trouble:
    detail = {
        "attempt": task.attempt,
        "cause": task.cause,
        "error": task.error,
        "reported": list(one.problems),
        "run_id": run.run_id,
    }
    return Trouble(
        case_id=one.case_id,
        reference=known.reference if known else "",
        status=known.status if known else "",
        cause="failing_task",
        since=task.since,
        age_seconds=max(0, int((now - task.since).total_seconds())),
        who=MACHINE,
        remedies=("inspect", "replay", "retry", "reset", "restart"),
        detail=detail,
    )


def _owed(one: Owed, run: Run | None) -> Trouble | None:
    """An effect tried beyond its bound, or one that nobody has even tried for a minute."""
    pending = answering(one.key, run.activities) if run else None
    detail: dict[str, object] = {"effect": one.key, "kind": one.kind}
    if pending is not None:
        shown = {"attempt", "last_error", "next_attempt_at", "paused"}
        detail |= {"activity": pending.id, **pending.model_dump(mode="json", include=shown)}
    parked = pending is not None and pending.parked
    if not parked and one.age_seconds < UNANSWERED_AFTER:
        return None
    return Trouble(
        case_id=one.case_id,
        reference=one.reference,
        status=one.status,
        cause="parked" if parked else "unanswered",
        since=one.asked_at,
        age_seconds=one.age_seconds,
        who=MACHINE,
        remedies=("inspect", "retry") if parked else ("inspect", "retry", "restart"),
        detail=detail,
    )
