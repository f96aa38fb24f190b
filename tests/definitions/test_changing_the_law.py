"""The documented way to change the law, walked in a copy of the project as its page has it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from definitions.wording import LANGUAGES
from tests.domain.play import TODAYS
from tests.support.code import CODE

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
PAGE = "docs/changing-the-law.md"
BESIDE = ("tests", "docs", "pyproject.toml", "README.md", "Makefile")
# What goes over every published edition.
PROOFS = (
    *(f"tests/definitions/test_{name}.py" for name in ("editions", "publishing")),
    *(f"tests/domain/test_{name}.py" for name in ("invariants", "status_table", "rows_calls")),
    "tests/workflows/test_histories.py",
)
# Run in the copy, whose texts have a draft.
DRAFT = """
from definitions.wording import length
from domain.terms.counting import Term
from tests.api.world import World


async def test_a_case_is_told_in_uzbek_and_else_in_russian(world: World) -> None:
    for begin, uz in ((world.choosing, "Yetkazib"), (world.ordered, "Заказ")):
        case = await begin()
        told = await world.get(f"/v1/cases/{case}", world.clerk, Accept_Language="uz, kk;q=0.5")
        assert told.json()["status_label"].startswith(uz)
        every = (await world.get(f"/v1/cases/{case}?languages=all", world.clerk)).json()
        assert set(every["status_label"]) == {"kk", "ru", "en"}
    problem = await world.get("/v1/cases", None, Accept_Language="uz")
    assert (problem.status_code, problem.headers["content-language"]) == (401, "uz")
    assert problem.json()["title"] == "Tizimga kirilmagan"
    assert problem.json()["detail"].startswith("Войдите")
    wrong = await world.get("/v1/cases?limit=none", world.clerk, Accept_Language="uz")
    assert any("а" in one["text"] for one in wrong.json()["errors"])


def test_a_length_of_time_keeps_the_grammar_of_its_language() -> None:
    assert length(Term.parse("P2M"), "uz") == "2 kalendar oy"
    assert length(Term.parse("2wd"), "uz") == "2 рабочих дня"
"""
WALKED = "test_the_invariants_hold_on_all_walks_and_every_row_is_taken"
# They take as long in the copy as here, and say nothing of its editions.
LONG = tuple(
    f"--deselect={name}"
    for name in (
        "tests/domain/test_invariants.py::test_the_invariants_hold_on_histories_that_hypothesis_finds",
        f"tests/domain/test_invariants.py::{WALKED}[{TODAYS.code}]",
        "tests/domain/test_status_table.py::test_to_everybody_else_a_message_in_a_status_is_refused",
    )
)
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def changed(text: str, hunk: str) -> str:
    """A text with one change: lines that stay or go stand in it exactly once, and together."""
    lines = hunk.splitlines(keepends=True)
    old, new = ("".join(one[1:] for one in lines if one[0] in kept) for kept in (" -", " +"))
    assert text.count(old) == 1, f"stands {text.count(old)} times: {old}"
    return text.replace(old, new)


class Copy:
    """The project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
            "setuptools"
        ]
        packages = (one for one in setuptools["packages"]["find"]["include"] if "." not in one)
        modules = (f"{name}.py" for name in setuptools["py-modules"])
        whole = [
            *(CODE / name for name in (*packages, *modules)),
            *(ROOT / name for name in BESIDE),
        ]
        for one in whole:
            if one.is_dir():
                shutil.copytree(one, root / one.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(one, root)

    def run(self, line: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A line of a shell, with the programs of this environment on the code of the copy."""
        program, *rest = line.split()
        python = [sys.executable, *(["-m", "cli.main"] if program == "ozhb" else [])]
        words = [*(python if program in ("ozhb", "python") else [program]), *rest]
        environment = {**os.environ, "PYTHONPATH": str(self.root), **settings}
        return subprocess.run(
            words, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def follow(self, kind: str, name: str, body: str) -> None:
        """One block of the page: commands, changes of a file, or a new file."""
        file = self.root / name
        if kind == "sh":
            for line in body.splitlines():
                ended = self.run(line)
                assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"
        elif kind == "diff":
            text = file.read_text("utf-8")
            for hunk in re.split(r"^@@\n", body, flags=re.MULTILINE):
                text = changed(text, hunk)
            file.write_text(text, "utf-8")
        else:
            assert not file.exists()
            file.write_text(body, "utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The project after everything that the page says was done."""
    made = Copy(tmp_path_factory.mktemp("law"))
    for kind, name, body in BLOCK.findall((ROOT / PAGE).read_text("utf-8")):
        made.follow(kind, name, body)
    return made


def test_the_three_changes_of_the_page_are_published(copy: Copy) -> None:
    hashes = tomllib.loads((copy.root / "definitions/published.toml").read_text("utf-8"))
    assert list(hashes["editions"])[-3:] == ["code-2027", "code-2028", "code-2028-07"]
    law = copy.run("ozhb law check")
    assert law.returncode == 0, law.stdout


def test_the_pages_of_the_law_tell_every_edition(copy: Copy) -> None:
    policy = {one: (copy.root / f"docs/law/policy.{one}.md").read_text() for one in LANGUAGES}
    assert "`call_back` | – | – | – | 2 working days (rule of the portal" in policy["en"]
    assert all("`answer_call_back`" in page for page in policy.values())
    tables = copy.root / "tests/domain/status_by_message"
    assert {one.stem for one in tables.iterdir()} == {"order-379", "code-2028"}


def test_a_draft_of_a_language_is_listed_with_what_it_lacks(copy: Copy) -> None:
    lacking = json.loads(copy.run("ozhb definitions languages --json").stdout)
    assert [lacking.pop(one) for one in LANGUAGES] == [[], [], []]
    assert "status.choosing" not in lacking["uz"]
    assert "status.ordered" in lacking["uz"]
    listed = copy.run("ozhb definitions languages").stdout
    assert "uz draft: 5 of " in listed
    assert "  lacks status.ordered\n" in listed


def test_answers_are_in_the_draft_of_a_language_and_what_it_lacks_in_russian(copy: Copy) -> None:
    (copy.root / "tests/api/test_draft.py").write_text(DRAFT, "utf-8")
    ended = copy.run("python -m pytest -n 0 -q -p no:cacheprovider tests/api/test_draft.py")
    assert ended.returncode == 0, ended.stdout[-5000:]


def test_what_proves_the_law_goes_over_every_published_edition(copy: Copy) -> None:
    asked = f"python -m pytest -n 0 -p no:cacheprovider -vv {' '.join((*PROOFS, *LONG))}"
    ended = copy.run(asked, OZHB_WALKS="1200")
    assert ended.returncode == 0, ended.stdout[-5000:]
    for code in ("order-379", "code-2027", "code-2028", "code-2028-07"):
        assert f"{WALKED}[{code}] PASSED" in ended.stdout
