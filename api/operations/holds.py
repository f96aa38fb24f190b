"""What administrators hold: what goes out waits, and goes on once released; of whom a legal hold
stands nothing is erased.
"""

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

    made = await write(parts, lambda connection: once.make(connection, placed))
    return HoldReport.model_validate(made)


async def let_go(parts: Parts, administrator: Caller, once: Once, wish: Release) -> HoldReport:
    """What waited is tried at once, as far as Temporal answers and there is time; whoever asks the
    same meanwhile is told of the first who has had it tried.
    """

    def released(connection: Connection) -> dict[str, Any]:
        made = release(connection, administrator.actor, wish.switch)
        return _told(connection, made, wish.switch, held=False)

    made = await write(parts, lambda connection: once.make(connection, released))
    if "woken" not in made:
        woken = await _woken(parts, wish.switch)
        made = await write(parts, lambda connection: _kept(connection, once, woken))
    return HoldReport.model_validate(made)


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


def _kept(connection: Connection, once: Once, woken: int) -> dict[str, Any]:
    """The report with how many were woken, unless somebody has kept that before."""
    made = once.known(connection)
    assert made is not None, "it was released under this key"
    if "woken" not in made:
        made = {**made, "woken": woken}
        once.keep(connection, made)
    return made


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
    # How many are woken is known, and kept, only after it was released.
    return report.model_dump(mode="json", exclude=None if held else {"woken"})


async def _woken(parts: Parts, switch: str) -> int:
    cases = cases_of(parts)
    if cases is None:
        return 0
    waiting = await read(parts, lambda connection: cases_waiting(connection, switch, MOST_WOKEN))
    try:
        return await wake(cases.client, waiting)
    except TemporalDown:
        return 0
