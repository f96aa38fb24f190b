"""Signed containers: the envelope of a signature (CMS), and documents with theirs in a zip (ASiC).

Whether a signature in them counts is not asked here: they are evidence, kept as they came.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from asn1crypto import cms

from integrations.documents.flaws import Content, Flaw, WrongDocument

_MIMETYPE: Final = re.compile(rb"application/vnd\.etsi\.asic-[es]\+zip")
_SIGNATURE: Final = re.compile(r"META-INF/[^/]*signature[^/]*\.(p7s|xml)", re.IGNORECASE)
_LOCAL_HEADER: Final = 30
_END_OF_ZIP: Final = 22
# Certificates and signatures around what is signed; more would only take long to read.
MOST_AROUND: Final = 256 * 1024
# What reading ASN.1 that is none may end with.
_NO_CMS: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)
MOST_PARTS: Final = 100
MOST_DIRECTORY: Final = 64 * 1024
MOST_UNPACKED: Final = 50 * 1024 * 1024
# Documents shrink to a tenth; what shrinks to less than a hundredth was made to burst.
MOST_SHRUNK: Final = 100
# Bits of a part that say how it is written.
_ENCIPHERED: Final = 0x1
_SIZES_BEHIND: Final = 0x8
_IN_UTF8: Final = 0x800


def check_cms(content: bytes) -> bytes | None:
    """What a signed envelope holds, None if it is a signature by itself."""
    try:
        return _enveloped(content)
    except _NO_CMS:
        raise WrongDocument(Flaw.DAMAGED) from None


def _enveloped(content: bytes) -> bytes | None:
    info = cms.ContentInfo.load(content, strict=True)
    if info["content_type"].native != "signed_data":
        raise WrongDocument(Flaw.UNKNOWN)
    signed = info["content"]
    held = signed["encap_content_info"]["content"].native
    if held is not None and not isinstance(held, bytes):
        raise WrongDocument(Flaw.DAMAGED)
    if len(content) - len(held or b"") > MOST_AROUND:
        raise WrongDocument(Flaw.BOMB)
    signatures = [signer["signature"].native for signer in signed["signer_infos"]]
    if not signatures or not all(signatures):
        raise WrongDocument(Flaw.DAMAGED)
    return held


def enveloped(content: bytes) -> bytes | None:
    """What a signed envelope that was recognised before holds."""
    held: bytes | None = cms.ContentInfo.load(content)["content"]["encap_content_info"][
        "content"
    ].native
    return held


def asic_parts(content: Content) -> Iterator[tuple[str, bytes]]:
    """The documents of a container that is one, by name: one at a time is in memory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.infolist():
            if not part.filename.startswith(("META-INF/", "mimetype")):
                yield part.filename, _unpacked(archive, part)


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part no longer than it says, with the sum that it says."""
    try:
        with archive.open(part) as packed:
            return packed.read(part.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError):
        raise WrongDocument(Flaw.DAMAGED) from None


def asic_type(content: Content) -> str:
    """The media type of a container that is one from its first byte to its last.

    Its directory is read, within bounds.
    """
    told = _mimetype(content)
    parts = _parts(content)
    names = [one.filename for one in parts]
    if any(one.flag_bits & _ENCIPHERED for one in parts):
        raise WrongDocument(Flaw.ENCRYPTED)
    unpacked = sum(one.file_size for one in parts)
    if unpacked > min(MOST_UNPACKED, MOST_SHRUNK * len(content)):
        raise WrongDocument(Flaw.BOMB)
    if len(set(names)) < len(names) or any(map(_leads_away, names)):
        raise WrongDocument(Flaw.DAMAGED)
    if names[0] != "mimetype" or not any(map(_SIGNATURE.fullmatch, names)):
        raise WrongDocument(Flaw.UNKNOWN)
    return told


def _mimetype(content: Content) -> str:
    """Stored first and as it is, so that it stands at the same place in every container."""
    name, more = content[26:28], content[28:30]
    method = content[8:10]
    found = _MIMETYPE.match(content, _LOCAL_HEADER + 8)
    if method != b"\0\0" or name != b"\x08\0" or more != b"\0\0" or found is None:
        raise WrongDocument(Flaw.UNKNOWN)
    return found[0].decode("ascii")


def _parts(content: Content) -> list[zipfile.ZipInfo]:
    end = len(content) - _END_OF_ZIP
    if end < 0 or content[end : end + 4] != b"PK\x05\x06":
        raise WrongDocument(Flaw.DAMAGED)
    number, size, start = (
        int.from_bytes(content[end + a : end + b], "little")
        for a, b in ((10, 12), (12, 16), (16, 20))
    )
    if number > MOST_PARTS or size > MOST_DIRECTORY:
        raise WrongDocument(Flaw.BOMB)
    if start + size != end:
        raise WrongDocument(Flaw.MIXED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise WrongDocument(Flaw.DAMAGED) from None
    if len(parts) != number or not parts:
        raise WrongDocument(Flaw.DAMAGED)
    if _end_of_parts(content, parts) != start:
        raise WrongDocument(Flaw.MIXED)
    return parts


def _end_of_parts(content: Content, parts: list[zipfile.ZipInfo]) -> int:
    """Where the last part ends. WrongDocument unless one begins where the other ends, each under
    the name by which the directory has it: programs that walk along the parts see the same.
    """
    at = 0
    for one in sorted(parts, key=lambda one: one.header_offset):
        named = at + _LOCAL_HEADER
        size, more = (int.from_bytes(content[at + n : at + n + 2], "little") for n in (26, 28))
        name = one.orig_filename.encode("utf-8" if one.flag_bits & _IN_UTF8 else "cp437")
        head = one.header_offset, content[at : at + 4], content[named : named + size]
        if head != (at, b"PK\x03\x04", name):
            raise WrongDocument(Flaw.MIXED)
        at = named + size + more + one.compress_size
        if one.flag_bits & _SIZES_BEHIND:
            at += 16 if content[at : at + 4] == b"PK\x07\x08" else 12
    return at


def _leads_away(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")
