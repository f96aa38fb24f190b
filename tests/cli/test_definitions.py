"""`ozhb definitions check`: the law as data holds, or every problem is listed."""

import json

import pytest
from typer.testing import CliRunner

import cli.definitions


def test_the_definitions_of_this_build_hold() -> None:
    ended = CliRunner().invoke(cli.definitions.app, ["check", "--json"])
    assert (ended.exit_code, json.loads(ended.stdout)) == (0, []), ended.stdout


def test_every_problem_is_listed_and_ends_the_command_with_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = ["en.toml: status.paid is missing", "term choice: no row takes choice_over"]
    monkeypatch.setattr(cli.definitions, "prove_definitions", lambda: found)
    ended = CliRunner().invoke(cli.definitions.app, ["check", "--json"])
    assert (ended.exit_code, json.loads(ended.stdout)) == (1, found)
    told = CliRunner().invoke(cli.definitions.app, ["check"])
    assert all(problem in told.stderr for problem in found)
