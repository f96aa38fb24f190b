"""What is carried out in the files of open cases: an announced calendar, a later edition.

Of the first every open case whose deadline ends later gets it in its file; of the second every one
that is to go on under it (`db.sweeps` does either).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine

from db.calendars import learn
from db.edition_changes import moves_open_case, of_earlier_editions
from db.intake_terms import recount_tasks
from db.recounts import moving
from db.reference_tables import CalendarChange, EditionChange
from db.sweeps import BATCH, SweepKind, SweepPart, sweep_batch
from definitions.calendars import current_calendar, load_calendar
from definitions.editions import edition
from domain.case.state import Case
from domain.decide import decide
from domain.messages import Event
from domain.process import Edition
from domain.terms.counting import Calendar
from domain.terms.later_edition import as_held, edition_message
from domain.terms.recount import calendar_message

# What began to be recorded before the approval has ended: what comes now into a file was counted
# with the new calendar (`db.casefile` sees to it).
SETTLED: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class _Recounting:
    """Every deadline that ends later under a calendar."""

    calendar: Calendar

    @property
    def message(self) -> str:
        return f"calendar:{self.calendar.version}"

    def part(self, connection: Connection, place: UUID, most: int) -> SweepPart:
        """What is counted from now on is counted with the new calendar."""
        return moving(connection, self.calendar, place, most)

    def decide(self, case: Case, now: datetime) -> list[Event]:
        asked = calendar_message(self.calendar.version, now)
        return decide(case, asked, edition(case.edition), self.calendar)

    def finish(self, connection: Connection) -> None:
        """Rejected messages lie on desks without a case (row R2)."""
        recount_tasks(connection, self.calendar)


@dataclass(frozen=True)
class _Moving:
    """Every open case of an earlier edition that the later one can take over."""

    after: Edition

    @property
    def message(self) -> str:
        return f"edition:{self.after.hash}"

    def part(self, connection: Connection, place: UUID, most: int) -> SweepPart:
        return of_earlier_editions(connection, self.after, place, most)

    def decide(self, case: Case, now: datetime) -> list[Event]:
        if not moves_open_case(case, edition(case.edition), self.after):
            return []
        asked = edition_message(self.after.hash, as_held(case, edition(case.edition)), now)
        return decide(case, asked, self.after, current_calendar())

    def finish(self, connection: Connection) -> None:
        """The term of a rejected message is that of the day on which it came."""


def _recounting(connection: Connection, change: CalendarChange) -> _Recounting:
    learn(connection)
    return _Recounting(load_calendar(change.version))


def _moving(connection: Connection, change: EditionChange) -> _Moving:
    learn(connection)
    return _Moving(edition(change.edition))


CALENDARS: Final = SweepKind(CalendarChange, newest=True, begin=_recounting)
EDITIONS: Final = SweepKind(EditionChange, newest=False, begin=_moving)
Kind = SweepKind[Any]
KINDS: Final[tuple[Kind, ...]] = (CALENDARS, EDITIONS)


def extend_batch(
    engine: Engine, settled: timedelta = SETTLED, most: int = BATCH, kind: Kind = CALENDARS
) -> bool:
    """One batch of an approved change of a kind; False where nothing is left."""
    return sweep_batch(engine, kind, settled, most)
