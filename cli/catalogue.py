"""`ozhb catalogue`: check a file without any server, import it by two, read what is in force."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.administrator import Administrator
from cli.changes import (
    CHANGES,
    Change,
    File,
    propose,
    read_file,
    show_change,
    tell_mistakes,
)
from cli.noun import noun
from cli.screen import AsJson, print_json
from definitions.catalogues import SPANS, check_catalogue

app = noun("Import and read the catalogue of aids and services.")


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a file and list every mistake with its place; exit code 1 if there is one."""
    mistakes = check_catalogue(read_file(file))
    tell_mistakes(mistakes, as_json)
    if not mistakes and not as_json:
        typer.echo("the catalogue holds")
    raise typer.Exit(1 if mistakes else 0)


@app.command("import")
def import_(file: File, as_json: AsJson = False) -> None:
    """Propose a version for orders from its first day on; one mistake, and nothing is taken.

    Another administrator approves it.
    """
    propose("catalogue", file, check_catalogue, as_json)


@app.command()
def preview(change: Change, as_json: AsJson = False) -> None:
    """Show what a proposed version changes, value by value."""
    show_change(Administrator().get(f"{CHANGES}/{change}"), as_json)


@app.command()
def approve(change: Change, as_json: AsJson = False) -> None:
    """Approve a version that another administrator proposed (OZHB_TOKEN)."""
    show_change(Administrator().post(f"{CHANGES}/{change}/approve", {}), as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the versions there are, the latest first."""
    found = Administrator().get("/v1/catalogue")
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
        found = administrator.get(f"/v1/catalogue?version={version}")
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
        "name": item["name"],
        "unit": item["unit"],
        "tiyn a unit": ", ".join(_dated(one) for one in sums),
        "norm": ", ".join(f"{norm[span]} a {span}" for span in SPANS if span in norm),
        "procured": "yes" if item["procured"] else "",
    }


def _dated(one: dict[str, Any]) -> str:
    since = one.get("valid_from")
    return f"{one['tiyn']} from {since}" if since else str(one["tiyn"])


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold", no_wrap=name == "code")
    for row in rows:
        table.add_row(*row.values())
    Console(file=sys.stdout, highlight=False, soft_wrap=True).print(table)
