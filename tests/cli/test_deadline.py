"""`ozhb deadline` answers for each day, or names everything that is wrong with the question."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.deadline import deadline
from definitions.certificates import certificate_faults, verify_certificate

app = typer.Typer()
app.command()(deadline)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_the_certificates_come_as_an_array_in_the_order_asked() -> None:
    result = run("2026-11-30", "2026-01-21", "2026-12-31T20:00Z", "--term", "P2M", "--json")
    assert result.exit_code == 0
    answers = json.loads(result.stdout)
    assert [(a["start"], a["raw_last_day"], a["last_day"], a["expires_at"]) for a in answers] == [
        ("2026-11-30", "2027-01-30", "2027-02-01", "2027-02-01T19:00:00Z"),
        ("2026-01-21", "2026-03-21", "2026-03-26", "2026-03-26T19:00:00Z"),
        ("2027-01-01", "2027-03-01", "2027-03-01", "2027-03-01T19:00:00Z"),
    ]
    assert [answer.get("instant") for answer in answers] == [None, None, "2026-12-31T20:00:00Z"]
    for answer in answers:
        assert certificate_faults(answer) == []
        assert verify_certificate(answer) == ()


@pytest.mark.parametrize(
    ("instant", "start"),
    [
        ("2025-12-31T18:59:59Z", "2025-12-31"),
        ("2025-12-31T19:00:00Z", "2026-01-01"),
        ("2026-01-01T00:30:00.5+05:00", "2026-01-01"),
    ],
)
def test_an_instant_counts_as_its_day_in_almaty(instant: str, start: str) -> None:
    assert json.loads(run(instant, "--term", "14cd", "--json").stdout)[0]["start"] == start


def test_an_earlier_calendar_can_be_asked() -> None:
    result = run("2026-06-30", "--term", "P2M", "--calendar", "kz-2025-12", "--json")
    answer = json.loads(result.stdout)[0]
    assert (answer["last_day"], answer["calendar"]) == ("2026-09-01", "kz-2025-12")


def test_a_person_sees_each_skipped_day_its_reason_and_a_sentence() -> None:
    result = run("2026-01-21", "--term", "P2M")
    assert result.exit_code == 0
    for part in (
        "Sat 2026-03-21  holiday:nauryz",
        "Wed 2026-03-25  carried_over:nauryz",
        "2026-03-26T19:00:00Z",
        "An event of 2026-01-21 leaves time until 24:00 in Almaty of Thu 2026-03-26, "
        "5 days later than by number.",
        "Law 267-II of 13.12.2001 on holidays, art. 3, 5",
        "carried_over: CC 175, APPC 76(5)",
    ):
        assert part in result.stdout


def test_a_term_that_moves_by_no_day_or_one_says_so() -> None:
    assert "Fri 2027-01-22.\n" in run("2026-11-22", "--term", "P2M").stdout
    assert "one day later than by number." in run("2026-11-07", "--term", "P2M").stdout


def test_every_mistake_is_named_at_once() -> None:
    result = run(
        "2026-02-30", "tomorrow", "2026-01-01T10:00", "2026-01-21", "20260121",
        "--term", "two months", "--calendar", "kz-1999-01", "--json",
    )  # fmt: skip
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 6
    assert "P2M (months), P1Y (years)" in lines[0]
    assert "kz-1999-01" in lines[1]
    assert [line.split(": ")[0] for line in lines[2:]] == [
        "2026-02-30", "tomorrow", "2026-01-01T10:00", "20260121",
    ]  # fmt: skip


def test_each_day_that_leaves_the_calendar_is_named() -> None:
    result = run("2031-12-15", "2026-01-21", "9999-12-31T23:59Z", "--term", "P2M")
    assert result.exit_code == 2
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        "2031-12-15",
        "9999-12-31T23:59Z",
    ]


def test_a_person_is_told_that_a_day_may_still_move() -> None:
    assert "Fri 2027-01-22 is not published yet" in run("2026-11-22", "--term", "P2M").stdout
    assert "not published yet" not in run("2026-01-21", "--term", "P2M").stdout


def test_a_term_in_years_is_counted() -> None:
    answer = json.loads(run("2024-02-29", "--term", "P1Y", "--json").stdout)[0]
    assert answer["last_day"] == "2025-02-28"
    assert [one["rule"] for one in answer["rules"]] == ["next_day", "years", "clamped", "midnight"]


def test_a_page_has_every_day_asked() -> None:
    result = run("2026-01-21", "2026-11-22", "--term", "P2M", "--page", "kk")
    assert result.exit_code == 0
    assert result.stdout.startswith('<!doctype html>\n<html lang="kk">')
    assert "26 наурыз 2026 ж., бейсенбі" in result.stdout
    assert "22 қаңтар 2027 ж., жұма" in result.stdout


def test_a_page_is_asked_in_one_of_three_languages_and_not_with_json() -> None:
    result = run("2026-01-32", "--term", "P2M", "--page", "de", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 3
    assert "kk, ru, en; not in 'de'" in result.stderr
