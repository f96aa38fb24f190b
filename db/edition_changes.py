"""Open cases that go on under a later edition: proposed by one person, approved by another.

Only an edition that was published with `open_cases = "move"` takes open cases over, and only those
of earlier editions. What it would change is told beforehand, exactly and by authority.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Text, cast, func, text
from sqlmodel import col, select

from db.authorities import authority_names
from db.projection_tables import CaseState, CaseViewRow
from db.proposals import Proposals
from db.reference_tables import EditionChange
from db.rows import part, rows
from db.sweeps import SweepPart
from definitions.calendars import current_calendar
from definitions.editions import edition, editions, hashes_of
from domain.case.state import Case
from domain.process import Edition
from domain.terms.later_edition import fits, outcomes
from domain.terms.recount import Outcome

# Each edition is walked for itself, from where the sweep stands.
_NEXT = text(
    "SELECT one.case_id FROM unnest(CAST(:earlier AS text[])) AS of(edition) CROSS JOIN LATERAL ("
    " SELECT s.case_id FROM case_state s JOIN case_view v USING (case_id)"
    " WHERE s.live AND NOT v.closed AND s.edition = of.edition"
    " AND s.case_id > CAST(:place AS uuid) ORDER BY s.case_id LIMIT :most) AS one"
    " ORDER BY one.case_id LIMIT :most"
)
BEGIN: Final = UUID(int=0)
AT_ONCE: Final = 1000


MOVES: Final = Proposals(table=EditionChange, called="edition_move")
approve_move = MOVES.approve
list_moves = MOVES.page


@dataclass(frozen=True, slots=True)
class Deadlines:
    """One deadline of a case, and what the edition makes of it."""

    period: int
    term: str
    revision: int
    old: date
    new: date
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class MovingCase:
    """One open case of an earlier edition; `moves`: the later one can take it over."""

    case_id: UUID
    reference: str
    authority: UUID
    status: str
    edition: str
    moves: bool
    deadlines: tuple[Deadlines, ...]


class ConcernedCase(Protocol):
    """An open case that a change concerns."""

    @property
    def case_id(self) -> UUID: ...

    @property
    def authority(self) -> UUID: ...


OfAuthority = TypeVar("OfAuthority", bound=ConcernedCase)


@dataclass(frozen=True, slots=True)
class AuthorityCount:
    """How many open cases of an authority move, in which statuses, and their deadlines."""

    authority: UUID
    name: str | None
    moving: int
    staying: int
    statuses: Mapping[str, int]
    deadlines: Mapping[Outcome, int]


def earlier_editions(after: Edition) -> list[Edition]:
    """The editions whose open cases a later one takes over, if it was published so."""
    if after.open_cases != "move":
        return []
    return [one for one in editions().values() if _is_earlier(one, after)]


def _earlier_hashes(after: Edition) -> list[str]:
    return [hash_ for one in earlier_editions(after) for hash_ in hashes_of(one)]


def moves_open_case(case: Case, before: Edition, after: Edition) -> bool:
    """Whether a case is of an earlier edition, and the later one knows all that it has."""
    return after.open_cases == "move" and _is_earlier(before, after) and fits(case, after)


def of_earlier_editions(
    connection: Connection, after: Edition, place: UUID, most: int
) -> SweepPart:
    """The next cases that a later edition may take over."""
    named = {"earlier": _earlier_hashes(after), "place": place, "most": most}
    found = connection.execute(_NEXT, named).scalars().all()
    return SweepPart(len(found), found[-1] if found else place, found)


def _is_earlier(one: Edition, after: Edition) -> bool:
    return one.valid_from < after.valid_from


def propose_move(connection: Connection, person: UUID, after: Edition) -> EditionChange:
    """Keep the wish for approval; the same wish again is the same row."""
    return MOVES.propose(connection, person, edition=after.hash)


def by_authority(read: Callable[[UUID], Sequence[OfAuthority]]) -> dict[UUID, list[OfAuthority]]:
    """All open cases that a change concerns, part by part in the order of their ids."""
    found: dict[UUID, list[OfAuthority]] = {}
    place = BEGIN
    while page := read(place):
        place = page[-1].case_id
        for one in page:
            found.setdefault(one.authority, []).append(one)
    return found


def count_moving(connection: Connection, after: Edition) -> list[AuthorityCount]:
    """Exact counts over all open cases of earlier editions, by authority."""
    found = by_authority(
        lambda place: list_moving(connection, after, after_case=place, most=AT_ONCE)
    )
    names = authority_names(connection, found)
    return [_counted(one, names.get(one), found[one]) for one in sorted(found)]


def list_moving(
    connection: Connection,
    after: Edition,
    *,
    after_case: UUID = BEGIN,
    most: int,
    authority: UUID | None = None,
) -> list[MovingCase]:
    """Open cases of earlier editions in the order of their ids, perhaps of one authority."""
    view = CaseViewRow
    asked = select(view, cast(CaseState.state, Text), func.legal_now())
    held = asked.where(
        view.case_id == CaseState.case_id,
        CaseState.live,
        ~col(view.closed),
        col(CaseState.edition).in_(_earlier_hashes(after)),
    )
    if authority is not None:
        held = held.where(view.authority_id == authority)
    found = rows(connection, part(held, CaseState.case_id, after_case, most))
    return [_moving_case(*row, after) for row in found]


def _moving_case(view: CaseViewRow, state: str, now: datetime, after: Edition) -> MovingCase:
    case = Case.model_validate_json(state)
    before = edition(case.edition)
    found = outcomes(case, before, after, current_calendar(), now)
    return MovingCase(
        case_id=view.case_id,
        reference=view.reference,
        authority=view.authority_id,
        status=view.status,
        edition=before.code,
        moves=fits(case, after),
        deadlines=tuple(
            Deadlines(number, one.term, one.revision, one.last_day, made.last_day, outcome)
            for number, one, outcome, made in found
        ),
    )


def _counted(authority: UUID, name: str | None, cases: list[MovingCase]) -> AuthorityCount:
    moving = [one for one in cases if one.moves]
    return AuthorityCount(
        authority=authority,
        name=name,
        moving=len(moving),
        staying=len(cases) - len(moving),
        statuses=Counter(one.status for one in moving),
        deadlines=Counter(d.outcome for one in moving for d in one.deadlines),
    )
