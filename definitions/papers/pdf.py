"""A paper as a tagged PDF (PDF/UA-1): the same paper gives the same bytes on every machine."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import typst

from definitions.papers.marks import check_lines, square, square_words
from definitions.papers.sheet import PrintedPaper, as_data, visible

_STANDARD: Final = "ua-1"
# What the fonts of typst can draw. PDF/UA allows no letter without its glyph, so that of any other
# stands a mark; the page has it as it was written.
DRAWN: Final = (
    "\n\x20-\x7e\xa0-\xac\xae-\u024f\u0386-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff\u0400-\u04ff"
    "\u2010-\u2027\u202f-\u2040\u2042\u2044-\u2052\u2054-\u205e\u05d0-\u05ea\u0621-\u063a"
    "\u0641-\u064a\u20a0-\u20bf\u2116\u2122\u2190-\u21ff\u2200-\u22ff\u25a0-\u25ff"
)
LOST: Final = "\N{REPLACEMENT CHARACTER}"
_UNDRAWN: Final = re.compile(f"[^{DRAWN}]")
# A word that no line could hold may be broken anywhere.
_LONG_WORD: Final = re.compile(r"\S{30,}")
_LONGEST_RUN: Final = 24
_MAY_BREAK: Final = "\N{ZERO WIDTH SPACE}"


def input_of(paper: PrintedPaper) -> str:
    """All that the PDF is made of, as JSON: equal for equal papers."""
    data: dict[str, Any] = _drawable(as_data(paper))
    if paper.check is not None:
        mark, languages = paper.check, [one.language for one in paper.sheets]
        data["check"] = {
            "square": square(mark),
            "square_words": square_words(paper.sheets),
            "lines": [[one, check_lines(mark, one)[0]] for one in languages],
            "address": mark.address,
            "sha256": mark.sha256,
        }
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def draw(told: str) -> bytes:
    """The PDF of an input. It takes some 50 ms of a processor, and is done outside any loop."""
    made = typst.compile(
        _template(),
        format="pdf",
        font_paths=_fonts(),
        pdf_standards=_STANDARD,
        sys_inputs={"paper": told},
    )
    assert isinstance(made, bytes), "a PDF is one file"
    return made


def _drawable(value: Any) -> Any:
    """The same with every text in letters that can be drawn."""
    match value:
        case str():
            shown = _UNDRAWN.sub(LOST, visible(value))
            return _LONG_WORD.sub(lambda found: _breakable(found[0]), shown)
        case Mapping():
            return {name: _drawable(one) for name, one in value.items()}
        case list():
            return [_drawable(one) for one in value]
    return value


def _breakable(word: str) -> str:
    runs = (word[at : at + _LONGEST_RUN] for at in range(0, len(word), _LONGEST_RUN))
    return _MAY_BREAK.join(runs)


@cache
def _template() -> bytes:
    return files("definitions").joinpath("papers", "paper.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Those that come with typst, and none of the machine's."""
    return typst.Fonts(include_system_fonts=False)
