"""`python -m tests.support.mutate FILE…`: changes sources sign by sign; what no test notices.

Each file is changed in a copy of the tree, and the tests of its layer are run on every change.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

from tests.support.wheel import ROOT, copy_tree

# What is changed where no file is named.
ALL: Final = ("domain", "db/casefile.py", "api/door.py", "api/access.py", "api/cases")
# Walks take long, and find by chance what a sentence of its own is to say.
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-m", "not walks")
# Every sign has one other that is hardest to tell from it; `|` joins types more often than sets.
SKIPPED: Final = (
    "core/ReplaceBinaryOperator_(?!Add_Sub|Sub_Add|Mul_Add|FloorDiv_Mul|Mod_Mul|BitAnd_BitOr)",
    "core/ReplaceComparisonOperator_(?!Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is)",
    "core/ReplaceUnaryOperator_(?!Delete_|USub_UAdd)",
    "core/RemoveDecorator",
)
# A change that makes the tests so many times slower has been noticed.
PATIENCE: Final = 3
BESIDE_EACH_OTHER: Final = 2
SURVIVED: Final = "survived"
# Whether a value can be changed is a matter of types.
DECORATED: Final = "\n-@dataclass"


def sources(names: Sequence[str]) -> Iterator[str]:
    """The files that are named, or lie in the folders that are."""
    for name in names:
        found = [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py"))
        yield from (str(one.relative_to(ROOT)) for one in found if one.stat().st_size)


def tests_of(source: str) -> str:
    """A command: the tests that are named after a file, and where they pass, all of its layer."""
    path = Path(source)
    layer = f"tests/{path.parts[0]}"
    named = sorted((ROOT / layer).glob(f"test_*{path.stem}*.py"))
    groups = [[str(one.relative_to(ROOT)) for one in named], [layer]]
    return " && ".join(shlex.join((*PYTEST, *group)) for group in groups if group)


def survivors(source: str) -> str:
    """What became of every change of a file, and those that no test noticed, as differences."""
    with TemporaryDirectory(prefix="ozhb-mutate-") as name:
        tree = Path(name) / "tree"
        copy_tree(tree)
        command = ["sh", "-c", tests_of(source)]
        begun = monotonic()
        # They pass as it is; this leaves the compiled files that no later run writes.
        _run(tree, command)
        _configure(tree, source, command, PATIENCE * (monotonic() - begun))
        _tool(tree, "cosmic-ray", "init", "mutate.toml", "mutate.sqlite")
        _tool(tree, "cr-filter-operators", "mutate.sqlite", "mutate.toml")
        _tool(tree, "cosmic-ray", "exec", "mutate.toml", "mutate.sqlite")
        return _told(source, _tool(tree, "cosmic-ray", "dump", "mutate.sqlite"))


def _configure(tree: Path, source: str, command: Sequence[str], seconds: float) -> None:
    lines = (
        "[cosmic-ray]",
        f"module-path = {json.dumps(source)}",
        f"timeout = {seconds:.1f}",
        f"test-command = {json.dumps(shlex.join(command))}",
        "[cosmic-ray.distributor]",
        'name = "local"',
        "[cosmic-ray.filters.operators-filter]",
        f"exclude-operators = {json.dumps(SKIPPED)}",
    )
    (tree / "mutate.toml").write_text("\n".join(lines) + "\n")


def _told(source: str, dump: str) -> str:
    results: list[dict[str, Any]] = [json.loads(line)[1] for line in dump.splitlines()]
    tried = [one for one in results if one["worker_outcome"] == "normal"]
    tried = [one for one in tried if DECORATED not in one["diff"]]
    left = [one for one in tried if one["test_outcome"] == SURVIVED]
    counted = f"{source}: {len(tried) - len(left)} noticed, {len(left)} not"
    return "\n".join((counted, *(one["diff"] for one in left)))


def _tool(tree: Path, name: str, *arguments: str) -> str:
    return _run(tree, [str(Path(sys.executable).parent / name), *arguments])


def _run(tree: Path, command: Sequence[str]) -> str:
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tree, env=clean, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main(names: Sequence[str]) -> int:
    with ThreadPoolExecutor(BESIDE_EACH_OTHER) as pool:
        for done in as_completed([pool.submit(survivors, one) for one in sources(names or ALL)]):
            sys.stdout.write(done.result() + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
