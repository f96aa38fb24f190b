"""Hours of the same work: memory and files of each process, and bytes a case, must stay level."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import psutil
from sqlalchemy import Engine, text

from tests.cluster.load import Crowd
from tests.cluster.servers import Cluster

EVERY_SECONDS: Final = 60.0
# Between the first and the last third after a process has warmed up; caches fill, and no more.
MOST_GROWTH: Final = 1.15
WARM_SHARE: Final = 4
LEAST_SAMPLES: Final = 6
_SIZES: Final = text(
    "SELECT (SELECT count(*) FROM case_head) AS cases,"
    " sum(pg_table_size(oid)) AS tables, sum(pg_indexes_size(oid)) AS indexes FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


@dataclass(frozen=True)
class Sample:
    """At a time: each process's memory (bytes) and open files, and bytes a case."""

    at: float
    memory: dict[str, int]
    files: dict[str, int]
    tables_per_case: float
    indexes_per_case: float


def sample(cluster: Cluster, engine: Engine) -> Sample:
    """As it is now; the servers of PostgreSQL with all that they forked."""
    memory, files = {}, {}
    for name, child in cluster.running.items():
        process = psutil.Process(child.pid)
        family = [process, *process.children(recursive=True)]
        memory[name] = sum(one.memory_info().rss for one in family)
        files[name] = sum(one.num_fds() for one in family)
    with engine.connect() as connection:
        row = connection.execute(_SIZES).one()
    cases = max(1, row.cases)
    return Sample(time.time(), memory, files, row.tables / cases, row.indexes / cases)


async def soak(cluster: Cluster, crowd: Crowd, engine: Engine, seconds: float) -> list[Sample]:
    """One sample a minute while cases are played."""
    end, found = time.monotonic() + seconds, []
    while time.monotonic() < end and not crowd.stopping:
        found.append(await asyncio.to_thread(sample, cluster, engine))
        await asyncio.sleep(EVERY_SECONDS)
    return found


def growth(found: list[Sample]) -> dict[str, float]:
    """By how much each figure has grown, warm: the mean of the last third to that of the first."""
    warm = found[len(found) // WARM_SHARE :]
    if len(warm) < LEAST_SAMPLES:
        return {}
    told: dict[str, list[float]] = {
        "tables a case": [one.tables_per_case for one in warm],
        "indexes a case": [one.indexes_per_case for one in warm],
    }
    for name in warm[0].memory:
        told[f"{name} memory"] = [one.memory[name] for one in warm]
        told[f"{name} files"] = [one.files[name] for one in warm]
    third = len(warm) // 3
    return {
        name: round(sum(values[-third:]) / max(1.0, sum(values[:third])), 3)
        for name, values in told.items()
    }
