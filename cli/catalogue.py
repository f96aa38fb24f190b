"""`ozhb catalogue`: check a file without any server, import it, and read what is in force."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.administrator import Administrator
from cli.home import StackFailed
from cli.noun import noun
from cli.screen import AsJson, print_json
from definitions.catalogues import SPANS, check_catalogue, parse_toml
from definitions.forms import Mistake

app = noun("Import and read the catalogue of aids and services.")

File = Annotated[
    Path, typer.Argument(help="A .json or .toml file.", exists=True, dir_okay=False, readable=True)
]


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a file and list every mistake with its place; exit code 1 if there is one."""
    mistakes = check_catalogue(_read(file))
    _tell(mistakes, as_json)
    if not mistakes and not as_json:
        typer.echo("the catalogue holds")
    raise typer.Exit(1 if mistakes else 0)


@app.command("import")
def import_(file: File, as_json: AsJson = False) -> None:
    """Import a version for orders from its first day on; one mistake, and nothing is taken."""
    value = _read(file)
    if mistakes := check_catalogue(value):
        _tell(mistakes, as_json)
        raise typer.Exit(1)
    found = Administrator().put(f"/v1/catalogue/{value['version']}", value)
    if as_json:
        print_json(found)
    else:
        typer.echo(f"version {found['version']} is known, in force from {found['valid_from']}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the versions there are, the latest first."""
    found = Administrator().get("/v1/catalogues")
    if as_json:
        print_json(found)
        return
    rows = [
        {
            "version": one["version"],
            "from": one["valid_from"],
            "imported": one["imported_at"] or "came with the system",
            "": "in force" if one["in_force"] else "",
        }
        for one in found["versions"]
    ]
    _print_table("versions", rows)


@app.command()
def show(
    version: Annotated[str | None, typer.Argument(help="One version, with every sum.")] = None,
    category: Annotated[str | None, typer.Option(help="Only of this category.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is in force today with today's sums, or one version in full."""
    administrator = Administrator()
    if version is None:
        found = administrator.get("/v1/catalogue")
    elif version.replace("-", "").isalnum():  # so that no other path is ever asked
        found = administrator.get(f"/v1/catalogue/{version}")
    else:
        raise typer.BadParameter("a version is named like 2026-12")
    for group, name in (("items", "category"), ("categories", "code")):
        found[group] = [one for one in found[group] if category in (None, one[name])]
    if as_json:
        print_json(found)
    else:
        title = f"version {found['version']}, in force from {found['valid_from']}"
        _print_table(title, [_line(item) for item in found["items"]])


def _line(item: dict[str, Any]) -> dict[str, Any]:
    sums = item.get("sums") or [{"tiyn": item["unit_sum"]}]
    norm = item.get("norm", {})
    return {
        "code": item["code"],
        "category": item["category"],
        "name": item["name"]["ru"],
        "unit": item["unit"],
        "tiyn a unit": ", ".join(_dated(one) for one in sums),
        "norm": ", ".join(f"{norm[span]} a {span}" for span in SPANS if span in norm),
        "procured": "yes" if item["procured"] else "",
    }


def _dated(one: dict[str, Any]) -> str:
    since = one.get("valid_from")
    return f"{one['tiyn']} from {since}" if since else str(one["tiyn"])


def _read(file: Path) -> Any:
    """What a file says. StackFailed where it cannot be read at all."""
    readers: dict[str, Callable[[str], Any]] = {".json": json.loads, ".toml": parse_toml}
    if file.suffix not in readers:
        raise StackFailed(f"{file.name} ends neither in .json nor in .toml")
    try:
        return readers[file.suffix](file.read_text("utf-8"))
    except (ValueError, TypeError, RecursionError) as error:
        raise StackFailed(f"{file.name} cannot be read: {error}") from None


def _tell(mistakes: list[Mistake], as_json: bool) -> None:
    if as_json:
        print_json([asdict(mistake) for mistake in mistakes])
    else:
        for mistake in mistakes:
            typer.echo(f"{mistake.pointer or '/'}: {mistake.text['en']}", err=True)


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold", no_wrap=name == "code")
    for row in rows:
        table.add_row(*row.values())
    Console(file=sys.stdout, highlight=False, soft_wrap=True).print(table)
