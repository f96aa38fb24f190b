"""Count the terms of the law, and certify each deadline so that anybody can recompute it.

Sources: Civil Code 172-176 and Administrative Procedural Code 76(2), 76(5). Pure: the calendar is
an argument, and there is no clock here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

# One zone for the whole country. Before 2024-03-01 the west was an hour behind: a simplification.
ZONE: Final = ZoneInfo("Asia/Almaty")
REMINDER_HOUR: Final = time(9)
WEEKEND: Final = "weekend"

TermKind = Literal["months", "years", "wd", "cd"]

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_KINDS: Final[Mapping[str, TermKind]] = {"M": "months", "Y": "years", "wd": "wd", "cd": "cd"}
_LETTERS: Final = {kind: letters for letters, kind in _KINDS.items()}
# At most three digits: longer terms do not exist in the law, and dates must not overflow.
_TERM: Final = re.compile(r"P([1-9][0-9]{0,2})([MY])|([1-9][0-9]{0,2})(wd|cd)")

# Every rule of counting by its name, with its article.
RULES: Final[Mapping[str, str]] = {
    "next_day": "CC 173",
    "years": "CC 174(1)",
    "months": "CC 174(3)",
    "cd": "CC 172",
    "wd": "CC 172",
    "clamped": "CC 174(3)",
    "carried_over": "CC 175, APPC 76(5)",
    "midnight": "CC 176(1)",
}
WEEKEND_SOURCE: Final = "Labour Code 414-V, art. 84(2)"


class CalendarEnds(ValueError):
    """A term needs a day that the calendar does not know; the sentence names its last day."""

    def __init__(self, version: str, first: date, last: date, day: date) -> None:
        self.version, self.first, self.last, self.day = version, first, last, day
        super().__init__(
            f"the calendar {version} knows the days from {first} to {last}, and {day} lies outside"
        )


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time: `P2M` months, `P1Y` years, `10wd` working days or `14cd` calendar days."""

    kind: TermKind
    amount: int

    def __post_init__(self) -> None:
        if self.kind not in _LETTERS or not 1 <= self.amount <= 999:
            raise ValueError(
                "a term is 1 to 999 months, years, working days (wd) or calendar days (cd)"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `P2M`, `P1Y`, `10wd` or `14cd`; else a ValueError that names the four forms."""
        found = _TERM.fullmatch(text)
        if found is None:
            raise ValueError(
                "a term is written P2M (months), P1Y (years), 10wd (working days) or 14cd "
                f"(calendar days), from 1 to 999; not {text[:40]!r}"
            )
        return cls(_KINDS[found[2] or found[4]], int(found[1] or found[3]))

    def __str__(self) -> str:
        sign = "" if self.kind in ("wd", "cd") else "P"
        return f"{sign}{self.amount}{_LETTERS[self.kind]}"


@dataclass(frozen=True)
class Calendar:
    """Which days of Kazakhstan's five-day week are worked, between two days, both included.

    `off` gives days off with a reason code (`holiday:nauryz`, `carried_over:nauryz`,
    `transferred:2025-01-05`, `religious:kurban_ait`); `on` holds the weekend days that are worked.
    `sources` names the act behind each of those days. From `provisional_from` on no decree is
    published yet: any day may still be given off or worked; before it only the days in
    `provisional` may.
    """

    version: str
    first: date
    last: date
    off: Mapping[date, str] = field(hash=False)
    on: frozenset[date]
    sources: Mapping[date, str] = field(default_factory=dict, hash=False)
    provisional: frozenset[date] = frozenset()
    provisional_from: date = date.max

    def reason(self, day: date) -> str | None:
        """Why the day is not worked, as a code, or None for a working day."""
        if not self.first <= day <= self.last:
            raise CalendarEnds(self.version, self.first, self.last, day)
        if day in self.on:
            return None
        return self.off.get(day) or (WEEKEND if day.weekday() >= _SATURDAY else None)

    def is_working(self, day: date) -> bool:
        return self.reason(day) is None

    def source(self, day: date) -> str:
        """The act that makes a day off one."""
        return self.sources.get(day, WEEKEND_SOURCE)


@dataclass(frozen=True, slots=True)
class Skipped:
    """One day that the term passed over, and the reason code."""

    day: date
    reason: str


@dataclass(frozen=True)
class Certificate:
    """A deadline with everything needed to compute it again.

    `start` is the local day of the event; the term runs from `first_day`, ends by number on
    `raw_last_day`, and in law on `last_day`; `expires_at` is the first instant that is too late.
    """

    start: date
    term: Term
    first_day: date
    raw_last_day: date
    last_day: date
    expires_at: datetime
    skipped: tuple[Skipped, ...]
    calendar: str
    article: str

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of counting that were applied, by their names in RULES, in their order."""
        by_number = self.term.kind in ("months", "years")
        return (
            "next_day",
            self.term.kind,
            *(["clamped"] if by_number and self.raw_last_day.day != self.start.day else []),
            *(["carried_over"] if self.last_day != self.raw_last_day else []),
            "midnight",
        )

    def to_json(self) -> dict[str, object]:
        """The certificate in JSON types; days as YYYY-MM-DD, the instant as RFC 3339 with Z."""
        return {
            "start": self.start.isoformat(),
            "term": str(self.term),
            "first_day": self.first_day.isoformat(),
            "raw_last_day": self.raw_last_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "expires_at": rfc3339(self.expires_at),
            "skipped": [{"day": s.day.isoformat(), "reason": s.reason} for s in self.skipped],
            "calendar": self.calendar,
            "article": self.article,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Read what `to_json` wrote; ValueError for anything else."""
        if set(data) != _KEYS:
            missing, unknown = sorted(_KEYS - set(data)), sorted(set(data) - _KEYS)
            raise ValueError(f"a certificate lacks {missing} and does not know {unknown}")
        return cls(
            start=_day(data["start"]),
            term=Term.parse(_text(data["term"])),
            first_day=_day(data["first_day"]),
            raw_last_day=_day(data["raw_last_day"]),
            last_day=_day(data["last_day"]),
            expires_at=_instant(data["expires_at"]),
            skipped=_skipped(data["skipped"]),
            calendar=_text(data["calendar"]),
            article=_text(data["article"]),
        )


_KEYS: Final = frozenset(Certificate.__dataclass_fields__)


def certify(event: date | datetime, term: Term, calendar: Calendar, article: str) -> Certificate:
    """Count `term` from the day after the event, and prove it (CC 173-176).

    An instant counts as its day in Asia/Almaty. `article` is the legal basis of the term.
    CalendarEnds if the term needs a day that the calendar does not know.
    """
    start = local_day(event) if isinstance(event, datetime) else event
    if not calendar.first <= start <= calendar.last:
        raise CalendarEnds(calendar.version, calendar.first, calendar.last, start)
    raw_last_day, last_day, skipped = _COUNTED[term.kind](start, term.amount, calendar)
    return Certificate(
        start=start,
        term=term,
        first_day=start + _ONE_DAY,
        raw_last_day=raw_last_day,
        last_day=last_day,
        expires_at=end_of_day(last_day),
        skipped=skipped,
        calendar=calendar.version,
        article=article,
    )


def recompute(certificate: Certificate, calendar: Calendar) -> Certificate:
    """Certify again from start, term and article alone.

    Under the certificate's own calendar the answer equals it (invariant 4); under another one it
    shows where that calendar would put the deadline.
    """
    return certify(certificate.start, certificate.term, calendar, certificate.article)


def undecided(certificate: Certificate, calendar: Calendar) -> tuple[date, ...]:
    """The days that the certificate depends on and that may still change, ascending.

    It depends on each day whose state was asked: in working days on all from the first day to the
    last; otherwise on those from the raw last day to the last, for the days counted before them
    count whatever they are. Of these a day may still change that lies on or after the calendar's
    `provisional_from` (a weekend or a statutory holiday too: decrees and laws have moved both), or
    that is listed as provisional. `calendar` is the certificate's own; where a day is returned,
    the certificate is computed anew once that day's year is published.
    """
    first = certificate.first_day if certificate.term.kind == "wd" else certificate.raw_last_day
    asked = (first + timedelta(n) for n in range((certificate.last_day - first).days + 1))
    return tuple(d for d in asked if d >= calendar.provisional_from or d in calendar.provisional)


def later(a: Certificate, b: Certificate) -> Certificate:
    """The certificate that leaves more time; `a` when both end together."""
    return b if b.expires_at > a.expires_at else a


def days_before(certificate: Certificate, ahead: Term, calendar: Calendar) -> datetime:
    """When to remind: 09:00 in Almaty, as a UTC instant, `ahead` (cd or wd) before the last day."""
    if ahead.kind in ("months", "years"):
        raise ValueError(f"a reminder is set in calendar or working days, not {ahead}")
    day = certificate.last_day
    if ahead.kind == "cd":
        day -= timedelta(days=ahead.amount)
    else:
        for _ in range(ahead.amount):
            day = _working_day(day - _ONE_DAY, calendar, -_ONE_DAY)
    return datetime.combine(day, REMINDER_HOUR, ZONE).astimezone(UTC)


def local_day(instant: datetime) -> date:
    """The day in Asia/Almaty of an aware instant; ValueError for a time without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(ZONE).date()


def end_of_day(day: date) -> datetime:
    """24:00 of a local day, as a UTC instant: the first one that is too late (CC 176(1))."""
    return datetime.combine(day + _ONE_DAY, time(), ZONE).astimezone(UTC)


def months_after(day: date, amount: int) -> date:
    """CC 174(3): the same number so many months later, or that month's last day."""
    month = day.month - 1 + amount
    first_of_next = date(day.year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    end_of_month = first_of_next - _ONE_DAY
    return end_of_month.replace(day=min(day.day, end_of_month.day))


_Counted = tuple[date, date, tuple[Skipped, ...]]


def _count_years(start: date, amount: int, calendar: Calendar) -> _Counted:
    """CC 174(1): the same day and month of the last year; 29 February clamped as in months."""
    return _count_months(start, 12 * amount, calendar)


def _count_months(start: date, amount: int, calendar: Calendar) -> _Counted:
    return _carry_over(months_after(start, amount), calendar)


def _count_calendar_days(start: date, amount: int, calendar: Calendar) -> _Counted:
    return _carry_over(start + timedelta(days=amount), calendar)


def _count_working_days(start: date, amount: int, calendar: Calendar) -> _Counted:
    day, skipped = start, []
    while amount:
        day += _ONE_DAY
        reason = calendar.reason(day)
        if reason:
            skipped.append(Skipped(day, reason))
        else:
            amount -= 1
    return day, day, tuple(skipped)


_COUNTED: Final[Mapping[TermKind, Callable[[date, int, Calendar], _Counted]]] = {
    "months": _count_months,
    "years": _count_years,
    "cd": _count_calendar_days,
    "wd": _count_working_days,
}


def _carry_over(raw: date, calendar: Calendar) -> _Counted:
    """CC 175: a term that would end on a day off ends on the next working day."""
    last, skipped = raw, []
    while reason := calendar.reason(last):
        skipped.append(Skipped(last, reason))
        last += _ONE_DAY
    return raw, last, tuple(skipped)


def _working_day(day: date, calendar: Calendar, step: timedelta) -> date:
    while not calendar.is_working(day):
        day += step
    return day


def rfc3339(instant: datetime) -> str:
    """An instant in UTC as certificates write it: 2026-03-26T19:00:00Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a field of a certificate is not a text")
    return value


def _day(value: object) -> date:
    return date.fromisoformat(_text(value))


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.tzinfo is None:
        raise ValueError("the end of a certificate has no time zone")
    return instant.astimezone(UTC)


def _skipped(value: object) -> tuple[Skipped, ...]:
    if not isinstance(value, list):
        raise ValueError("the skipped days of a certificate are not a list")
    days = []
    for row in value:
        if not isinstance(row, dict) or set(row) != {"day", "reason"}:
            raise ValueError("a skipped day of a certificate has a day and a reason")
        days.append(Skipped(_day(row["day"]), _text(row["reason"])))
    return tuple(days)
