"""`ozhb calendar` against a served API: days off are announced by two people."""

import json
from pathlib import Path
from typing import Any

import pytest

from definitions.calendars import calendar_toml
from tests.api.world import person
from tests.cli.console import Console
from tests.support.calendars import ANNOUNCED, kurban_ait_on

SECOND = {"OZHB_TOKEN": person("administrator", 907).token}


async def ask(console: Console, *arguments: str, **environment: str) -> Any:
    ended, out, err = await console.run("calendar", *arguments, "--json", **environment)
    assert ended == 0, out + err
    return json.loads(out)


async def test_a_calendar_is_proposed_previewed_and_approved(
    console: Console, tmp_path: Path
) -> None:
    party = await console.host.begin()
    await console.host.play(party, "choosing")
    file = tmp_path / "kz-2027-01.toml"
    file.write_text(calendar_toml(kurban_ait_on("2027-05-18")), "utf-8")
    change = await ask(console, "propose", str(file))
    assert (change["version"], change["state"]) == (ANNOUNCED, "proposed")
    found = await ask(console, "preview", change["id"])
    assert [(one["case_id"], one["outcome"]) for one in found["deadlines"]] == [
        (party.file.id, "unchanged")
    ]
    assert (await ask(console, "preview", change["id"], "--outcome", "moves"))["deadlines"] == []
    ended, _, said = await console.run("calendar", "approve", change["id"])
    assert ended == 1
    assert "409" in said
    approved = await ask(console, "approve", change["id"], **SECOND)
    assert approved["state"] == "extending"
    assert (await ask(console, "status"))["changes"][0]["id"] == change["id"]
    ended, shown, _ = await console.run("calendar", "status", change["id"])
    assert ended == 0
    assert f"{ANNOUNCED}  {change['id']}  extending" in shown
    assert "all" in shown
    waiting = await ask(console, "provisional")
    assert waiting["total"] == len(waiting["deadlines"])
    ended, shown, _ = await console.run("calendar", "provisional")
    assert (ended, f"{waiting['total']} open deadlines are provisional" in shown) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [("propose", "no-such-file"), ("approve", "1"), ("preview", "../cases"), ("status", "x")],
)
async def test_what_names_nothing_is_told_in_a_sentence(arguments: tuple[str, ...]) -> None:
    nowhere = Console("http://127.0.0.1:1", None)  # type: ignore[arg-type] # no case is needed
    ended, out, said = await nowhere.run("calendar", *arguments)
    assert ended in (2, 3)
    assert "Traceback" not in out + said


async def test_a_file_that_is_no_calendar_is_not_proposed(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("version = ", "utf-8")
    ended, _, said = await console.run("calendar", "propose", str(file))
    assert ended == 2
    assert "cannot be read" in said
    file.write_text(calendar_toml({**kurban_ait_on("2027-05-18"), "last": "2030-12-31"}), "utf-8")
    ended, _, said = await console.run("calendar", "propose", str(file))
    assert ended == 1
    assert "is not in the years of the calendar" in said
