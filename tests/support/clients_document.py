"""The requests of docs/clients.md, sent to a running stack in the order of the steps.

python -m tests.support.clients_document        # writes the answers into the page anew
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cli.samples import load_samples
from cli.stack import Stack

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "clients.md"
# A step, or a block of commands with the answers that are shown after it.
_PART: Final = re.compile(
    r"^### (?P<step>\d+)\. |^```sh\n(?P<commands>.*?)^```\n(?:\n```json\n(?P<shown>.*?)^```)?",
    re.MULTILINE | re.DOTALL,
)
# What is another each time: ids, hashes, instants and days.
_VARIES: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d{4}-\d\d-\d\d(T[0-9:.]+Z)?")
_BETWEEN: Final = "---- the next block answers ----"


@dataclass(frozen=True)
class Block:
    """Commands of a step, and what the page shows of the answers."""

    step: int
    place: tuple[int, int]
    commands: str
    shown: str


def blocks(page: str) -> list[Block]:
    """The blocks of the page in the order in which they happen: by step, then as they stand."""
    return sorted(_blocks(page), key=lambda one: one.step)


def _blocks(page: str) -> Iterator[Block]:
    step = 0
    for part in _PART.finditer(page):
        if part["step"]:
            step = int(part["step"])
        else:
            yield Block(step, part.span("shown"), part["commands"], part["shown"] or "")


def answers(page: str) -> list[str]:
    """What a stack of its own, with the samples, answers to each block."""
    with TemporaryDirectory() as home, Stack(Path(home), None) as stack:
        load_samples(stack)
        lines = [f"{one.commands}\necho '{_BETWEEN}'" for one in blocks(page)]
        ran = subprocess.run(
            ["bash", "-c", "\n".join(("set -euo pipefail", *lines))],
            cwd=home,
            env={
                "PATH": "/usr/bin:/bin",
                "API": stack.urls["api"],
                "SANDBOX": stack.urls["sandbox"],
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, (ran.stderr, ran.stdout[-2000:])
    return [_VARIES.sub("…", one.strip("\n")) for one in ran.stdout.split(_BETWEEN)[:-1]]


def main() -> None:
    """Write what is answered into the page."""
    page = DOCUMENT.read_text("utf-8")
    told = zip(blocks(page), answers(page), strict=True)
    for block, answer in sorted(told, key=lambda one: one[0].place, reverse=True):
        begin, end = block.place
        if begin >= 0:
            page = f"{page[:begin]}{answer}\n{page[end:]}"
    DOCUMENT.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
