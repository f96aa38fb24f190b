"""Lists of cases and their counts: walked by index in the order that was asked for.

Whoever reads a list sees cases by one or several *ways*, each of which an index leads to: those of
an authority, those whose orders it pays. Each way is walked for itself, from where the reader
stands and no further than is shown, and what was found is put in order. No plan has to guess how
many cases a condition leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any, Final, Literal
from uuid import UUID

from db.escalations import asked_of
from db.pool import ReadPool
from db.projection_tables import ORDERS
from db.silences import SILENT

Sort = Literal["reference", "due", "since"]
# Cases beyond this number are not counted: it is told that there are at least so many.
MOST_COUNTED: Final = 10_000
NOBODY: Final = "nobody"
# Below it every transaction has ended: nothing can still appear there.
_SETTLED: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# Whose own cases they are: the recipient's, or of those for whom they act.
OWN: Final = (
    "v.recipient_id = $1 OR (v.representative_ids <> '{}'"
    " AND v.representative_ids @> ARRAY[$1::uuid])"
)
_UNHEARD: Final = (
    "v.case_id = ANY(ARRAY(SELECT w.case_id FROM wake w"
    " WHERE w.since < clock_timestamp() - interval '30 seconds'))"
)


def few(condition: str, table: str = "case_view") -> str:
    """SQL: the rows of a table that an index of their own leads to, found before all else.

    They are few whatever the order is, and must not be met by walking over all others.
    """
    return f"(SELECT * FROM {table} v WHERE {condition} OFFSET 0)"


@dataclass(frozen=True, slots=True)
class Way:
    """A condition over `v` with $1 for whoever reads; `few` as above."""

    condition: str
    few: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader sees: by which ways (no case by two of them) over which table.

    `owner` is who reads, $1.
    """

    table: str
    ways: tuple[Way, ...]
    owner: UUID | str | None

    def known(self) -> "Seen":
        """The same with its owner in it, an id or digits: the plan knows how many cases that is.

        Authorities are of very different sizes, and a plan that is good for most takes too long
        for the largest.
        """
        if self.owner is None:
            return self
        ways = (
            replace(way, condition=way.condition.replace("$1", f"'{self.owner}'"))
            for way in self.ways
        )
        return replace(self, ways=tuple(ways), owner=None)

    @property
    def condition(self) -> str:
        """The same in one condition."""
        return f"({' OR '.join(f'({way.condition})' for way in self.ways)})"


EVERYTHING: Final = Seen("case_view", (Way("$1::uuid IS NULL"),), None)
NOTHING: Final = Seen("case_view", (Way("$1::uuid IS NOT NULL", few=True),), None)


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Who is asked; `everything_else`: also what nobody holds."""

    person: UUID | None
    everything_else: bool

    def by(self, value: str) -> str:
        """SQL: the cases with a question to the person that `value` stands for."""
        mine = asked_of(value, everything_else=self.everything_else)
        return f"v.case_id = ANY(ARRAY(SELECT e.case_id FROM escalation e WHERE {mine}))"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: after this value of its order (none: nothing is due) and this case.

    A list by reference has the reference alone.
    """

    value: str | datetime | None
    case_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedCases:
    """Which cases a list is asked for; what is None does not filter.

    `after` continues a list, `since` one of changes: cases whose last change comes after
    (transaction, case). `status`, `waits_for`, `item`, `reference` and `region` are proven words:
    they stand in the SQL. `found` is what a search leaves (`db/search.py`).
    """

    seen: Seen
    most: int
    sort: Sort = "reference"
    after: Place | None = None
    since: tuple[int, UUID] | None = None
    status: str | None = None
    waits_for: str | None = None
    due_before: datetime | None = None
    item: str | None = None
    reference: str | None = None
    closed: bool | None = None
    stuck_at: datetime | None = None
    found: Way | None = None
    count: bool = False
    region: str | None = None
    language: str | None = None


class ListStatement:
    """SQL with its values; $1 is whoever reads, unless that stands in it."""

    def __init__(self, seen: Seen) -> None:
        named = any("$1" in way.condition for way in seen.ways)
        self.values: list[Any] = [seen.owner] if named else []

    def given(self, value: Any) -> str:
        """A place for a value."""
        self.values.append(value)
        return f"${len(self.values)}"


def list_statement(wanted: WantedCases) -> tuple[str, list[Any]]:
    """One statement for a list: rows, with `settled` and `total` on each."""
    filters = _filters(wanted)
    if filters or wanted.stuck_at or wanted.found:
        wanted = replace(wanted, seen=wanted.seen.known())
    made, seen = ListStatement(wanted.seen), wanted.seen
    ways = seen.ways if wanted.stuck_at is None else _stuck(seen, wanted.stuck_at)
    if wanted.found is not None and wanted.found.few:
        ways = tuple(_both(way, wanted.found) for way in ways)
    changes = wanted.since is not None
    parts = (
        _changed(made, wanted, ways, filters) if changes else _ordered(made, wanted, ways, filters)
    )
    order = "xid, case_id" if changes else ", ".join(ORDERS[wanted.sort])
    most = made.given(wanted.most)
    total = (
        f"(SELECT count(*) FROM ({counted(seen.table, tuple(_kinds(wanted, ways)), filters)}) c)"
    )
    whole = " UNION ALL ".join(f"({one.replace('{most}', most)})" for one in parts)
    file = "" if changes or seen.table != "case_view" else " JOIN case_state s USING (case_id)"
    number = ", s.seq" if file else ""
    return (
        f"WITH found AS (SELECT * FROM ({whole}) AS one ORDER BY {order} LIMIT {most}),"
        f" lines AS (SELECT found.*{number} FROM found{file})"
        f" SELECT lines.*, {_SETTLED} AS settled,"
        f" {total if wanted.count else 'NULL'}::bigint AS total"
        f" FROM (SELECT 1) AS one LEFT JOIN lines ON true ORDER BY {order}"
    ), made.values


def _filters(wanted: WantedCases) -> list[str]:
    """Words and instants stand in the statement: how many cases they leave is known beforehand."""
    found = []
    if wanted.status is not None:
        found.append(f"v.status = '{wanted.status}'")
    if wanted.waits_for is not None:
        found.append(f"v.waits_for @> ARRAY['{wanted.waits_for}']")
    if wanted.due_before is not None:
        found.append(f"v.due_at < '{wanted.due_before.isoformat()}'::timestamptz")
    if wanted.item is not None:
        found.append(f"v.item = '{wanted.item}'")
    if wanted.reference is not None:
        found.append(f"v.reference = '{wanted.reference}'")
    if wanted.region is not None:
        found.append(f"v.oblast = '{wanted.region[:2]}'")
        if len(wanted.region) > 2:
            found.append(f"starts_with(v.region, '{wanted.region}')")
    if wanted.language is not None:
        written = "SELECT l.language FROM case_language l WHERE l.case_id = v.case_id"
        found.append(f"coalesce(({written}), '') = '{wanted.language}'")
    if wanted.closed is not None:
        found.append("v.closed" if wanted.closed else "NOT v.closed")
    if wanted.found is not None and not wanted.found.few:
        found.append(wanted.found.condition)
    return found


def _stuck(seen: Seen, now: datetime) -> tuple[Way, ...]:
    """A person who is late, or a run that has not heard of what was recorded: the latter is not
    for suppliers, whom it need not concern.
    """
    over = _overdue(now)
    late = [Way(f"({way.condition}) AND {over}", few=True) for way in seen.ways]
    if seen.table != "case_view":
        return tuple(late)
    deaf = f"{_UNHEARD} AND ({over}) IS NOT TRUE"
    return (*late, *(Way(f"({way.condition}) AND {deaf}", few=True) for way in seen.ways))


def _both(way: Way, found: Way) -> Way:
    return Way(f"({way.condition}) AND {found.condition}", few=True)


# The cases that are silent, found before all else: they are few.
SILENCE: Final = Way(f"v.case_id = ANY(ARRAY({SILENT}))", few=True)


def _overdue(now: datetime) -> str:
    """SQL: whose term is over; the instant stands in it: the plan knows how many that are."""
    return f"NOT v.closed AND v.due_at < '{now.isoformat()}'::timestamptz"


async def legal_now(pool: ReadPool) -> datetime:
    """The legal instant."""
    now: datetime = await pool.fetchval("SELECT legal_now()")
    return now


_COLUMNS: Final = (
    "v.case_id, v.reference, v.status, v.since, v.closed, v.waits_for, v.due_at, v.item"
)


def _columns(table: str) -> str:
    return _COLUMNS if table == "case_view" else f"{_COLUMNS}, v.seq, v.xid"


def _ordered(
    made: ListStatement, wanted: WantedCases, ways: tuple[Way, ...], filters: list[str]
) -> Iterator[str]:
    """Each way, of open and of closed cases, with and without a term where terms are the order."""
    order = ", ".join(f"v.{one}" for one in ORDERS[wanted.sort])
    table = wanted.seen.table
    for way, place in product(_kinds(wanted, ways), _parts(made, wanted)):
        source = few(way.condition, table) if way.few else table
        told = [*filters, *place, *(() if way.few else (way.condition,))]
        by = order
        if wanted.status and wanted.sort == "due" and wanted.seen == EVERYTHING:
            # Of one status are those that are due last: only the index of statuses has this order.
            by = f"v.status, {order}"
            told[0] = f"v.status BETWEEN '{wanted.status}' AND '{wanted.status}'"
        yield (
            f"SELECT {_columns(table)} FROM {source} v WHERE {_all(told)}"
            f" ORDER BY {by} LIMIT {{most}}"
        )


def _kinds(wanted: WantedCases, ways: tuple[Way, ...]) -> Iterator[Way]:
    """Open and closed cases, each by an index of theirs."""
    waits = wanted.waits_for not in (None, NOBODY)
    for way in ways:
        if way.few:
            yield way
            continue
        if wanted.closed is not True:
            yield Way(f"({way.condition}) AND NOT v.closed")
        if wanted.closed is not False and waits and wanted.seen.table == "case_view":
            yield Way(f"({way.condition}) AND v.closed AND v.waits_for <> '{{{NOBODY}}}'", few=True)
        elif wanted.closed is not False:
            yield Way(f"({way.condition}) AND v.closed")


def _parts(made: ListStatement, wanted: WantedCases) -> list[list[str]]:
    """The parts of an order one after the other, and from where each is walked.

    Those with no term come last, by their ids.
    """
    after = wanted.after
    if wanted.sort == "reference":
        return [[f"v.reference > {made.given(after.value)}"] if after else []]
    if wanted.sort == "since":
        return [[_beyond(made, "since", after)] if after else []]
    none = ["v.due_at IS NULL"]
    if after is None:
        return [["v.due_at IS NOT NULL"], none]
    if after.value is None:
        return [[*none, f"v.case_id > {made.given(after.case_id)}"]]
    return [[_beyond(made, "due_at", after)], none]


def _beyond(made: ListStatement, column: str, after: Place) -> str:
    value = f"{made.given(after.value)}::timestamptz"
    return f"(v.{column}, v.case_id) > ({value}, {made.given(after.case_id)}::uuid)"


def _changed(
    made: ListStatement, wanted: WantedCases, ways: tuple[Way, ...], filters: list[str]
) -> Iterator[str]:
    """What has changed since, by the transaction that changed it."""
    assert wanted.since is not None
    xid, case_id = map(made.given, wanted.since)
    table = wanted.seen.table
    own = table == "case_view"
    of, joined = ("s", " JOIN case_state s USING (case_id)") if own else ("v", "")
    columns = f"{_COLUMNS}, s.seq, s.xid" if own else _columns(table)
    place = f"{of}.xid < {_SETTLED} AND ({of}.xid, {of}.case_id) > ({xid}::bigint, {case_id}::uuid)"
    for way in ways:
        source = few(way.condition, table) if way.few else table
        told = [*filters, place, *(() if way.few else (way.condition,))]
        yield (
            f"SELECT {columns} FROM {source} v{joined} WHERE {_all(told)}"
            f" ORDER BY {of}.xid, {of}.case_id LIMIT {{most}}"
        )


def _all(conditions: list[str]) -> str:
    return " AND ".join(f"({one})" for one in conditions) or "true"


def counted(table: str, ways: tuple[Way, ...], filters: list[str]) -> str:
    """SQL: a row for each case that is seen and let through, up to one more than is counted."""
    rows = " UNION ALL ".join(
        f"(SELECT 1 FROM {few(way.condition, table)} v WHERE {_all(filters)})"
        if way.few
        else f"(SELECT 1 FROM {table} v WHERE {_all([way.condition, *filters])})"
        for way in ways
    )
    return f"{rows} LIMIT {MOST_COUNTED + 1}"


async def read_lines(pool: ReadPool, wanted: WantedCases) -> list[Any]:
    """At least one row, which has no case if nothing was found."""
    statement, values = list_statement(wanted)
    return await pool.fetch(statement, *values)


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many cases are open, wait for a role, are overdue, hold a question to a person, are
    silent.

    What is more than is counted is named in `at_least`.
    """

    open: int
    waiting_for_you: int
    overdue: int
    escalated_to_you: int
    silent: int
    at_least: tuple[str, ...]


async def read_counts(pool: ReadPool, seen: Seen, role: str, asked: AskedPerson) -> CaseCounts:
    """All of them as of one instant; `role` is a word of ours."""
    seen = seen.known()
    made = ListStatement(seen)
    waiting = ["NOT v.closed", f"v.waits_for @> ARRAY['{role}']"]
    mine = asked_of(f"{made.given(asked.person)}::uuid", everything_else=asked.everything_else)
    parts = {
        "open": counted(seen.table, seen.ways, ["NOT v.closed"]),
        "waiting_for_you": counted(seen.table, seen.ways, waiting),
        "overdue": counted(seen.table, seen.ways, [_overdue(await legal_now(pool))]),
        "silent": counted(seen.table, tuple(_both(way, SILENCE) for way in seen.ways), []),
        "escalated_to_you": "SELECT DISTINCT e.case_id FROM escalation e"
        f" WHERE {mine} LIMIT {MOST_COUNTED + 1}",
    }
    told = ", ".join(f"(SELECT count(*) FROM ({one}) c) AS {name}" for name, one in parts.items())
    row = await pool.fetchrow(f"SELECT {told}", *made.values)
    assert row is not None
    return CaseCounts(
        **{name: min(row[name], MOST_COUNTED) for name in parts},
        at_least=tuple(name for name in parts if row[name] > MOST_COUNTED),
    )


def escalated(asked: AskedPerson) -> Seen:
    """The cases with a question to an official, wherever they are: who is asked sees them."""
    return Seen("case_view", (Way(asked.by("$1::uuid"), few=True),), asked.person)
