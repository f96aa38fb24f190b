"""Every open deadline: exact counts by what decides about it, and the list in parts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Text,
    Uuid,
    cast,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col

from db.projection_tables import CaseViewRow, OpenDeadlineRow

Place = tuple[UUID, int, str]
T = TypeVar("T")
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


@dataclass(frozen=True)
class OpenDeadline:
    """One open deadline of a case, with what decides about it."""

    case_id: UUID
    reference: str
    authority: UUID
    period: int
    term: str
    revision: int
    start: date
    length: str
    calendar: str
    last_day: date

    @property
    def place(self) -> Place:
        """Where a list goes on after it."""
        return self.case_id, self.period, self.term


def count_open(
    connection: Connection, by: Mapped[T], authority: UUID | None = None, since: date | None = None
) -> Sequence[Row[UUID, date, str, T, int]]:
    """How many by authority, start, length and one column more.

    Perhaps of one authority, or of those that end since a day.
    """
    one = OpenDeadlineRow
    key = col(one.authority_id), col(one.start), col(one.length), by
    many = select(*key, func.count()).group_by(*key).order_by(key[0])
    return connection.execute(_running(many, authority, since)).all()


def part_of_open(
    connection: Connection,
    *,
    after: Place,
    most: int,
    authority: UUID | None,
    chosen: Callable[[OpenDeadline], bool],
    since: date | None = None,
) -> list[OpenDeadline]:
    """The next ones that are chosen, in the order of their cases."""
    found: list[OpenDeadline] = []
    while len(found) < most:
        page = _page(connection, after, authority, since)
        found += filter(chosen, page)
        if len(page) < AT_ONCE:
            break
        after = page[-1].place
    return found[:most]


def _page(
    connection: Connection, after: Place, authority: UUID | None, since: date | None
) -> list[OpenDeadline]:
    place = [col(getattr(OpenDeadlineRow, name)) for name in ("case_id", "period", "term")]
    next_ = select(OpenDeadlineRow).where(tuple_(*place) > after).order_by(*place).limit(AT_ONCE)
    one = aliased(OpenDeadlineRow, _running(next_, authority, since).subquery())
    of_case = col(one.case_id), col(CaseViewRow.reference), col(one.authority_id)
    named = col(one.period), col(one.term), col(one.revision)
    decides = col(one.start), col(one.length), col(one.calendar), col(one.last_day)
    told = select(*of_case, *named, *decides).where(of_case[0] == CaseViewRow.case_id)
    ordered: Iterable[tuple[Any, ...]] = connection.execute(told.order_by(of_case[0], *named))
    return [OpenDeadline(*row) for row in ordered]


def _running(asked: S, authority: UUID | None, since: date | None) -> S:
    one = OpenDeadlineRow
    asked = asked.where(col(one.expires_at) > select(func.legal_now()).scalar_subquery())
    if authority is not None:
        asked = asked.where(col(one.authority_id) == authority)
    return asked if since is None else asked.where(col(one.last_day) >= since)


def calendars_used(connection: Connection) -> list[str]:
    """The calendars that open deadlines were counted with."""
    return list(connection.execute(_CALENDARS).scalars())


def of_next_cases(
    connection: Connection, place: UUID, most: int
) -> Sequence[Row[UUID, date, str, date, bool]]:
    """The deadlines of the next cases after one, all of each: their cases, what decides about
    them, and whether their ends are still to come.
    """
    one, case_id = OpenDeadlineRow, col(OpenDeadlineRow.case_id)
    cases = select(case_id).distinct().where(case_id > place).order_by(case_id).limit(most)
    last = select(cast(func.max(cast(cases.subquery().c.case_id, Text)), Uuid)).scalar_subquery()
    runs = col(one.expires_at) > func.legal_now()
    told = select(case_id, col(one.start), col(one.length), col(one.last_day), runs)
    part = told.where(case_id > place, case_id <= last).order_by(case_id)
    return connection.execute(part).all()
