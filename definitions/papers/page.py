"""A paper as a page: plain HTML that needs no script, and takes nothing from another house."""

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from typing import Final

from definitions.papers.marks import check_lines, square, square_words
from definitions.papers.sheet import (
    Block,
    CheckMark,
    Code,
    Grid,
    PrintedPaper,
    Sheet,
    visible,
)

STYLE: Final = """
body { font: 1.125rem/1.5 system-ui, sans-serif; color: #0b1526; background: #fff; margin: 0 auto;
  padding: 1rem; max-width: 52rem; }
article + article { border-top: 2px solid #0b1526; padding-top: 1rem; margin-top: 2rem; }
h1, p { overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; }
.lead { font-size: 1.25rem; line-height: 1.4; font-weight: 600; }
.issuer { color: #4a5568; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; font-size: 1rem; }
caption { text-align: left; font-weight: bold; padding: .25rem 0; }
th, td { border: 1px solid #4a5568; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { font-weight: 600; background: #f2f4f7; }
tbody th { width: 40%; }
.note { border-left: .3rem solid #8a4b00; padding-left: .8rem; }
code { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
a { color: #0b5cad; }
a:focus-visible, .wide:focus-visible { outline: 3px solid #0b5cad; outline-offset: 2px; }
footer { border-top: 1px solid #d5dbe3; margin-top: 2rem; padding-top: 1rem; }
footer svg { width: 8rem; height: 8rem; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; }
  article { break-before: page; } article:first-of-type { break-before: auto; }
  .wide { overflow: visible; } tr, .note, footer { break-inside: avoid; }
  caption { break-after: avoid; } }
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# For a page of ours: its own style, and nothing else that a page could fetch, run or send.
CONTENT_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def escape(text: str) -> str:
    """A text as a page may hold it."""
    return html.escape(visible(text))


def paper_page(paper: PrintedPaper) -> str:
    """One HTML document with all the sheets. Everything that a sheet says is escaped."""
    language = paper.sheets[0].language
    return "\n".join((
        "<!doctype html>",
        f'<html lang="{language}">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(paper.title)}</title>",
        f"<style>{STYLE}</style></head>",
        "<body><main>",
        *map(_sheet, paper.sheets),
        "</main>",
        _check(paper.check, paper.sheets) if paper.check else "",
        "</body></html>",
    ))  # fmt: skip


def _sheet(sheet: Sheet) -> str:
    return "\n".join((
        f'<article lang="{sheet.language}">',
        f'<p class="issuer">{escape(sheet.issuer)}</p>' if sheet.issuer else "",
        f"<h1>{escape(sheet.title)}</h1>",
        f'<p class="lead">{escape(sheet.lead)}</p>' if sheet.lead else "",
        *(_block(one) for one in sheet.blocks),
        "</article>",
    ))  # fmt: skip


def _block(block: Block) -> str:
    if isinstance(block, Grid):
        return _grid(block)
    lines = "<br>".join(escape(line) for line in block.text.split("\n"))
    return (
        f'<p class="note" dir="auto">{lines}</p>' if block.apart else f'<p dir="auto">{lines}</p>'
    )


def _grid(grid: Grid) -> str:
    """A table that a narrow screen scrolls by itself, with the keyboard too."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in grid.columns)
    rows = "\n".join(_row(one, named=not grid.columns) for one in grid.rows)
    label = escape(grid.caption)
    return "\n".join((
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0">',
        f"<table><caption>{label}</caption>",
        f"<thead><tr>{head}</tr></thead>" if head else "",
        f"<tbody>\n{rows}\n</tbody></table></div>",
    ))  # fmt: skip


def _row(cells: Iterable[str], *, named: bool) -> str:
    first, *others = cells
    begun = f'<th scope="row">{escape(first)}</th>' if named else _cell(first)
    return f"<tr>{begun}{''.join(map(_cell, others))}</tr>"


def _cell(value: str) -> str:
    shown = f"<code>{escape(value)}</code>" if isinstance(value, Code) else escape(value)
    return f'<td dir="auto">{shown}</td>'


def _check(mark: CheckMark, sheets: Sequence[Sheet]) -> str:
    told = "\n".join(
        f'<p lang="{one.language}">{line}</p>'
        for one in sheets
        for line in map(escape, check_lines(mark, one.language))
    )
    image = square(mark).replace(
        "<svg ", f'<svg role="img" aria-label="{square_words(sheets)}" ', 1
    )
    address = escape(mark.address)
    return f'<footer>\n{image}\n{told}\n<p><a href="{address}">{address}</a></p>\n</footer>'
