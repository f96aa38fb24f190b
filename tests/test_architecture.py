"""The cut of the software: what may import what, and what the rules may not touch."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each may import what stands before it.
LAYERS = ["domain", "definitions", "integrations", "db", "activities", "workflows", "api"]
ROOTS = {"settings", "worker", "cli", "sandbox", "bench", "tests"}
# Only the roots read the settings.
READERS = {"worker.py", "api/main.py", "db/migrations/env.py"}
IMPURE = {
    "asyncio",
    "httpx",
    "os",
    "psycopg",
    "random",
    "secrets",
    "socket",
    "sqlalchemy",
    "sqlmodel",
    "subprocess",
    "temporalio",
    "threading",
    "time",
    "uuid",
}


def imported(file: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_inwards(layer: str) -> None:
    outer = {*LAYERS[LAYERS.index(layer) + 1 :], *ROOTS}
    for file in modules(layer):
        allowed = {"settings"} if str(file.relative_to(ROOT)) in READERS else set()
        assert not (imported(file) & outer) - allowed, file


def test_the_sandbox_imports_nothing_of_the_product() -> None:
    for file in modules("sandbox"):
        assert not imported(file) & {*LAYERS, "settings", "worker", "cli"}, file


def test_the_rules_have_no_clock_and_reach_nothing_outside() -> None:
    for file in modules("domain"):
        assert not imported(file) & IMPURE, file
        called = {
            node.func.attr
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not called & {"now", "utcnow", "today"}, file


def test_a_workflow_reads_no_clock_but_its_own() -> None:
    for file in modules("workflows"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                assert owner not in ("datetime", "date"), file


def test_every_package_of_the_tree_is_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = set(project["tool"]["setuptools"]["packages"]["find"]["include"])
    ours = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert ours <= packed


def test_no_module_has_grown_into_two_nouns() -> None:
    long = {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for layer in (*LAYERS, "sandbox", "cli", "bench", "tests")
        for file in modules(layer)
        if "migrations/versions" not in str(file)
    }
    assert {name: lines for name, lines in long.items() if lines > 400} == {}
