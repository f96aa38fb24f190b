"""What officials look at: one file in full, what is stuck, and samples of all files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection, Row, text

from db.casefile import to_message
from db.lists import few
from db.resets import read_open
from db.tables import RunReset
from domain.case.state import Case
from domain.messages import Frozen, Message

# A message that is older has not been heard in time (seconds, wall clock).
UNHEARD_AFTER: Final = 30
# Less than the first attempts of an activity take: nothing younger can be parked.
ASKED_AFTER: Final = 5
# While Temporal cannot say how often it was tried, an effect this old is named all the same.
UNANSWERED_AFTER: Final = 60
# The law gives a desk no term but that of the status; work that lies longer is overdue (policy).
DESK_DAYS: Final = 7
LAST_EVENTS: Final = 20


class Trouble(Frozen):
    """One thing that holds a case up: its cause, since when, who must act, what can be done.

    A message that became no case has an `intake_task` instead, and its own id as `reference`; a
    report of the treasury that is not understood a `treasury_report`.
    `who` are roles, or the person or desk of an escalation; `remedies` names of operations and
    commands. `since` is wall time where a machine is late, legal time where a person is.
    """

    case_id: str | None
    reference: str
    status: str
    cause: str
    since: datetime
    age_seconds: int
    who: tuple[str, ...]
    remedies: tuple[str, ...]
    detail: dict[str, Any] = Field(default_factory=dict)
    intake_task: str | None = None
    treasury_report: str | None = None


@dataclass(frozen=True)
class OwedSince:
    """An effect that the outside has not answered: since when it was asked for (wall clock)."""

    case_id: str
    reference: str
    status: str
    key: str
    kind: str
    asked_at: datetime
    age_seconds: int


@dataclass(frozen=True)
class KnownCase:
    """A case as lists of troubles name it."""

    case_id: str
    reference: str
    status: str
    authority: UUID | None
    waits_for: tuple[str, ...]


@dataclass(frozen=True)
class Opened:
    """A file in full: its head, the folded case if it has an event, what waits, its last lines."""

    reference: str
    edition: str
    seq: int
    authority: UUID | None
    case: Case | None
    view: dict[str, Any]
    waiting: list[dict[str, Any]]
    events: list[dict[str, Any]]
    asked_at: dict[str, datetime]
    resets: list[RunReset]


_OPENED = text(
    "SELECT h.reference, h.edition, h.seq, v.authority_id, CAST(s.state AS text) AS state,"
    " v.status, v.closed, v.waits_for, v.due_at FROM case_head h"
    " LEFT JOIN case_view v USING (case_id) LEFT JOIN case_state s USING (case_id)"
    " WHERE h.case_id = :case_id"
)
_WAITING = text(
    "SELECT i.id, i.name, i.actor_role AS by, i.received_at,"
    " CAST(extract(epoch FROM clock_timestamp() - i.received_at) AS integer) AS age_seconds"
    " FROM unheard u JOIN inbox i ON i.id = u.inbox_id WHERE u.case_id = :case_id ORDER BY i.place"
)
_LAST = text(
    "SELECT seq, type, row, actor_role AS by, at, recorded_at FROM event"
    " WHERE case_id = :case_id ORDER BY seq DESC LIMIT :most"
)
_ASKED = text("SELECT key, asked_at FROM owed WHERE case_id = :case_id")
_KNOWN = text(
    "SELECT h.case_id, h.reference, coalesce(v.status, 'none') AS status, v.authority_id,"
    " coalesce(v.waits_for, '{}') AS waits_for"
    " FROM case_head h LEFT JOIN case_view v USING (case_id)"
    " WHERE h.case_id = ANY(CAST(:ids AS uuid[]))"
)
_MINE = (
    " AND (CAST(:authority AS uuid) IS NULL OR v.authority_id = :authority"
    " OR v.payer_ids @> ARRAY[CAST(:authority AS uuid)])"
)
_AGE = "CAST(extract(epoch FROM {now} - {since}) AS integer) AS age_seconds"
_UNHEARD = text(
    "SELECT w.case_id, h.reference, coalesce(v.status, 'none') AS status, w.since,"
    f" {_AGE.format(now='clock_timestamp()', since='w.since')}"
    " FROM wake w JOIN case_head h USING (case_id) LEFT JOIN case_view v USING (case_id)"
    " WHERE w.since < clock_timestamp() - CAST(:after AS integer) * interval '1 second'"
    f"{_MINE} ORDER BY w.since LIMIT :most"
)
_PAYS = "v.payer_ids <> '{}' AND v.payer_ids @> ARRAY[CAST(:authority AS uuid)]"
_LATE = (
    "SELECT v.case_id, v.reference, v.status, v.due_at AS since, v.waits_for AS who,"
    f" v.due_term AS term, {_AGE.format(now='legal_now()', since='v.due_at')} FROM {{source}} v"
    " WHERE NOT v.closed AND v.due_at <= (SELECT legal_now()){whose} ORDER BY v.due_at LIMIT :most"
)
_OVERDUE = text(_LATE.format(source="case_view", whose=""))
_OWN_OVERDUE = text(
    f"({_LATE.format(source='case_view', whose=' AND v.authority_id = :authority')})"
    " UNION ALL "
    f"({_LATE.format(source=few(_PAYS), whose=' AND v.authority_id <> :authority')})"
    " ORDER BY since LIMIT :most"
)
_DESKS = text(
    "SELECT v.case_id, v.reference, v.status, t.code, t.owner AS who,"
    " t.opened_at + CAST(:days AS integer) * interval '1 day' AS since,"
    " CAST(extract(epoch FROM legal_now() - t.opened_at) AS integer)"
    "   - CAST(:days AS integer) * 86400 AS age_seconds"
    " FROM task t JOIN case_view v USING (case_id) WHERE NOT v.closed"
    " AND t.opened_at <= (SELECT legal_now()) - CAST(:days AS integer) * interval '1 day'"
    f"{_MINE} ORDER BY t.opened_at LIMIT :most"
)
# A question that names a desk is one, however many hold the desk.
_ESCALATED = text(
    "SELECT v.case_id, v.reference, v.status, e.key AS escalation, e.named AS who, e.reason,"
    f" e.asked_at AS since, {_AGE.format(now='legal_now()', since='e.asked_at')}"
    " FROM escalation e JOIN case_view v USING (case_id) WHERE NOT EXISTS ("
    "   SELECT 1 FROM escalation o WHERE o.case_id = e.case_id AND o.key = e.key"
    "   AND o.address < e.address)"
    f"{_MINE} ORDER BY e.asked_at LIMIT :most"
)
_OWED = text(
    "SELECT v.case_id, v.reference, v.status, o.key, o.kind, o.asked_at,"
    f" {_AGE.format(now='clock_timestamp()', since='o.asked_at')}"
    " FROM owed o JOIN case_view v USING (case_id)"
    " WHERE o.asked_at < clock_timestamp() - CAST(:after AS integer) * interval '1 second'"
    f"{_MINE} ORDER BY o.asked_at LIMIT :most"
)
_EVERY_PAGE = text(
    "SELECT case_id FROM case_head WHERE case_id > CAST(:after AS uuid)"
    " ORDER BY case_id LIMIT :most"
)
_EVERY = text("SELECT count(*) FROM case_head")
# What was received and has no event yet is told to a run (`wake`) in the same transaction.
_NEW = (
    "SELECT w.case_id FROM wake w WHERE w.case_id > CAST(:after AS uuid)"
    " AND NOT EXISTS (SELECT 1 FROM case_state s WHERE s.case_id = w.case_id)"
)
_PAGE = text(
    "(SELECT case_id FROM case_state WHERE live AND case_id > CAST(:after AS uuid)"
    f" ORDER BY case_id LIMIT :most) UNION ALL ({_NEW} ORDER BY case_id LIMIT :most)"
    " ORDER BY case_id LIMIT :most"
)
_COUNT = text(
    f"SELECT (SELECT count(*) FROM case_state WHERE live) + (SELECT count(*) FROM ({_NEW}) AS new)"
)
# Two files of one shape were written by the same rows in the same order under the same law: what
# replays of one replays of the other.
_SHAPES = text(
    "SELECT DISTINCT ON (edition, shape) case_id FROM case_state WHERE live"
    " ORDER BY edition, shape, case_id DESC LIMIT :most"
)
_MESSAGES = text(
    "SELECT id, name, submitted_at, actor_role, actor_id, on_behalf_of, period, data, facts"
    " FROM inbox WHERE case_id = :case_id"
)
_OUTCOMES = text(
    "SELECT key, outcome FROM dispatch WHERE case_id = :case_id AND kind LIKE 'effect:%'"
    " AND outcome IS NOT NULL"
)
FIRST: Final = UUID(int=0)


def read_opened(connection: Connection, case_id: UUID) -> Opened | None:
    """Everything that the file itself knows of a case; None if there is no such file."""
    row = connection.execute(_OPENED, {"case_id": case_id}).one_or_none()
    if row is None:
        return None
    named = {"case_id": case_id}
    case = Case.model_validate_json(row.state) if row.state else None
    last = connection.execute(_LAST, {**named, "most": LAST_EVENTS}).mappings()
    return Opened(
        reference=row.reference,
        edition=row.edition,
        seq=row.seq,
        authority=row.authority_id,
        case=case,
        view={
            "status": row.status or "none",
            "closed": bool(row.closed),
            "waits_for": list(row.waits_for or ()),
            "due_at": row.due_at,
        },
        waiting=[dict(one) for one in connection.execute(_WAITING, named).mappings()],
        events=[dict(one) for one in last],
        asked_at={one.key: one.asked_at for one in connection.execute(_ASKED, named)},
        resets=read_open(connection, case_id),
    )


def read_known(connection: Connection, case_ids: Sequence[str]) -> dict[str, KnownCase]:
    """Reference, status and authority of cases by id."""
    return {
        str(row.case_id): KnownCase(
            str(row.case_id), row.reference, row.status, row.authority_id, tuple(row.waits_for)
        )
        for row in connection.execute(_KNOWN, {"ids": list(case_ids)})
    }


def overdue(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Whoever let a deadline pass, the oldest first. `authority` None: of every authority."""
    asked = _OVERDUE if authority is None else _OWN_OVERDUE
    rows = connection.execute(asked, {"authority": authority, "most": most})
    return [_late(row, "overdue", tuple(row.who), {"term": row.term}) for row in rows]


def late_desks(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Whoever leaves work on a desk; as above."""
    named = {"authority": authority, "most": most, "days": DESK_DAYS}
    rows = connection.execute(_DESKS, named)
    return [_late(row, "task_overdue", (row.who,), {"task": row.code}) for row in rows]


def unanswered(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Whoever was asked and has not answered; as above."""
    rows = connection.execute(_ESCALATED, {"authority": authority, "most": most})
    return [_escalated(row) for row in rows]


def _late(row: Row[Any], cause: str, who: tuple[str, ...], detail: dict[str, Any]) -> Trouble:
    return _trouble(row, cause, who, ("escalate",), detail)


def _escalated(row: Row[Any]) -> Trouble:
    detail = {"escalation": row.escalation, "reason": row.reason}
    return _trouble(row, "escalated", (row.who,), ("answer_escalation",), detail)


def unheard(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Cases whose runs have not looked for 30 seconds at what was recorded."""
    named = {"authority": authority, "most": most, "after": UNHEARD_AFTER}
    remedies = ("inspect", "retry", "restart")
    return [
        _trouble(row, "unheard_message", ("administrator",), remedies, {})
        for row in connection.execute(_UNHEARD, named)
    ]


def _trouble(
    row: Row[Any],
    cause: str,
    who: tuple[str, ...],
    remedies: tuple[str, ...],
    detail: dict[str, Any],
) -> Trouble:
    return Trouble(
        case_id=str(row.case_id),
        reference=row.reference,
        status=row.status,
        cause=cause,
        since=row.since,
        age_seconds=max(0, row.age_seconds),
        who=who,
        remedies=remedies,
        detail=detail,
    )


def owed(connection: Connection, authority: UUID | None, most: int) -> list[OwedSince]:
    """Effects asked for more than five seconds ago: among them are all that may be parked."""
    named = {"authority": authority, "most": most, "after": ASKED_AFTER}
    return [
        OwedSince(
            str(row.case_id),
            row.reference,
            row.status,
            row.key,
            row.kind,
            row.asked_at,
            row.age_seconds,
        )
        for row in connection.execute(_OWED, named)
    ]


def page(connection: Connection, after: UUID, most: int, *, every: bool = False) -> list[str]:
    """The ids of cases that are open or owe something, in their order."""
    rows = connection.execute(_EVERY_PAGE if every else _PAGE, {"after": after, "most": most})
    return [str(case_id) for case_id in rows.scalars()]


def count(connection: Connection, *, every: bool = False) -> int:
    """How many such cases there are."""
    asked = _EVERY if every else _COUNT
    return int(connection.execute(asked, {"after": FIRST}).scalar_one())


def shapes(connection: Connection, most: int | None) -> Iterator[str]:
    """One open case of every distinct shape: the newest."""
    for row in connection.execute(_SHAPES, {"most": most}):
        yield str(row.case_id)


def read_messages(connection: Connection, case_id: str) -> dict[str, Message]:
    """Everything that was ever asked of a case or reported to it, by its id."""
    rows = connection.execute(_MESSAGES, {"case_id": case_id})
    return {str(row.id): to_message(row) for row in rows}


def read_outcomes(connection: Connection, case_id: str) -> dict[str, dict[str, Any]]:
    """How effects ended, by their keys: in more detail than the events tell it."""
    rows = connection.execute(_OUTCOMES, {"case_id": case_id})
    return {row.key.partition("/")[2]: row.outcome for row in rows}
