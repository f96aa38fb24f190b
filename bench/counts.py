"""`make bench ARGS=counts`: what a case makes PostgreSQL do, by who says it and where it lands.

`python -m bench counts 8` plays so many cases, one by one, after two that nobody counts. Only who
asks is left out: what Temporal's side and the outside world do is none of this database's.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.counters import Counted, Transactions
from bench.product import product
from cli.stack import Stack

CASES: Final = 4
WARM_UP: Final = 2
WIDE: Final = 160
ROUND_TRIPS: Final = ("BEGIN", "COMMIT", "ROLLBACK")


def main(arguments: Sequence[str]) -> None:
    cases = int(arguments[0]) if arguments else CASES
    console = Console(width=WIDE)
    with tempfile.TemporaryDirectory(prefix="ozhb-counts-") as folder:
        show(console, asyncio.run(measure(Path(folder), console, cases)), cases)


async def measure(home: Path, console: Console, cases: int) -> Counted:
    """Whole cases on a stack of their own."""
    with Stack(home, None, console.print) as stack:
        async with product(stack, WARM_UP + cases) as ours:
            for number in range(WARM_UP):
                await ours.play(number)
            return await ours.count(range(WARM_UP, WARM_UP + cases))


def show(console: Console, counted: Counted, cases: int) -> None:
    """All of it a case: figures, transactions by who says them, bytes by where they are written."""
    for name, figure in counted.counts.items():
        console.print(f"{name:20} {figure:10,.1f}")
    for sender, said in counted.said.items():
        if said:
            console.print(_said(sender, said, cases))
    console.print(_written(counted, cases))


def _said(sender: str, said: Transactions, cases: int) -> Table:
    table = Table("a case", "statements", title=f"{sender}: transactions", title_justify="left")
    for statements, times in said.most_common():
        told = [one[: WIDE - 24] for one in statements if one.split()[0] not in ROUND_TRIPS]
        whole = (
            f"{len(statements)}" if len(statements) == 1 else f"{len(statements)} {statements[-1]}"
        )
        table.add_row(f"{times / cases:.2f}", f"[{whole}]\n" + "\n".join(told))
    return table


def _written(counted: Counted, cases: int) -> Table:
    table = Table("where", "what", "records", "bytes", "of whole pages", title="written, a case")
    for one in counted.written:
        row = (f"{figure / cases:,.1f}" for figure in one[2:])
        table.add_row(one.where, one.what, *row)
    return table
