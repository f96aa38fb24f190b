"""Every open deadline: exact counts by what decides about it, and the list in parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select, text, tuple_
from sqlmodel import col

from db.projection_tables import CaseViewRow, OpenDeadlineRow

Key = tuple[Any, ...]
Place = tuple[UUID, int, str]
S = TypeVar("S", bound=Select[*tuple[Any, ...]])
AT_ONCE: Final = 500
BEGIN: Final[Place] = (UUID(int=0), 0, "")

# Of few values in many rows: from each to the next.
_CALENDARS: Final = text(
    "WITH RECURSIVE one AS (SELECT min(calendar) AS calendar FROM open_deadline UNION ALL"
    " SELECT (SELECT min(d.calendar) FROM open_deadline d WHERE d.calendar > one.calendar)"
    " FROM one WHERE one.calendar IS NOT NULL)"
    " SELECT calendar FROM one WHERE calendar IS NOT NULL"
)
_NEXT: Final = text(
    "SELECT case_id, start, length, last_day, expires_at > legal_now() AS runs FROM open_deadline"
    " WHERE case_id > :place AND case_id <= ("
    "   SELECT max(one.case_id::text)::uuid FROM (SELECT DISTINCT case_id FROM open_deadline"
    "   WHERE case_id > :place ORDER BY case_id LIMIT :most) AS one) ORDER BY case_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeadline:
    """One open deadline of a case, and where a list goes on after it."""

    case_id: UUID
    reference: str
    authority: UUID
    period: int
    term: str
    revision: int

    @property
    def place(self) -> Place:
        return self.case_id, self.period, self.term

    @staticmethod
    def told(row: Row[Any]) -> dict[str, Any]:
        """What these fields are in a row of a part."""
        return {
            "case_id": row.case_id,
            "reference": row.reference,
            "authority": row.authority_id,
            "period": row.period,
            "term": row.term,
            "revision": row.revision,
        }


class OpenDeadlines:
    """Open deadlines by the values of `key`, on which alone an answer about them depends."""

    def __init__(self, *key: str) -> None:
        self._key = key

    def key(self, row: Row[Any]) -> Key:
        """What decides about the deadlines of a row."""
        return tuple(getattr(row, name) for name in self._key)

    def count(
        self, connection: Connection, authority: UUID | None = None, since: date | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """How `many` by authority and key; perhaps of one, or of those that end since a day."""
        by: list[Any] = [
            col(getattr(OpenDeadlineRow, name)) for name in ("authority_id", *self._key)
        ]
        many = select(*by, func.count().label("many")).group_by(*by).order_by(by[0])
        return connection.execute(_running(many, authority, since)).all()

    def part(
        self,
        connection: Connection,
        *,
        after: Place,
        most: int,
        authority: UUID | None,
        chosen: Callable[[Key], bool],
        since: date | None = None,
    ) -> Sequence[Row[Any]]:
        """The next ones whose keys are chosen, in the order of their cases."""
        found: list[Row[Any]] = []
        while len(found) < most:
            rows = connection.execute(_part(after, authority, since)).all()
            found += [row for row in rows if chosen(self.key(row))]
            if len(rows) < AT_ONCE:
                break
            after = (rows[-1].case_id, rows[-1].period, rows[-1].term)
        return found[:most]


def _running(asked: S, authority: UUID | None, since: date | None) -> S:
    """Those whose end is still to come; perhaps of one authority, or that end since a day."""
    deadline = OpenDeadlineRow
    asked = asked.where(col(deadline.expires_at) > select(func.legal_now()).scalar_subquery())
    if authority is not None:
        asked = asked.where(col(deadline.authority_id) == authority)
    return asked if since is None else asked.where(col(deadline.last_day) >= since)


def _part(after: Place, authority: UUID | None, since: date | None) -> Select[Any]:
    place = [col(getattr(OpenDeadlineRow, name)) for name in ("case_id", "period", "term")]
    asked = select(OpenDeadlineRow).where(tuple_(*place) > after).order_by(*place).limit(AT_ONCE)
    one = _running(asked, authority, since).subquery()
    whole = select(one, col(CaseViewRow.reference)).where(one.c.case_id == CaseViewRow.case_id)
    return whole.order_by(one.c.case_id, one.c.period, one.c.term)


def calendars_used(connection: Connection) -> list[str]:
    """The calendars that open deadlines were counted with."""
    return list(connection.execute(_CALENDARS).scalars())


def of_next_cases(connection: Connection, place: UUID, most: int) -> Sequence[Row[Any]]:
    """The deadlines of the next cases after one, all of each; `runs`: its end is still to come."""
    return connection.execute(_NEXT, {"place": place, "most": most}).all()
