"""`ozhb definitions check`: prove the law as data, without any server."""

import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated

import typer
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from cli.noun import noun
from definitions.proofs import prove_definitions

app = noun("Prove the law as data.")


@app.command()
def check(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an array of the problems.")
    ] = False,
) -> None:
    """Editions, process, calendars, catalogues, texts and schemas; every problem is listed.

    Exit code 1 if there is one.
    """
    problems = [*prove_definitions(), *_prove_schemas()]
    if as_json:
        typer.echo(json.dumps(problems, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            typer.echo(problem, err=True)
        typer.echo(f"{len(problems)} problems" if problems else "the definitions hold")
    sys.stdout.flush()
    raise typer.Exit(1 if problems else 0)


def _prove_schemas() -> Iterator[str]:
    for entry in sorted((files("definitions") / "schemas").iterdir(), key=lambda one: one.name):
        try:
            Draft202012Validator.check_schema(json.loads(entry.read_text("utf-8")))
        except (ValueError, SchemaError) as error:
            yield f"{entry.name} is no JSON Schema: {str(error).splitlines()[0]}"
