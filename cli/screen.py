"""How answers of the API are printed: as JSON, or as tables for a person."""

import json
import sys
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

# Most rows of one kind that a person is shown; --json has all.
MOST_SHOWN: Final = 40
# What another row is named by: an id that is cut off is of no use.
IN_PIPES: Final = 10_000
IDS: Final = ("case", "task", "id")

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def screen() -> Console:
    """Standard output as it is now, without colours for numbers and broken lines.

    Tables that go into a pipe are as wide as their rows are.
    """
    width = None if sys.stdout.isatty() else IN_PIPES
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=width)


def print_json(value: Any) -> None:
    """The answer as it came, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def as_table(title: str, rows: list[dict[str, Any]]) -> Table:
    """Rows under the names of the first one's fields."""
    made = Table(title=title, title_justify="left")
    for name in rows[0]:
        made.add_column(name, overflow="fold", no_wrap=name in IDS)
    for row in rows[:MOST_SHOWN]:
        made.add_row(*("-" if value is None else str(value) for value in row.values()))
    if len(rows) > MOST_SHOWN:
        made.caption = f"and {len(rows) - MOST_SHOWN} more: see --json"
    return made


def done(found: Any, as_json: bool, said: str) -> None:
    """What was done, in a few words, unless JSON was asked for."""
    if as_json:
        print_json(found)
    else:
        screen().print(said)
