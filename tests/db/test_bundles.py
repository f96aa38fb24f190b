"""The proof bundle of a case: a program without ours checks it, and finds every altered byte."""

import importlib.util
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine

from db.bundles import bundle
from db.heads import link_left, list_heads, make_head
from db.inbox import Submission, put
from domain.messages import Actor, Role
from integrations.head_keys import HeadKey, make_head_key
from tests.support.casework import File, arrive, open_file
from tests.support.effect_play import payable
from tests.support.intake import SEAL

KEY: Final = HeadKey.read(make_head_key())
ROOT: Final = Path(__file__).parents[2]
SCRIPT: Final = ROOT / "docs" / "verify_bundle.py"


def checker() -> Any:
    """The program as it is given to others."""
    spec = importlib.util.spec_from_file_location("verify_bundle", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKER: Final = checker()


@pytest.fixture
def file(engine: Engine) -> File:
    """A case whose payment was approved, among others, with heads that have it."""
    made = payable(engine)
    with engine.begin() as connection:
        for _ in range(4):
            arrive(connection, open_file(connection))
    list(link_left(engine))
    make_head(engine, KEY)
    with engine.begin() as connection:
        asked = Submission(made.id, "note", Actor(role=Role.GATEWAY), "later", b"said")
        put(connection, SEAL, asked)
    make_head(engine, KEY)
    return made


def made(engine: Engine, file: File) -> bytes:
    with engine.connect() as connection:
        return bundle(connection, SEAL, file.id)


def verdicts(archive: bytes, published: dict[int, str] | None = None) -> dict[str, Any]:
    return {name: holds for name, holds, _ in CHECKER.checked(archive, published)}


def holds(archive: bytes) -> bool:
    """Whether nothing is found to be wrong, and it can be read."""
    try:
        return False not in verdicts(archive).values()
    except (CHECKER.NoBundle, ValueError, KeyError, TypeError, AttributeError):
        return False


def test_the_program_that_others_have_is_the_one_that_the_command_runs() -> None:
    assert (ROOT / "cli" / "bundle_check.py").read_bytes() == SCRIPT.read_bytes()


def test_a_bundle_holds_and_is_the_same_each_time(engine: Engine, file: File) -> None:
    archive = made(engine, file)
    assert archive == made(engine, file)
    with engine.connect() as connection:
        published = {one.number: one.jws for one in list_heads(connection, 0, 10)}
    found = verdicts(archive, published)
    assert {name for name, one in found.items() if one} == found.keys() - {"signatures"}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        assert json.loads(opened.read("case.json"))["case_id"] == file.id


def test_any_altered_byte_fails(engine: Engine, file: File) -> None:
    archive = made(engine, file)
    # Of headers, lists and small files every seventh byte, and some of what is long.
    passed = [
        at
        for at in sorted({*range(0, 600, 7), *range(len(archive) - 1200, len(archive), 7)})
        + list(range(600, len(archive) - 1200, 397))
        if holds(archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :])
    ]
    assert passed == []
    assert not holds(archive + b"x")
    assert not holds(archive[:-1])


def test_a_bundle_that_was_made_anew_is_told_from_the_heads_that_were_kept(
    engine: Engine, file: File
) -> None:
    archive = made(engine, file)
    assert verdicts(archive, {1: "a", 2: "b"})["published"] is False


def test_it_says_in_three_languages_what_holds(engine: Engine, file: File, tmp_path: Path) -> None:
    place = tmp_path / "case.zip"
    place.write_bytes(made(engine, file))
    for language, word in (("kk", "тізбегі"), ("ru", "Цепочка"), ("en", "The chain")):
        asked = [sys.executable, "-I", str(SCRIPT), str(place), "--language", language]
        ended = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert (ended.returncode, word in ended.stdout) == (0, True), ended.stderr
    place.write_bytes(b"no bundle")
    asked = [sys.executable, "-I", str(SCRIPT), str(place)]
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 2
