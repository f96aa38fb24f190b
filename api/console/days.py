"""A calendar in which one day is another than before, as a form with one line asks for it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from definitions.wording import codes

# Plain days off, which move from year to year and are carried over to no other.
RELIGIOUS: Final = ("kurban_ait", "orthodox_christmas")
_NO_NAMES: Final = ("weekend", "carried_over", "transferred")
_SATURDAY: Final = 5
# What becomes of a day: it is off, it is exchanged with another, or it is as any other again.
KINDS: Final = ("off", "exchanged", "ordinary")
# How the source of a day begins of which nobody has decided yet.
PROVISIONAL: Final = "provisional: "
Row = dict[str, Any]


@dataclass(frozen=True)
class WantedDay:
    """What the form says: of a day off why, of an exchanged one with which day."""

    day: str = ""
    what: str = "off"
    reason: str = ""
    other: str = ""
    source: str = ""


def names() -> list[str]:
    """What a day off may be called, those that move from year to year first."""
    known = [one.partition(".")[2] for one in codes("day_off")]
    return [*RELIGIOUS, *(one for one in known if one not in (*RELIGIOUS, *_NO_NAMES))]


def with_day(
    calendar: Mapping[str, Any], wanted: WantedDay, undecided: str, taken: Collection[str]
) -> dict[str, Any]:
    """The calendar with this day, under the next version that is not `taken`.

    From `undecided` on nothing is decreed yet, and every row says so. What does not fit is left to
    whoever proves calendars, who names every mistake.
    """
    new = [
        {**row, "source": f"{PROVISIONAL}{row['source']}"} if row["date"] >= undecided else row
        for row in _rows(calendar, wanted)
    ]
    gone = {wanted.day, *(row["date"] for row in new)} | _exchanged(calendar, wanted.day)
    kept = [
        one
        for one in calendar["day"]
        if one["date"] not in gone and not any(_moves(one, row) for row in new)
    ]
    days = sorted([*kept, *new], key=lambda one: str(one["date"]))
    return {**calendar, "version": _after(max(taken)), "day": days}


def _rows(calendar: Mapping[str, Any], wanted: WantedDay) -> Iterator[Row]:
    if wanted.what == "ordinary":
        return
    if wanted.what == "exchanged":
        # Of two days that are exchanged the weekend is worked, whichever was named first.
        for day, other in ((wanted.day, wanted.other), (wanted.other, wanted.day)):
            yield _row(day, f"transferred:{other}", wanted, working=_is_weekend(day))
        return
    kind = "religious" if wanted.reason in RELIGIOUS else "holiday"
    yield _row(wanted.day, f"{kind}:{wanted.reason}", wanted)
    if kind == "holiday" and _is_weekend(wanted.day):
        yield _row(_next_working(calendar, wanted.day), f"carried_over:{wanted.reason}", wanted)


def _row(day: str, reason: str, wanted: WantedDay, *, working: bool = False) -> Row:
    return {"date": day, "working": working, "reason": reason, "source": wanted.source}


def _is_weekend(day: str) -> bool:
    try:
        return date.fromisoformat(day).weekday() >= _SATURDAY
    except ValueError:
        return False


def _next_working(calendar: Mapping[str, Any], day: str) -> str:
    off = {one["date"] for one in calendar["day"] if not one["working"]}
    found = date.fromisoformat(day) + timedelta(days=1)
    while _is_weekend(found.isoformat()) or found.isoformat() in off:
        found += timedelta(days=1)
    return found.isoformat()


def _exchanged(calendar: Mapping[str, Any], day: str) -> set[str]:
    """The day with which this one was exchanged: neither stays without the other."""
    return {one["date"] for one in calendar["day"] if one["reason"] == f"transferred:{day}"}


def _moves(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """A religious holiday has one day in a year."""
    same = old["reason"] == new["reason"] and old["date"][:4] == new["date"][:4]
    return bool(same and new["reason"].startswith("religious:"))


def _after(version: str) -> str:
    """The next version: `kz-2026-12` is followed by `kz-2027-01`."""
    year, month = map(int, version.removeprefix("kz-").split("-"))
    return f"kz-{year + month // 12}-{month % 12 + 1:02d}"
