"""What docs/security names is there: items, evidence, tests, commands, settings."""

import ast
import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.evidence import Evidence, keep, kept
from cli.home import StackFailed
from cli.main import NOUNS
from cli.passport import PROOFS, page, passport
from cli.settings import variables
from tests.audit.__main__ import licence, pinned, weaknesses
from tests.support import asvs_page
from tests.support.code import CODE
from tests.support.proof_runs import run_as_facts

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "security").glob("*.md"))
OF_PAGES = pytest.mark.parametrize("file", PAGES, ids=lambda one: one.name)
KNOWN = {one["variable"].strip("`") for one in variables()}


def place_of(path: Path) -> Path:
    """A file of the repository; of the code, where it was installed from a wheel."""
    within = path.resolve().relative_to(ROOT)
    return ROOT / within if (ROOT / within).exists() else CODE / within


@cache
def functions_of(file: Path) -> set[str]:
    """The names of the functions in a file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        one.name for one in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(one, kinds)
    }


def test_every_item_of_levels_one_and_two_is_judged_once_and_no_other() -> None:
    assert [one.name for one in asvs_page.items()] == [*asvs_page.asked()]
    assert len(asvs_page.asked()) == 253


def test_every_item_has_a_state_a_sentence_and_evidence_that_is_there() -> None:
    wrong = []
    for one in asvs_page.items():
        if one.state not in asvs_page.STATES or not one.said.endswith("."):
            wrong.append(one.name)
        if one.state != "none" and not one.evidence:
            wrong.append(f"{one.name}: no evidence")
        for seen in one.evidence:
            path, _, test = seen.partition("::")
            found = place_of(ROOT / path)
            if not found.is_file() or (test and test not in functions_of(found)):
                wrong.append(f"{one.name}: {seen}")
    assert wrong == []


def test_the_page_of_items_is_in_step() -> None:
    assert asvs_page.PAGE.read_text("utf-8") == asvs_page.page(), (
        "python -m tests.support.asvs_page"
    )


@OF_PAGES
def test_every_test_that_a_page_names_is_there(file: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", file.read_text("utf-8")))
    there = [one.read_text("utf-8") for one in (ROOT / "tests").rglob("test_*.py")]
    assert {one for one in named if not any(f"def {one}(" in text for text in there)} == set()


@OF_PAGES
def test_every_command_and_setting_that_a_page_names_is_there(file: Path) -> None:
    said = file.read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", said)) <= targets
    wrong = [
        words for words in re.findall(r"`ozhb ([^`]+)`", said) if not is_command(words.split())
    ]
    assert wrong == []
    assert set(re.findall(r"\bOZHB_[A-Z_]*[A-Z]\b", said)) <= KNOWN | {
        f"{one}_FILE" for one in KNOWN
    }


def is_command(words: list[str]) -> bool:
    """Whether there is such a command, with each of the options."""
    noun, *rest = words
    if noun not in NOUNS:
        return False
    module = __import__(NOUNS[noun][0], fromlist=["app"])
    own = getattr(module, "app", None)
    if own is None:
        own = typer.Typer()
        own.command()(getattr(module, noun))
    command: Any = typer.main.get_command(own)
    if hasattr(command, "commands"):
        if not rest:
            return True
        command = command.commands.get(rest.pop(0))
    options = {name for one in getattr(command, "params", ()) for name in one.opts}
    asked = {one for one in rest if one.startswith("--")}
    return command is not None and asked <= options


@OF_PAGES
def test_no_link_of_a_page_leads_nowhere(file: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", file.read_text("utf-8")):
        path, _, place = link.partition("#")
        if path.startswith("https:"):
            continue
        leads = place_of(file.parent / path) if path else file
        assert leads.exists(), link
        if place:
            headings = re.findall(r"^#+ (.+)$", leads.read_text("utf-8"), re.MULTILINE)
            assert place in {
                re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings
            }


def test_what_was_proven_of_another_build_or_not_at_all_is_not_proven_of_this(
    tmp_path: Path,
) -> None:
    nothing = passport(tmp_path)
    assert {one["state"] for one in nothing["proofs"]} == {"not proven for this build"}
    facts = {"terms": 5_000_000, "seed": 1, "differences": 0}
    keep("terms", facts, holds=True, folder=tmp_path)
    assert state(tmp_path, "terms") == "proven"
    keep("terms", {**facts, "terms": 10}, holds=True, folder=tmp_path)
    assert state(tmp_path, "terms") == "not proven for this build"
    keep("terms", {**facts, "differences": 1}, holds=False, folder=tmp_path)
    assert state(tmp_path, "terms") == "failed"
    other = Evidence(
        proof="terms", build="0.0.1+f", commit="", at=datetime.now(UTC), holds=True, facts=facts
    )
    (tmp_path / "terms.json").write_text(other.model_dump_json(), "utf-8")
    assert state(tmp_path, "terms") == "not proven for this build"
    (tmp_path / "terms.json").write_text("{}", "utf-8")
    with pytest.raises(StackFailed):
        kept("terms", tmp_path)


def state(folder: Path, proof: str) -> str:
    told = passport(folder)
    return next(str(one["state"]) for one in told["proofs"] if one["proof"] == proof)


def test_no_double_payment_is_told_only_where_all_that_could_find_one_found_none(
    tmp_path: Path,
) -> None:
    run: dict[str, Any] = {"passed": 3, "failed": [], "by_file": {}, "told": {"runs": [100_000]}}
    wrong: dict[str, list[str]] = {
        name: [] for name in ("lost", "doubled", "paid_twice", "unpaid", "damaged")
    }
    keep("money", run, holds=True, folder=tmp_path)
    keep("kill", run, holds=True, folder=tmp_path)
    assert passport(tmp_path)["double_payments"] is None
    keep("chaos", {"faults": [{"silence_s": 1.5}], **wrong}, holds=True, folder=tmp_path)
    told = passport(tmp_path)
    assert told["double_payments"] == 0
    assert json.loads(json.dumps(told)) == told
    assert "paid_twice 0" in page(told)


def test_a_library_that_nobody_could_ask_about_is_not_taken_for_sound(tmp_path: Path) -> None:
    report = {
        "dependencies": [
            {"name": "sound", "version": "1", "vulns": []},
            {"name": "weak", "version": "1", "vulns": [{"id": "PYSEC-1"}]},
            {"name": "unknown", "skip_reason": "not found"},
        ]
    }
    assert weaknesses(report) == {"sound": [], "weak": ["PYSEC-1"], "unknown": None}
    facts = {"libraries": [{"name": "unknown", "version": "1", "licence": "MIT", "known": None}]}
    facts |= {"weak": 0, "not_checked": 1, "sbom": False}  # type: ignore[dict-item]
    keep("dependencies", facts, holds=True, folder=tmp_path)
    assert state(tmp_path, "dependencies") == "not proven for this build"
    assert "| unknown | 1 | MIT | not checked |" in page(passport(tmp_path))


def test_every_library_of_the_lock_is_known_with_its_licence() -> None:
    found = pinned()
    assert found["fastapi"]
    assert {name for name in found if licence(name) == "not told"} == set()


def test_what_a_run_of_tests_tells_is_counted_by_file() -> None:
    class Report:
        def __init__(self, nodeid: str, *told: tuple[str, object]) -> None:
            self.nodeid, self.user_properties = nodeid, told

    stats = {"passed": [Report("a.py::one", ("seed", 5))], "failed": [Report("b.py::two")]}
    facts = run_as_facts(stats)
    assert (facts["passed"], facts["failed"], facts["by_file"]) == (1, ["b.py::two"], {"a.py": 1})
    assert facts["told"] == {"seed": [5]}


def test_every_proof_is_made_by_a_command_that_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for one in PROOFS:
        maker, _, rest = one.command.partition(" ")
        assert is_command(rest.split()) if maker == "ozhb" else f"\n{rest}:" in makefile
