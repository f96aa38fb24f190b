"""What a paper says, before anybody draws it: sheets of titles, passages and tables.

Whatever stands in it is plain text: a page escapes it, and the PDF takes it as data.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

_UNSEEN: Final = re.compile("[\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


class Code(str):
    """A cell that is read letter by letter: a number, a code, a hash."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; an `apart` one is a remark that must not be missed."""

    text: str = field(repr=False)
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. Without `columns` the first cell of each row says what the second one is."""

    caption: str
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    columns: tuple[str, ...] = ()


Block = Paragraph | Grid


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper in one language.

    `issuer` is who writes it, or to whom it is written; `lead` is what matters most in it.
    """

    language: str
    title: str
    blocks: tuple[Block, ...] = field(repr=False)
    issuer: str = ""
    lead: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CheckMark:
    """Where a paper is proven to be ours, and the hash of what was signed or kept."""

    address: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PrintedPaper:
    """The sheets of one paper, one beside the other in several languages.

    `made_on` is the day of the document, so that it is drawn alike on every day.
    """

    sheets: tuple[Sheet, ...]
    made_on: date
    check: CheckMark | None = None

    @property
    def title(self) -> str:
        return " / ".join(dict.fromkeys(one.title for one in self.sheets))


def facts(caption: str, rows: Iterable[tuple[str, str | None]]) -> Grid:
    """A table of what is named and what it is; what there is none of is left out."""
    return Grid(caption, tuple((name, value) for name, value in rows if value is not None))


def passages(text: str) -> tuple[Paragraph, ...]:
    """A text with its paragraphs."""
    return tuple(Paragraph(part) for part in text.split("\n\n") if part.strip())


def visible(text: str) -> str:
    """Without letters that nobody sees: some of them turn the order of others about."""
    return _UNSEEN.sub("", text)


def as_data(paper: PrintedPaper) -> dict[str, object]:
    """The same as JSON takes it."""
    return {
        "title": paper.title,
        "made_on": [paper.made_on.year, paper.made_on.month, paper.made_on.day],
        "sheets": [_sheet(one) for one in paper.sheets],
    }


def _sheet(sheet: Sheet) -> Mapping[str, object]:
    return {
        "language": sheet.language,
        "issuer": sheet.issuer,
        "lead": sheet.lead,
        "title": sheet.title,
        "blocks": [_block(one) for one in sheet.blocks],
    }


def _block(block: Block) -> Mapping[str, object]:
    if isinstance(block, Paragraph):
        return {"text": block.text, "apart": block.apart}
    rows = [[{"text": one, "code": isinstance(one, Code)} for one in row] for row in block.rows]
    return {"caption": block.caption, "columns": [*block.columns], "rows": rows}
