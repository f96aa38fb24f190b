"""What a reader finds in a paper: the words of a PDF, and those of a page."""

import io
import re
from html import unescape

from pypdf import PdfReader

_BLANKS = re.compile(r"[\s\u200b]+")
_TAG = re.compile(r"<title>.*?</title>|<style>.*?</style>|<svg.*?</svg>|<[^>]*>", re.DOTALL)


def read_pdf(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def squeezed(words: str) -> str:
    """Without blanks: where a line is broken is a matter of the paper's width."""
    return _BLANKS.sub("", words)


def words_of_pdf(content: bytes) -> str:
    """All that can be read in a PDF, squeezed, without the numbers of its pages."""
    pages = [squeezed(page.extract_text()) for page in read_pdf(content).pages]
    last = len(pages)
    return "".join(one.removesuffix(f"{number}/{last}") for number, one in enumerate(pages, 1))


def words_of_page(page: str) -> str:
    """All that can be read on a page, squeezed."""
    return squeezed(unescape(_TAG.sub(" ", page)))


def address_in(content: bytes) -> str:
    """The address to which a PDF links."""
    links = [
        str(one.get_object()["/A"]["/URI"])
        for page in read_pdf(content).pages
        for one in page.get("/Annots", ())
    ]
    (address,) = set(links)
    return address
