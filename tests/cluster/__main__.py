"""`python -m tests.cluster`: a cluster on loopback, and every fault in turn under load.

Prints one table, and writes it as JSON. Exit code 1 where anything was lost, doubled, damaged or
left undone.
"""

import argparse
import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from bench.product import cast as enrol
from cli.evidence import keep
from cli.postgres import SUPERUSER
from cli.stack import Stack
from db.engine import make_engine
from tests.cluster.faults import FAULTS, Fault
from tests.cluster.load import Crowd
from tests.cluster.proof import prove_all, waits
from tests.cluster.servers import Cluster, NoServer, temporal_server
from tests.cluster.soak import MOST_GROWTH, growth, soak

CALM_SECONDS = 8
REST_SECONDS = 180
LANES = 12


@dataclass(frozen=True)
class Met:
    """One fault: the longest time without an answer, the slowest command, and what was answered."""

    fault: str
    silence_s: float
    slowest_s: float
    acknowledged: int
    whole_again_s: float


class Reached:
    """What the benchmark's parties ask a stack for."""

    def __init__(self, cluster: Cluster) -> None:
        self.urls = cluster.ports.urls


async def play(
    cluster: Cluster, hands: ThreadPoolExecutor, faults: list[Fault], seconds: float
) -> dict[str, Any]:
    """Each fault in turn while cases are played, or none for so long; then all come to an end."""
    loop, say = asyncio.get_running_loop(), Console(stderr=True).print
    parties = await asyncio.to_thread(enrol, cast(Stack, Reached(cluster)))
    crowd = Crowd(cluster.ports.urls["sandbox"], parties, cluster.apis)
    lanes = [asyncio.create_task(crowd.lane(number)) for number in range(1, LANES + 1)]
    await asyncio.sleep(CALM_SECONDS)
    engine = make_engine(cluster.url(SUPERUSER))
    samples = await soak(cluster, crowd, engine, seconds)
    met = []
    for fault in faults:
        ledger = crowd.ledger
        ledger.slowest, begun, before = 0.0, time.monotonic(), len(ledger.at)
        await loop.run_in_executor(hands, fault.do, cluster)
        whole = time.monotonic() - begun
        await asyncio.sleep(CALM_SECONDS)
        now = time.monotonic()
        found = Met(
            fault.name,
            round(ledger.silence(begun, now), 1),
            round(ledger.slowest, 1),
            len(ledger.at) - before,
            round(whole, 1),
        )
        say(f"{found.fault}: silence {found.silence_s} s, slowest {found.slowest_s} s")
        met.append(found)
    crowd.stopping = True
    await asyncio.gather(*lanes)
    end = time.monotonic() + REST_SECONDS
    while (left := await asyncio.to_thread(waits, engine)) and time.monotonic() < end:
        await asyncio.sleep(1)
    proof = await asyncio.to_thread(prove_all, engine, crowd, cluster)
    engine.dispose()
    grown = growth(samples)
    return {
        "faults": [asdict(one) for one in met],
        **proof,
        "left": left,
        "growth": grown,
        "grew": {name: by for name, by in grown.items() if by > MOST_GROWTH},
        "samples": [asdict(one) for one in samples],
    }


def show(found: dict[str, Any]) -> None:
    """The table, and what stands at the end."""
    table = Table("fault", "silence s", "slowest s", "acknowledged", "whole again s")
    for one in found["faults"]:
        table.add_row(*(str(value) for value in one.values()))
    console = Console(width=100)
    console.print(table)
    for name, value in found.items():
        if name not in ("faults", "samples"):
            console.print(f"{name}: {len(value) if isinstance(value, list) else value}")
    for name in WRONG:
        if found[name]:
            console.print(name, found[name])


WRONG = ("lost", "doubled", "paid_twice", "unpaid", "damaged", "went_wrong", "left", "grew")


def main() -> int:
    """1 where something is wrong at the end; 3 where there is no Temporal server."""
    told = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    told.add_argument("--only", default="", help="faults whose name contains this")
    told.add_argument(
        "--soak", type=float, default=0.0, metavar="MINUTES", help="no faults; what grows?"
    )
    told.add_argument("--json", type=Path, default=Path("build/cluster.json"))
    told.add_argument("--home", type=Path, help="a folder for data and logs, which are then kept")
    asked = told.parse_args()
    faults = [one for one in FAULTS if asked.only in one.name and not asked.soak]
    home = asked.home or Path(mkdtemp(prefix="ozhb-cluster-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        tools = temporal_server(Path.home() / ".cache" / "ozhb" / "temporal")
    except NoServer as error:
        sys.stderr.write(f"{error}\n")
        return 3
    cluster = Cluster(home.absolute(), tools)
    # Whoever starts a child must live as long: one thread starts and strikes all of them.
    with ThreadPoolExecutor(1, thread_name_prefix="cluster") as hands:
        try:
            hands.submit(cluster.start_all).result()
            found = asyncio.run(play(cluster, hands, faults, asked.soak * 60))
        finally:
            hands.submit(cluster.stop_all).result()
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if len(faults) == len(FAULTS):
        whole = {name: value for name, value in found.items() if name != "samples"}
        keep("chaos", whole, holds=not any(found[name] for name in WRONG))
    show(found)
    return 1 if any(found[name] for name in WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
