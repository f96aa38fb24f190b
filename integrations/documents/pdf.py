"""PDF that only shows something: whole, not enciphered, without scripts, programs or files in it.

Names are looked for in the bytes, with the escapes that names may have, and in the object streams
that are inflated for it within a bound. A reader of PDF would follow one way through the document;
this sees what stands on any way, in linear time.
"""

import re
import zlib
from typing import Final

from integrations.documents.flaws import Content, Flaw, WrongDocument

_HEADER: Final = re.compile(rb"%PDF-[12]\.[0-9]")
_TAIL: Final = 1024
_END: Final = re.compile(rb"startxref[\0\s]+([0-9]{1,10})[\0\s]+%%EOF[\0\s]*\Z")
# What a document says of its objects begins so; an addition to it stands after an earlier end.
_TABLE: Final = re.compile(rb"[\0\s]*(?:xref\s|[0-9]+\s+[0-9]+\s+obj)")
_EARLIER_END: Final = re.compile(rb"%%EOF[\0\s]*")
# What object streams may hold together; their text is short beside pictures.
MOST_INFLATED: Final = 48 * 1024 * 1024
MOST_OBJECT_STREAMS: Final = 20_000
# How often a document was added to.
MOST_ADDITIONS: Final = 1000
# The dictionary of a stream is no longer than that.
_MOST_DICTIONARY: Final = 4096
_STREAM: Final = re.compile(rb"stream\r?\n")
_NUMBERED: Final = re.compile(rb"[ \t\r\n]*[0-9]+[ \t\r\n]+[0-9]+")


def _named(*names: str) -> re.Pattern[bytes]:
    """The names in a PDF: each letter may also be written as `#` and two hexadecimal digits."""
    spelt = ("".join(f"(?:{one}|(?i:#{ord(one):02x}))" for one in name) for name in names)
    return re.compile(f"/(?:{'|'.join(spelt)})".encode())


_ENCRYPTED: Final = _named("Encrypt")
# Scripts stand in forms of XFA and in renditions, too.
_ACTIVE: Final = _named(
    *("JavaScript", "Launch", "EmbeddedFile", "RichMedia", "Rendition", "XFA"),
    *("SubmitForm", "ImportData"),
)
# A file need not say of itself that it is one: where it lies, follows its name, or a remark does.
_FILES: Final = re.compile(
    _named("EF").pattern + rb"[\0\s]*(?:%|<<|[0-9]+(?:[\0\s]*%|[\0\s]+[0-9]+[\0\s]*[R%]))"
)
_OBJECT_STREAM: Final = _named("ObjStm")
# An object stream that is not simply deflated could hide names from whoever looks for them.
_OTHERWISE_CODED: Final = _named(
    "DecodeParms", "ASCIIHexDecode", "ASCII85Decode", "LZWDecode", "RunLengthDecode", "Crypt"
)


def check_pdf(content: Content) -> None:
    """WrongDocument unless it is a whole PDF that does nothing but be read."""
    end = _END.search(content, max(0, len(content) - _TAIL))
    if not (_HEADER.match(content) and end and _TABLE.match(content, int(end[1]))):
        raise WrongDocument(Flaw.DAMAGED)
    for number, found in enumerate(_EARLIER_END.finditer(content)):
        if number == MOST_ADDITIONS:
            raise WrongDocument(Flaw.BOMB)
        if found.end() < len(content) and not _TABLE.match(content, found.end()):
            raise WrongDocument(Flaw.MIXED)
    _check_names(content)
    left = MOST_INFLATED
    for number, found in enumerate(_OBJECT_STREAM.finditer(content)):
        if number == MOST_OBJECT_STREAMS:
            raise WrongDocument(Flaw.BOMB)
        inflated = _inflated(content, found.start(), left)
        left -= len(inflated)
        _check_names(inflated)


def _check_names(content: Content) -> None:
    if _ENCRYPTED.search(content):
        raise WrongDocument(Flaw.ENCRYPTED)
    if _ACTIVE.search(content) or _FILES.search(content):
        raise WrongDocument(Flaw.ACTIVE)


def _inflated(content: Content, named: int, most: int) -> bytes:
    """The objects in the stream whose dictionary says at `named` that it is one of objects."""
    begins = _STREAM.search(content, named, named + _MOST_DICTIONARY)
    if begins is None:
        raise WrongDocument(Flaw.DAMAGED)
    opened = content.rfind(b"obj", max(0, named - _MOST_DICTIONARY), named)
    if opened < 0 or _OTHERWISE_CODED.search(content, opened, begins.start()):
        raise WrongDocument(Flaw.DAMAGED)
    ends = content.find(b"endstream", begins.end())
    inflater = zlib.decompressobj()
    try:
        told = inflater.decompress(content[begins.end() : max(ends, 0)], most + 1)
    except zlib.error:
        raise WrongDocument(Flaw.DAMAGED) from None
    if len(told) > most:
        raise WrongDocument(Flaw.BOMB)
    whole = inflater.eof and not inflater.unused_data.strip()
    if not (whole and _NUMBERED.match(told)):
        raise WrongDocument(Flaw.DAMAGED)
    return told
