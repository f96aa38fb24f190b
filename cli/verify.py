"""`ozhb verify deadline`: compute certificates anew, without the service, and say what differs."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.noun import noun
from definitions.calendars import adopt, calendar_data, parse_calendar, published_calendars
from definitions.certificates import certificate_faults, verify_certificate
from domain.terms.certificates import CertificateDifference

app = noun("Prove what the service has issued, without the service.")


@app.command()
def deadline(
    file: Annotated[str, typer.Argument(help="A certificate or an array of them; - reads stdin.")],
    calendar: Annotated[
        Path | None, typer.Option(help="A calendar that was announced after this build (TOML).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an array of verdicts with every difference.")
    ] = False,
) -> None:
    """Compute each certificate anew under the calendar it names, and show what differs.

    Exit code 0 if all hold, 1 if one does not, 2 if the file cannot be read.
    """
    certificates, mistakes = _read(file)
    mistakes += [] if calendar is None else _announce(calendar)
    if mistakes:
        for mistake in mistakes:
            typer.echo(mistake, err=True)
        raise typer.Exit(2)
    verdicts = [(one, verify_certificate(one)) for one in certificates]
    if as_json:
        typer.echo(json.dumps([_verdict(found) for _, found in verdicts], indent=2))
    else:
        for one, found in verdicts:
            typer.echo("\n".join(_told(one, found)))
    raise typer.Exit(any(found for _, found in verdicts))


def _read(file: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The certificates of a file, and every mistake that keeps them from being read."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        found = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        return [], [f"{file} cannot be read: {error}"]
    if not isinstance(found, list):
        return [found], certificate_faults(found)
    if not found:
        return [], [f"there is no certificate in {file}"]
    return found, list(_each(found))


def _announce(file: Path) -> list[str]:
    """Know the calendar of a file beside the build's; every mistake that keeps it from that."""
    try:
        text = file.read_text("utf-8")
        version = str(calendar_data(text).get("version"))
        if version not in published_calendars():
            adopt([parse_calendar(version, text)])
    except (OSError, ValueError) as error:
        return [f"{file} cannot be read: {error}"]
    return []


def _each(found: list[Any]) -> Iterator[str]:
    for number, one in enumerate(found):
        yield from (f"/{number}{fault}" for fault in certificate_faults(one))


def _verdict(found: tuple[CertificateDifference, ...]) -> dict[str, Any]:
    return {"holds": not found, "differences": [asdict(one) for one in found]}


def _told(one: dict[str, Any], found: tuple[CertificateDifference, ...]) -> Iterator[str]:
    said = f"{one['term']} from {one['start']} to {one['last_day']} under {one['calendar']}"
    yield f"{said}: {'does not hold' if found else 'holds'}"
    for difference in found:
        held, computed = json.dumps(difference.held), json.dumps(difference.computed)
        yield f"  {difference.field}: {held}, computed {computed}"
