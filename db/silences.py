"""Cases in which for long nobody was told anything, and nobody and no system said anything.

Every message leaves an event in the file, and every take writes the case anew: in the order of
these writes the longest silent comes first. So one walk goes on from where it stopped, no case is
met twice before it was written again, and the first that is not silent long enough ends it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from db.dispatches import legal_now
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.process import Edition
from domain.terms.counting import Term, certify

AT_ONCE: Final = 200
# The value of an edition, and what holds under one that says nothing of it: policy, about a month.
VALUE: Final = "silence"
USUAL: Final = "22wd"
# SQL: the cases that are silent still.
SILENT: Final = (
    "SELECT q.case_id FROM silent_case q JOIN case_state s ON s.case_id = q.case_id"
    " JOIN case_view o ON o.case_id = q.case_id WHERE s.seq = q.seq AND NOT o.closed"
)
_PLACE: Final = text("SELECT xid, case_id FROM silence_place FOR UPDATE")
_NEXT: Final = text(
    "SELECT s.xid, s.case_id, s.seq, NOT v.closed AS open, s.edition, e.at FROM"
    " (SELECT xid, case_id, seq, edition FROM case_state"
    " WHERE (xid, case_id) > (:xid, CAST(:case_id AS uuid))"
    " AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    " ORDER BY xid, case_id LIMIT :most) s JOIN case_view v ON v.case_id = s.case_id"
    " CROSS JOIN LATERAL (SELECT o.at FROM event o"
    " WHERE o.case_id = s.case_id AND o.seq <= s.seq ORDER BY o.seq DESC LIMIT 1) e"
    " ORDER BY s.xid, s.case_id"
)
_RAISE: Final = text(
    "INSERT INTO silent_case (case_id, seq, since) VALUES (:case_id, :seq, :at)"
    " ON CONFLICT (case_id) DO UPDATE SET seq = excluded.seq, since = excluded.since"
)
_GO_ON: Final = text("UPDATE silence_place SET xid = :xid, case_id = :case_id")
_FORGET: Final = text(f"DELETE FROM silent_case WHERE case_id NOT IN ({SILENT})")


def note_silences(engine: Engine) -> Iterator[int]:
    """Raise the cases that have fallen silent since, and drop those that have not: how many were
    looked at, one transaction after another.
    """
    with engine.begin() as connection:
        connection.execute(_FORGET)
    looked_at = AT_ONCE
    while looked_at == AT_ONCE:
        with engine.begin() as connection:
            looked_at = _walk(connection)
        yield looked_at


def _walk(connection: Connection) -> int:
    """The next cases in the order of their writes, up to the first that spoke not long ago."""
    place = connection.execute(_PLACE).one()
    asked = {"xid": place.xid, "case_id": place.case_id, "most": AT_ONCE}
    now = legal_now(connection)
    passed: list[Any] = []
    for row in connection.execute(_NEXT, asked):
        if row.open and silent_at(row.at, edition(row.edition)) > now:
            break
        passed.append(row)
    raised = [{"case_id": row.case_id, "seq": row.seq, "at": row.at} for row in passed if row.open]
    if raised:
        connection.execute(_RAISE, raised)
    if passed:
        last = passed[-1]
        connection.execute(_GO_ON, {"xid": last.xid, "case_id": last.case_id})
    return len(passed)


def silent_at(last: datetime, law: Edition) -> datetime:
    """From when on a case is silent whose last event was then."""
    length, basis = law.values.get(VALUE, USUAL), law.bases.get(VALUE, "policy")
    return certify(last, Term.parse(length), current_calendar(), basis).expires_at
