"""Files proven: against their projections and their messages, and by deciding them again."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Connection, Engine
from sqlmodel import col, select
from temporalio.client import Client

from activities.effects import EffectOutcome
from db.engine import reads
from db.events import read_events
from db.operations import read_messages, read_outcomes
from db.rebuild import Damage, compare, scratch
from db.tables import CaseHead
from definitions.calendars import current_calendar, load_calendar
from definitions.editions import edition
from domain.case.state import Case
from domain.forecasts.decided_again import OUTCOME, Rehearsal, rehearse
from domain.messages import Frozen
from domain.terms.counting import Calendar
from workflows.operations import TemporalDown
from workflows.replays import Failure, check_replays


class ReplayProof(Frozen):
    """What a comparison of files found."""

    checked: int
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


def prove_files(engine: Engine, case_ids: Sequence[str]) -> ReplayProof:
    """Compare files with their projections, and their events with the messages behind them."""
    with scratch(engine) as connection:
        found = [damage for case_id in case_ids for damage in compare(connection, case_id)]
    return ReplayProof(checked=len(case_ids), damages=tuple(found))


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
    rehearsals = await asyncio.to_thread(_rehearse_all, engine, case_ids)
    return [
        DryRun(
            case_id=case_id,
            kept=case_id not in gone,
            failure=failures.get(case_id),
            rehearsal=rehearsals[case_id],
        )
        for case_id in case_ids
    ]


def _rehearse_all(engine: Engine, case_ids: Sequence[str]) -> dict[str, Rehearsal]:
    with reads(engine) as connection:
        return {case_id: _rehearse(connection, case_id) for case_id in case_ids}


def _rehearse(connection: Connection, case_id: str) -> Rehearsal:
    head = select(CaseHead.edition).where(col(CaseHead.case_id) == case_id)
    law = connection.execute(head).scalar_one()
    events = read_events(connection, case_id)
    periods = {event.message_id: event.period for event in events}
    known = read_messages(connection, case_id)
    for key, kept in read_outcomes(connection, case_id).items():
        if (period := periods.get(f"{OUTCOME}{key}")) is not None:
            known[f"{OUTCOME}{key}"] = EffectOutcome.model_validate(kept).message(key, period)
    return rehearse(Case(id=case_id, edition=law), events, known, edition, _calendar)


def _calendar(version: str | None) -> Calendar:
    return load_calendar(version) if version else current_calendar()
