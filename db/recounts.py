"""What another calendar would make of every open deadline: exact counts, and the list in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from domain.recount import Outcome, outcome_of
from domain.terms import Calendar, CalendarEnds, Term, certify

# Of these values alone depends what a calendar makes of a deadline: start, term, last day.
Key = tuple[str, str, str]
Place = tuple[UUID, int, str]

OPEN_DEADLINES: Final = (
    " FROM case_view v CROSS JOIN jsonb_each(v.state -> 'periods') AS p"
    " CROSS JOIN jsonb_each(p.value -> 'deadlines') AS d"
    " WHERE NOT v.closed AND NOT CAST(d.value ->> 'stopped' AS boolean)"
    " AND NOT jsonb_exists(d.value -> 'fired', 'over')"
    " AND CAST(d.value ->> 'expires_at' AS timestamptz) > (SELECT legal_now())"
)
_KEY: Final = (
    "d.value -> 'certificate' ->> 'start' AS start, d.value -> 'certificate' ->> 'term' AS length,"
    " d.value ->> 'last_day' AS last_day"
)
_COUNTS = text(
    f"SELECT v.authority_id, {_KEY}, count(*) AS many{OPEN_DEADLINES}"
    " GROUP BY 1, 2, 3, 4 ORDER BY 1"
)
_NAMES = text("SELECT id, name FROM authority WHERE id = ANY(CAST(:ids AS uuid[]))")
_PAGE = text(
    "SELECT * FROM (SELECT v.case_id, v.view ->> 'reference' AS reference, v.authority_id,"
    f" CAST(p.key AS integer) AS period, d.key AS term, {_KEY},"
    f" CAST(d.value ->> 'revision' AS integer) AS revision{OPEN_DEADLINES}"
    " AND v.case_id >= CAST(:case_id AS uuid)"
    " AND (CAST(:authority AS uuid) IS NULL OR v.authority_id = :authority)) AS one"
    " WHERE (case_id, period, term) > (CAST(:case_id AS uuid), :period, :term)"
    " AND (:every OR (start, length, last_day) IN (SELECT * FROM unnest("
    "   CAST(:starts AS text[]), CAST(:lengths AS text[]), CAST(:last_days AS text[]))))"
    " ORDER BY case_id, period, term LIMIT :most"
)
BEGIN: Final[Place] = (UUID(int=0), 0, "")


@dataclass(frozen=True, slots=True)
class Count:
    """How many open deadlines of an authority come out how."""

    authority: UUID
    name: str | None
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class Recounted:
    """One open deadline, and what the other calendar makes of it."""

    case_id: UUID
    reference: str
    authority: UUID
    period: int
    term: str
    revision: int
    old: date
    new: date
    outcome: Outcome

    @property
    def place(self) -> Place:
        """Where a list goes on after it."""
        return self.case_id, self.period, self.term


def count_outcomes(connection: Connection, calendar: Calendar) -> list[Count]:
    """Exact counts over all open deadlines, by authority."""
    found: dict[UUID, dict[Outcome, int]] = {}
    for row in connection.execute(_COUNTS):
        outcome, _ = _recounted((row.start, row.length, row.last_day), calendar)
        counts = found.setdefault(row.authority_id, {})
        counts[outcome] = counts.get(outcome, 0) + row.many
    names = {row.id: row.name for row in connection.execute(_NAMES, {"ids": list(found)})}
    return [Count(one, names.get(one), counts) for one, counts in found.items()]


def list_outcomes(
    connection: Connection,
    calendar: Calendar,
    *,
    after: Place = BEGIN,
    most: int,
    authority: UUID | None = None,
    outcome: Outcome | None = None,
) -> list[Recounted]:
    """Open deadlines in the order of their cases, perhaps of one authority or of one outcome."""
    keys = [] if outcome is None else _keys(connection, calendar, outcome)
    case_id, period, term = after
    named = {
        **{"case_id": case_id, "period": period, "term": term, "most": most},
        **{"authority": authority, "every": outcome is None},
        **dict(zip(("starts", "lengths", "last_days"), _columns(keys), strict=True)),
    }
    return [_row(row, calendar) for row in connection.execute(_PAGE, named)]


def _recounted(key: Key, calendar: Calendar) -> tuple[Outcome, date]:
    """Like `domain.recount.recount`, of the values that decide it: the outcome and the day."""
    start, length, last_day = key
    old = date.fromisoformat(last_day)
    try:
        made = certify(date.fromisoformat(start), Term.parse(length), calendar, "")
    except CalendarEnds:
        return "outside", old
    outcome = outcome_of(old, made.last_day)
    return outcome, made.last_day if outcome == "moves" else old


def _keys(connection: Connection, calendar: Calendar, outcome: Outcome) -> list[Key]:
    rows = connection.execute(_COUNTS)
    keys = {(row.start, row.length, row.last_day) for row in rows}
    return sorted(key for key in keys if _recounted(key, calendar)[0] == outcome)


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str], list[str]]:
    return [k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys]


def _row(row: Row[Any], calendar: Calendar) -> Recounted:
    outcome, new = _recounted((row.start, row.length, row.last_day), calendar)
    return Recounted(
        case_id=row.case_id,
        reference=row.reference,
        authority=row.authority_id,
        period=row.period,
        term=row.term,
        revision=row.revision,
        old=date.fromisoformat(row.last_day),
        new=new,
        outcome=outcome,
    )
