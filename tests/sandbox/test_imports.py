"""The sandbox shares no code with the product: a parser's bug must not stand on both sides."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = {
    *("domain", "definitions", "integrations", "db", "activities", "workflows", "api", "cli"),
    *("worker", "settings", "bench", "tests"),
}


@pytest.mark.parametrize("file", sorted((ROOT / "sandbox").rglob("*.py")), ids=lambda f: f.name)
def test_a_module_of_the_sandbox_imports_nothing_of_the_product(file: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            # A relative import would stay inside the package, but hide from this test.
            assert node.level == 0
            imported.add((node.module or "").split(".")[0])
    assert not imported & PRODUCT
