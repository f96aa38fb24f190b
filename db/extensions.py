"""Carry an approved calendar out: every open case whose deadline ends later gets it in its file.

In batches, each one transaction under the locks of its heads, so that a kill loses nothing and
repeats nothing: how far it went stands in the same transaction, and a case that has the message
`calendar:<version>` is not asked again. The runs learn of it as they learn of everything: the tail
of their next append. Only those whose recipient must be told are woken.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from db.calendars import learn
from db.casefile import Append, write
from definitions.calendars import load_calendar
from definitions.editions import edition
from domain.apply import fold
from domain.case import Case
from domain.decide import decide
from domain.messages import Frozen
from domain.recount import calendar_message, open_deadlines, recount
from domain.terms import Calendar, Certificate

BATCH: Final = 200
# An append that began before the approval has ended: what comes now into a file was counted with
# the new calendar (`db.casefile.append` sees to it).
SETTLED: Final = timedelta(seconds=10)

# An older change that is not done is done with the newest: what that moves, it moves.
_NEXT = text(
    "SELECT id, version, place FROM calendar_change"
    " WHERE approved_at < clock_timestamp() - CAST(:settled AS interval) AND extended_at IS NULL"
    " ORDER BY version DESC LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_OPEN = text(
    "SELECT case_id, state, legal_now() AS now FROM case_view WHERE NOT closed"
    " AND (CAST(:place AS uuid) IS NULL OR case_id > :place) ORDER BY case_id LIMIT :most"
)
_LOCK = text(
    "SELECT case_id FROM case_head WHERE case_id = ANY(CAST(:ids AS uuid[])) ORDER BY case_id"
    " FOR UPDATE"
)
# Apart from the locking: who waited for a lock would read beside it what stood before.
_LOCKED = text(
    "SELECT h.case_id, h.hash, v.state, legal_now() AS now FROM case_head h"
    " JOIN case_view v USING (case_id) WHERE h.case_id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS"
    " (SELECT 1 FROM event e WHERE e.case_id = h.case_id AND e.message_id = :message)"
    " ORDER BY h.case_id"
)
_MOVED = text(
    "UPDATE calendar_change SET place = :place, looked_at = looked_at + :looked_at,"
    " extended = extended + :extended WHERE id = :id"
)
_DONE = text(
    "UPDATE calendar_change SET extended_at = clock_timestamp()"
    " WHERE approved_at IS NOT NULL AND extended_at IS NULL AND version <= :version"
)
_UNTOLD = text(
    "SELECT id, version, told_to FROM calendar_change"
    " WHERE extended_at IS NOT NULL AND told_at IS NULL ORDER BY version LIMIT 1"
)
_TO_TELL = text(
    "SELECT e.case_id, h.edition FROM event e JOIN case_head h USING (case_id)"
    " WHERE e.type = 'calendar_changed' AND e.message_id = :message AND e.data ? 'effects'"
    " AND (CAST(:place AS uuid) IS NULL OR e.case_id > :place) ORDER BY e.case_id LIMIT :most"
)
_TOLD_TO = text("UPDATE calendar_change SET told_to = :place WHERE id = :id")
_TOLD = text("UPDATE calendar_change SET told_at = clock_timestamp() WHERE id = :id")


class Waiting(Frozen):
    """Cases that have an extension of which their recipient must be told: id and edition."""

    change: str
    cases: tuple[tuple[str, str], ...]


def extend_batch(engine: Engine, settled: timedelta = SETTLED, most: int = BATCH) -> bool:
    """One batch of the newest approved change; False where nothing is left or another does it."""
    with engine.begin() as connection:
        change = connection.execute(_NEXT, {"settled": settled}).one_or_none()
        if change is None:
            return False
        learn(connection)
        calendar = load_calendar(change.version)
        found = connection.execute(_OPEN, {"place": change.place, "most": most}).all()
        if not found:
            connection.execute(_DONE, {"version": change.version})
            return True
        moving = [row.case_id for row in found if _moves(row, calendar)]
        extended = _extend(connection, moving, calendar) if moving else 0
        moved = {"place": found[-1].case_id, "looked_at": len(found), "extended": extended}
        connection.execute(_MOVED, {"id": change.id, **moved})
    return True


def _moves(row: Row[Any], calendar: Calendar) -> bool:
    """Without a lock: what is counted from now on is counted with the new calendar."""
    case = Case.model_validate(row.state)
    return any(
        recount(Certificate.from_json(deadline.certificate), calendar)[0] == "moves"
        for _, deadline in open_deadlines(case, row.now)
    )


def _extend(connection: Connection, ids: Sequence[Any], calendar: Calendar) -> int:
    """Lock, decide on the file as it now is, and record; how many cases got a later day."""
    message = f"calendar:{calendar.version}"
    connection.execute(_LOCK, {"ids": ids})
    rows = connection.execute(_LOCKED, {"ids": ids, "message": message}).all()
    return sum(_extend_one(connection, row, calendar) for row in rows)


def _extend_one(connection: Connection, row: Row[Any], calendar: Calendar) -> bool:
    case = Case.model_validate(row.state)
    asked = calendar_message(calendar.version, row.now)
    events = decide(case, asked, edition(case.edition), calendar)
    if events[0].type == "refused":
        return False
    after = fold(case, events)
    recorded = Append(case_id=case.id, expected_seq=case.seq, events=tuple(events), case=after)
    write(connection, recorded, row.hash)
    return True


def untold(engine: Engine, most: int = BATCH) -> Waiting | None:
    """The next cases to be woken of a change that stands in every file; None: all were."""
    with engine.begin() as connection:
        change = connection.execute(_UNTOLD).one_or_none()
        if change is None:
            return None
        named = {"message": f"calendar:{change.version}", "place": change.told_to, "most": most}
        cases = tuple((str(r.case_id), r.edition) for r in connection.execute(_TO_TELL, named))
        if not cases:
            connection.execute(_TOLD, {"id": change.id})
        return Waiting(change=str(change.id), cases=cases)


def told(engine: Engine, waiting: Waiting) -> None:
    """They were woken; of what is woken again nothing comes twice."""
    with engine.begin() as connection:
        connection.execute(_TOLD_TO, {"id": waiting.change, "place": waiting.cases[-1][0]})
