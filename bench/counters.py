"""What a case costs in numbers that do not drift: what PostgreSQL and Temporal say that they did.

PostgreSQL is asked in a run of its own, because writing down each statement costs time.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import httpx
import psycopg
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.turns import Side

M = TypeVar("M")
IDLE_SECONDS: Final = 10
# The last texts of a case go out after its end.
SETTLED_SECONDS: Final = 2
# How much a page costs depends on when the last checkpoint was; statistics are written at any time.
LOGGED: Final = {
    "log_statement": "all",
    "log_parameter_max_length": "0",
    # Who asks says so by its name: `ozhb <host> <pid>`.
    "log_line_prefix": "@@%u|%a|%p|",
    "full_page_writes": "off",
    "autovacuum": "off",
}
_SAID: Final = re.compile(
    r"(\w*)\|([^|]*)\|(\d+)\|LOG:  (?:statement|execute [^:]*): (.*)", re.DOTALL
)
_WRITTEN: Final = re.compile(
    r'^persistence_requests\{.*namespace="default",'
    r'operation="(?:CreateTasks|CreateWorkflowExecution|UpdateWorkflowExecution)".*\} (\S+)$',
    re.MULTILINE,
)
# By the table or index that a record is about first; what lies beside a table is told with it.
_WHERE: Final = (
    "WITH records AS (SELECT * FROM pg_get_wal_records_info("
    "  pg_lsn '0/0' + %(since)s, pg_lsn '0/0' + %(until)s)),"
    " blocks AS (SELECT DISTINCT ON (start_lsn) start_lsn, relfilenode FROM pg_get_wal_block_info("
    "  pg_lsn '0/0' + %(since)s, pg_lsn '0/0' + %(until)s, false) ORDER BY start_lsn, block_id)"
    " SELECT coalesce(t.relname || ' (beside)', c.relname, '-'),"
    "  r.resource_manager || ' ' || r.record_type, count(*), sum(r.record_length)::bigint,"
    "  sum(r.fpi_length)::bigint FROM records r LEFT JOIN blocks b USING (start_lsn)"
    " LEFT JOIN pg_class c ON c.relfilenode = b.relfilenode"
    " LEFT JOIN pg_index i ON i.indexrelid = c.oid"
    " LEFT JOIN pg_class t ON t.reltoastrelid IN (c.oid, i.indrelid)"
    " GROUP BY 1, 2 ORDER BY 4 DESC"
)

Transactions = Counter[tuple[str, ...]]


def transactions(log: str, role: str, pid: int | None = None) -> Transactions:
    """How often each transaction of a role was, by all it said; what stands alone is one too.

    `pid`: those of this process alone.
    """
    sender = "" if pid is None else f" {pid}"
    done: Transactions = Counter()
    begun: dict[str, list[str]] = {}
    for entry in f"\n{log}".split("\n@@"):
        said = _SAID.match(entry)
        if said is None or said[1] != role or not said[2].endswith(sender):
            continue
        session, statement = said[3], " ".join(said[4].split())
        if statement.startswith("BEGIN"):
            begun[session] = []
        if session not in begun:
            done[(statement,)] += 1
            continue
        begun[session].append(statement)
        if statement.rstrip(";") in ("COMMIT", "ROLLBACK"):
            done[tuple(begun.pop(session))] += 1
    return done


def of_cases(run: Transactions, idle: Transactions) -> Transactions:
    """Without what also goes on while nobody asks anything."""
    return Counter({said: times for said, times in run.items() if said not in idle})


def figures(found: Transactions, cases: int) -> dict[str, float]:
    """Transactions and statements a case, with those that begin and end a transaction."""
    return {
        "transactions": found.total() / cases,
        "rolled_back": sum(n for said, n in found.items() if said[-1] == "ROLLBACK") / cases,
        "statements": sum(n * len(said) for said, n in found.items()) / cases,
    }


def most_said(found: Transactions, cases: int) -> dict[str, float]:
    """The statements that a case costs most of."""
    counts: Counter[str] = Counter()
    for said, times in found.items():
        for statement in said:
            counts[statement] += times
    return {statement: times / cases for statement, times in counts.most_common(40)}


def written(metrics: str) -> float:
    """How often Temporal wrote a run or a task of ours."""
    return sum(float(found) for found in _WRITTEN.findall(metrics))


class LoggedBytes(NamedTuple):
    """Records of the server's log about one table or index (or of no relation), and their bytes:
    `whole` are those of pages that were written whole.
    """

    where: str
    what: str
    records: int
    bytes: int
    whole: int


@dataclass(frozen=True)
class Counted:
    """Counts a case; what was said, in all and by process; what was written, of all cases."""

    counts: dict[str, float]
    found: Transactions
    said: dict[str, Transactions]
    written: list[LoggedBytes]


class CountedStatement:
    """What a Temporal server tells of itself: its metrics, which its log says where to find."""

    def __init__(self, client: Client, log: Path) -> None:
        self.client, self.log = client, log

    def written(self) -> float:
        said = re.search(r"Temporal Metrics: +(\S+)", self.log.read_text())
        assert said is not None, "the server says where"
        return written(httpx.get(said[1], timeout=10, trust_env=False).text)

    async def history(self, name: str) -> list[Any]:
        history = await self.client.get_workflow_handle(name).fetch_history()
        return [event.event_type for event in history.events]


async def count(
    side: Side, numbers: Sequence[int], temporal: CountedStatement, mark: Callable[[], M]
) -> tuple[dict[str, float], list[M]]:
    """What each case makes Temporal do, and the marks: at first, after an idle time, at the end.

    The cases go one by one. What is written while nobody asks anything is not theirs.
    """
    marks, totals = [mark()], [temporal.written()]
    await asyncio.sleep(IDLE_SECONDS)
    marks, totals = [*marks, mark()], [*totals, temporal.written()]
    begun = time.perf_counter()
    names = [await side.play(number) for number in numbers]
    await asyncio.sleep(SETTLED_SECONDS)
    marks, totals = [*marks, mark()], [*totals, temporal.written()]
    idle = (totals[1] - totals[0]) / IDLE_SECONDS * (time.perf_counter() - begun)
    histories = [await temporal.history(name) for name in names]
    tasks = sum(one.count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) for one in histories)
    counts = {
        "persisted_writes": totals[2] - totals[1] - idle,
        "workflow_tasks": tasks,
        "events": sum(map(len, histories)),
    }
    return {name: total / len(numbers) for name, total in counts.items()}, marks


async def count_all(
    side: Side,
    numbers: Sequence[int],
    temporal: CountedStatement,
    superuser: str,
    log: Path,
    role: str,
) -> Counted:
    """The same, and what each case makes PostgreSQL do for this role, of whichever process."""
    with psycopg.connect(superuser, autocommit=True) as connection, logged(connection):

        def mark() -> tuple[int, int]:
            return log.stat().st_size, wal(connection)

        counts, (first, begun, ended) = await count(side, numbers, temporal, mark)
    text, cases, pids = log.read_bytes(), len(numbers), side.pids
    idle, run = (
        text[since:until].decode(errors="replace")
        for (since, _), (until, _) in pairwise((first, begun, ended))
    )
    beside = transactions(idle, role)
    found = of_cases(transactions(run, role), beside)
    counts |= figures(found, cases) | {"wal_bytes": (ended[1] - begun[1]) / cases}
    said = {name: of_cases(transactions(run, role, pid), beside) for name, pid in pids.items()}
    with psycopg.connect(superuser, autocommit=True) as connection:
        return Counted(counts, found, said, written_where(connection, begun[1], ended[1]))


def written_where(connection: psycopg.Connection[Any], since: int, until: int) -> list[LoggedBytes]:
    """What the server's log has between two places, by what was written; most first."""
    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
    return [
        LoggedBytes(*row) for row in connection.execute(_WHERE, {"since": since, "until": until})
    ]


def wal(connection: psycopg.Connection[Any]) -> int:
    """How many bytes were ever written to the log of the server."""
    found = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def logged(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Every statement is in the server's log while the block lasts; the superuser asks for it."""
    for name, value in LOGGED.items():
        connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    connection.execute("SELECT pg_reload_conf()")
    time.sleep(1)
    try:
        yield
    finally:
        for name in LOGGED:
            connection.execute(f"ALTER SYSTEM RESET {name}")
        connection.execute("SELECT pg_reload_conf()")
