"""Which processes work, by which build; and how outside systems have answered them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from db.holds import effects_waiting, kinds_of
from definitions.build import build_id
from definitions.editions import editions
from domain.messages import Frozen
from integrations.pulse import PULSE, Sign

EVERY_SECONDS: Final = 10.0
# A process that ends at once need not have said anything.
FIRST_SECONDS: Final = 1.0
# Whoever was silent for so long lives no more; for longer, and it is forgotten.
ALIVE: Final = "interval '30 seconds'"
KEPT: Final = "interval '1 day'"
Kind = Literal["worker", "api"]
# Which kinds of effects ask a system; those that can be held are known by what holds them.
SYSTEMS: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: kinds_of(name) for name in ("treasury", "sms", "email", "esobes")},
    "ca": ("verify",),
    "ncanode": ("verify",),
    "identity": (),
    "scanner": (),
}

_BEAT: Final = text(
    "INSERT INTO running_process (id, kind, identity, build, queues, editions)"
    " VALUES (:id, :kind, :identity, :build, :queues, :editions)"
    " ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()"
)
_FORGET: Final = text(f"DELETE FROM running_process WHERE seen_at < clock_timestamp() - {KEPT}")
_SIGN: Final = text(
    "INSERT INTO outside_system AS s (system, answered_at, failed_at, fault)"
    " VALUES (:system, :answered_at, :failed_at, :fault) ON CONFLICT (system) DO UPDATE SET"
    " answered_at = greatest(s.answered_at, excluded.answered_at),"
    " failed_at = greatest(s.failed_at, excluded.failed_at),"
    " fault = CASE WHEN excluded.failed_at IS NULL OR excluded.failed_at < s.failed_at"
    "   THEN s.fault ELSE excluded.fault END"
)
_ALIVE: Final = text(
    "SELECT kind, identity, build, queues, editions, started_at, seen_at FROM running_process"
    f" WHERE seen_at > clock_timestamp() - {ALIVE} ORDER BY kind, started_at"
)
_SIGNS: Final = text("SELECT system, answered_at, failed_at, fault FROM outside_system")


@dataclass(frozen=True)
class OwnProcess:
    """Who says that it lives; `identity` is how Temporal names it."""

    kind: Kind
    identity: str
    queues: tuple[str, ...] = ()
    id: UUID = field(default_factory=uuid4)


class AtWork(NamedTuple):
    """A process that lives."""

    kind: str
    identity: str
    build: str
    queues: list[str]
    editions: list[str]
    started_at: datetime
    seen_at: datetime


class Neighbour(Frozen):
    """An outside system: how it answered, and what waits for it (`waiting` since `since`)."""

    system: str
    answered_at: datetime | None = None
    failed_at: datetime | None = None
    fault: str | None = None
    waiting: int = 0
    since: datetime | None = None

    @property
    def state(self) -> Literal["answers", "fails", "not_asked"]:
        """As it was the last time that anybody asked."""
        if self.failed_at and (self.answered_at is None or self.failed_at > self.answered_at):
            return "fails"
        return "answers" if self.answered_at else "not_asked"


def beat(connection: Connection, process: OwnProcess, seen: Mapping[str, Sign]) -> None:
    """Say that it lives, and what it has seen of outside systems."""
    named: dict[str, Any] = {
        "id": process.id,
        "kind": process.kind,
        "identity": process.identity,
        "build": build_id(),
        "queues": list(process.queues),
        "editions": sorted(one.hash for one in editions().values()),
    }
    connection.execute(_BEAT, named)
    connection.execute(_FORGET)
    for system, sign in seen.items():
        connection.execute(_SIGN, {"system": system, **vars(sign)})


async def live(
    engine: Engine, process: OwnProcess, take: Callable[[], Mapping[str, Sign]] = PULSE.take
) -> None:
    """Say so every few seconds, for as long as it runs."""

    def once() -> None:
        with engine.begin() as connection:
            beat(connection, process, take())

    await asyncio.sleep(FIRST_SECONDS)
    while True:
        try:
            await asyncio.to_thread(once)
        except SQLAlchemyError as error:
            kind = type(error).__name__
            structlog.get_logger(__name__).warning("a process cannot say that it lives", kind=kind)
        await asyncio.sleep(EVERY_SECONDS)


def at_work(connection: Connection) -> list[AtWork]:
    """The processes that live."""
    return [AtWork(*row) for row in connection.execute(_ALIVE)]


def neighbours(connection: Connection) -> list[Neighbour]:
    """Every outside system, also one that nobody has asked yet."""
    signs = {row.system: row._asdict() for row in connection.execute(_SIGNS)}
    waiting = effects_waiting(connection)
    found = []
    for system, kinds in SYSTEMS.items():
        owed = [waiting[kind] for kind in kinds if kind in waiting]
        told = signs.get(system, {"system": system})
        many, since = sum(one.many for one in owed), min((one.since for one in owed), default=None)
        found.append(Neighbour(**told, waiting=many, since=since))
    return found
