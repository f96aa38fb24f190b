"""What a case page tells beside the words of the API: days on a calendar, and what happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

# Who acts in a case without being a person.
SYSTEMS: Final = frozenset(("service", "gateway", "deadline", "esobes", "treasury"))
# Nobody reads a calendar of many months to understand one day.
MOST_WEEKS: Final = 6


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a calendar; `mark` says what it is to the term, and of a day off which kind."""

    day: date
    mark: str | None = None


def calendars(certificate: Mapping[str, Any]) -> list[list[list[Day]]]:
    """The weeks from the day that the length gives to the one that it became, each from Monday.

    Of a term that was changed afterwards also those of the newest change.
    """
    raw, last = (date.fromisoformat(certificate[one]) for one in ("raw_last_day", "last_day"))
    chain = certificate["chain"]
    counted = date.fromisoformat(chain[0]["from"]) if chain else last
    marks = {raw: "raw"}
    marks |= {
        date.fromisoformat(one["day"]): kind_of_day_off(one["reason"])
        for one in certificate["skipped"]
        if raw <= date.fromisoformat(one["day"]) <= counted
    }
    found = [_weeks(raw, counted, {**marks, counted: "last" if not chain else "was"})]
    if chain:
        before = date.fromisoformat(chain[-1]["from"])
        near = (last - before).days < 7 * (MOST_WEEKS - 1)
        found.append(_weeks(before if near else last, last, {before: "was", last: "last"}))
    return [one for one in found if one]


def kind_of_day_off(reason: str) -> str:
    """`weekend`, `holiday`, or `shifted` for what was moved from another day."""
    kind = reason.partition(":")[0]
    return kind if kind in ("weekend", "holiday") else "shifted"


def _weeks(begin: date, end: date, marks: Mapping[date, str]) -> list[list[Day]]:
    first = begin - timedelta(days=begin.weekday())
    if (end - first).days >= 7 * MOST_WEEKS:
        return []
    days = [first + timedelta(days=n) for n in range(7 * MOST_WEEKS)]
    rows = [days[n : n + 7] for n in range(0, len(days), 7)]
    return [[Day(one, marks.get(one)) for one in row] for row in rows if row[0] <= end]


def in_words(events: Sequence[Mapping[str, Any]], level: str) -> Iterator[Mapping[str, Any]]:
    """The latest first: all, what people did, or what the systems did by themselves."""
    for one in reversed(events):
        by_people = one["actor"]["role"] not in SYSTEMS
        if level == "all" or by_people == (level == "people"):
            yield one
