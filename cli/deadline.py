"""`ozhb deadline`: certify a term for each day on which its event fell, without any server."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from definitions.calendars import CURRENT, UnknownCalendar, load_calendar
from definitions.papers.certificate import certificate_page
from definitions.wording import LANGUAGES
from domain.terms.certificates import document
from domain.terms.counting import RULES, Calendar, Certificate, Term, certify, undecided

# The rules of counting; which law grants the term is not asked here.
ARTICLE: Final = "CC 173-176"

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)


class _Counted(NamedTuple):
    certificate: Certificate
    instant: datetime | None


def deadline(
    days: Annotated[
        list[str],
        typer.Argument(help="Days of the event (2026-01-21) or instants (2026-12-31T20:00Z)."),
    ],
    term: Annotated[
        str,
        typer.Option(help="P2M (months), P1Y (years), 10wd (working) or 14cd (calendar days)."),
    ],
    calendar: Annotated[str, typer.Option(help="Version of the calendar.")] = CURRENT,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an array of certificates.")
    ] = False,
    page: Annotated[str, typer.Option(help="Print an HTML page for people, in kk, ru or en.")] = "",
) -> None:
    """Count a term from the day after each event, and show why it ends when it ends."""
    mistakes: list[str] = []
    counted = list(_counted(days, term, calendar, mistakes))
    if as_json and page:
        mistakes.append("either --json or --page")
    if page and page not in LANGUAGES:
        mistakes.append(f"a page is written in {', '.join(LANGUAGES)}; not in {page[:40]!r}")
    if mistakes:
        for mistake in mistakes:
            typer.echo(mistake, err=True)
        raise typer.Exit(2)
    if as_json:
        typer.echo(json.dumps(_documents(counted, calendar), ensure_ascii=False, indent=2))
        return
    if page:
        typer.echo(certificate_page(_documents(counted, calendar), page))
        return
    console = Console(file=sys.stdout, highlight=False)
    for one in counted:
        console.print(_table(one.certificate, load_calendar(calendar)))
        console.print(_sentence(one.certificate) + "\n", soft_wrap=True)


def _counted(days: list[str], term: str, version: str, mistakes: list[str]) -> Iterator[_Counted]:
    """The certificates in the order of the days; every mistake of every argument into the list."""
    length, calendar = _term(term, mistakes), _calendar(version, mistakes)
    for text in days:
        try:
            event = _event(text)
            if length and calendar:
                instant = event if isinstance(event, datetime) else None
                yield _Counted(certify(event, length, calendar, ARTICLE), instant)
        except (ValueError, OverflowError) as error:
            mistakes.append(f"{text[:40]}: {error}")


def _documents(counted: list[_Counted], version: str) -> list[dict[str, object]]:
    calendar = load_calendar(version)
    return [document(one.certificate, calendar, instant=one.instant) for one in counted]


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


def _table(certificate: Certificate, calendar: Calendar) -> Table:
    table = Table(show_header=False, title=f"{certificate.term} from {certificate.start}")
    table.add_row("event", _named(certificate.start))
    table.add_row("first day", _named(certificate.first_day))
    table.add_row("raw last day", _named(certificate.raw_last_day))
    for position, skipped in enumerate(certificate.skipped):
        table.add_row("" if position else "skipped", f"{_named(skipped.day)}  {skipped.reason}")
        table.add_row("", f"  {calendar.source(skipped.day)}", style="dim")
    table.add_row("last day", _named(certificate.last_day))
    table.add_row("expires at", f"{certificate.expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    table.add_row("calendar", certificate.calendar)
    for position, rule in enumerate(certificate.rules):
        table.add_row("" if position else "counted by", f"{rule}: {RULES[rule]}")
    if open_days := undecided(certificate, calendar):
        table.add_row("provisional", f"{_named(open_days[0])} is not published yet")
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
