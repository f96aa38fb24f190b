"""Read JSON that strangers sent, as RFC 8259 has it, and name every place where it is none.

A byte order mark, UTF-16 and UTF-32 are read (8.1 lets them be). A number that is none of JSON, or
that nothing could work with, a text that nothing can keep, and a key given twice spoil their own
place and not what stands beside them: the value is read all the same, with marks in it.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from definitions.forms import MAX_UNKNOWN, SHOWABLE, Fault, Path

# More digits than any sum has.
MOST_DIGITS: Final = 100
_BLANK: Final = re.compile(r"[ \t\r\n]*+")
# One that never ends goes on to the end of all, so that it is looked at once.
_TEXT: Final = r'"(?:[^"\\]|\\.)*+"?'
_STRUCTURE: Final = re.compile(rf"{_TEXT}|[\[\]{{}}]", re.DOTALL)
# What begins like a number, as far as it goes; texts are passed over.
_NUMBER: Final = re.compile(rf'{_TEXT}|([-+.]|\d)[^\s\[\]{{}},:"]*+', re.DOTALL)
_WELL_FORMED: Final = re.compile(
    r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|-Infinity", re.ASCII
)
# Half of a pair of signs, and the sign of nothing: JSON can write them, no text can have them.
_HALF_OR_NOTHING: Final = re.compile("[\x00\ud800-\udfff]")
_ESCAPED: Final = re.compile(r"\\u(0000|[dD][89a-fA-F])")


@dataclass(frozen=True, slots=True)
class NoNumber:
    """It stands where a number should."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """It stands where a file has a time without its day: no field of ours is one."""


class Twice(dict[str, Any]):
    """An object in which keys stand more than once; of those it has the last value."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.names: list[str] = []
        for name, _ in pairs:
            if name in seen and len(self.names) < MAX_UNKNOWN:
                self.names.append(name)
            seen.add(name)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value with its marks (`NoNumber`, `TimeOfDay`, `Twice`), and the faults that they are."""

    value: Any = field(repr=False)
    faults: tuple[Fault, ...] = ()


def decode(body: bytes, errors: str = "strict") -> str:
    """The text of a body in any encoding of RFC 8259; ValueError if it is in none.

    `errors` are those of `bytes.decode`.
    """
    return body.decode(json.detect_encoding(body), errors).removeprefix("\ufeff")


def parse(text: str) -> Parsed:
    """One JSON value and nothing after it. ValueError, RecursionError."""
    parsed, end = parse_at(text, skip_blank(text, 0))
    if skip_blank(text, end) != len(text):
        raise ValueError("something stands after the end")
    return parsed


def parse_written(text: str) -> Parsed:
    """The same of a file that a person wrote; a ValueError says on which line, where it knows."""
    try:
        return parse(text)
    except ValueError:
        json.loads(text)
        raise


def parse_at(text: str, start: int) -> tuple[Parsed, int]:
    """The value that begins at a place, and where it ends. ValueError, RecursionError."""
    reader = _Reader()
    value, end = _decoded(reader.decoder, text, start)
    marked = reader.marked or _ESCAPED.search(text, start, end)
    return Parsed(value, tuple(faults_of(value)) if marked else ()), end


def skim_at(text: str, start: int) -> tuple[Any, int]:
    """The same at half the cost: the value without its numbers. ValueError, RecursionError."""
    decoder = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)
    return _decoded(decoder, text, start)


def _decoded(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int]:
    number = _NUMBER.match(text, start)
    if number and number[1]:
        return decoder.decode(_or_nan(number)), number.end()
    try:
        return decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        end = end_of(text, start)
        return decoder.decode(_NUMBER.sub(_or_nan, text[start:end])), end


def _or_nan(found: re.Match[str]) -> str:
    """A text or a number as it stands; NaN for what the decoder would stumble over."""
    spoilt = found[1] and not _WELL_FORMED.fullmatch(found[0])
    return "NaN" if spoilt else found[0]


def skip_blank(text: str, start: int) -> int:
    """The place of the next sign that is no blank of JSON."""
    found = _BLANK.match(text, start)
    assert found is not None, "no blank is a blank too"
    return found.end()


def end_of(text: str, start: int) -> int:
    """Where the array or object that begins at a place ends, however deep. ValueError if never."""
    open_: list[str] = []
    for found in _STRUCTURE.finditer(text, start):
        sign = found[0]
        if sign in "[{":
            open_.append("]" if sign == "[" else "}")
        elif sign in "]}":
            if not open_ or open_.pop() != sign:
                break
            if not open_:
                return found.end()
    raise ValueError("brackets do not match")


class _Reader:
    """A decoder that marks what is no JSON; one for each value, because it remembers."""

    def __init__(self) -> None:
        self.marked = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._int,
            parse_float=self._float,
            parse_constant=self._no_number,
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        self.marked = True
        return Twice(pairs)

    def _int(self, text: str) -> int | NoNumber:
        return int(text) if len(text) <= MOST_DIGITS else self._no_number(text)

    def _float(self, text: str) -> float | NoNumber:
        number = float(text)
        return number if math.isfinite(number) else self._no_number(text)

    def _no_number(self, text: str) -> NoNumber:
        self.marked = True
        return NoNumber()


def faults_of(value: Any) -> Iterator[Fault]:
    """The marks in a value with their places, the first few; a name that must not be shown ends it.

    A level at a time, because what is nested deep is no reason to fail here.
    """
    level: list[tuple[Path, Any]] = [((), value)]
    left = MAX_UNKNOWN
    while level and left > 0:
        below: list[tuple[Path, Any]] = []
        for path, node in level:
            for fault in _of_node(path, node):
                yield fault
                left -= 1
            below += _inside(path, node)
        level = below


def _of_node(path: Path, node: Any) -> Iterator[Fault]:
    if isinstance(node, NoNumber):
        yield Fault(path, "no_number")
    if isinstance(node, TimeOfDay):
        yield Fault(path, "time_of_day")
    if any(map(_HALF_OR_NOTHING.search, _signs(node))):
        yield Fault(path, "no_text")
    if isinstance(node, Twice):
        for name in node.names:
            yield Fault(_step(path, name), "key_twice")


def _signs(node: Any) -> Iterable[str]:
    """The text that it is, or the names in it."""
    match node:
        case str():
            return (node,)
        case dict():
            return node
    return ()


def _inside(path: Path, node: Any) -> list[tuple[Path, Any]]:
    match node:
        case dict():
            return [(_step(path, name), child) for name, child in node.items()]
        case list():
            return [((*path, place), child) for place, child in enumerate(node)]
    return []


def _step(path: Path, name: str) -> Path:
    return (*path, name) if SHOWABLE.fullmatch(name) else path
