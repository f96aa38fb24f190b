"""`ozhb verify deadline`, and the script that does the same without our code, agree."""

import json
import re
import subprocess
import sys
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.verify import app
from definitions.calendars import parse_calendar
from domain.terms.certificates import document
from domain.terms.counting import Term, certify
from tests.domain.test_certificates import (
    CHAIN,
    DAMAGED,
    DAMAGED_LINKS,
    MISTAKEN,
    certificate,
    damage,
    stored,
)

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_deadline.py"
EVERY_KIND = [
    certificate("2026-01-21", "P2M", chain=CHAIN),
    certificate("2026-12-18", "15wd"),
    certificate("2026-12-24", "14cd"),
    certificate("2024-02-29", "P1Y"),
    certificate("2024-02-15", "14cd"),
    certificate("2023-11-01", "P2M"),
    certificate("2020-05-07", "1wd"),
    stored("2026-01-21", "P2M", "kz-2026-12"),
]


def verify(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["deadline", *arguments], input=given)


def published(version: str) -> str:
    return (files("definitions") / "calendar" / f"{version}.toml").read_text("utf-8")


def script(file: Path, calendar: str = "") -> subprocess.CompletedProcess[str]:
    """The script as a citizen runs it: no site packages, nothing of ours on the path."""
    days = file.with_suffix(".toml")
    days.write_text(calendar or published("kz-2026-12"), "utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file), str(days), "--json"],
        capture_output=True,
        text=True,
        cwd=file.parent,
        check=False,
    )


def written(folder: Path, value: Any) -> Path:
    file = folder / "certificate.json"
    file.write_text(json.dumps(value), "utf-8")
    return file


def fields(verdicts: str) -> list[set[str]]:
    return [{one["field"] for one in verdict["differences"]} for verdict in json.loads(verdicts)]


def test_certificates_that_hold_end_with_zero_for_both(tmp_path: Path) -> None:
    file = written(tmp_path, EVERY_KIND)
    ours, theirs = verify(str(file), "--json"), script(file)
    assert (ours.exit_code, theirs.returncode) == (0, 0), theirs
    holds = [{"holds": True, "differences": []}] * len(EVERY_KIND)
    assert json.loads(ours.stdout) == json.loads(theirs.stdout) == holds


@pytest.mark.parametrize("version", ["kz-2025-12", "kz-2026-11"])
def test_certificates_of_earlier_calendars_hold_under_those(tmp_path: Path, version: str) -> None:
    starts = ("2026-06-30", "2026-11-22", "2026-05-13", "2022-10-01")
    file = written(tmp_path, [certificate(start, "P2M", version) for start in starts])
    assert verify(str(file)).exit_code == 0
    assert script(file, published(version)).returncode == 0
    assert script(file).returncode == 1


def test_both_read_from_the_calendar_since_when_it_is_open(tmp_path: Path) -> None:
    text = published("kz-2026-12").replace("_from = 2027-01-01", "_from = 2026-12-14")
    text = re.sub(r'(date = 2026-12-16.*source = ")', r"\1provisional: ", text)
    calendar = parse_calendar("kz-2026-12", text)
    found = []
    for start in ("2026-10-11", "2026-10-14"):
        counted = certify(date.fromisoformat(start), Term.parse("P2M"), calendar, "policy")
        found.append(document(counted, calendar))
    assert [one["provisional"] for one in found] == [False, True]
    assert script(written(tmp_path, found), text).returncode == 0


@pytest.mark.parametrize(("pointer", "value", "wrong"), [*DAMAGED, *DAMAGED_LINKS])
def test_a_damaged_certificate_is_caught_by_both_at_the_same_fields(
    tmp_path: Path, pointer: str, value: Any, wrong: list[str]
) -> None:
    chain = () if (pointer, value, wrong) in DAMAGED else CHAIN
    sound = certificate(chain=chain) | {"instant": "2026-01-21T05:00:00Z"}
    file = written(tmp_path, damage(sound, pointer, value))
    ours, theirs = verify(str(file), "--json"), script(file)
    assert (ours.exit_code, theirs.returncode) == (1, 1), theirs
    assert fields(ours.stdout) == fields(theirs.stdout)
    assert fields(ours.stdout)[0] >= set(wrong)


@pytest.mark.parametrize(("pointer", "value", "mistake"), MISTAKEN)
def test_a_certificate_of_another_shape_is_read_by_neither(
    tmp_path: Path, pointer: str, value: Any, mistake: str
) -> None:
    file = written(tmp_path, [certificate(), damage(certificate(), pointer, value)])
    ours, theirs = verify(str(file)), script(file)
    assert (ours.exit_code, theirs.returncode) == (2, 2), theirs
    assert f"/1{mistake}" in ours.stderr
    assert theirs.stderr.startswith("/1/")
    assert ours.stdout == theirs.stdout == ""


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "null", '"x"', "[" * 100_000, "\\ud800"])
def test_what_is_no_certificate_ends_with_two_for_both(tmp_path: Path, content: str) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(content, "utf-8")
    ours, theirs = verify(str(file)), script(file)
    assert (ours.exit_code, theirs.returncode) == (2, 2), theirs
    assert ours.stderr
    assert "Traceback" not in theirs.stderr


def test_a_file_that_is_not_there_ends_with_two(tmp_path: Path) -> None:
    result = verify(str(tmp_path / "none.json"))
    assert result.exit_code == 2
    assert "none.json cannot be read" in result.stderr


def test_one_certificate_comes_from_standard_input() -> None:
    result = verify("-", given=json.dumps(certificate()))
    assert result.exit_code == 0
    assert result.stdout == "P2M from 2026-01-21 to 2026-03-26 under kz-2026-12: holds\n"


def test_a_person_sees_each_difference_with_both_values() -> None:
    held = damage(certificate(), "/last_day", "2026-03-27")
    result = verify("-", given=json.dumps([certificate(), held]))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "P2M from 2026-01-21 to 2026-03-26 under kz-2026-12: holds",
        "P2M from 2026-01-21 to 2026-03-27 under kz-2026-12: does not hold",
        '  /last_day: "2026-03-27", computed "2026-03-26"',
    ]


def test_the_script_says_how_it_is_called_when_it_is_called_otherwise() -> None:
    called = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT)], capture_output=True, text=True, check=False
    )
    assert called.returncode == 2
    assert "CERTIFICATE.json CALENDAR.toml" in called.stderr
