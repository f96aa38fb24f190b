"""What is stuck, from the file and from Temporal together, whichever of the two still answers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Final, Literal, TypeVar
from uuid import UUID

from psycopg.errors import LockNotAvailable, QueryCanceled
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from temporalio.client import Client

from activities.holds import HELD
from db.engine import reads
from db.holds import HoldInForce, standing
from db.intake_tasks import late_intake
from db.locks import locked
from db.operations import (
    MACHINE,
    UNANSWERED_AFTER,
    KnownCase,
    Trouble,
    as_held,
    held_effects,
    late_desks,
    overdue,
    owed,
    read_known,
    unanswered,
    unheard,
)
from db.report_tasks import undone_reports
from domain.messages import Frozen
from workflows.operations import (
    Failing,
    Run,
    TemporalDown,
    WorkflowTask,
    answering,
    failing,
    looks,
)

# The oldest of each cause; a list that is longer helps nobody.
MOST: Final = 200
T = TypeVar("T")
Question = Callable[[Connection, UUID | None, int], list[Trouble]]
Status = Literal["answered", "more", "timed_out", "away"]


# What is asked of the database, and who answers it.
_FILE: Final[Mapping[str, Question]] = {
    "overdue": overdue,
    "tasks": late_desks,
    "escalations": unanswered,
    "intake": late_intake,
    "reports": lambda connection, authority, most: (
        [] if authority else undone_reports(connection, most)
    ),
    "unheard": unheard,
    "held": held_effects,
    "locked": locked,
}


class Answered(Frozen):
    """How a question was answered: whole (`answered`), by its oldest (`more`), or not at all."""

    name: str
    status: Status


@dataclass(frozen=True)
class Troubles:
    """Everything found, the oldest first, what is held, and how each question was answered.

    `database`, `temporal`: whether all that it was asked was answered. `complete` is False where
    something was not, or where there is more than is listed.
    """

    found: list[Trouble]
    questions: tuple[Answered, ...]
    holds: list[HoldInForce]

    @property
    def database(self) -> bool:
        return all(one.status in ("answered", "more") for one in self.questions[:-1])

    @property
    def temporal(self) -> bool:
        return self.questions[-1].status != "away"

    @property
    def complete(self) -> bool:
        return all(one.status == "answered" for one in self.questions)


async def stuck(
    client: Client | None, engine: Engine, now: datetime, authority: UUID | None = None
) -> Troubles:
    """Every case that does not go on by itself, and every rejected message that lies too long.

    `authority` None: of every authority. `now` is wall time, from which the age of what hangs in
    Temporal is counted. Each question is asked for itself: one that fails takes no other along.
    """
    answers = await asyncio.gather(
        *(_ask(engine, partial(_of, read, authority)) for read in _FILE.values())
    )
    waiting, effects = await _ask(engine, lambda connection: owed(connection, authority, MOST))
    broken, runs = await _of_temporal(client, waiting)
    ids = [one.case_id for one in broken or ()]
    known, names = await _ask(engine, lambda connection: list(read_known(connection, ids).items()))
    named = dict(known)
    hanging = [
        _failing(one, run, run.task, named.get(one.case_id), now)
        for one in broken or ()
        if (run := runs.get(one.case_id)) and run.task and _is_mine(one, named, authority)
    ]
    holds, held = await _ask(engine, standing)
    tried = [_owed(one, runs.get(str(one.case_id)), held=bool(holds)) for one in waiting]
    listed = chain.from_iterable(found for found, _ in answers)
    found = [*listed, *hanging, *(one for one in tried if one)]
    statuses = dict(zip(_FILE, (status for _, status in answers), strict=True))
    statuses |= {"effects": effects, "names": names, "holds": held}
    statuses["failing_tasks"] = "away" if broken is None else _how_many(broken)
    return Troubles(
        found=sorted(found, key=lambda trouble: trouble.since),
        questions=tuple(Answered(name=name, status=one) for name, one in statuses.items()),
        holds=holds,
    )


def _of(read: Question, authority: UUID | None, connection: Connection) -> list[Trouble]:
    return read(connection, authority, MOST)


def _how_many(found: Sequence[object]) -> Status:
    return "more" if len(found) >= MOST else "answered"


async def _ask(engine: Engine, read: Callable[[Connection], list[T]]) -> tuple[list[T], Status]:
    """What the database says, and how; nothing where it could not be asked or took too long."""

    def in_thread() -> tuple[list[T], Status]:
        try:
            with reads(engine) as connection:
                found = read(connection)
        except NoConnection:
            return [], "timed_out"
        except DBAPIError as error:
            if isinstance(error.orig, (QueryCanceled, LockNotAvailable)):
                return [], "timed_out"
            if not _is_away(error):
                raise
            return [], "away"
        return found, _how_many(found)

    return await asyncio.to_thread(in_thread)


def _is_away(error: DBAPIError) -> bool:
    return error.connection_invalidated or type(error).__name__ in (
        "OperationalError",
        "InterfaceError",
    )


async def _of_temporal(
    client: Client | None, waiting: Sequence[Trouble]
) -> tuple[list[Failing] | None, dict[str, Run]]:
    """Whose tasks fail, and the runs of those and of whoever waits for the outside."""
    if client is None:
        return None, {}
    try:
        broken = (await failing(client))[:MOST]
        asked = [*(one.case_id for one in broken), *(str(one.case_id) for one in waiting)]
        return broken, await looks(client, list(dict.fromkeys(asked)))
    except TemporalDown:
        return None, {}


def _is_mine(one: Failing, named: Mapping[str, KnownCase], authority: UUID | None) -> bool:
    """Whose a case is cannot be known while the database is away: then only to administrators."""
    known = named.get(one.case_id)
    return authority is None or (known is not None and known.authority == authority)


def _failing(
    one: Failing, run: Run, task: WorkflowTask, known: KnownCase | None, now: datetime
) -> Trouble:
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


def _owed(one: Trouble, run: Run | None, *, held: bool) -> Trouble | None:
    """An effect tried beyond its bound, one that nobody has even tried for a minute, or a text of
    which a channel is held.
    """
    pending = answering(one.detail["effect"], run.activities) if run else None
    if pending is not None:
        shown = {"attempt", "last_error", "next_attempt_at", "paused"}
        tried = {"activity": pending.id, **pending.model_dump(mode="json", include=shown)}
        one = one.model_copy(update={"detail": {**one.detail, **tried}})
        if held and pending.last_error == HELD:
            return as_held(one)
        if pending.parked:
            return one.model_copy(update={"cause": "parked", "remedies": ("inspect", "retry")})
    return one if one.age_seconds >= UNANSWERED_AFTER else None
