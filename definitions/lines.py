"""Where in a file something stands: the line of each value, by its JSON pointer.

A person who has written a file of hundreds of lines is told the line of each mistake.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

_TEXTS: Final = r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_TOML: Final = re.compile(rf"{_TEXTS}|#[^\n]*|\n|[\[\]{{}},=]|[^\s\[\]{{}},=#\"']+")
_JSON: Final = re.compile(r'"(?:\\.|[^"\\])*"|\n|[\[\]{},:]|[^\s\[\]{},:"]+')
_ENDS: Final = ("\n", ",", "]", "}", "")


def line_of(lines: Mapping[str, int], pointer: str) -> int | None:
    """The line of a value, or of what it is missing in; None where nothing of it is known."""
    while pointer not in lines:
        if not pointer:
            return None
        pointer = pointer.rpartition("/")[0]
    return lines[pointer]


def lines_of_json(source: str) -> dict[str, int]:
    """The lines of all values of a text that is JSON."""
    walk = _Walk(_JSON, source, ":")
    walk.value("")
    return walk.lines


def lines_of_toml(source: str) -> dict[str, int]:
    """The lines of all values of a text that is TOML."""
    walk = _Walk(_TOML, source, "=")
    walk.document()
    return walk.lines


class _Walk:
    """One walk over the signs of a text that a parser has read already."""

    def __init__(self, signs: re.Pattern[str], source: str, between: str) -> None:
        self.lines: dict[str, int] = {}
        self._between = between
        self._signs: list[tuple[str, int]] = []
        line = 1
        for found in signs.finditer(source):
            sign = found[0]
            if not sign.startswith("#"):
                self._signs.append((sign, line))
            line += sign.count("\n")
        self._at = 0

    def document(self) -> None:
        """Tables under their headings; of a heading in two brackets each is one of a list."""
        base, seen = "", Counter[str]()
        while self._sign():
            if self._sign() == "\n":
                self._at += 1
            elif self._sign() == "[":
                base = self._heading(seen)
            else:
                self._pair(base)

    def value(self, pointer: str) -> None:
        self.lines.setdefault(pointer, self._line())
        opening = self._sign()
        if opening not in ("[", "{"):
            while self._sign() not in _ENDS:
                self._at += 1
            return
        self._at += 1
        place = 0
        while self._sign() not in ("]", "}", ""):
            if self._sign() in (",", "\n"):
                self._at += 1
            elif opening == "[":
                self.value(f"{pointer}/{place}")
                place += 1
            else:
                self._pair(pointer)
        self._at += 1

    def _pair(self, base: str) -> None:
        line, names = self._line(), []
        while self._sign() not in (self._between, ""):
            names.append(self._sign())
            self._at += 1
        self._at += 1
        for name in _steps("".join(names), dotted=self._between == "="):
            base += f"/{name}"
            self.lines.setdefault(base, line)
        while self._sign() == "\n":
            self._at += 1
        self.value(base)

    def _heading(self, seen: Counter[str]) -> str:
        line, several = self._line(), self._next() == "["
        self._at += 2 if several else 1
        names = []
        while self._sign() not in ("]", ""):
            names.append(self._sign())
            self._at += 1
        self._at += 2 if several else 1
        *above, last = _steps("".join(names), dotted=True)
        base = ""
        for name in above:
            base += f"/{name}"
            if base in seen:
                base += f"/{seen[base] - 1}"
        base += f"/{last}"
        if several:
            seen[base] += 1
            self.lines.setdefault(base, line)
            base += f"/{seen[base] - 1}"
        self.lines[base] = line
        return base

    def _sign(self) -> str:
        return self._signs[self._at][0] if self._at < len(self._signs) else ""

    def _next(self) -> str:
        return self._signs[self._at + 1][0] if self._at + 1 < len(self._signs) else ""

    def _line(self) -> int:
        return self._signs[min(self._at, len(self._signs) - 1)][1]


def _steps(name: str, *, dotted: bool) -> list[str]:
    """`name.kk` are two steps, unless it is quoted."""
    parts = re.findall(r'"[^"]*"|\'[^\']*\'|[^.\s"\']+', name) if dotted else [name]
    return [one.strip("\"'").replace("~", "~0").replace("/", "~1") for one in parts]
