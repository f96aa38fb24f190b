"""Writes docs/security/asvs.md anew from asvs.toml: python -m tests.support.asvs_page"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "security"
DATA, PAGE = FOLDER / "asvs.toml", FOLDER / "asvs.md"
STATES: Final = {"holds": "holds", "gap": "**gap**", "none": "nothing of the kind"}
# fmt: off
# The level of each item of ASVS 5.0.0, section by section in the order of its items.
LEVELS: Final = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23", "3.1": "3", "3.2": "113",
    "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222", "5.1": "2", "5.2": "112333",
    "5.3": "113", "5.4": "222", "6.1": "122", "6.2": "111111112222", "6.3": "11223333",
    "6.4": "112233", "6.5": "22222333", "6.6": "2223", "6.7": "33", "6.8": "2222", "7.1": "222",
    "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22", "8.1": "1233",
    "8.2": "1123", "8.3": "133", "8.4": "23", "9.1": "111", "9.2": "1222", "10.1": "22",
    "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22",
    "10.7": "222", "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222",
    "11.5": "23", "11.6": "23", "11.7": "33", "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233", "14.1": "22",
    "14.2": "12223333", "14.3": "122", "15.1": "12233", "15.2": "12233", "15.3": "1222222",
    "15.4": "3333", "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}
# fmt: on
_COLUMNS: Final = "| item | level | | what we say | seen in |\n|---|---|---|---|---|"
_HEAD: Final = """# ASVS 5.0.0, levels 1 and 2

What the OWASP Application Security Verification Standard asks (its words are to be read
[there](https://github.com/OWASP/ASVS)), what we say of it, and where that is seen: a file, or a
test that tries it. Written by `python -m tests.support.asvs_page` from [asvs.toml](asvs.toml);
`tests/test_security.py` proves that no item is left out and that everything named is there. That an
item holds is our own judgement: nobody else has verified it.
"""


class Item(NamedTuple):
    """What we say of one item."""

    name: str
    state: str
    said: str
    evidence: tuple[str, ...]


def asked() -> dict[str, int]:
    """The level of every item that levels 1 and 2 ask for."""
    found = {
        f"{section}.{number}": int(level)
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
    }
    return {name: level for name, level in found.items() if level <= 2}


def items() -> list[Item]:
    """All that is said, in the order of the file."""
    chapters = tomllib.loads(DATA.read_text("utf-8")).values()
    return [
        Item(name, state, said, tuple(evidence))
        for chapter in chapters
        for name, (state, said, *evidence) in chapter.items()
    ]


def page() -> str:
    """The page, as it has to be."""
    return "\n".join((*_lines(), ""))


def _lines() -> Iterator[str]:
    said, levels = items(), asked()
    counted = Counter(one.state for one in said)
    yield _HEAD
    yield ", ".join(f"{counted[state]} {told}" for state, told in STATES.items()) + "."
    chapter = ""
    for one in said:
        if one.name.partition(".")[0] != chapter:
            chapter = one.name.partition(".")[0]
            yield f"\n## V{chapter}\n\n{_COLUMNS}"
        seen = ", ".join(map(_link, one.evidence))
        yield f"| {one.name} | {levels[one.name]} | {STATES[one.state]} | {one.said} | {seen} |"


def _link(evidence: str) -> str:
    path, _, test = evidence.partition("::")
    return f"[{test.removeprefix('test_').replace('_', ' ') or path}](../../{path})"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
