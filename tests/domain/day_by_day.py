"""A second calculator of terms, written from the text of the articles, one day after the other.

It shares no code with the product. It knows no calendar but a set of days off and a set of worked
weekend days, and nothing of months but that the number of the next day is sometimes 1. What a walk
over the days finds out about a term is remembered per walk, so that millions of terms are checked
in minutes.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

ONE_DAY = timedelta(days=1)
# CC 176(1) speaks of 24:00, local: five hours before Greenwich since 1 March 2024, six before it.
SINCE_2024 = timezone(timedelta(hours=5))
UNTIL_2024 = timezone(timedelta(hours=6))


@dataclass(frozen=True)
class Answer:
    """When a term ends: by number, in law, the first instant too late, the days off passed over."""

    by_number: date
    in_law: date
    too_late: datetime
    passed: tuple[date, ...]


@dataclass
class Walker:
    """Walks the days of one calendar."""

    days_off: Container[date]
    worked_weekends: Container[date]
    _rests: dict[date, bool] = field(default_factory=dict)

    def rests(self, day: date) -> bool:
        """Whether nobody works on a day: Saturday, Sunday, or listed; unless listed as worked."""
        known = self._rests.get(day)
        if known is None:
            weekend = day.strftime("%a") in ("Sat", "Sun")
            known = day not in self.worked_weekends and (weekend or day in self.days_off)
            self._rests[day] = known
        return known

    def ends(self, event: date, count: int, unit: str) -> Answer:
        """CC 173: the term runs from the day after the event; `unit` is year, month, wd or cd."""
        if unit == "wd":
            return self._after_working_days(event, count)
        if unit == "cd":
            by_number = event
            for _ in range(count):
                by_number += ONE_DAY
        else:
            by_number = self._same_number(event, count * (12 if unit == "year" else 1))
        return self._moved(by_number)

    def _after_working_days(self, event: date, count: int) -> Answer:
        """Only days on which somebody works are counted; the last one counted is the end."""
        day, passed = event, []
        while count:
            day += ONE_DAY
            if self.rests(day):
                passed.append(day)
            else:
                count -= 1
        return Answer(day, day, end_of(day), tuple(passed))

    def _same_number(self, event: date, months: int) -> date:
        """CC 174: to the same number of the last month; where it is missing, to the month's end."""
        day = event
        while months:
            day += ONE_DAY
            months -= day.day == 1
        # Now it is the first of the last month: on to the number, but not into the next month.
        while day.day < event.day:
            tomorrow = day + ONE_DAY
            if tomorrow.day == 1:
                break
            day = tomorrow
        return day

    def _moved(self, by_number: date) -> Answer:
        """CC 175: an end on a day of rest is the nearest working day after it."""
        day, passed = by_number, []
        while self.rests(day):
            passed.append(day)
            day += ONE_DAY
        return Answer(by_number, day, end_of(day), tuple(passed))


def end_of(day: date) -> datetime:
    """CC 176(1): 24:00 of the day, which is 0:00 of the next one."""
    next_day = day + ONE_DAY
    zone = SINCE_2024 if next_day >= date(2024, 3, 1) else UNTIL_2024
    return datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone)
