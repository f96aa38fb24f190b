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
    "INSERT INTO running_process (id, kind, identity, build, queues, editions, master_keys)"
    " VALUES (:id, :kind, :identity, :build, :queues, :editions, :master_keys)"
    " ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()"
)
# Who begins looks at all who work, and they at who begins, one after the other.
_IN_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('running_process', 3))")
# The first key of each wraps what the other has to open. A process of a former build says nothing.
_AT_ODDS: Final = text(
    "SELECT id, identity, seen_at FROM running_process"
    f" WHERE seen_at > clock_timestamp() - {ALIVE} AND id <> :id AND master_keys <> '{{}}'"
    " AND CAST(:keys AS text[]) <> '{}'"
    " AND NOT (CAST(:keys AS text[]) @> master_keys[1:1]"
    "  AND master_keys @> (CAST(:keys AS text[]))[1:1]) ORDER BY identity"
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
    "SELECT kind, identity, build, queues, editions, started_at, seen_at, master_keys"
    " FROM running_process"
    f" WHERE seen_at > clock_timestamp() - {ALIVE} ORDER BY kind, started_at"
)
_SIGNS: Final = text("SELECT system, answered_at, failed_at, fault FROM outside_system")


@dataclass(frozen=True)
class OwnProcess:
    """Who says that it lives; `identity` is how Temporal names it.

    `master_keys`: the ids of those of people that it has; it wraps with the first.
    """

    kind: Kind
    identity: str
    queues: tuple[str, ...] = ()
    master_keys: tuple[str, ...] = ()
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
    master_keys: list[str]


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
        "master_keys": list(process.master_keys),
        "editions": sorted(one.hash for one in editions().values()),
    }
    connection.execute(_BEAT, named)
    connection.execute(_FORGET)
    for system, sign in seen.items():
        connection.execute(_SIGN, {"system": system, **vars(sign)})


# What helps where a process may not begin beside others.
KEYS_HELP: Final = (
    "OZHB_PERSON_MASTER_KEYS: a new key second everywhere, then first everywhere, then `ozhb keys"
    " rotate`, and only then without the old one"
)


class KeysDiffer(Exception):
    """Others live that could not open what this process wraps, or wrap what it cannot open."""


class Unfit(NamedTuple):
    """A process whose master keys do not fit, and when it last said that it lives."""

    id: UUID
    identity: str
    seen_at: datetime


def take_place(engine: Engine, process: OwnProcess) -> list[Unfit]:
    """Be one of those that work; else those whose master keys do not fit, and nothing is done."""
    with engine.begin() as connection:
        connection.execute(_IN_TURN)
        found = unfit(connection, process)
        if not found:
            beat(connection, process, {})
    return found


def unfit(connection: Connection, process: OwnProcess) -> list[Unfit]:
    """Those who live and could not open what this process wraps, or wrap what it cannot open."""
    named = {"id": process.id, "keys": list(process.master_keys)}
    return [Unfit(*row) for row in connection.execute(_AT_ODDS, named)]


async def begin_beside(engine: Engine, process: OwnProcess) -> None:
    """Be one of those that work, once all who live can open what this process wraps, and it what
    they wrap. KeysDiffer where one of them goes on living.

    Who has ended is taken for living a while longer. Without a database nothing can be written.
    """
    first: dict[UUID, datetime] = {}
    try:
        while found := await asyncio.to_thread(take_place, engine, process):
            if lives := [
                one.identity for one in found if one.seen_at > first.get(one.id, one.seen_at)
            ]:
                raise KeysDiffer(", ".join(lives))
            first = {one.id: one.seen_at for one in found} | first
            await asyncio.sleep(FIRST_SECONDS)
    except SQLAlchemyError as error:
        kind = type(error).__name__
        structlog.get_logger(__name__).warning("a process cannot say that it lives", kind=kind)


async def live(
    engine: Engine, process: OwnProcess, take: Callable[[], Mapping[str, Sign]] = PULSE.take
) -> None:
    """Say so every few seconds, for as long as it runs; also whose keys do not fit, where it began
    without a database that could tell.
    """

    def once() -> None:
        with engine.begin() as connection:
            beat(connection, process, take())
            found = unfit(connection, process)
        if found:
            others = [one.identity for one in found]
            structlog.get_logger(__name__).error("keys differ", others=others, helps=KEYS_HELP)

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
