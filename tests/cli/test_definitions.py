"""`ozhb definitions check`: the law as data holds, or every problem is listed."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli.definitions
from tests.definitions.test_editions import changed
from tests.definitions.test_publishing import CODE, LAW, NEXT


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


def test_a_form_that_is_no_json_schema_is_a_problem(tmp_path: Path) -> None:
    for folder, kind in (("schemas", "object"), ("commands", "thing")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{kind}.schema.json").write_text(f'{{"type": "{kind}"}}', "utf-8")
    (problem,) = cli.definitions.prove_schemas(tmp_path)
    assert problem.startswith("thing.schema.json is no JSON Schema: ")


def publish(root: Path, text: str, *options: str) -> tuple[int, str, str]:
    file = root / "new.toml"
    file.write_text(text, "utf-8")
    asked = ["publish", str(file), "--root", str(root), *options]
    ended = CliRunner().invoke(cli.definitions.app, asked)
    return ended.exit_code, ended.stdout, ended.stderr


def test_an_edition_is_published_once_and_told_with_its_differences(tmp_path: Path) -> None:
    shutil.copytree(LAW, tmp_path / "definitions")
    hashes = tmp_path / "definitions" / "published.toml"
    before = hashes.read_text("utf-8")
    code, told, _ = publish(tmp_path, NEXT, "--dry-run")
    assert (code, hashes.read_text("utf-8")) == (0, before)
    assert '  terms.choice.length: "P2M" → "P3M"' in told
    assert "ends in completed: R1 " in told
    code, told, _ = publish(tmp_path, NEXT, "--json")
    found = json.loads(told)
    assert code == 0
    assert hashes.read_text("utf-8") == f'{before}amended = "{found["hash"]}"\n'
    code, told, _ = publish(tmp_path, NEXT)
    assert (code, "was published before" in told) == (0, True)


def test_what_has_a_problem_is_not_published(tmp_path: Path) -> None:
    shutil.copytree(LAW, tmp_path / "definitions")
    hashes = tmp_path / "definitions" / "published.toml"
    before = hashes.read_text("utf-8")
    other = changed(CODE, ('late_proof = "10wd"', 'late_proof = "11wd"'))
    code, told, wrong = publish(tmp_path, other)
    assert (code, hashes.read_text("utf-8")) == (1, before)
    assert "was published, and has changed" in wrong
    assert "1 problems: nothing is published" in told
    assert publish(tmp_path / "definitions", NEXT)[0] == 2
