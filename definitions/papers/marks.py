"""The mark at the end of a paper: a square to scan, the address in letters, and the hash."""

from collections.abc import Sequence
from html import escape
from io import BytesIO

import segno

from definitions.papers.sheet import CheckMark, Sheet
from definitions.wording import text


def square(mark: CheckMark) -> str:
    """The address as a QR code: an SVG element."""
    made = BytesIO()
    code = segno.make_qr(mark.address, error="m")
    code.save(made, kind="svg", xmldecl=False, svgns=True, nl=False, border=2, omitsize=True)
    return made.getvalue().decode()


def square_words(sheets: Sequence[Sheet]) -> str:
    """What the square is, for whoever does not see it."""
    return escape(text("printed.square", sheets[0].language))


def check_lines(mark: CheckMark, language: str) -> tuple[str, ...]:
    """How to check the paper, in words."""
    told = text("printed.check", language)
    if not mark.sha256:
        return (told,)
    return told, text("printed.hash", language, sha256=mark.sha256)
