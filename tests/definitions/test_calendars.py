"""The calendars are proven, published once, and agree with what others know of Kazakhstan."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import holidays
import pytest

from definitions.calendars import (
    CURRENT,
    CalendarInvalid,
    UnknownCalendar,
    adopt,
    calendar_data,
    calendar_text,
    calendar_toml,
    current_calendar,
    load_calendar,
    parse_calendar,
    prove_announced,
    published_calendars,
    read_calendar,
)
from definitions.wording import codes
from domain.terms.counting import Calendar
from tests.support.calendars import kurban_ait_on

ANNOUNCED_TWICE = ("kz-2027-01", "kz-2026-01")

# A published file never changes: open deadlines were certified under it.
PUBLISHED = {
    "kz-2025-12": "df6ba50de54c715b344f5e089f326c36c5ab96a10b3be24820d26b4d4b2752a7",
    "kz-2026-11": "f25e88085b0c2a8d015ae4429537ad7e99ece0ebd7b03e5a212247bb10b4731d",
    "kz-2026-12": "9041ae9f885e8fdaeac7dcb4b5d4999ea0cb00d0d8c5ba808273d569369d541c",
}
FIRST_YEARS = {"kz-2025-12": 2022, "kz-2026-11": 2022, "kz-2026-12": 2020}

HEAD = 'version = "kz-2030-01"\nfirst = 2030-01-01\nlast = 2030-12-31\n'
PLAIN = '{ date = 2030-01-07, working = false, reason = "religious:x", source = "Labour Code" }'


def days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def file_of(version: str) -> bytes:
    return (files("definitions") / "calendar" / f"{version}.toml").read_bytes()


def row(day: str, reason: str, working: bool = False) -> str:
    flag = str(working).lower()
    return f'{{ date = {day}, working = {flag}, reason = "{reason}", source = "Labour Code" }}'


def parsed(*rows: str) -> Calendar:
    return parse_calendar("kz-2030-01", HEAD + f"day = [{', '.join(rows)}]")


def test_every_published_calendar_is_listed_and_unchanged() -> None:
    assert {
        version: hashlib.sha256(file_of(version)).hexdigest() for version in published_calendars()
    } == PUBLISHED


@pytest.mark.parametrize("version", PUBLISHED)
def test_a_published_calendar_is_sound_to_the_end_of_2031(version: str) -> None:
    calendar, first = load_calendar(version), FIRST_YEARS[version]
    assert calendar.version == version
    assert (calendar.first, calendar.last) == (date(first, 1, 1), date(2031, 12, 31))
    for year in range(first, 2032):
        off = [day for day in calendar.off if day.year == year]
        assert sum(calendar.off[day].startswith("religious:") for day in off) == 2
        assert date(year, 12, 16) in calendar.off
        worked = [d for d in days(date(year, 1, 1), date(year, 12, 31)) if calendar.is_working(d)]
        assert 240 <= len(worked) <= 255


def test_the_current_calendar_is_the_newest() -> None:
    assert published_calendars()[-1] == CURRENT
    assert current_calendar() is load_calendar(CURRENT)


@pytest.mark.parametrize("version", PUBLISHED)
def test_years_without_a_decree_say_that_they_are_provisional(version: str) -> None:
    for line in file_of(version).decode().splitlines():
        if line.strip().startswith("{"):
            day = date.fromisoformat(line.split("date = ")[1][:10])
            # Kurban-ait of 2026 was still to come when the first two were published.
            moon = day.year == 2026 and "kurban_ait" in line and version != "kz-2026-12"
            assert ('source = "provisional: ' in line) is (day.year > 2026 or moon), line
    assert load_calendar(version).provisional_from == date(2027, 1, 1)


def test_what_was_provisional_before_is_known_day_by_day() -> None:
    assert load_calendar("kz-2026-11").provisional == {date(2026, 5, 27)}
    assert current_calendar().provisional == frozenset()


@pytest.mark.parametrize("version", PUBLISHED)
def test_every_day_that_differs_from_the_week_has_a_source(version: str) -> None:
    calendar = load_calendar(version)
    assert set(calendar.sources) == {*calendar.off, *calendar.on}
    assert calendar.source(date(2026, 3, 24)).startswith("Law 267-II")
    assert calendar.source(date(2026, 11, 22)) == "Labour Code 414-V, art. 84(2)"


ARGUED: dict[str, dict[str, str]] = {
    "kz-2026-12": {},
    "kz-2026-11": {},
    "kz-2025-12": {
        "2026-08-31": "30 August 2026, a Sunday, was still Constitution Day",
        "2027-03-15": "15 March became Constitution Day only in 2026",
        "2027-08-30": "30 August was still Constitution Day",
        "2028-03-15": "15 March became Constitution Day only in 2026",
        "2028-08-30": "30 August was still Constitution Day",
        "2029-03-15": "15 March became Constitution Day only in 2026",
        "2029-08-30": "30 August was still Constitution Day",
        "2030-03-15": "15 March became Constitution Day only in 2026",
        "2030-08-30": "30 August was still Constitution Day",
        "2031-03-17": "15 March 2031, a Saturday, was no Constitution Day to carry over",
        "2031-09-01": "30 August 2031, a Saturday, was still Constitution Day",
    },
}


@pytest.mark.parametrize("version", PUBLISHED)
def test_the_holidays_package_agrees_but_for_argued_days(version: str) -> None:
    calendar, others = load_calendar(version), holidays.country_holidays("KZ")
    differences = {
        day.isoformat()
        for day in days(calendar.first, calendar.last)
        if calendar.is_working(day) is not others.is_working_day(day)
    }
    assert differences == set(ARGUED[version])


def test_the_holidays_package_knows_the_same_days_by_name() -> None:
    """Also where a holiday falls on a weekend, which is a day of rest in any case."""
    others = holidays.country_holidays("KZ", years=range(2020, 2032), language="en_US")
    ours = set(current_calendar().off)
    theirs = {day for day in others if day.year >= 2020}
    assert ours == theirs
    assert {day for day in others.weekend_workdays if day.year >= 2020} == current_calendar().on


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-11-23", None),
        ("2026-11-22", "weekend"),
        ("2026-03-21", "holiday:nauryz"),
        ("2026-03-24", "carried_over:nauryz"),
        ("2026-05-27", "religious:kurban_ait"),
        ("2027-01-07", "religious:orthodox_christmas"),
        ("2025-01-03", "transferred:2025-01-05"),
        ("2025-01-05", None),
        ("2026-08-31", None),
        ("2027-03-15", "holiday:constitution_day"),
        ("2020-01-05", None),
        ("2020-05-08", "carried_over:victory_day"),
        ("2020-05-11", None),
        ("2020-12-18", "transferred:2020-12-20"),
        ("2020-12-20", None),
        ("2021-07-03", None),
        ("2021-07-05", "transferred:2021-07-03"),
        ("2021-12-01", "holiday:first_president_day"),
        ("2021-12-17", "holiday:independence_day"),
        ("2022-12-01", None),
        ("2025-08-30", "holiday:constitution_day"),
        ("2026-08-30", "weekend"),
    ],
)
def test_a_day_off_has_a_reason_and_a_working_day_none(day: str, reason: str | None) -> None:
    assert current_calendar().reason(date.fromisoformat(day)) == reason


@pytest.mark.parametrize("version", ["kz-1999-01", "", "../schemas/calendar", "kz-2026-11.toml"])
def test_an_unknown_calendar_is_refused_with_those_that_are_known(version: str) -> None:
    with pytest.raises(UnknownCalendar, match="kz-2025-12, kz-2026-11, kz-2026-12"):
        load_calendar(version)


def test_a_small_calendar_is_read() -> None:
    calendar = parsed(
        row("2030-01-07", "religious:x"),
        row("2030-03-02", "transferred:2030-03-07", working=True),
        row("2030-03-07", "transferred:2030-03-02"),
    )
    assert calendar.on == {date(2030, 3, 2)}
    assert calendar.reason(date(2030, 3, 7)) == "transferred:2030-03-02"


@pytest.mark.parametrize(
    ("rows", "mistake"),
    [
        ([row("2030-01-07", "religious:x")] * 2, "2030-01-07 stands after 2030-01-07"),
        ([row("2031-01-07", "religious:x")], "2031-01-07 lies outside"),
        ([row("2030-01-07", "transferred:2030-01-12", working=True)], "2030-01-07 is no weekend"),
        ([row("2030-01-05", "transferred:2030-01-08", working=True)], "which does not say so"),
        ([row("2030-01-05", "carried_over:x")], "is a weekend, and carried_over moves"),
        ([row("2030-01-05", "holiday:x")], "x of 2030 is carried over too seldom"),
        ([row("2030-01-07", "carried_over:x")], "x of 2030 is carried over too often"),
        (
            [row("2030-01-05", "holiday:x", working=True)],
            "/day/0/reason: What day it is: the value",
        ),
        ([row("2030-01-07", "because")], "/day/0/reason: What day it is: the value"),
        ([row('"2030-02-30"', "religious:x")], "/day/0/date: Date: not a valid date"),
        ([row("2030-01-07T10:00:00", "religious:x")], "/day/0/date: Date: not a valid date"),
        (
            [row("2030-01-07", "religious:x").replace(", source", ", origin")],
            "/day/0/source: Missing: document",
        ),
        ([], "/day: .*: the value is empty"),
        (["{"], "is no TOML"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(rows: list[str], mistake: str) -> None:
    with pytest.raises(CalendarInvalid, match=mistake):
        parsed(*rows)


def test_a_row_in_the_provisional_years_says_that_it_is_provisional() -> None:
    head = HEAD + "provisional_from = 2030-01-07\n"
    with pytest.raises(CalendarInvalid, match="2030-01-07 is provisional, and its source does not"):
        parse_calendar("kz-2030-01", head + f"day = [{PLAIN}]")
    said = PLAIN.replace("Labour", "provisional: Labour")
    calendar = parse_calendar("kz-2030-01", head + f"day = [{said}]")
    assert (calendar.provisional_from, calendar.provisional) == (date(2030, 1, 7), frozenset())


def test_a_calendar_without_any_act_is_provisional_from_its_first_row() -> None:
    said = PLAIN.replace("Labour", "provisional: Labour")
    calendar = parse_calendar("kz-2030-01", HEAD + f"day = [{said}]")
    assert calendar.provisional_from == date(2030, 1, 7)


def test_a_calendar_under_another_name_is_refused() -> None:
    with pytest.raises(CalendarInvalid, match="calls itself kz-2030-01"):
        parse_calendar("kz-2030-02", HEAD + f"day = [{PLAIN}]")


def test_all_mistakes_of_a_calendar_are_named_at_once() -> None:
    with pytest.raises(CalendarInvalid) as refusal:
        parsed(row("2030-01-05", "holiday:x"), row("2029-01-01", "religious:x"))
    for part in ("2029-01-01 stands after", "2029-01-01 lies outside", "too seldom"):
        assert part in str(refusal.value)
    told = [one.words["kk"] for one in refusal.value.mistakes if one.words]
    assert len(told) == len(refusal.value.mistakes)
    assert "01.01.2029 күнтізбе жылдарына кірмейді" in told
    assert all(re.search("[a-z]{2}", one) is None for one in told), told


def test_every_word_of_what_is_wrong_with_a_calendar_is_said_by_some_rule() -> None:
    source = files("definitions").joinpath("calendars.py").read_text("utf-8")
    said = {code.partition(".")[2] for code in codes("calendar_fault")}
    assert {code for code in said if f'"{code}"' not in source} == set()


# --- calendars announced after the build ---


def test_what_is_announced_is_the_current_calendar_until_a_newer_one_is_published() -> None:
    newer, older = (read_calendar(v, kurban_ait_on("2027-05-18", v)) for v in ANNOUNCED_TWICE)
    adopt([newer])
    assert current_calendar() is load_calendar("kz-2027-01") is newer
    adopt([older])
    assert current_calendar() is load_calendar(CURRENT)
    assert load_calendar("kz-2026-01") is older
    adopt(())
    with pytest.raises(UnknownCalendar):
        load_calendar("kz-2027-01")


def test_a_calendar_written_as_toml_is_read_back_as_it_was() -> None:
    for version in published_calendars():
        data = calendar_data(calendar_text(version))
        assert calendar_data(calendar_toml(data)) == data
        assert parse_calendar(version, calendar_toml(data)) == load_calendar(version)


def test_words_of_a_source_are_written_so_that_they_are_read_back() -> None:
    data = kurban_ait_on("2027-05-18")
    data["day"][0]["source"] = 'Law "267-II" \\ № 5, қазақша'
    assert calendar_data(calendar_toml(data)) == data


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "kz-2026-11"}, "published with other days"),
        ({"version": "kz-2027-01\n"}, "/version: Version: the value has a wrong form"),
        ({"last": "2031-12-30"}, "does not know every day"),
    ],
)
def test_a_calendar_that_cannot_follow_the_current_one_is_told_why(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(CalendarInvalid, match=said):
        prove_announced({**kurban_ait_on("2027-05-18"), **changed})


@pytest.mark.parametrize(
    "source", ["Law 267-II\x00 art. 3", "Law 267-II \ud800", "short", "x" * 1001]
)
def test_a_source_is_a_line_of_words(source: str) -> None:
    data = kurban_ait_on("2027-05-18")
    data["day"][0]["source"] = source
    with pytest.raises(CalendarInvalid):
        prove_announced(data)
