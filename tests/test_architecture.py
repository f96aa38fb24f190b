"""The cut of the software: what may import what, and what the rules may not touch."""

import ast
import tomllib
from pathlib import Path

import pytest

from tests.support.code import CODE, imported, modules

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


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_inwards(layer: str) -> None:
    outer = {*LAYERS[LAYERS.index(layer) + 1 :], *ROOTS}
    for file in modules(layer):
        allowed = {"settings"} if str(file.relative_to(CODE)) in READERS else set()
        assert not (imported(file) & outer) - allowed, file


def test_the_api_carries_nothing_out_beyond_the_database() -> None:
    """What goes to the outside is promised by the file, and done by the worker."""
    for file in modules("api"):
        assert "activities" not in imported(file), file


def test_the_sandbox_imports_nothing_of_the_product() -> None:
    # A parser's bug must not stand on both sides.
    for file in modules("sandbox"):
        assert not imported(file) & {*LAYERS, *ROOTS} - {"sandbox"}, file


def test_a_class_name_has_one_meaning() -> None:
    """In the product; what the outside is in the sandbox has a world of names of its own."""
    found: dict[str, list[str]] = {}
    for layer in (*LAYERS, "cli", "bench"):
        for file in modules(layer):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(str(file.relative_to(CODE)))
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_temporal_is_reached_in_one_way() -> None:
    connecting = {
        str(file.relative_to(CODE))
        for file in (
            CODE / "worker.py",
            *(one for layer in (*LAYERS, "cli") for one in modules(layer)),
        )
        if "Client.connect(" in file.read_text("utf-8")
    }
    assert connecting == {"workflows/connection.py"}


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
    assert packed >= {*LAYERS, "sandbox", "cli", "bench"}


def test_no_module_has_grown_into_two_nouns() -> None:
    long = {
        str(file): len(file.read_text("utf-8").splitlines())
        for layer in (*LAYERS, "sandbox", "cli", "bench", "tests")
        for file in modules(layer)
        if "migrations/versions" not in str(file)
        # For others it is one file, and most of it sentences in three languages.
        and file.name != "bundle_check.py"
    }
    assert {name: lines for name, lines in long.items() if lines > 400} == {}
