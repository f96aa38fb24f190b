"""What the tests prove of each row: sentences read from their names, without running them.

A test names its rows first: `test_n3_n5_without_proof_it_lies_with_the_caseworker`; cases of a
parametrised test may name further ones as values (`"R4"`).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

PREFIX = "test_"


class NoTests(FileNotFoundError):
    """The folder is no check-out of the product: it has no tests."""


@dataclass(frozen=True)
class AcceptanceProof:
    """A sentence that a test proves, and the test's file, from the root of the check-out."""

    sentence: str
    file: str


def read_proofs(root: Path, ids: frozenset[str]) -> dict[str, tuple[AcceptanceProof, ...]]:
    """The proofs of each row that has any, in the order of files and lines; raises NoTests."""
    files = sorted((root / "tests").rglob("test_*.py"))
    if not files:
        raise NoTests(f"there are no tests in {root}")
    found: dict[str, tuple[AcceptanceProof, ...]] = {}
    for file in files:
        name = file.relative_to(root).as_posix()
        for test in _tests(ast.parse(file.read_text("utf-8"))):
            rows, sentence = _named(test.name.removeprefix(PREFIX), ids)
            for row in dict.fromkeys((*rows, *_cases(test, ids))):
                found[row] = (*found.get(row, ()), AcceptanceProof(sentence, name))
    return found


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            PREFIX
        ):
            yield node


def _named(name: str, ids: frozenset[str]) -> tuple[list[str], str]:
    """The rows that stand first in the name of a test, and the sentence that follows them."""
    words = name.split("_")
    rows = [word.upper() for word in takewhile(lambda word: word.upper() in ids, words)]
    sentence = " ".join(words[len(rows) :])
    return rows, sentence[:1].upper() + sentence[1:]


def _cases(test: ast.FunctionDef | ast.AsyncFunctionDef, ids: frozenset[str]) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize"):
            for node in ast.walk(decorator):
                if isinstance(node, ast.Constant) and node.value in ids:
                    yield str(node.value)
