"""`ozhb law`: the documentation of the law, made from the definitions and kept in step."""

from pathlib import Path
from typing import Annotated

import typer

from cli.law.acceptance import NoTests
from cli.law.documents import FOLDER, documents, law_of, out_of_step, write_documents
from cli.law.sources import LawSources
from cli.noun import noun
from cli.screen import print_json

app = noun("The documentation of the law, made from the definitions.")

Root = Annotated[Path, typer.Option(help="The check-out whose documents and tests are meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the names as JSON.")]


@app.command()
def write(root: Root = Path(), as_json: AsJson = False) -> None:
    """Write docs/law anew, and remove what no longer belongs there."""
    law = _read(root)
    _tell(law, write_documents(root, documents(law)), as_json, "written")


@app.command()
def check(root: Root = Path(), as_json: AsJson = False) -> None:
    """Say which document of docs/law is out of step with the definitions and the tests.

    Exit code 1 if one is, 2 without a check-out. A row after which no test is named is a warning.
    """
    law = _read(root)
    changed = out_of_step(root, documents(law))
    _tell(law, changed, as_json, "out of step")
    raise typer.Exit(1 if changed else 0)


def _read(root: Path) -> LawSources:
    try:
        return law_of(root)
    except NoTests as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _tell(law: LawSources, changed: list[str], as_json: bool, what: str) -> None:
    names = [(FOLDER / name).as_posix() for name in changed]
    if as_json:
        print_json({what.replace(" ", "_"): names, "open_points": law.open_points})
        return
    for one in law.open_points:
        typer.echo(f"warning: no test is named after the row {one}", err=True)
    for name in names:
        typer.echo(f"{what}: {name}")
    typer.echo(f"{len(names)} documents {what}")
