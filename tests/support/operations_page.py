"""Writes the settings into docs/operations.md anew: python -m tests.support.operations_page"""

import os
import re
from pathlib import Path
from typing import Final

from tests.support.forks import run_command

PAGE: Final = Path(__file__).parents[2] / "docs" / "operations.md"
_SETTINGS: Final = re.compile(
    r"(?<=^<!-- settings: what `ozhb settings` prints -->\n).*(?=^<!-- end of settings -->$)",
    re.MULTILINE | re.DOTALL,
)


def written() -> str:
    """The settings as the page has them."""
    found = _SETTINGS.search(PAGE.read_text("utf-8"))
    assert found is not None, "the page has lost its marks"
    return found[0]


def printed() -> str:
    """The same as the command prints them where nothing is set."""
    ended = run_command(("settings",), {"PATH": os.environ["PATH"]})
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text("utf-8").replace(written(), printed()), "utf-8")
