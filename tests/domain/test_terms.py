"""Terms end on the day the Civil Code says, and their certificates say why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.calendars import current_calendar, load_calendar
from domain.terms.counting import (
    RULES,
    Calendar,
    CalendarEnds,
    Certificate,
    Skipped,
    Term,
    certify,
    days_before,
    end_of_day,
    later,
    local_day,
    recompute,
    undecided,
)

CALENDAR = current_calendar()
EARLIER = load_calendar("kz-2025-12")
ARTICLE = "SC 168(2); CC 173-176"

days = st.dates(date(2020, 1, 1), date(2030, 6, 30))
terms = (
    st.builds(Term, st.sampled_from(["wd", "cd"]), st.integers(1, 120))
    | st.builds(Term, st.just("months"), st.integers(1, 12))
    | st.builds(Term, st.just("years"), st.just(1))
)


def certified(event: str, term: str, calendar: Calendar = CALENDAR) -> Certificate:
    when = datetime.fromisoformat(event) if "T" in event else date.fromisoformat(event)
    return certify(when, Term.parse(term), calendar, ARTICLE)


@pytest.mark.parametrize(
    ("event", "term", "raw_last_day", "last_day"),
    [
        ("2026-11-22T10:00Z", "P2M", "2027-01-22", "2027-01-22"),
        ("2026-11-30T10:00Z", "P2M", "2027-01-30", "2027-02-01"),
        ("2026-12-31T10:00Z", "P2M", "2027-02-28", "2027-03-01"),
        ("2026-12-29T05:00Z", "P2M", "2027-02-28", "2027-03-01"),
        ("2027-12-31T05:00Z", "P2M", "2028-02-29", "2028-02-29"),
        ("2026-01-21T05:00Z", "P2M", "2026-03-21", "2026-03-26"),
        ("2026-03-27T10:00Z", "P2M", "2026-05-27", "2026-05-28"),
        ("2026-06-30T05:00Z", "P2M", "2026-08-30", "2026-08-31"),
        ("2025-12-31T18:59:59Z", "P2M", "2026-02-28", "2026-03-02"),
        ("2025-12-31T19:00:00Z", "P2M", "2026-03-01", "2026-03-02"),
        ("2026-03-05", "10wd", "2026-03-20", "2026-03-20"),
        ("2026-12-25", "10wd", "2027-01-13", "2027-01-13"),
        ("2026-10-15", "P2M", "2026-12-15", "2026-12-15"),
        ("2026-11-30", "P1M", "2026-12-30", "2026-12-30"),
        ("2024-02-29", "P12M", "2025-02-28", "2025-02-28"),
        ("2024-02-29", "P1Y", "2025-02-28", "2025-02-28"),
        ("2024-02-29", "P4Y", "2028-02-29", "2028-02-29"),
        ("2025-11-22", "P1Y", "2026-11-22", "2026-11-23"),
    ],
)
def test_a_term_ends_on_the_day_the_law_says(
    event: str, term: str, raw_last_day: str, last_day: str
) -> None:
    certificate = certified(event, term)
    assert certificate.raw_last_day.isoformat() == raw_last_day
    assert certificate.last_day.isoformat() == last_day
    # 24:00 in Almaty is 19:00 UTC since March 2024.
    assert certificate.to_json()["expires_at"] == f"{last_day}T19:00:00Z"


def test_before_march_2024_midnight_in_almaty_was_18_utc() -> None:
    assert certified("2023-11-01", "P2M").to_json()["expires_at"] == "2024-01-03T18:00:00Z"


def test_a_case_certified_under_the_earlier_calendar_keeps_its_deadline() -> None:
    certificate = certified("2026-06-30", "P2M", EARLIER)
    assert certificate.last_day == date(2026, 9, 1)
    assert recompute(certificate, EARLIER) == certificate
    assert later(certificate, recompute(certificate, CALENDAR)) is certificate


def test_the_certificate_names_every_skipped_day_and_why() -> None:
    assert certified("2026-01-21", "P2M").to_json() == {
        "start": "2026-01-21",
        "term": "P2M",
        "first_day": "2026-01-22",
        "raw_last_day": "2026-03-21",
        "last_day": "2026-03-26",
        "expires_at": "2026-03-26T19:00:00Z",
        "skipped": [
            {"day": "2026-03-21", "reason": "holiday:nauryz"},
            {"day": "2026-03-22", "reason": "holiday:nauryz"},
            {"day": "2026-03-23", "reason": "holiday:nauryz"},
            {"day": "2026-03-24", "reason": "carried_over:nauryz"},
            {"day": "2026-03-25", "reason": "carried_over:nauryz"},
        ],
        "calendar": "kz-2026-12",
        "article": ARTICLE,
    }


def test_a_term_in_working_days_lists_every_day_off_it_passed_over() -> None:
    skipped = certified("2026-12-30", "4wd").skipped
    assert skipped == (
        Skipped(date(2027, 1, 1), "holiday:new_year"),
        Skipped(date(2027, 1, 2), "holiday:new_year"),
        Skipped(date(2027, 1, 3), "weekend"),
        Skipped(date(2027, 1, 4), "carried_over:new_year"),
        Skipped(date(2027, 1, 7), "religious:orthodox_christmas"),
    )


def test_a_worked_sunday_counts_as_a_working_day() -> None:
    assert certified("2025-01-02", "1wd").last_day == date(2025, 1, 5)


@pytest.mark.parametrize(
    ("event", "term", "rules"),
    [
        ("2026-11-22", "P2M", "next_day months midnight"),
        ("2026-11-30", "P2M", "next_day months carried_over midnight"),
        ("2027-12-31", "P2M", "next_day months clamped midnight"),
        ("2026-12-31", "P2M", "next_day months clamped carried_over midnight"),
        ("2024-02-29", "P1Y", "next_day years clamped midnight"),
        ("2026-12-24", "14cd", "next_day cd carried_over midnight"),
        ("2026-12-18", "15wd", "next_day wd midnight"),
    ],
)
def test_the_certificate_names_every_rule_that_was_applied(
    event: str, term: str, rules: str
) -> None:
    applied = certified(event, term).rules
    assert " ".join(applied) == rules
    assert all(RULES[rule] for rule in applied)


@pytest.mark.parametrize(
    ("event", "term", "calendar", "open_days"),
    [
        # Ends in a year that is published: nothing can move it.
        ("2026-10-15", "P2M", CALENDAR, []),
        # In months only the end is asked for: the raw last day, and what it is moved over.
        ("2026-11-22", "P2M", CALENDAR, ["2027-01-22"]),
        ("2026-11-30", "P2M", CALENDAR, ["2027-01-30", "2027-01-31", "2027-02-01"]),
        # In calendar days too, though the days before are counted.
        ("2026-12-24", "14cd", CALENDAR, ["2027-01-07", "2027-01-08"]),
        # In working days every day was asked for, of which those of 2026 are settled.
        ("2026-12-30", "1wd", CALENDAR, []),
        ("2026-12-30", "2wd", CALENDAR, [f"2027-01-0{n}" for n in range(1, 6)]),
        # Before the years that are open, a single day may be.
        ("2026-05-13", "14cd", EARLIER, ["2026-05-27"]),
        ("2026-05-13", "14cd", CALENDAR, []),
        ("2026-05-25", "2wd", EARLIER, ["2026-05-27"]),
        ("2026-05-25", "1wd", EARLIER, []),
    ],
)
def test_the_days_that_may_still_move_a_deadline_are_named(
    event: str, term: str, calendar: Calendar, open_days: list[str]
) -> None:
    found = undecided(certified(event, term, calendar), calendar)
    assert [day.isoformat() for day in found] == open_days


@given(days, terms)
def test_a_certificate_that_depends_on_nothing_open_ends_before_the_open_years(
    day: date, term: Term
) -> None:
    """So that those to compute anew are found by their last day alone."""
    certificate = certify(day, term, CALENDAR, ARTICLE)
    open_years = certificate.last_day >= CALENDAR.provisional_from
    assert bool(undecided(certificate, CALENDAR)) is open_years


@given(days, terms)
def test_another_state_of_any_other_day_moves_no_deadline(day: date, term: Term) -> None:
    """What a certificate depends on is complete: everything else may change."""
    certificate = certify(day, term, CALENDAR, ARTICLE)
    asked = undecided(certificate, replace(CALENDAR, provisional_from=CALENDAR.first))
    other = Calendar(
        version=CALENDAR.version,
        first=CALENDAR.first,
        last=CALENDAR.last,
        off={d: CALENDAR.reason(d) or "" for d in asked if not CALENDAR.is_working(d)},
        on=frozenset(d for d in asked if CALENDAR.is_working(d)),
    )
    assert recompute(certificate, other) == certificate


@given(days, terms)
def test_a_term_ends_on_a_working_day_and_never_early(day: date, term: Term) -> None:
    certificate = certify(day, term, CALENDAR, ARTICLE)
    assert CALENDAR.is_working(certificate.last_day)
    assert certificate.last_day >= certificate.raw_last_day > certificate.start
    assert local_day(certificate.expires_at - timedelta(microseconds=1)) == certificate.last_day
    assert local_day(certificate.expires_at) == certificate.last_day + timedelta(days=1)


@given(days, terms)
def test_exactly_the_days_off_are_skipped(day: date, term: Term) -> None:
    certificate = certify(day, term, CALENDAR, ARTICLE)
    first = certificate.first_day if term.kind == "wd" else certificate.raw_last_day
    passed = [first + timedelta(days=n) for n in range((certificate.last_day - first).days)]
    assert [s.day for s in certificate.skipped] == [d for d in passed if not CALENDAR.is_working(d)]
    assert all(CALENDAR.reason(s.day) == s.reason for s in certificate.skipped)
    if term.kind == "wd":
        assert len(passed) + 1 - len(certificate.skipped) == term.amount
    else:
        assert len(certificate.skipped) == len(passed)


@given(days, terms)
def test_a_certificate_recomputes_to_itself_also_after_storage(day: date, term: Term) -> None:
    certificate = certify(day, term, CALENDAR, ARTICLE)
    stored = Certificate.from_json(certificate.to_json())
    assert stored == certificate
    assert recompute(stored, CALENDAR) == certificate


@given(days, days, terms)
def test_a_later_event_never_gives_an_earlier_deadline(a: date, b: date, term: Term) -> None:
    one, other = (certify(day, term, CALENDAR, ARTICLE) for day in sorted((a, b)))
    assert one.expires_at <= other.expires_at
    assert later(one, other).expires_at == later(other, one).expires_at == other.expires_at


@given(terms)
def test_a_term_is_read_as_it_is_written(term: Term) -> None:
    assert Term.parse(str(term)) == term


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P2",
        "2M",
        "P0M",
        "0wd",
        "P-1M",
        "P2M ",
        "P2M\n",
        "10 wd",
        "P1000M",
        "١٠wd",
        "P0Y",
        "P1Y2M",
    ],
)
def test_what_is_no_term_is_refused_with_the_four_forms(text: str) -> None:
    forms = r"P2M \(months\), P1Y \(years\), 10wd \(working days\) or 14cd"
    with pytest.raises(ValueError, match=forms):
        Term.parse(text)


@pytest.mark.parametrize(
    ("event", "term"), [("2031-12-01", "P2M"), ("2032-01-01", "1wd"), ("2019-12-31", "P2M")]
)
def test_a_day_beyond_the_calendar_is_an_error_naming_its_last_day(event: str, term: str) -> None:
    with pytest.raises(CalendarEnds, match="from 2020-01-01 to 2031-12-31"):
        certified(event, term)


@pytest.mark.parametrize(
    ("ahead", "remind_at"),
    [
        ("30cd", "2026-02-24T04:00:00Z"),
        ("7cd", "2026-03-19T04:00:00Z"),
        ("1wd", "2026-03-20T04:00:00Z"),
        ("2wd", "2026-03-19T04:00:00Z"),
    ],
)
def test_reminders_go_out_at_nine_local_time(ahead: str, remind_at: str) -> None:
    instant = days_before(certified("2026-01-21", "P2M"), Term.parse(ahead), CALENDAR)
    assert instant == datetime.fromisoformat(remind_at)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize("ahead", ["P1M", "P1Y"])
def test_a_reminder_is_not_set_in_months_or_years(ahead: str) -> None:
    with pytest.raises(ValueError, match=f"calendar or working days, not {ahead}"):
        days_before(certified("2026-01-21", "P2M"), Term.parse(ahead), CALENDAR)


def test_an_instant_without_a_zone_has_no_local_day() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        local_day(datetime(2026, 1, 21, 12))  # noqa: DTZ001 - the mistake under test


def test_the_day_ends_when_the_next_one_begins_in_almaty() -> None:
    assert end_of_day(date(2024, 2, 28)) == datetime(2024, 2, 28, 18, tzinfo=UTC)
    assert end_of_day(date(2026, 11, 22)) == datetime(2026, 11, 22, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"term": "P0M"},
        {"start": 20260121},
        {"expires_at": "2026-03-26T19:00:00"},
        {"skipped": [{"day": "2026-03-21"}]},
        {"skipped": "none"},
        {"extra": "field"},
    ],
)
def test_a_damaged_certificate_is_not_read(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Certificate.from_json(certified("2026-01-21", "P2M").to_json() | change)


def test_a_certificate_without_its_calendar_is_not_read() -> None:
    stored = certified("2026-01-21", "P2M").to_json()
    del stored["calendar"]
    with pytest.raises(ValueError, match=r"lacks \['calendar'\]"):
        Certificate.from_json(stored)
