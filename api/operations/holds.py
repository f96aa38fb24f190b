"""What administrators hold: what goes out waits, and goes on once released; of whom a legal hold
stands nothing is erased.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from api.auth import Caller
from api.deps import Parts
from api.once import Once
from api.operations.asked import Hold, LiftLegalHold, PlaceLegalHold, Release
from api.operations.asking import cases_of, person_meant, read, write
from api.operations.models import HoldReport, LegalHoldReport
from api.problems import Refused
from db.holds import Switch, cases_waiting, on_their_way, place, release, waiting_for
from db.legal_holds import lift_hold, place_hold
from domain.messages import Refusal
from workflows.holds import wake
from workflows.operations import TemporalDown

# What is beyond this looks again by itself: a request must end.
MOST_WOKEN: Final = 500


async def hold(parts: Parts, administrator: Caller, once: Once, wish: Hold) -> HoldReport:
    """From its answer on nothing more of it leaves, but for what it names as on its way."""

    def placed(connection: Connection) -> dict[str, Any]:
        made = place(connection, parts.seal, administrator.actor, wish.switch, wish.reason)
        return _told(connection, made, wish.switch, held=True)

    return await _once(parts, once, placed)


async def let_go(parts: Parts, administrator: Caller, once: Once, wish: Release) -> HoldReport:
    """What waited is tried at once, as far as Temporal answers and there is time."""

    def released(connection: Connection) -> dict[str, Any]:
        made = release(connection, administrator.actor, wish.switch)
        return _told(connection, made, wish.switch, held=False)

    report = await _once(parts, once, released)
    return report.model_copy(update={"woken": await _woken(parts, wish.switch)})


async def legal_hold(
    parts: Parts, administrator: Caller, once: Once, wish: PlaceLegalHold | LiftLegalHold
) -> LegalHoldReport:
    """Place or lift it, under its key."""

    def done(connection: Connection) -> dict[str, Any]:
        whom = person_meant(connection, wish)
        if isinstance(wish, PlaceLegalHold):
            by = (administrator.actor, whom, wish.reason)
            made = place_hold(connection, parts.seal, *by)
        else:
            made = lift_hold(connection, administrator.actor, whom)
        if isinstance(made, Refusal):
            raise Refused([made.model_dump(mode="json")])
        held = made.lifted_at is None
        return {"id": str(made.id), "person": str(made.person_id), "held": held}

    told = await write(parts, lambda connection: once.make(connection, done))
    return LegalHoldReport.model_validate(told)


async def _once(
    parts: Parts, once: Once, act: Callable[[Connection], dict[str, Any]]
) -> HoldReport:
    """Together with its key: whoever was broken off asks again, and is not told that it is done."""
    made = await write(parts, lambda connection: once.make(connection, act))
    return HoldReport.model_validate(made)


def _told(
    connection: Connection, made: UUID | Refusal, switch: Switch, *, held: bool
) -> dict[str, Any]:
    if isinstance(made, Refusal):
        raise Refused([made.model_dump(mode="json")])
    report = HoldReport(
        id=made,
        switch=switch,
        held=held,
        waiting=waiting_for(connection, switch),
        on_their_way=on_their_way(connection, switch) if held else 0,
    )
    return report.model_dump(mode="json")


async def _woken(parts: Parts, switch: str) -> int:
    cases = cases_of(parts)
    if cases is None:
        return 0
    waiting = await read(parts, lambda connection: cases_waiting(connection, switch, MOST_WOKEN))
    try:
        return await wake(cases.client, waiting)
    except TemporalDown:
        return 0
