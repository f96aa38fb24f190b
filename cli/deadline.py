"""`ozhb deadline`: certify a term for each day on which its event fell, without any server."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from definitions.calendars import CURRENT, UnknownCalendar, load_calendar
from domain.terms import Calendar, Certificate, Term, certify

# The rules of counting; which law grants the term is not asked here.
ARTICLE: Final = "CC 173-176"

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)


def deadline(
    days: Annotated[
        list[str],
        typer.Argument(help="Days of the event (2026-01-21) or instants (2026-12-31T20:00Z)."),
    ],
    term: Annotated[
        str, typer.Option(help="P2M (months), 10wd (working) or 14cd (calendar days).")
    ],
    calendar: Annotated[str, typer.Option(help="Version of the calendar.")] = CURRENT,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an array of certificates.")
    ] = False,
) -> None:
    """Count a term from the day after each event, and show why it ends when it ends."""
    mistakes: list[str] = []
    certificates = list(_certificates(days, term, calendar, mistakes))
    if mistakes:
        for mistake in mistakes:
            typer.echo(mistake, err=True)
        raise typer.Exit(2)
    if as_json:
        rows = [certificate.to_json() for certificate in certificates]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    console = Console(file=sys.stdout, highlight=False)
    for certificate in certificates:
        console.print(_table(certificate))
        console.print(_sentence(certificate) + "\n", soft_wrap=True)


def _certificates(
    days: list[str], term: str, version: str, mistakes: list[str]
) -> Iterator[Certificate]:
    """The certificates in the order of the days; every mistake of every argument into the list."""
    length, calendar = _term(term, mistakes), _calendar(version, mistakes)
    for text in days:
        try:
            event = _event(text)
            if length and calendar:
                yield certify(event, length, calendar, ARTICLE)
        except (ValueError, OverflowError) as error:
            mistakes.append(f"{text[:40]}: {error}")


def _term(text: str, mistakes: list[str]) -> Term | None:
    try:
        return Term.parse(text)
    except ValueError as error:
        mistakes.append(str(error))
        return None


def _calendar(version: str, mistakes: list[str]) -> Calendar | None:
    try:
        return load_calendar(version)
    except UnknownCalendar as error:
        mistakes.append(str(error))
        return None


def _event(text: str) -> date | datetime:
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    if _INSTANT.fullmatch(text):
        return datetime.fromisoformat(text)
    raise ValueError("a day is written 2026-01-21, an instant with its zone 2026-12-31T20:00Z")


def _table(certificate: Certificate) -> Table:
    table = Table(show_header=False, title=f"{certificate.term} from {certificate.start}")
    table.add_row("event", _named(certificate.start))
    table.add_row("first day", _named(certificate.first_day))
    table.add_row("raw last day", _named(certificate.raw_last_day))
    for position, skipped in enumerate(certificate.skipped):
        table.add_row("" if position else "skipped", f"{_named(skipped.day)}  {skipped.reason}")
    table.add_row("last day", _named(certificate.last_day))
    table.add_row("expires at", f"{certificate.expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    table.add_row("calendar", certificate.calendar)
    table.add_row("counted by", certificate.article)
    return table


def _sentence(certificate: Certificate) -> str:
    moved = (certificate.last_day - certificate.raw_last_day).days
    why = f", {moved} days later than by number" if moved > 1 else ""
    why = ", one day later than by number" if moved == 1 else why
    return (
        f"An event of {certificate.start} leaves time until 24:00 in Almaty of "
        f"{_named(certificate.last_day)}{why}."
    )


def _named(day: date) -> str:
    return f"{day:%a} {day}"
