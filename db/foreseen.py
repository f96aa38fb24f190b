"""What a crowd of cases will record at an instant is made out shortly before, and written then.

Decided is on the file, which its hash says all of: whatever was foreseen on a file of the same
hash is what would be decided on it now. What grew meanwhile, or has a message waiting, is decided
anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from db.casefile import locked
from db.chains import Digested, Written
from db.crowds import ALL_TURNS, turn
from db.engine import reads
from db.events import chained
from db.lateness import note_lateness
from db.money import write_money
from db.projections import record
from db.putting import PLANNED_ONCE
from domain.case.norms import TAKING
from domain.case.state import Case
from domain.messages import Event
from domain.money.ledger import moves_money

# After the locks are had, in a statement of its own, as `open_file` has it.
_STANDING: Final = text(
    "SELECT h.case_id, h.hash, h.told, legal_now() AS now, clock_timestamp() AS wall,"
    " pg_current_xact_id()::text::bigint AS xid,"
    " (SELECT CAST(max(version) AS text) FROM calendar_change WHERE approved_at IS NOT NULL)"
    " AS calendar,"
    f" {PLANNED_ONCE} FROM case_head h WHERE h.case_id = ANY(CAST(:cases AS uuid[]))"
    " AND NOT EXISTS (SELECT 1 FROM unheard u WHERE u.case_id = h.case_id)"
)


@dataclass(frozen=True)
class Foreseen:
    """What a file of this hash records once something has come (`rung`), under this calendar.

    `before` is the case where money moves: its ledger is written with the events, as everywhere.
    """

    hash: bytes = field(repr=False)
    calendar: str | None
    rung: tuple[datetime, ...]
    events: tuple[Event, ...] = field(repr=False)
    digested: tuple[Digested, ...] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    before: Case | None = field(repr=False)


def foresee(engine: Engine, case_id: UUID, at: datetime) -> Foreseen | None:
    """What a file will record at an instant; None of one that has a message waiting, and of what
    is more than its own: the yearly norm of a person.
    """
    with reads(engine) as connection:
        file = locked(connection, str(case_id))
        file.ring(at)
        beyond = any(one.type in TAKING for one in file.made)
        if file.waits or beyond or not file.rung:
            return None
        file.wakes = file.asks_for_run
        if turn(connection, str(case_id), file.rung[0]):
            file.patience = ALL_TURNS
        values = file.to_write()
        written = Written(str(case_id), file.row.wall, file.row.xid, values["salt"])
        return Foreseen(
            hash=file.hash,
            calendar=file.row.calendar,
            rung=tuple(file.rung),
            events=tuple(file.made),
            digested=tuple(Digested.of(one, written) for one in file.made),
            values=values,
            before=file.before if any(map(moves_money, file.made)) else None,
        )


def record_foreseen(
    connection: Connection, foreseen: Mapping[UUID, Foreseen], cases: Iterable[UUID]
) -> set[UUID]:
    """Write to files, whose locks are had, what was foreseen on them and still holds; to which."""
    known = [case for case in cases if case in foreseen]
    if not known:
        return set()
    standing, to_write = {}, []
    for row in connection.execute(_STANDING, {"cases": known}):
        one = foreseen[row.case_id]
        if (one.hash, one.calendar) == (bytes(row.hash), row.calendar) and one.rung[-1] <= row.now:
            standing[row.case_id] = row.now
            # When and by whom it is written is in the chain, and what was asked may have grown.
            written = Written(str(row.case_id), row.wall, row.xid, one.values["salt"])
            made = chained(one.hash, row.told, one.events, written, one.digested)
            to_write.append({**one.values, **made})
    record(connection, to_write)
    for case, now in standing.items():
        one = foreseen[case]
        if one.before is not None:
            write_money(connection, one.before, one.events)
        note_lateness(one.rung, now)
    return set(standing)
