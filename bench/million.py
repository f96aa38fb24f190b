"""`make bench ARGS=million`: what the portal does in time with a million cases behind it.

`python -m bench million --cases 50000` does it with fewer. Real files are multiplied in a database
of its own (`bench/seeding.py`); then reads, commands, sweeps and checks are timed by the very code
of the product, in process, in turn; and one command also on an empty database beside it.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from bench.multiply import sizes
from bench.questions import QueryWatch, Timed, commands, measure
from bench.seeding import Seeded, seed
from cli.migrations import upgrade
from cli.ports import free_port
from cli.postgres import APP, OWNER, Postgres, fresh_passwords
from cli.program import running
from db.bounds import UNBOUND, USUAL, TimeBounds
from db.engine import make_engine
from settings import Pools
from starting import keep_what_is_loaded

CASES: Final = 1_000_000
# So many that no command meets a case again: it would have grown by then.
EMPTY: Final = 2_000
WRITTEN: Final = Path("bench/million.json")
# While a base is filled nothing need survive a power cut; it is measured with the usual settings.
HASTE: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "1GB",
    "work_mem": "128MB",
    "shared_buffers": "1GB",
}
ROOMY: Final = {"shared_buffers": "1GB"}
AIMS: Final = {
    "case_p95_ms": 50,
    "list_p95_ms": 50,
    "count_p95_ms": 50,
    "me_p95_ms": 50,
    "tasks_p95_ms": 50,
    "search_p95_ms": 100,
    "page_p95_ms": 150,
    "stuck_p95_ms": 300,
    "sweep_s": 1,
    "release_check_s": 15,
    "preview_s": 5,
    "command_p95_ratio": 1.3,
}


@contextmanager
def base(
    home: Path, passwords: dict[str, str], options: dict[str, str], bounds: TimeBounds = USUAL
) -> Iterator[tuple[Engine, Engine, str, int]]:
    """A server on files that may be there already: engines of owner and application."""
    postgres = Postgres(home / "postgres", free_port(), passwords, options)
    postgres.prepare()
    with running(postgres.program(), home / "postgres.log") as server:
        postgres.ensure_roles()
        upgrade(postgres.url(OWNER))
        most = Pools.model_fields["api_connections"].default
        owner, engine = (
            make_engine(postgres.url(role), most=most, bounds=bounds) for role in (OWNER, APP)
        )
        try:
            yield owner, engine, postgres.url(APP), server.pid
        finally:
            owner.dispose()
            engine.dispose()


def filled(home: Path, cases: int, console: Console) -> tuple[Seeded, dict[str, str]]:
    """A base with so many cases, stopped; one that was filled before is taken as it is."""
    known = home / "filled.json"
    if known.exists():
        told = json.loads(known.read_text())
        return Seeded(**told["seeded"]), told["passwords"]
    passwords, begun = fresh_passwords(), time.perf_counter()

    def say(what: str) -> None:
        console.print(f"{time.perf_counter() - begun:6.0f} s  {what}")

    # Statements that fill a base take their time.
    with base(home, passwords, HASTE, UNBOUND) as (owner, engine, _, _):
        seeded = seed(owner, engine, cases, say)
    known.write_text(json.dumps({"seeded": asdict(seeded), "passwords": passwords}))
    known.chmod(0o600)
    return seeded, passwords


def figures(found: dict[str, Timed], bytes_per_case: float) -> dict[str, float]:
    """What the aims are about: of several questions of a kind the slowest."""

    def slowest(*names: str) -> float:
        return max(one.p95 for name, one in found.items() if name.startswith(names))

    return {
        "case_p95_ms": slowest("case"),
        "list_p95_ms": slowest("list", "cabinet"),
        "count_p95_ms": slowest("count"),
        "me_p95_ms": slowest("me"),
        "tasks_p95_ms": slowest("work"),
        "search_p95_ms": slowest("search"),
        "page_p95_ms": slowest("page"),
        "stuck_p95_ms": slowest("stuck"),
        "sweep_s": slowest("sweep") / 1000,
        "release_check_s": slowest("release check") / 1000,
        "preview_s": slowest("preview") / 1000,
        "command_p95_ratio": found["command"].p95 / found["command, empty base"].p95,
        "bytes_per_case": bytes_per_case,
    }


def show(console: Console, found: dict[str, Timed], told: dict[str, float]) -> None:
    """Every question with its times, and the figures with their aims."""
    table = Table(title="milliseconds")
    for heading in ("question", "p50", "p95", "p99", "CPU"):
        table.add_column(heading)
    for name, one in found.items():
        row = (f"{value:.1f}" for value in (one.p50, one.p95, one.p99, one.cpu))
        table.add_row(name, *row)
    console.print(table)
    aims = Table(title="aims")
    for heading in ("figure", "found", "aim", ""):
        aims.add_column(heading)
    for name, aim in AIMS.items():
        met = "met" if told[name] <= aim else "missed"
        aims.add_row(name, f"{told[name]:.2f}", f"≤ {aim}", met)
    console.print(aims)
    console.print(f"{told['bytes_per_case']:.0f} bytes a case")


def main(arguments: list[str]) -> None:
    """Fill, measure, tell."""
    parser = argparse.ArgumentParser(prog="python -m bench million")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--home", type=Path, help="where the base is filled; kept, and taken again")
    asked = parser.parse_args(arguments)
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="ozhb-bench-") as folder:
        home = asked.home or Path(folder) / "full"
        home.mkdir(parents=True, exist_ok=True)
        seeded, passwords = filled(home, asked.cases, console)
        empty = Path(folder) / "empty"
        empty.mkdir()
        _, others = filled(empty, EMPTY, console)
        keep_what_is_loaded()
        with (
            base(home, passwords, ROOMY) as (owner, engine, dsn, pid),
            base(empty, others, ROOMY) as (_, beside, _, its_pid),
        ):
            with owner.connect() as connection:
                held = dict(sizes(connection))
            found = asyncio.run(measure(engine, dsn, seeded, QueryWatch(pid)))
            both = commands((engine, pid), (beside, its_pid))
    found |= dict(zip(("command", "command, empty base"), both, strict=True))
    told = figures(found, sum(held.values()) / asked.cases)
    show(console, found, told)
    raw = {
        name: {"p50": one.p50, "p95": one.p95, "p99": one.p99, "cpu": one.cpu}
        for name, one in found.items()
    }
    written = {**told, "cases": asked.cases, "at": datetime.now(UTC).isoformat()}
    WRITTEN.write_text(json.dumps({**written, "raw": raw, "bytes": held}, indent=2) + "\n")
    console.print(f"written to {WRITTEN}")
