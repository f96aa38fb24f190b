"""Every open deadline: exact counts by what decides about it, and the list in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
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
BEGIN: Final[Place] = (UUID(int=0), 0, "")

_OPEN: Final = (
    " FROM open_deadline d WHERE d.expires_at > (SELECT legal_now())"
    " AND (CAST(:authority AS uuid) IS NULL OR d.authority_id = :authority)"
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
        wanted = ", ".join(f"CAST(:{name}s AS text[])" for name in self._key)
        return text(
            "SELECT one.*, v.reference FROM (SELECT d.case_id, d.authority_id, d.period, d.term,"
            f" d.revision, {asked}{_OPEN}"
            " AND (d.case_id, d.period, d.term) > (CAST(:case_id AS uuid), :period, :term)"
            f" AND (:every OR ({', '.join(COLUMNS[name] for name in self._key)})"
            f"   IN (SELECT * FROM unnest({wanted})))"
            " ORDER BY d.case_id, d.period, d.term LIMIT :most) AS one"
            " JOIN case_view v USING (case_id) ORDER BY case_id, period, term"
        )

    def key(self, row: Row[Any]) -> Key:
        """What decides about the deadlines of a row."""
        return tuple(getattr(row, name) for name in self._key)

    def count(self, connection: Connection, authority: UUID | None = None) -> Sequence[Row[Any]]:
        """How `many` by authority and key, perhaps of one authority alone."""
        return connection.execute(self._counts, {"authority": authority}).all()

    def keys(self, connection: Connection, authority: UUID | None = None) -> list[Key]:
        """Every key that there is now."""
        return sorted({self.key(row) for row in self.count(connection, authority)})

    def part(
        self,
        connection: Connection,
        *,
        after: Place,
        most: int,
        authority: UUID | None,
        wanted: Sequence[Key] | None,
    ) -> Sequence[Row[Any]]:
        """The next ones in the order of their cases; of `wanted` keys alone, if any are named."""
        case_id, period, term = after
        columns = {
            f"{name}s": [key[place] for key in wanted or ()] for place, name in enumerate(self._key)
        }
        named = {
            **{"case_id": case_id, "period": period, "term": term, "most": most},
            **{"authority": authority, "every": wanted is None},
            **columns,
        }
        return connection.execute(self._page, named).all()


def of_next_cases(connection: Connection, place: UUID, most: int) -> Sequence[Row[Any]]:
    """The deadlines of the next cases after one, all of each; `runs`: its end is still to come."""
    return connection.execute(_NEXT, {"place": place, "most": most}).all()
