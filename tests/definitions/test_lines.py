"""Whoever has written a file is told on which line a value of it stands."""

import json
from importlib.resources import files
from typing import Any

import pytest

from definitions.lines import line_of, lines_of_json, lines_of_toml
from definitions.toml import parse_toml

TOML = """\
version = "2026-11"  # a comment with [brackets]
days = [
    { date = 2026-01-01, working = false },
    # another = "comment"
    { date = 2026-01-02, working = false, reason = "holiday" },
]

[[items]]
code = "A"
name.kk = "Арба = [1]"

[[items]]
code = "B"
[items.name]
kk = 'Таяқ'

[[items.sums]]
from = 1

[[items.sums]]
from = 2
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("/version", 1),
        ("/days/0/date", 3),
        ("/days/1/reason", 5),
        ("/items/0/name/kk", 10),
        ("/items/1/code", 13),
        ("/items/1/name/kk", 15),
        ("/items/1/sums/1/from", 21),
        # What is missing is told where it should stand.
        ("/items/0/price", 8),
        ("/days/0/source", 3),
    ],
)
def test_a_value_of_a_toml_file_has_its_line(pointer: str, line: int) -> None:
    assert line_of(lines_of_toml(TOML), pointer) == line


def test_a_value_of_a_json_file_has_its_line() -> None:
    lines = lines_of_json(json.dumps(parse_toml(TOML), indent=1))
    text = json.dumps(parse_toml(TOML), indent=1).splitlines()
    assert '"holiday"' in text[(line_of(lines, "/days/1/reason") or 0) - 1]
    assert line_of(lines, "/nothing/of/it") == 1


@pytest.mark.parametrize("name", ["samples/authorities.toml", "catalogue/2026-11.toml"])
def test_every_value_of_our_own_files_is_found(name: str) -> None:
    source = files("definitions").joinpath(name).read_text("utf-8")
    lines, each = lines_of_toml(source), dict(leaves(parse_toml(source)))
    assert each.keys() <= lines.keys()
    rows = source.splitlines()
    for pointer, value in each.items():
        assert str(value) in rows[lines[pointer] - 1] or not isinstance(value, str), pointer


def leaves(value: Any, pointer: str = "") -> Any:
    """Every value that holds no other, by its pointer."""
    inner = (
        (value.items() if isinstance(value, dict) else enumerate(value) if value else ())
        if isinstance(value, dict | list)
        else None
    )
    if inner is None:
        yield pointer, value
        return
    for name, child in inner:
        yield from leaves(child, f"{pointer}/{name}")
