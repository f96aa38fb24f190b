"""`ozhb authorities`: who reviews and pays, imported from a file by two administrators."""

from typing import Annotated, Any

import typer

from cli.administrator import Administrator
from cli.changes import CHANGES, Change, File, propose, show_change
from cli.noun import noun
from cli.screen import AsJson, as_table, print_json, screen
from definitions.authorities import check_authorities

app = noun("Import and read the authorities that review and pay, with their heads and accounts.")
PLACE = "/v1/authorities"


@app.command("import")
def import_(file: File, as_json: AsJson = False) -> None:
    """Propose what is to hold of the authorities in a file; one mistake, and nothing is taken.

    Another administrator approves it. Authorities that it does not name stay as they are.
    """
    propose("authorities", file, check_authorities, as_json)


@app.command()
def preview(change: Change, as_json: AsJson = False) -> None:
    """Show what a proposed file changes, value by value."""
    show_change(Administrator().get(f"{CHANGES}/{change}"), as_json)


@app.command()
def approve(change: Change, as_json: AsJson = False) -> None:
    """Approve what another administrator proposed (OZHB_TOKEN)."""
    show_change(Administrator().post(f"{CHANGES}/{change}/approve", {}), as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the authorities there are, and the chairs of the commissions."""
    found = Administrator().get(PLACE)
    if as_json:
        print_json(found)
        return
    rows = [
        {
            "bin": one["bin"],
            "name": one["name"],
            "region": one["region"],
            "head": one["head"] and one["head"]["post"],
            "account": one["account"] and one["account"]["iban"],
        }
        for one in found["authorities"]
    ]
    if rows:
        screen().print(as_table("authorities", rows))
    chairs = [
        {"region": one["region"], "chair": one["chair"]["post"]} for one in found["commissions"]
    ]
    if chairs:
        screen().print(as_table("commissions", chairs))


@app.command()
def show(
    bin_: Annotated[str, typer.Argument(metavar="BIN", help="BIN of the authority.")],
    as_json: AsJson = False,
) -> None:
    """Show all that is known of one authority."""
    known: list[dict[str, Any]] = Administrator().get(PLACE)["authorities"]
    found = next((one for one in known if one["bin"] == bin_), None)
    if found is None:
        raise typer.BadParameter("no authority has this BIN")
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        shown = " / ".join(map(str, value.values())) if isinstance(value, dict) else value
        screen().print(f"{name}: {'-' if shown is None else shown}")
