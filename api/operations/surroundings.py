"""What is around the portal: outside systems, the processes that work, and the schema they know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from pydantic import Field
from sqlalchemy import Connection
from temporalio.client import Client

from api.deps import Parts
from api.language import Text, said
from api.operations.asking import read
from api.problems import OF_DATABASE, is_passing
from api.schemas import Answer
from db.holds import held_now
from db.processes import AtWork, Neighbour, at_work, neighbours
from db.revisions import newest_revision, revision
from definitions.wording import codes
from workflows.operations import TemporalDown
from workflows.pollers import Poller, pollers

# Besides its own switch a system is held by that of what it is asked for.
_ALSO_HELD = {"treasury": {"payments"}, "sms": {"notices"}, "email": {"notices"}}

# What a system answers that does not know the key of the portal, or has no time for it.
_KEY_REFUSED: Final = "401"
_OVERLOADED: Final = frozenset(("429", "500", "502", "503", "504"))


class SystemView(Answer):
    """An outside system, as the processes of the portal saw it last."""

    system: str = Field(description="Which one")
    state: Literal["answers", "fails", "not_asked"] = Field(description="How it went last")
    answered_at: datetime | None = Field(description="When it answered last; null: never yet")
    failed_at: datetime | None = Field(description="When it failed last; null: never yet")
    fault: Text | None = Field(description="How it failed last, in words")
    remedy: Text | None = Field(
        description="While it fails: what an administrator does about it, in words"
    )
    waiting: int = Field(description="Effects that wait for it; of a channel all texts")
    since: datetime | None = Field(description="Since when the oldest of them waits")
    held_by: list[str] = Field(description="The switches by which administrators hold it")


class ProcessView(Answer):
    """A process that said in the last half minute that it lives."""

    kind: str = Field(description="What it is")
    identity: str = Field(description="How Temporal names it")
    build: str = Field(description="The version of the program, with a hash of its code")
    polls: list[str] = Field(description="What it takes work from, as Temporal saw it")
    editions: list[str] = Field(description="The hashes of the editions that it knows")
    started_at: datetime = Field(description="Since when it runs")
    seen_at: datetime = Field(description="When it said so last")


class SchemaView(Answer):
    """The revision of the tables; where the two differ, a migration or a newer build is missing."""

    database: str | None = Field(description="As the database has it; null: it does not answer")
    known: str = Field(description="As this build knows it")


class Surroundings(NamedTuple):
    """All of it; what could not be asked is empty."""

    systems: list[SystemView]
    processes: list[ProcessView]
    schema: SchemaView


async def look_around(parts: Parts, client: Client | None) -> Surroundings:
    """From the database and from Temporal, as far as they answer."""
    try:
        known, working, held, has = await read(parts, _read)
    except OF_DATABASE as error:
        if not is_passing(error):
            raise
        return Surroundings([], [], SchemaView(database=None, known=newest_revision()))
    polling = await _polling(client)
    return Surroundings(
        [_system(one, held) for one in known],
        [_process(one, polling) for one in working],
        SchemaView(database=has, known=newest_revision()),
    )


def _read(
    connection: Connection,
) -> tuple[list[Neighbour], list[AtWork], frozenset[str], str]:
    known, working = neighbours(connection), at_work(connection)
    return known, working, held_now(connection), revision(connection)


async def _polling(client: Client | None) -> list[Poller]:
    if client is None:
        return []
    try:
        return await pollers(client)
    except TemporalDown:
        return []


def _system(one: Neighbour, held: frozenset[str]) -> SystemView:
    shown = ("system", "state", "answered_at", "failed_at", "waiting", "since")
    by = held & ({one.system} | _ALSO_HELD.get(one.system, set()))
    return SystemView(
        **{name: getattr(one, name) for name in shown},
        fault=_fault(one.fault) if one.fault else None,
        remedy=_remedy(one.fault) if one.state == "fails" and one.fault else None,
        held_by=sorted(by),
    )


def _fault(what: str) -> Text:
    """A status, or a kind of silence that has words; whatever else it was, in general."""
    if what.isdecimal():
        told: Text = said("system_fault.status", status=what)
        return told
    known = f"system_fault.{what}"
    silent: Text = said(known if known in codes("system_fault") else "system_fault.other")
    return silent


def _remedy(what: str) -> Text:
    """Its key has to be renewed, it is away, or it has changed."""
    silent = f"system_fault.{what}" in codes("system_fault") or what in _OVERLOADED
    kind = "key" if what == _KEY_REFUSED else "away" if silent else "changed"
    told: Text = said(f"system_remedy.{kind}")
    return told


def _process(one: AtWork, polling: Sequence[Poller]) -> ProcessView:
    mine = {each.queue for each in polling if each.identity == one.identity}
    shown = ("kind", "identity", "build", "editions", "started_at", "seen_at")
    return ProcessView(polls=sorted(mine), **{name: getattr(one, name) for name in shown})
