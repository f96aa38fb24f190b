"""The list of work: whose it is, which part of it, how much of it there is, and who has taken it.

Each list is a range of one index: of a holder, or for administrators of all, in the order that was
asked for. Nothing is read of the cases themselves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, text

from db.dispatches import legal_now
from db.lists import MOST_COUNTED
from db.work import NEVER

Lateness = Literal["late", "due_soon", "later"]
Order = Literal["due", "since"]
# What ends within so many days is due soon.
SOON: Final = timedelta(days=3)
COLUMNS: Final = {"due": "due_at", "since": "since"}
_LATENESS: Final = {
    "late": "w.due_at <= :now",
    "due_soon": "w.due_at > :now AND w.due_at <= :soon",
    "later": "w.due_at > :soon",
}
_SHOWN: Final = (
    "w.*, a.person_id AS assignee, a.since AS assigned_at, a.assigned_by, w.due_at <= :now AS late,"
    " w.due_at > :now AND w.due_at <= :soon AS due_soon"
)
_FROM: Final = " FROM work w LEFT JOIN assignment a ON a.work_id = w.id WHERE "
_ADDRESSES: Final = text("SELECT address FROM office WHERE person_id = :person")
_ASSIGN: Final = text(
    "INSERT INTO assignment (work_id, person_id, assigned_by) VALUES (:id, :person, :by)"
    " ON CONFLICT (work_id) DO UPDATE SET person_id = excluded.person_id, since = legal_now(),"
    " assigned_by = excluded.assigned_by WHERE assignment.person_id <> excluded.person_id"
)
_RELEASE: Final = text("DELETE FROM assignment WHERE work_id = :id")
_LOCK: Final = text("SELECT 1 FROM work WHERE id = :id ORDER BY holder FOR UPDATE")
_COVER: Final = text(
    "UPDATE assignment a SET person_id = :person, since = legal_now(), assigned_by = :by"
    " FROM work w WHERE w.id = a.work_id AND w.holder = :holder AND a.person_id = :absent"
)
_HAS: Final = text(
    "SELECT DISTINCT w.id, w.case_id, w.first_id FROM assignment a JOIN work w ON w.id = a.work_id"
    " WHERE w.holder = :holder AND a.person_id = :absent ORDER BY w.id"
)
# One look at the end of each file: what only says that a message was written down is passed over.
_LAST: Final = text(
    "SELECT c.id AS case_id, e.type, e.at, e.actor_role, e.actor_id"
    " FROM unnest(CAST(:cases AS uuid[])) AS c(id) CROSS JOIN LATERAL (SELECT * FROM event o"
    " WHERE o.case_id = c.id AND o.type <> 'noted' ORDER BY o.seq DESC LIMIT 1) AS e"
)
_KNOWN: Final = text("SELECT 1 FROM person WHERE id = :id")


@dataclass(frozen=True, slots=True)
class WorkOf:
    """Whose work: of these holders, or all; `region` is where a commission is, if it is smaller
    than an oblast.
    """

    holders: tuple[str, ...] = ()
    everything: bool = False
    region: str | None = None

    def ways(self) -> list[tuple[str, dict[str, Any]]]:
        """A condition each, with its values; no work is found by two of them."""
        if self.everything:
            return [("w.main", {})]
        within = " AND (w.region IS NULL OR starts_with(w.region, :region))" if self.region else ""
        return [
            (f"w.holder = :holder{place}{within}", {f"holder{place}": one, "region": self.region})
            for place, one in enumerate(self.holders)
        ]


@dataclass(frozen=True, slots=True)
class WorkPlace:
    """Where a list goes on: after this instant of its order, and this work."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class WantedWork:
    """Which work a list is asked for; what is None does not filter. `kind` is a proven word, which
    stands in the SQL: the index of a kind is one of some kinds alone.
    """

    whose: WorkOf
    most: int
    sort: Order = "due"
    after: WorkPlace | None = None
    kind: str | None = None
    lateness: Lateness | None = None
    assignee: UUID | None = None
    unassigned: bool = False
    authority: UUID | None = None
    case_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """How much waits for somebody, how late it is, and how much of it they have taken themselves.

    What is more than is counted is named in `at_least`.
    """

    open: int
    late: int
    due_soon: int
    later: int
    yours: int
    at_least: tuple[str, ...]


def addresses_of(connection: Connection, person: UUID | None) -> list[str]:
    """Under which addresses questions reach a person."""
    return list(connection.execute(_ADDRESSES, {"person": person}).scalars())


def read_work(connection: Connection, wanted: WantedWork) -> list[Any]:
    """Part of a list."""
    column = COLUMNS[wanted.sort]
    conditions, values = _filters(connection, wanted)
    if wanted.after is not None:
        conditions.append(f"(w.{column}, w.id) > (:at, :after)")
        values |= {"at": wanted.after.at, "after": wanted.after.id}
    found = []
    for way, named in wanted.whose.ways():
        whole = " AND ".join((way, *conditions))
        found.append(
            f"(SELECT {_SHOWN}{_FROM}{whole} ORDER BY w.{column}, w.id LIMIT :most)",
        )
        values |= named
    asked = f"SELECT * FROM ({' UNION ALL '.join(found)}) AS one ORDER BY {column}, id LIMIT :most"
    return list(connection.execute(text(asked), {**values, "most": wanted.most})) if found else []


def count_work(connection: Connection, wanted: WantedWork) -> int:
    """How much the filters let through in all."""
    conditions, values = _filters(connection, wanted)
    return sum(
        int(
            connection.execute(
                text(f"SELECT count(*){_FROM}{' AND '.join((way, *conditions))}"),
                {**values, **named},
            ).scalar_one()
        )
        for way, named in wanted.whose.ways()
    )


def count_all(connection: Connection, whose: WorkOf, person: UUID | None) -> WorkCounts:
    """The counts of somebody; none is counted beyond a bound."""
    now = legal_now(connection)
    values = {"now": now, "soon": now + SOON, "person": person, "most": MOST_COUNTED + 1}
    kinds = {**_LATENESS, "yours": "a.person_id = :person"}
    total = dict.fromkeys(kinds, 0)
    for way, named in whose.ways():
        parts = ", ".join(
            f"(SELECT count(*) FROM (SELECT 1{_counted(name)}{way} AND {condition} LIMIT :most) c)"
            f" AS {name}"
            for name, condition in kinds.items()
        )
        row = connection.execute(text(f"SELECT {parts}"), {**values, **named}).one()
        total = {name: total[name] + getattr(row, name) for name in kinds}
    total["open"] = sum(total[name] for name in _LATENESS)
    over = tuple(name for name, found in total.items() if found > MOST_COUNTED)
    return WorkCounts(**{n: min(c, MOST_COUNTED) for n, c in total.items()}, at_least=over)


def _counted(name: str) -> str:
    return (
        " FROM assignment a JOIN work w ON w.id = a.work_id WHERE "
        if name == "yours"
        else (" FROM work w WHERE ")
    )


def find_work(connection: Connection, whose: WorkOf, id_: UUID) -> Any | None:
    """One piece of somebody's work; None if it is done, or another's."""
    now = legal_now(connection)
    for way, named in whose.ways():
        asked = text(f"SELECT {_SHOWN}{_FROM}{way} AND w.id = :id")
        values = {**named, "id": id_, "now": now, "soon": now + SOON}
        if (row := connection.execute(asked, values).one_or_none()) is not None:
            return row
    return None


def read_last(connection: Connection, cases: Iterable[UUID | None]) -> dict[UUID, Any]:
    """What happened last in each of these cases."""
    asked = {"cases": list({one for one in cases if one is not None})}
    return {row.case_id: row for row in connection.execute(_LAST, asked)}


def lock_work(connection: Connection, id_: UUID) -> None:
    """Hold off others who would take it at the same time."""
    connection.execute(_LOCK, {"id": id_})


def assign(connection: Connection, id_: UUID, person: UUID, by: UUID) -> None:
    """It is this person's from now on; whose it is already, has it since then."""
    connection.execute(_ASSIGN, {"id": id_, "person": person, "by": by})


def release(connection: Connection, id_: UUID) -> None:
    """Nobody has it."""
    connection.execute(_RELEASE, {"id": id_})


def cover(connection: Connection, holder: str, absent: UUID, person: UUID, by: UUID) -> int:
    """All that one has of a list goes to another; how much that was."""
    values = {"holder": holder, "absent": absent, "person": person, "by": by}
    return int(connection.execute(_COVER, values).rowcount)


def work_with(connection: Connection, holder: str, person: UUID) -> list[Any]:
    """What one has taken of a list: each piece, its case, and who was first of two."""
    return list(connection.execute(_HAS, {"holder": holder, "absent": person}))


def is_known(connection: Connection, person: UUID) -> bool:
    """Whether the portal knows a person."""
    return connection.execute(_KNOWN, {"id": person}).first() is not None


def due_of(row: Any) -> datetime | None:
    """When it ends; None where no term limits it."""
    return None if row.due_at == NEVER else row.due_at


def _filters(connection: Connection, wanted: WantedWork) -> tuple[list[str], dict[str, Any]]:
    now = legal_now(connection)
    values: dict[str, Any] = {"now": now, "soon": now + SOON}
    found = [_LATENESS[wanted.lateness]] if wanted.lateness else []
    if wanted.unassigned:
        # Not a join: whoever walks along an index looks only at what they pass.
        found.append("(SELECT o.work_id FROM assignment o WHERE o.work_id = w.id) IS NULL")
    if wanted.kind is not None:
        found.append(f"w.kind = '{wanted.kind}'")
    named: Sequence[tuple[str, str, Any]] = (
        ("assignee", "a.person_id = :assignee", wanted.assignee),
        ("authority", "w.authority_id = :authority", wanted.authority),
        ("case_id", "w.case_id = :case_id", wanted.case_id),
    )
    for name, condition, value in named:
        if value is not None:
            found.append(condition)
            values[name] = value
    return found, values
