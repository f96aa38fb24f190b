"""Files proven: against their projections, Temporal's memory, and by deciding them again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from temporalio.client import Client

from db.events import read_events
from db.operations import read_messages
from db.rebuild import Damage, compare, compare_kept, scratch
from definitions.calendars import current_calendar, load_calendar
from definitions.editions import edition
from domain.case import Case
from domain.messages import Actor, Event, Frozen, Message
from domain.rehearsal import OUTCOME, Rehearsal, rehearse
from domain.terms import Calendar
from workflows.operations import NoRun, TemporalDown, each
from workflows.replays import Failure, Kept, check_replays, read_all_kept

_EDITION = text("SELECT edition FROM case_head WHERE case_id = :case_id")


class Proof(Frozen):
    """What a comparison of files found. `unasked`: files that no history was compared with."""

    checked: int
    unasked: tuple[str, ...]
    damages: tuple[Damage, ...]


class DryRun(Frozen):
    """A case replayed and decided again. `kept` False: no history of it could be had."""

    case_id: str
    kept: bool
    failure: Failure | None
    rehearsal: Rehearsal

    @property
    def fine(self) -> bool:
        """This build goes on from it, and would have recorded the same."""
        return self.failure is None and not self.rehearsal.differences


@dataclass(frozen=True)
class _File:
    """The events of a file with what is needed to decide them again."""

    edition: str
    events: list[Event]
    messages: dict[str, Message]


async def prove_files(client: Client | None, engine: Engine, case_ids: Sequence[str]) -> Proof:
    """Compare files with their projections and with the histories that Temporal keeps of them."""
    proof = await _prove(client, engine, case_ids)
    # What was recorded between two looks seems missing from the file: such a case is read anew.
    behind = {damage.case_id for damage in proof.damages if _is_missing(damage)}
    if not behind:
        return proof
    again = await _prove(client, engine, sorted(behind))
    rest = tuple(damage for damage in proof.damages if damage.case_id not in behind)
    return proof.model_copy(update={"damages": (*rest, *again.damages)})


def _is_missing(damage: Damage) -> bool:
    return (damage.table, damage.column, damage.found) == ("event", "row", None)


async def _prove(client: Client | None, engine: Engine, case_ids: Sequence[str]) -> Proof:
    files = await asyncio.to_thread(_compare_all, engine, case_ids)
    damages = {case_id: found for case_id, (found, _) in files.items()}
    remembered = await each(
        case_ids, lambda case_id: _compare_history(client, case_id, files[case_id][1])
    )
    unasked = []
    for case_id, found in zip(case_ids, remembered, strict=True):
        if found is None:
            unasked.append(case_id)
        else:
            damages[case_id] += found
    every = [damage for case_id in case_ids for damage in damages[case_id]]
    return Proof(checked=len(case_ids), unasked=tuple(unasked), damages=tuple(every))


def _compare_all(
    engine: Engine, case_ids: Sequence[str]
) -> dict[str, tuple[list[Damage], list[Event]]]:
    with scratch(engine) as connection:
        return {case_id: compare(connection, case_id) for case_id in case_ids}


async def _compare_history(
    client: Client | None, case_id: str, events: list[Event]
) -> list[Damage] | None:
    """The differences to what every run was answered; None where none can be asked."""
    try:
        kept, at_rest = await _kept(client, case_id)
    except (NoRun, TemporalDown):
        return None
    found: dict[tuple[int, str], Damage] = {}
    for number, run in enumerate(kept):
        # Only the current run need know all of the file; an earlier one knows its beginning.
        whole = at_rest and number == 0
        for damage in compare_kept(case_id, events, run.events, at_rest=whole):
            found.setdefault((damage.key["seq"], damage.column), damage)
    return list(found.values())


async def _kept(client: Client | None, case_id: str) -> tuple[list[Kept], bool]:
    if client is None:
        raise TemporalDown("there is no connection to Temporal yet")
    return await read_all_kept(client, case_id)


async def dry_run(client: Client | None, engine: Engine, case_ids: Sequence[str]) -> list[DryRun]:
    """Replay each case against the host of this build, and decide each of its messages again.

    Changes nothing. While Temporal is away the messages alone are decided.
    """
    failures: dict[str, Failure] = {}
    gone = set(case_ids)
    if client is not None:
        try:
            verdict = await check_replays(client, case_ids)
        except TemporalDown:
            client = None
        else:
            failures = {failure.case_id: failure for failure in verdict.failures}
            gone = set(verdict.gone)
    outcomes = await each(case_ids, lambda case_id: _outcomes(client, case_id))
    rehearsals = await asyncio.to_thread(
        _rehearse_all, engine, dict(zip(case_ids, outcomes, strict=True))
    )
    return [
        DryRun(
            case_id=case_id,
            kept=case_id not in gone,
            failure=failures.get(case_id),
            rehearsal=rehearsals[case_id],
        )
        for case_id in case_ids
    ]


async def _outcomes(client: Client | None, case_id: str) -> list[Message]:
    """How effects ended, as the histories keep it: in more detail than the events do."""
    try:
        kept, _ = await _kept(client, case_id)
    except (NoRun, TemporalDown):
        return []
    return [
        Message(
            id=f"{OUTCOME}{key}",
            name=outcome.name,
            at=outcome.at,
            actor=Actor(role=outcome.role),
            data={**outcome.data, "effect": key},
        )
        for run in kept
        for key, outcome in run.outcomes.items()
    ]


def _rehearse_all(engine: Engine, outcomes: dict[str, list[Message]]) -> dict[str, Rehearsal]:
    with engine.connect() as connection:
        return {
            case_id: _rehearse(case_id, _read(connection, case_id), known)
            for case_id, known in outcomes.items()
        }


def _read(connection: Connection, case_id: str) -> _File:
    return _File(
        edition=connection.execute(_EDITION, {"case_id": case_id}).scalar_one(),
        events=read_events(connection, case_id),
        messages=read_messages(connection, case_id),
    )


def _rehearse(case_id: str, file: _File, outcomes: list[Message]) -> Rehearsal:
    # After a reset an effect may have ended twice: the file holds the one of that instant.
    recorded = {(event.message_id, event.at): event.period for event in file.events}
    placed = {
        one.id: one.model_copy(update={"period": recorded[one.id, one.at]})
        for one in outcomes
        if (one.id, one.at) in recorded
    }
    known = {**placed, **file.messages}
    case = Case(id=case_id, edition=file.edition)
    return rehearse(case, file.events, known, edition, _calendar)


def _calendar(version: str | None) -> Calendar:
    return load_calendar(version) if version else current_calendar()
