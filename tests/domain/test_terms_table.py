"""The table of terms of the procedure, row by row, and what other programs count wrongly."""

from datetime import date, datetime, timedelta

from definitions.calendars import current_calendar, load_calendar
from domain.terms.counting import Calendar, Certificate, Term, certify, local_day

CALENDAR = current_calendar()
EARLIER = load_calendar("kz-2025-12")


def certified(event: str, term: str, calendar: Calendar = CALENDAR) -> Certificate:
    when = datetime.fromisoformat(event) if "T" in event else date.fromisoformat(event)
    return certify(when, Term.parse(term), calendar, "CC 173-176")


def ends(event: str, term: str, calendar: Calendar = CALENDAR) -> tuple[str, str]:
    """The raw last day and the last day, each with its day of the week."""
    found = certified(event, term, calendar)
    return f"{found.raw_last_day:%a %Y-%m-%d}", f"{found.last_day:%a %Y-%m-%d}"


def test_two_months_end_on_the_same_number() -> None:
    assert ends("2026-11-22", "P2M") == ("Fri 2027-01-22", "Fri 2027-01-22")


def test_two_months_that_end_on_a_saturday_end_on_monday() -> None:
    assert ends("2026-11-30", "P2M") == ("Sat 2027-01-30", "Mon 2027-02-01")


def test_a_month_without_a_31st_ends_with_its_last_day_a_sunday() -> None:
    assert ends("2026-12-31", "P2M") == ("Sun 2027-02-28", "Mon 2027-03-01")


def test_an_evening_in_utc_is_the_next_day_in_almaty() -> None:
    assert certified("2026-12-31T20:00Z", "P2M").start == date(2027, 1, 1)
    assert ends("2026-12-31T20:00Z", "P2M") == ("Mon 2027-03-01", "Mon 2027-03-01")


def test_a_leap_year_has_a_29_february() -> None:
    assert ends("2027-12-31", "P2M") == ("Tue 2028-02-29", "Tue 2028-02-29")


def test_nauryz_on_a_weekend_is_carried_over_to_two_more_days() -> None:
    assert ends("2026-01-21", "P2M") == ("Sat 2026-03-21", "Thu 2026-03-26")


def test_30_august_2026_is_a_sunday_and_no_holiday() -> None:
    assert ends("2026-06-30", "P2M") == ("Sun 2026-08-30", "Mon 2026-08-31")


def test_30_august_2026_was_carried_over_under_the_earlier_calendar() -> None:
    assert ends("2026-06-30", "P2M", EARLIER) == ("Sun 2026-08-30", "Tue 2026-09-01")


def test_15_march_is_constitution_day_from_2027() -> None:
    assert ends("2027-01-14", "P2M") == ("Sun 2027-03-14", "Tue 2027-03-16")


def test_orthodox_christmas_is_a_day_off() -> None:
    assert ends("2026-11-07", "P2M") == ("Thu 2027-01-07", "Fri 2027-01-08")


def test_fifteen_working_days_over_the_new_year() -> None:
    assert ends("2026-12-18", "15wd") == ("Wed 2027-01-13", "Wed 2027-01-13")


def test_three_working_days_over_nauryz() -> None:
    assert ends("2026-03-19", "3wd") == ("Fri 2026-03-27", "Fri 2026-03-27")


def test_fourteen_calendar_days_that_end_on_orthodox_christmas() -> None:
    assert ends("2026-12-24", "14cd") == ("Thu 2027-01-07", "Fri 2027-01-08")


# What programs that count terms got wrong.


def test_a_term_of_one_day_is_a_whole_day_and_not_24_working_hours() -> None:
    """From 14:30 on Thursday one working day ends with Friday, not at 14:30 and not on Monday."""
    certificate = certified("2026-11-19T09:30Z", "1wd")
    assert certificate.last_day == date(2026, 11, 20)
    assert certificate.expires_at == datetime.fromisoformat("2026-11-20T19:00Z")


def test_a_holiday_in_the_middle_of_the_week_is_not_counted() -> None:
    """Independence Day, Wednesday 16 December 2026."""
    assert certified("2026-12-15", "1wd").last_day == date(2026, 12, 17)
    assert certified("2026-12-02", "14cd").last_day == date(2026, 12, 17)


def test_a_holiday_inside_a_term_in_months_moves_nothing() -> None:
    assert certified("2026-11-16", "P2M").skipped[0].day == date(2027, 1, 16)
    assert certified("2026-11-15", "P2M").skipped == ()


def test_a_holiday_on_the_last_day_of_the_year_before_is_carried_into_the_new_one() -> None:
    """1 and 2 January 2028 are a weekend: the two days off follow, and the term with them."""
    assert certified("2027-12-31", "1wd").last_day == date(2028, 1, 5)
    assert certified("2027-12-18", "14cd").last_day == date(2028, 1, 5)


def test_a_day_exchanged_across_the_end_of_a_year_counts_in_both_years() -> None:
    """A worked Saturday in December for a Friday off in January, as the decree of 2014 had it."""
    exchanged = Calendar(
        version="test",
        first=date(2029, 1, 1),
        last=date(2030, 12, 31),
        off={date(2030, 1, 4): "transferred:2029-12-29", date(2030, 1, 1): "holiday:new_year"},
        on=frozenset({date(2029, 12, 29)}),
    )
    assert certified("2029-12-28", "1wd", exchanged).last_day == date(2029, 12, 29)
    assert certified("2029-12-29", "3wd", exchanged).last_day == date(2030, 1, 3)
    assert certified("2029-12-21", "14cd", exchanged).last_day == date(2030, 1, 7)


def test_an_event_before_opening_or_after_closing_counts_as_its_own_day() -> None:
    """The portal is open around the clock: neither hour moves the start (CC 176)."""
    instants = ("2026-11-23T00:00:00+05:00", "2026-11-23T08:59+05:00", "2026-11-23T23:59:59+05:00")
    assert {certified(instant, "3wd").last_day for instant in instants} == {date(2026, 11, 26)}


def test_a_deadline_ends_at_midnight_and_not_with_the_office() -> None:
    until = certified("2026-11-23", "3wd").expires_at
    assert until == datetime.fromisoformat("2026-11-27T00:00+05:00")
    assert local_day(until - timedelta(microseconds=1)) == date(2026, 11, 26)
