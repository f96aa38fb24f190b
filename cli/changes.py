"""Reference data from a file: proposed by one administrator, previewed, approved by another."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.administrator import Administrator, known_id
from cli.home import StackFailed
from cli.screen import as_table, print_json, screen
from definitions.forms import FormMistake, told
from definitions.parsing import Parsed, parse_written
from definitions.toml import read_toml

CHANGES: Final = "/v1/changes"
File = Annotated[
    Path, typer.Argument(help="A .json or .toml file.", exists=True, dir_okay=False, readable=True)
]
Change = Annotated[str, typer.Argument(help="Id of the change.", callback=known_id)]


def read_file(file: Path) -> Any:
    """What a file says. StackFailed where it cannot be read at all."""
    readers: dict[str, Callable[[str], Parsed]] = {".json": parse_written, ".toml": read_toml}
    if file.suffix not in readers:
        raise StackFailed(f"{file.name} ends neither in .json nor in .toml")
    try:
        parsed = readers[file.suffix](file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise StackFailed(f"{file.name} cannot be read: {error}") from None
    if parsed.faults:
        said = "; ".join(f"{one.pointer or '/'}: {one.text['en']}" for one in told(parsed.faults))
        raise StackFailed(f"{file.name} cannot be read: {said}")
    return parsed.value


def propose(
    kind: str, file: Path, check: Callable[[object], list[FormMistake]], as_json: bool
) -> None:
    """Check a file here, propose it, and show what it would change; exit code 1 with mistakes."""
    value = read_file(file)
    if mistakes := check(value):
        tell_mistakes(mistakes, as_json)
        raise typer.Exit(1)
    show_change(Administrator().post(CHANGES, {"kind": kind, "content": value}), as_json)


def show_change(found: dict[str, Any], as_json: bool) -> None:
    """How far a change is, and every value that it changes."""
    if as_json:
        print_json(found)
        return
    console = screen()
    console.print(f"{found['kind']}  {found['id']}  {found['state']}")
    if found["state"] == "proposed":
        console.print("another administrator approves it")
    rows = [
        {"entry": one["code"], "": one["what"], **field}
        for one in found["differences"]
        for field in one["fields"]
    ]
    if rows:
        console.print(as_table("what it changes", rows))
    else:
        console.print("it changes nothing")


def tell_mistakes(mistakes: list[FormMistake], as_json: bool) -> None:
    """Every mistake with its place; on the error stream for a person."""
    if as_json:
        print_json([asdict(mistake) for mistake in mistakes])
    else:
        for mistake in mistakes:
            typer.echo(f"{mistake.pointer or '/'}: {mistake.text['en']}", err=True)
