"""CPU seconds of process trees, and bytes on disk."""

from collections.abc import Mapping
from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its living children, and its children that ended."""
    process = psutil.Process(pid)
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def read(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds by component."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def per_case_ms(
    before: Mapping[str, float], after: Mapping[str, float], cases: int
) -> dict[str, float]:
    """Milliseconds of CPU a case, by component."""
    return {name: (after[name] - before[name]) * 1000 / cases for name in before}


def sqlite_bytes(database: Path) -> int:
    """A SQLite database with its write-ahead log."""
    parts = (database, database.with_name(database.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
