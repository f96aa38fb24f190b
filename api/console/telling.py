"""What a case page tells beside the words of the API: the way of a case, and days on a calendar."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

# How a case goes that nothing turns off its way.
STRAIGHT: Final = (
    "received",
    "notifying",
    "choosing",
    "ordered",
    "in_fulfilment",
    "delivered",
    "awaiting_signatures",
    "under_review",
    "payment_pending",
    "paid",
    "completed",
)
# Nobody reads a calendar of many months to understand one day.
MOST_WEEKS: Final = 6


@dataclass(frozen=True, slots=True)
class Stop:
    """A status on the way: `been`, `here`, or `ahead`; since when, where it is known."""

    status: str
    place: str
    since: str | None = None


def way(case: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> list[Stop]:
    """Where the case was, where it is, and what follows if nothing turns it off its way."""
    been = [(one["to"], one["at"]) for one in events if one["to"]]
    here = case["status"]
    told: list[Stop] = []
    for status, at in been:
        if not told or told[-1].status != status:
            told.append(Stop(status, "been", at))
    if told and told[-1].status == here:
        told[-1] = Stop(here, "here", told[-1].since)
    else:
        told.append(Stop(here, "here", case["since"]))
    if here in STRAIGHT and not case["closed"]:
        told += [Stop(one, "ahead") for one in STRAIGHT[STRAIGHT.index(here) + 1 :]]
    return told


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a calendar: `mark` is `raw`, `skipped` or `last`, `reason` why it was skipped."""

    day: date
    mark: str | None = None
    reason: str | None = None


def weeks(certificate: Mapping[str, Any]) -> list[list[Day]]:
    """The weeks from the day that the length gives to the one that it became, each from Monday."""
    raw = date.fromisoformat(certificate["raw_last_day"])
    last = date.fromisoformat(certificate["last_day"])
    skipped = {date.fromisoformat(one["day"]): one["reason"] for one in certificate["skipped"]}
    first = raw - timedelta(days=raw.weekday())
    if (last - first).days >= 7 * MOST_WEEKS:
        return []
    days = [_day(first + timedelta(days=n), raw, last, skipped) for n in range(7 * MOST_WEEKS)]
    rows = [days[n : n + 7] for n in range(0, len(days), 7)]
    return [row for row in rows if row[0].day <= last]


def _day(day: date, raw: date, last: date, skipped: Mapping[date, str]) -> Day:
    if day == last:
        return Day(day, "last")
    if day in skipped:
        return Day(day, "raw" if day == raw else "skipped", skipped[day])
    return Day(day, "raw" if day == raw else None)


def in_words(events: Sequence[Mapping[str, Any]], level: str) -> Iterator[Mapping[str, Any]]:
    """The latest first; on the level `people` what somebody did alone."""
    for one in reversed(events):
        by_people = one["actor"]["role"] not in ("service", "gateway", "deadline", "esobes")
        if level != "people" or by_people:
            yield one
