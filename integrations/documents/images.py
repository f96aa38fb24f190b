"""Photographs and scans: whole from their first byte to their last, with nothing after it."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from integrations.documents.flaws import Content, Flaw, WrongDocument

# What a program that draws it would need memory for.
MOST_PIXELS: Final = 200_000_000
_PNG_SIGNATURE: Final = 8
# A picture of parts without number would take long to walk through, and shows nothing more.
_MOST_CHUNKS: Final = 100_000
_MOST_BOXES: Final = 10_000
_MOST_MARKS: Final = 10_000
_MOST_PICTURES: Final = 20
# Depths that PNG allows, by kind of colour.
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_BOX_NAME: Final = re.compile(rb"[ -~]{4}")
# In the coded part of a JPEG 0xFF stands before 0 or a restart; before anything else it is a mark.
_MARK: Final = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# Frames say how large the picture is; C4, C8 and CC are tables.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def check_jpeg(content: Content) -> None:
    """A picture, and after it at most further pictures, as cameras of phones write them."""
    at, pictures = 0, 0
    while at < len(content):
        if pictures and content[at] == 0:
            if any(content[at:]):
                raise WrongDocument(Flaw.MIXED)
            return  # cameras fill up with zeros
        if pictures == _MOST_PICTURES:
            raise WrongDocument(Flaw.BOMB)
        at = _end_of_jpeg(content, at, Flaw.MIXED if pictures else Flaw.DAMAGED)
        pictures += 1


def _end_of_jpeg(content: Content, at: int, otherwise: Flaw) -> int:
    """Where the picture ends that begins at `at`; WrongDocument (`otherwise`) if none does."""
    if content[at : at + 2] != b"\xff\xd8":
        raise WrongDocument(otherwise)
    at, framed, drawn = at + 2, False, False
    for _ in range(_MOST_MARKS):
        mark, at = _next_mark(content, at)
        if mark == _END:
            if not (framed and drawn):
                raise WrongDocument(Flaw.DAMAGED)
            return at
        size = int.from_bytes(content[at : at + 2], "big")
        if mark == _START or size < 2 or at + size > len(content):
            raise WrongDocument(Flaw.DAMAGED)
        if mark in _FRAMES:
            _check_size(content[at + 5 : at + 7], content[at + 3 : at + 5])
            framed = True
        at += size
        if mark == _SCAN:
            drawn = True
            found = _MARK.search(content, at)
            if found is None:
                raise WrongDocument(Flaw.DAMAGED)
            at = found.start()
    raise WrongDocument(Flaw.BOMB)


def _next_mark(content: Content, at: int) -> tuple[int, int]:
    if content[at : at + 1] != b"\xff":
        raise WrongDocument(Flaw.DAMAGED)
    while content[at : at + 1] == b"\xff":
        at += 1
    if at >= len(content):
        raise WrongDocument(Flaw.DAMAGED)
    return content[at], at + 1


def check_png(content: Content) -> None:
    """Each chunk with its sum, from the head to the end of the picture."""
    names: list[bytes] = []
    for name, start, size in _chunks(content):
        if not names and (name != b"IHDR" or size != 13):
            raise WrongDocument(Flaw.DAMAGED)
        if name == b"IHDR":
            depth, colour = content[start + 8], content[start + 9]
            if depth not in _DEPTHS.get(colour, ()):
                raise WrongDocument(Flaw.DAMAGED)
            _check_size(content[start : start + 4], content[start + 4 : start + 8])
        names.append(name)
    if names[-1:] != [b"IEND"] or b"IDAT" not in names or names.count(b"IHDR") != 1:
        raise WrongDocument(Flaw.DAMAGED)


def _chunks(content: Content) -> Iterator[tuple[bytes, int, int]]:
    at = _PNG_SIGNATURE
    for _ in range(_MOST_CHUNKS):
        size = int.from_bytes(content[at : at + 4], "big")
        name, start = bytes(content[at + 4 : at + 8]), at + 8
        end = start + size
        if end + 4 > len(content) or not name.isalpha():
            raise WrongDocument(Flaw.DAMAGED)
        told = int.from_bytes(content[end : end + 4], "big")
        if told != zlib.crc32(memoryview(content)[at + 4 : end]):
            raise WrongDocument(Flaw.DAMAGED)
        yield name, start, size
        at = end + 4
        if name == b"IEND":
            if at != len(content):
                raise WrongDocument(Flaw.MIXED)
            return
    raise WrongDocument(Flaw.BOMB)


def check_heic(content: Content) -> None:
    """Boxes one after another up to the last byte; the first says of which brand they are."""
    names: list[bytes] = []
    for name, start, end in _boxes(content):
        if not names:
            told = bytes(content[start : min(end, start + 256)])
            brands = {told[:4], *(told[at : at + 4] for at in range(8, len(told), 4))}
            if not brands & _HEIC_BRANDS:
                raise WrongDocument(Flaw.UNKNOWN)
        names.append(name)
        if len(names) > _MOST_BOXES:
            raise WrongDocument(Flaw.BOMB)
    if names.count(b"ftyp") != 1 or b"meta" not in names:
        raise WrongDocument(Flaw.DAMAGED)


def _boxes(content: Content) -> Iterator[tuple[bytes, int, int]]:
    at = 0
    while at < len(content):
        size, name = int.from_bytes(content[at : at + 4], "big"), bytes(content[at + 4 : at + 8])
        start = at + 8
        if size == 1:
            size, start = int.from_bytes(content[start : start + 8], "big"), start + 8
        end = len(content) if size == 0 else at + size
        if end < start or end > len(content) or not _BOX_NAME.fullmatch(name):
            raise WrongDocument(Flaw.DAMAGED)
        yield name, start, end
        at = end


def _check_size(width: Content, height: Content) -> None:
    pixels = int.from_bytes(width, "big") * int.from_bytes(height, "big")
    if not pixels:
        raise WrongDocument(Flaw.DAMAGED)
    if pixels > MOST_PIXELS:
        raise WrongDocument(Flaw.BOMB)
