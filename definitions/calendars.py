"""Load the calendars of days of rest, and prove each before anybody counts with it."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import islice, pairwise
from types import MappingProxyType
from typing import Any, Final, Self

from definitions.forms import (
    MOST_TOLD,
    Fault,
    FormMistake,
    load_schema,
    readable,
    shape_faults,
    told,
    validator,
)
from definitions.wording import LANGUAGES, codes, every_language
from domain.terms.counting import Calendar

CURRENT: Final = "kz-2026-12"
NAMES: Final = "calendar_field"
VALIDATOR: Final = validator(load_schema("calendar"))
_PROVISIONAL: Final = "provisional: "
_SATURDAY: Final = 5


class UnknownCalendar(LookupError):
    """No calendar of that version is published; the sentence names those that are."""


class CalendarFault(str):
    """What is wrong with a calendar, for who writes programs; `words` say it to people.

    `shape` is a mistake of a value that is not as its schema has it, `day` the day of the row that
    contradicts another one.
    """

    words: Mapping[str, str] | None = None
    shape: FormMistake | None = None
    day: date | None = None

    @classmethod
    def of(cls, code: str, said: str, **facts: object) -> Self:
        """`code` and `facts` are those of the text `calendar_fault.<code>`."""
        made = cls(said)
        made.words = every_language(f"calendar_fault.{code}", **facts)
        made.day = day if isinstance(day := facts.get("day"), date) else None
        return made

    @classmethod
    def of_shape(cls, mistake: FormMistake) -> Self:
        """A value that is not as the schema has it."""
        made = cls(f"{mistake.pointer or '/'}: {mistake.text['en']}")
        made.words, made.shape = mistake.text, mistake
        return made


class CalendarInvalid(ValueError):
    """A calendar file contradicts its schema or itself; the sentence lists every mistake."""

    def __init__(self, version: str, mistakes: list[CalendarFault]) -> None:
        super().__init__(f"the calendar {version}: " + "; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class _Row:
    day: date
    working: bool
    reason: str
    source: str

    @property
    def kind(self) -> str:
        return self.reason.partition(":")[0]

    @property
    def name(self) -> str:
        return self.reason.partition(":")[2]

    @property
    def provisional(self) -> bool:
        return self.source.startswith(_PROVISIONAL)

    @property
    def weekend(self) -> bool:
        return self.day.weekday() >= _SATURDAY


@dataclass(frozen=True)
class _Shelf:
    """The calendars announced after this build, and which one new certificates are counted with."""

    added: Mapping[str, Calendar] = field(default_factory=dict)
    current: str = CURRENT


# Replaced as a whole: whoever counts meanwhile sees one state or the other.
_SHELF = [_Shelf()]


def adopt(announced: Iterable[Calendar], current: str | None = None) -> None:
    """From now on these are known beside the build's; the newest of all is the current one."""
    added = {calendar.version: calendar for calendar in announced}
    _SHELF[0] = _Shelf(added, current or max([CURRENT, *added]))


def current_calendar() -> Calendar:
    """The calendar for new certificates."""
    return load_calendar(_SHELF[0].current)


def calendar_before(version: str) -> Calendar:
    """The calendar that counts, or counted, before one of this version. Raises ValueError."""
    known = {*published_calendars(), *_SHELF[0].added}
    return load_calendar(max(one for one in known if one < version))


def load_calendar(version: str) -> Calendar:
    """A published or announced calendar, proven."""
    return _SHELF[0].added.get(version) or _published(version)


@cache
def _published(version: str) -> Calendar:
    return parse_calendar(version, calendar_text(version))


def calendar_text(version: str) -> str:
    """The file of a calendar that this build holds."""
    published = published_calendars()
    if version not in published:
        raise UnknownCalendar(f"the calendars are {', '.join(published)}; none is {version!r}")
    return (files("definitions") / "calendar" / f"{version}.toml").read_text("utf-8")


@cache
def published_calendars() -> tuple[str, ...]:
    """The versions of all calendars that this build holds, oldest first."""
    names = [file.name for file in (files("definitions") / "calendar").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def parse_calendar(version: str, text: str) -> Calendar:
    """Prove the TOML text of a calendar and read it; CalendarInvalid with all its mistakes."""
    try:
        data = calendar_data(text)
    except tomllib.TOMLDecodeError as error:
        raise CalendarInvalid(version, [CalendarFault(f"it is no TOML: {error}")]) from error
    return read_calendar(version, data)


def calendar_data(text: str) -> dict[str, Any]:
    """The TOML text of a calendar as JSON types: TOML has dates, and the schema proves texts."""
    found: dict[str, Any] = json.loads(json.dumps(tomllib.loads(text), default=str))
    return found


def calendar_toml(data: Mapping[str, Any]) -> str:
    """A proven calendar as the text that `docs/verify_deadline.py` reads."""
    head = {name: data[name] for name in ("first", "last", "provisional_from") if name in data}
    lines = [f"version = {_quoted(data['version'])}", *(f"{k} = {v}" for k, v in head.items())]
    lines += [
        f"\n[[day]]\ndate = {row['date']}\nworking = {str(row['working']).lower()}\n"
        f"reason = {_quoted(row['reason'])}\nsource = {_quoted(row['source'])}"
        for row in data["day"]
    ]
    return "\n".join(lines) + "\n"


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_calendar(version: str, data: Mapping[str, Any]) -> Calendar:
    """Prove the JSON form of a calendar and read it; CalendarInvalid with all its mistakes."""
    if mistakes := list(_schema_mistakes(data)):
        raise CalendarInvalid(version, mistakes)
    rows = [
        _Row(date.fromisoformat(row["date"]), row["working"], row["reason"], row["source"])
        for row in data["day"]
    ]
    said = data.get("provisional_from")
    provisional_from = date.fromisoformat(said) if said else _first_open_year(rows)
    calendar = Calendar(
        version=data["version"],
        first=date.fromisoformat(data["first"]),
        last=date.fromisoformat(data["last"]),
        off=MappingProxyType({row.day: row.reason for row in rows if not row.working}),
        on=frozenset(row.day for row in rows if row.working),
        sources=MappingProxyType({row.day: row.source for row in rows}),
        provisional=frozenset(
            row.day for row in rows if row.provisional and row.day < provisional_from
        ),
        provisional_from=provisional_from,
    )
    if mistakes := list(islice(_contradictions(version, calendar, rows), MOST_TOLD)):
        raise CalendarInvalid(version, mistakes)
    return calendar


def prove_announced(data: Mapping[str, Any]) -> Calendar:
    """Prove a calendar that is to follow the current one; CalendarInvalid with all its mistakes.

    It must know every day that the current one knows, or terms that run could not be counted.
    """
    calendar = read_calendar(str(data.get("version")), data)
    if mistakes := list(islice(_unfit(calendar, data), MOST_TOLD)):
        raise CalendarInvalid(calendar.version, mistakes)
    return calendar


def _unfit(calendar: Calendar, data: Mapping[str, Any]) -> Iterator[CalendarFault]:
    held, current = calendar.version, current_calendar()
    if held in published_calendars() and calendar_data(calendar_text(held)) != data:
        said = f"{held} is published with other days"
        yield CalendarFault.of("published_otherwise", said, version=held)
    if calendar.first > current.first or calendar.last < current.last:
        said = f"it does not know every day from {current.first} to {current.last}"
        yield CalendarFault.of("days_missing", said, first=current.first, last=current.last)
    named = {
        f"day_off.{r.partition(':')[2]}" for r in calendar.off.values() if "transferred" not in r
    }
    for code in sorted(named - set(codes("day_off"))):
        name = code.partition(".")[2]
        yield CalendarFault.of("name_unknown", f"there is no text {code}", name=name)


def _first_open_year(rows: list[_Row]) -> date:
    """What the files before kz-2026-12 do not say: the year after the last act they name."""
    known = [row.day.year for row in rows if not row.provisional]
    return date(max(known) + 1, 1, 1) if known else rows[0].day


def _schema_mistakes(data: object) -> Iterator[CalendarFault]:
    faults = shape_faults(VALIDATOR, data) if readable(data) else [Fault((), "unreadable")]
    yield from map(CalendarFault.of_shape, told(faults, NAMES))


def _contradictions(version: str, calendar: Calendar, rows: list[_Row]) -> Iterator[CalendarFault]:
    if calendar.version != version:
        said = f"it calls itself {calendar.version}"
        yield CalendarFault.of("other_version", said, version=calendar.version)
    for before, after in pairwise(rows):
        if after.day <= before.day:
            said = f"{after.day} stands after {before.day}"
            yield CalendarFault.of("order", said, day=after.day, before=before.day)
    for row in rows:
        if not calendar.first <= row.day <= calendar.last:
            yield _of_row(row, "outside", "lies outside")
        if row.working and not row.weekend:
            yield _of_row(row, "not_weekend", "is no weekend and needs no row to be worked")
        if row.weekend and not row.working and row.kind in ("carried_over", "transferred"):
            said = f"is a weekend, and {row.kind} moves to a working day"
            yield _of_row(row, "moved_to_weekend", said)
        if row.day >= calendar.provisional_from and not row.provisional:
            said = "is provisional, and its source does not say so"
            yield _of_row(row, "not_provisional", said)
    yield from _unpaired_transfers(rows)
    yield from _lost_holidays(rows)


def _of_row(row: _Row, code: str, said: str) -> CalendarFault:
    return CalendarFault.of(code, f"{row.day} {said}", day=row.day)


def _unpaired_transfers(rows: list[_Row]) -> Iterator[CalendarFault]:
    """Each worked weekend day is exchanged with one day off, and both name each other."""
    transfers = {
        (row.day.isoformat(), row.name): row.working for row in rows if row.kind == "transferred"
    }
    for (day, other), working in transfers.items():
        if transfers.get((other, day)) is not (not working):
            said = f"{day} is exchanged with {other}, which does not say so"
            yield CalendarFault.of("unpaired", said, day=day)


def _lost_holidays(rows: list[_Row]) -> Iterator[CalendarFault]:
    """A holiday on a weekend gives a working day off, and no other does (Law 267-II, art. 5)."""
    due: Counter[tuple[int, str]] = Counter()
    for row in rows:
        if row.kind == "holiday" and row.weekend:
            due[row.day.year, row.name] += 1
        if row.kind == "carried_over":
            due[row.day.year, row.name] -= 1
    for (year, name), days in due.items():
        if days:
            how = "too_seldom" if days > 0 else "too_often"
            said = f"{name} of {year} is carried over {how.replace('_', ' ')}"
            known = f"day_off.{name}" in codes("day_off")
            named = every_language(f"day_off.{name}") if known else dict.fromkeys(LANGUAGES, name)
            yield CalendarFault.of(how, said, holiday=named, year=year)
