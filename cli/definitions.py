"""`ozhb definitions`: prove the law as data and publish editions of it, without any server."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from cli.noun import noun
from cli.screen import AsJson, print_json
from definitions.proofs import prove_definitions
from definitions.publishing import Publication, prepare
from definitions.publishing import publish as write_publication
from definitions.wording import codes, drafts, missing, spoken

app = noun("Prove the law as data, and publish editions of it.")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Editions, process, calendars, catalogues, texts and schemas; every problem is listed.

    Exit code 1 if there is one.
    """
    problems = [*prove_definitions(), *prove_schemas(files("definitions"))]
    if as_json:
        print_json(problems)
    else:
        for problem in problems:
            typer.echo(problem, err=True)
        typer.echo(f"{len(problems)} problems" if problems else "the definitions hold")
    sys.stdout.flush()
    raise typer.Exit(1 if problems else 0)


@app.command()
def languages(as_json: AsJson = False) -> None:
    """The languages of texts for people; of a draft every text that it lacks, by its code."""
    found = {one: missing(one) for one in spoken()}
    if as_json:
        print_json(found)
        return
    for language, lacking in found.items():
        kind = "draft" if language in drafts() else "official"
        typer.echo(f"{language} {kind}: {len(codes()) - len(lacking)} of {len(codes())} texts")
        for code in lacking:
            typer.echo(f"  lacks {code}")


def prove_schemas(folder: Traversable) -> Iterator[str]:
    """What is no JSON Schema: proven here, so that no process has to do it at its start."""
    found = chain.from_iterable((folder / name).iterdir() for name in ("schemas", "commands"))
    for entry in sorted(found, key=lambda one: one.name):
        try:
            Draft202012Validator.check_schema(json.loads(entry.read_text("utf-8")))
        except (ValueError, SchemaError) as error:
            yield f"{entry.name} is no JSON Schema: {str(error).splitlines()[0]}"


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(help="The edition, a TOML file.", dir_okay=False)],
    root: Annotated[Path, typer.Option(help="The check-out that it becomes part of.")] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove an edition, follow every path under it, tell what it changes, and fix its hash.

    A published edition never changes: with the same code and another content it is refused. Exit
    code 1 with every problem, and nothing is written.
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    if not (root / "definitions" / "published.toml").is_file():
        raise typer.BadParameter(f"{root.resolve()} is no check-out: it publishes nothing")
    found = prepare(root, file)
    if not found.problems and not dry_run:
        write_publication(root, file, found)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
    else:
        _tell(found, dry_run)
    raise typer.Exit(1 if found.problems else 0)


def _tell(found: Publication, dry_run: bool) -> None:
    for problem in found.problems:
        typer.echo(problem, err=True)
    if found.problems:
        typer.echo(f"{len(found.problems)} problems: nothing is published")
        return
    for status, rows in found.ways.items():
        typer.echo(f"ends in {status}: {' '.join(rows)}")
    for one in found.unused:
        typer.echo(f"nothing comes to {one}")
    for name in found.chapters:
        typer.echo(f"brings the chapter {name}")
    typer.echo(f"{len(found.changes)} differences to {found.follows or 'nothing before it'}")
    for change in found.changes:
        typer.echo(f"  {change.path}: {_plain(change.before)} → {_plain(change.after)}")
    done = "would be published" if dry_run else "is published"
    typer.echo(f"{found.code} {'was published before' if found.published else done}: {found.hash}")


def _plain(value: object) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False, default=str)
