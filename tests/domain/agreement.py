"""Lets both calculators of terms answer the same questions, and collects where they differ.

    python -m tests.domain.agreement --count 5000000 --seed 1

prints how many seeded questions over random calendars were asked, the seed, and each difference.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta

from rich.progress import track

from cli.evidence import keep
from domain.terms.counting import Calendar, Term, certify
from tests.domain.day_by_day import Walker

KINDS = {"months": "month", "years": "year", "wd": "wd", "cd": "cd"}
FIRST, LAST = date(2018, 1, 1), date(2036, 12, 31)
STARTS_IN = (date(2019, 1, 1) - FIRST).days, (date(2031, 12, 31) - FIRST).days
# The longest terms of each kind that still end before LAST.
LONGEST = {"P{}M": 24, "P{}Y": 3, "{}wd": 90, "{}cd": 120}
TERMS = [
    Term.parse(form.format(amount))
    for form, longest in LONGEST.items()
    for amount in range(1, longest + 1)
]
QUESTIONS_PER_CALENDAR = 2_000


class Both:
    """One calendar in the form of each calculator."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.walker = Walker(frozenset(calendar.off), calendar.on)

    def difference(self, start: date, term: Term) -> str | None:
        """What the two say where they do not agree."""
        ours = certify(start, term, self.calendar, "CC 173-176")
        other = self.walker.ends(start, term.amount, KINDS[term.kind])
        agreed = (
            ours.raw_last_day == other.by_number
            and ours.last_day == other.in_law
            and ours.expires_at == other.too_late
            and tuple(one.day for one in ours.skipped) == other.passed
        )
        return None if agreed else f"{term} from {start}: {ours.to_json()} or {other}"


def random_calendar(source: random.Random) -> Calendar:
    """Few or many days off, alone and in rows, and some worked weekends; from FIRST to LAST."""
    length = (LAST - FIRST).days
    off: dict[date, str] = {}
    for _ in range(source.randrange(20 * 18)):
        begin = FIRST + timedelta(source.randrange(length))
        for n in range(source.choice((1, 1, 1, 2, 3, 5))):
            off[begin + timedelta(n)] = "holiday:random"
    chosen = (FIRST + timedelta(source.randrange(length)) for _ in range(source.randrange(200)))
    on = frozenset(day for day in chosen if day.weekday() >= 5)
    return Calendar("random", FIRST, LAST + timedelta(10), off, on)


def differences(count: int, seed: int) -> Iterator[str | None]:
    """`count` answers to seeded questions: None where both agree."""
    source = random.Random(seed)
    for number in range(count):
        if number % QUESTIONS_PER_CALENDAR == 0:
            both = Both(random_calendar(source))
        start = FIRST + timedelta(source.randint(*STARTS_IN))
        yield both.difference(start, source.choice(TERMS))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    asked = parser.parse_args()
    answers = track(differences(asked.count, asked.seed), "terms", asked.count)
    found = [one for one in answers if one]
    sys.stdout.writelines(f"{one}\n" for one in found[:20])
    facts = {"terms": asked.count, "seed": asked.seed, "differences": len(found)}
    keep("terms", facts, holds=bool(asked.count) and not found)
    sys.stdout.write(f"{asked.count} terms, seed {asked.seed}: {len(found)} differences\n")
    return 1 if found or not asked.count else 0


if __name__ == "__main__":
    sys.exit(main())
