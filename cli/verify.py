"""`ozhb verify`: certificates computed anew, and the whole record proven; what does not hold."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import OperationalError

from cli.home import NotReachable
from cli.noun import noun
from cli.offline import bundle_check
from cli.reach import reached_settings
from cli.screen import MOST_SHOWN, AsJson, as_table, print_json, screen
from db.auditing import at_one_instant, first_head_after, many_cases, prove_record
from db.bounds import UNBOUND
from db.engine import make_engine
from db.heads import newest
from db.record import RecordFault
from db.record_chains import AT_ONCE
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


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def bundle(context: typer.Context) -> None:
    """Check a proof bundle, offline: FILE [--heads FILE] [--language kk|ru|en] [--json].

    The same program as docs/verify_bundle.py. Exit code 0 if all holds, 1 if something does not, 2
    if the file cannot be read.
    """
    raise typer.Exit(bundle_check.main(context.args))


@app.command()
def audit(
    since: Annotated[
        datetime | None,
        typer.Option(help="Of the cases only those that have grown since the head of this day."),
    ] = None,
    heads: Annotated[
        list[Path] | None,
        typer.Option(help="Heads that you kept, as `GET /v1/heads` gave them; several times."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove the record: every event and message, every head, and every row that nobody may change.

    Without heads that you kept elsewhere it cannot be found that somebody wrote everything anew,
    the heads and their key as well. OZHB_DATABASE_URL; else the running stack's. Exit code 0 if all
    holds, 1 if something does not, 2 if a file cannot be read.
    """
    try:
        published = {number: jws for file in heads or () for number, jws in _kept_heads(file)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        typer.echo(f"the heads cannot be read: {error}", err=True)
        raise typer.Exit(2) from None
    found, cases, number = _audit(since, published)
    if as_json:
        told = {"holds": not found, "cases": cases, "heads_compared": len(published)}
        print_json({**told, "newest_head": number, "faults": [one.to_json() for one in found]})
    else:
        _show_faults(found, cases, number)
    raise typer.Exit(1 if found else 0)


def _kept_heads(file: Path) -> Iterator[tuple[int, str]]:
    for one in json.loads(file.read_bytes())["heads"]:
        yield int(one["number"]), str(one["jws"])


def _audit(
    since: datetime | None, published: dict[int, str]
) -> tuple[list[RecordFault], int, int | None]:
    """What does not hold, of how many cases, and the newest head; all at one instant."""
    engine = make_engine(reached_settings().database_url, most=1, bounds=UNBOUND)
    found: list[RecordFault] = []
    try:
        with at_one_instant(engine) as connection:
            total = many_cases(connection)
            first = first_head_after(connection, since) if since else None
            last = newest(connection)
            with Progress(console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task("proving", total=total)
                for part in prove_record(connection, published, first):
                    found += part
                    progress.advance(task, AT_ONCE)
    except OperationalError:  # its own words name the host and the role
        raise NotReachable("the database does not answer") from None
    finally:
        engine.dispose()
    return found, total, last.number if last else None


def _show_faults(found: list[RecordFault], cases: int, number: int | None) -> None:
    """How many of each kind, and the first of them."""
    covered = f"head {number}" if number else "no head"
    if not found:
        screen().print(f"all holds: {cases} cases, up to {covered}")
        return
    kinds = Counter((one.table, one.what) for one in found)
    rows = [{"table": table, "what": what, "rows": many} for (table, what), many in kinds.items()]
    screen().print(as_table("does not hold", rows))
    for one in found[:MOST_SHOWN]:
        key = ", ".join(f"{name} {value}" for name, value in one.key.items())
        of = f" of case {one.case_id}" if one.case_id else ""
        screen().print(f"{one.table} {key}{of}: {one.what}")


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
