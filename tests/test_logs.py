"""The logs tell what broke and where, and nothing of what was in hand."""

import json
import logging

import pytest

import logs
from integrations.errors import Unavailable


@pytest.fixture
def _restored() -> object:
    """The root logger as it was, after a test has configured it."""
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def break_with(key: str, error: Exception) -> None:
    assert key
    raise error


@pytest.mark.usefixtures("_restored")
def test_an_exception_is_told_without_what_was_in_hand(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    try:
        break_with("hidden-key", ValueError("typed by somebody"))
    except ValueError:
        logging.getLogger("elsewhere").exception("it broke")
    line = capsys.readouterr().out
    assert "hidden-key" not in line
    assert "typed by somebody" not in line
    told = json.loads(line)["exception"][0]
    assert told["kind"] == "ValueError"
    assert told["places"][-1].endswith(" break_with")


@pytest.mark.usefixtures("_restored")
def test_the_words_of_our_own_exceptions_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    try:
        break_with("hidden-key", Unavailable("treasury", "answered 503"))
    except Unavailable:
        logging.getLogger("elsewhere").warning("it broke", exc_info=True)
    told = json.loads(capsys.readouterr().out)["exception"][0]
    assert told["text"] == "treasury: answered 503"
