"""Two calculators that share no code agree on every term of the law and on random ones."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from definitions.calendars import load_calendar, published_calendars
from domain.terms.counting import Term
from tests.domain.agreement import Both, differences

SEED = 20261124
# `make verify-terms` asks five million.
RANDOM_TERMS = 40_000


def terms_of_the_editions() -> set[str]:
    """Every length that an edition names: of a term, of a reminder, of a policy value."""
    named: set[str] = set()
    for file in (files("definitions") / "editions").iterdir():
        edition = tomllib.loads(file.read_text("utf-8"))
        for term in edition["terms"].values():
            named |= {term["length"], *term.get("reminders", ())}
        named |= {value for value in edition["values"].values() if value.endswith(("wd", "cd"))}
    return named


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def test_the_editions_name_months_working_days_and_calendar_days() -> None:
    assert {"P2M", "15wd", "3wd", "10wd", "14cd", "30cd"} <= terms_of_the_editions()


@pytest.mark.parametrize("version", published_calendars())
def test_both_agree_on_every_day_of_2020_to_2030_and_every_term_of_the_editions(
    version: str,
) -> None:
    calendar = load_calendar(version)
    both = Both(calendar)
    starts = every_day(max(date(2020, 1, 1), calendar.first), date(2030, 12, 31))
    terms = [Term.parse(text) for text in sorted(terms_of_the_editions())]
    found = [both.difference(start, term) for start in starts for term in terms]
    assert [one for one in found if one] == []
    assert len(found) == len(starts) * len(terms) > 30_000


def test_both_agree_on_years() -> None:
    both = Both(load_calendar("kz-2026-12"))
    found = [
        both.difference(day, Term.parse("P1Y"))
        for day in every_day(date(2020, 1, 1), date(2030, 12, 30))
    ]
    assert [one for one in found if one] == []


def test_both_agree_on_random_terms_under_random_calendars() -> None:
    found = [one for one in differences(RANDOM_TERMS, SEED) if one]
    assert found == []


def test_a_calculator_that_forgets_a_holiday_is_caught() -> None:
    both = Both(load_calendar("kz-2026-12"))
    assert both.difference(date(2026, 12, 15), Term.parse("1wd")) is None
    off = {day: why for day, why in both.calendar.off.items() if day != date(2026, 12, 16)}
    both.calendar = replace(both.calendar, off=off)
    assert "1wd from 2026-12-15" in str(both.difference(date(2026, 12, 15), Term.parse("1wd")))


def test_the_long_run_says_how_many_terms_it_asked_and_from_which_seed() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.domain.agreement", "--count", "3000", "--seed", "5"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.endswith("3000 terms, seed 5: 0 differences\n")
