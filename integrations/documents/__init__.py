"""What the bytes of a document are: told by what stands in them, never by a name or a header.

Nothing is executed, unpacked to a disk or drawn; what a container holds is looked at like the rest.
Each check walks the structure once, in linear time; whatever it does not understand is refused.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from integrations.documents.containers import (
    MOST_PARTS,
    asic_parts,
    asic_type,
    check_cms,
    enveloped,
)
from integrations.documents.flaws import Content, Flaw, WrongDocument
from integrations.documents.images import check_heic, check_jpeg, check_png
from integrations.documents.pdf import check_pdf

__all__ = [
    "MOST_PARTS",
    "TYPES",
    "Content",
    "Flaw",
    "Part",
    "WrongDocument",
    "parts_of",
    "recognise",
]

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
HEIC: Final = "image/heic"
CMS: Final = "application/pkcs7-mime"
ASIC: Final = "application/vnd.etsi.asic-e+zip"
ASIC_SIMPLE: Final = "application/vnd.etsi.asic-s+zip"
# Every type that is taken, as it is told and served.
TYPES: Final = (PDF, JPEG, PNG, HEIC, CMS, ASIC, ASIC_SIMPLE)
# What may lie in a signed envelope or container: the same, but no further one.
ENVELOPED: Final = frozenset((PDF, JPEG, PNG, HEIC))
_CHECKS: Final[Mapping[str, Callable[[Content], None]]] = {
    PDF: check_pdf,
    JPEG: check_jpeg,
    PNG: check_png,
    HEIC: check_heic,
}
# A zip is read from its end, which may stand before a comment of 64 KiB.
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL: Final = 22 + 0xFFFF
# Readers of PDF look for its beginning so far into a document.
_PDF_WITHIN: Final = 1024
# Its beginning, and what leads to its parts.
_PDF_MARKS: Final = (b"%PDF-", b"startxref")
# Archives that unpack themselves from any place.
_ARCHIVES: Final = re.compile(rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c")


def recognise(content: Content) -> str:
    """The media type of a whole and harmless document. WrongDocument for everything else."""
    kind, inner = _type_by_beginning(content), None
    if kind in _CHECKS:
        _CHECKS[kind](content)
    elif kind == CMS:
        inner = check_cms(bytes(content))
        if inner is not None:
            _recognise_inside(inner)
    else:
        kind = asic_type(content)
        if not [_recognise_inside(one) for _, one in asic_parts(content)]:
            raise WrongDocument(Flaw.UNKNOWN)
    _require_one(content, kind, inner or b"")
    return kind


@dataclass(frozen=True, slots=True)
class Part:
    """A document in a signed envelope or container; an envelope names none."""

    name: str | None
    type: str
    content: bytes = field(repr=False)


def parts_of(content: Content, kind: str) -> Iterator[Part]:
    """The documents in one that was recognised as of this kind, each looked at again."""
    named: Iterable[tuple[str | None, bytes]] = ()
    if kind == CMS:
        held = enveloped(bytes(content))
        named = [(None, held)] if held is not None else ()
    elif kind in (ASIC, ASIC_SIMPLE):
        named = asic_parts(content)
    for name, one in named:
        yield Part(name, recognise(one), one)


def _recognise_inside(content: Content) -> str:
    """The media type of what an envelope or a container holds; no further one is opened."""
    if _type_by_beginning(content) not in ENVELOPED:
        raise WrongDocument(Flaw.UNKNOWN)
    return recognise(content)


def _type_by_beginning(content: Content) -> str:
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[4:8] == b"ftyp":
        return HEIC
    if content.startswith(b"0"):
        return CMS
    if content.startswith(b"PK\x03\x04"):
        return ASIC
    raise WrongDocument(Flaw.UNKNOWN)


def _require_one(content: Content, kind: str, inner: bytes) -> None:
    """One type and no other: what two programs would open as two things is nobody's evidence.

    `inner` is what an envelope holds, and was looked at by itself: around it there is no PDF.
    """
    zipped = (
        kind not in (ASIC, ASIC_SIMPLE)
        and content.find(_ZIP_END, max(0, len(content) - _ZIP_TAIL)) >= 0
    )
    if kind == CMS:
        paged = any(content.count(mark) > inner.count(mark) for mark in _PDF_MARKS)
    else:
        paged = kind != PDF and content.find(b"%PDF-", 0, _PDF_WITHIN) >= 0
    if zipped or paged or _ARCHIVES.search(content):
        raise WrongDocument(Flaw.MIXED)
