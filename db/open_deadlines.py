"""Every open deadline: exact counts by what decides about it, and the list in parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

# What a question about a deadline may depend on, from its certificate and its value.
COLUMNS: Final = {
    "start": "CAST(d.start AS text)",
    "length": "d.length",
    "calendar": "d.calendar",
    "last_day": "CAST(d.last_day AS text)",
}
Key = tuple[str, ...]
Place = tuple[UUID, int, str]
AT_ONCE: Final = 500
BEGIN: Final[Place] = (UUID(int=0), 0, "")

_OPEN: Final = (
    " FROM open_deadline d WHERE d.expires_at > (SELECT legal_now())"
    " AND (CAST(:authority AS uuid) IS NULL OR d.authority_id = :authority)"
    " AND (CAST(:since AS date) IS NULL OR d.last_day >= :since)"
)
# Of few values in many rows: from each to the next.
_CALENDARS: Final = text(
    "WITH RECURSIVE one AS (SELECT min(calendar) AS calendar FROM open_deadline UNION ALL"
    " SELECT (SELECT min(d.calendar) FROM open_deadline d WHERE d.calendar > one.calendar)"
    " FROM one WHERE one.calendar IS NOT NULL)"
    " SELECT calendar FROM one WHERE calendar IS NOT NULL"
)
_NEXT: Final = text(
    "SELECT case_id, CAST(start AS text) AS start, length, CAST(last_day AS text) AS last_day,"
    " expires_at > legal_now() AS runs FROM open_deadline WHERE case_id > :place AND case_id <= ("
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
        asked = ", ".join(f"{COLUMNS[name]} AS {name}" for name in key)
        places = ", ".join(map(str, range(1, len(key) + 2)))
        self._counts = text(
            f"SELECT d.authority_id, {asked}, count(*) AS many{_OPEN} GROUP BY {places} ORDER BY 1"
        )
        self._page = self._paged()

    def _paged(self) -> TextClause:
        asked = ", ".join(f"{value} AS {name}" for name, value in COLUMNS.items())
        return text(
            "SELECT one.*, v.reference FROM (SELECT d.case_id, d.authority_id, d.period, d.term,"
            f" d.revision, {asked}{_OPEN}"
            " AND (d.case_id, d.period, d.term) > (CAST(:case_id AS uuid), :period, :term)"
            " ORDER BY d.case_id, d.period, d.term LIMIT :most) AS one"
            " JOIN case_view v USING (case_id) ORDER BY case_id, period, term"
        )

    def key(self, row: Row[Any]) -> Key:
        """What decides about the deadlines of a row."""
        return tuple(getattr(row, name) for name in self._key)

    def count(
        self, connection: Connection, authority: UUID | None = None, since: date | None = None
    ) -> Sequence[Row[Any]]:
        """How `many` by authority and key; perhaps of one, or of those that end since a day."""
        named = {"authority": authority, "since": since}
        return connection.execute(self._counts, named).all()

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
            case_id, period, term = after
            named = {"case_id": case_id, "period": period, "term": term, "most": AT_ONCE}
            rows = connection.execute(
                self._page, {**named, "authority": authority, "since": since}
            ).all()
            found += [row for row in rows if chosen(self.key(row))]
            if len(rows) < AT_ONCE:
                break
            after = (rows[-1].case_id, rows[-1].period, rows[-1].term)
        return found[:most]


def calendars_used(connection: Connection) -> list[str]:
    """The calendars that open deadlines were counted with."""
    return list(connection.execute(_CALENDARS).scalars())


def of_next_cases(connection: Connection, place: UUID, most: int) -> Sequence[Row[Any]]:
    """The deadlines of the next cases after one, all of each; `runs`: its end is still to come."""
    return connection.execute(_NEXT, {"place": place, "most": most}).all()
