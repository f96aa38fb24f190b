"""Small documents of every type that people upload, whole and right; the tests spoil them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, Final

from asn1crypto import algos, cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from tests.integrations.ca import Signer, authority

ASIC: Final = b"application/vnd.etsi.asic-e+zip"
# EICAR's test file, which every scanner finds; in parts, so that none finds it here.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def pdf(catalog: bytes = b"", more: bytes = b"") -> bytes:
    """A PDF of one empty page; `catalog` stands in its catalogue, `more` are further objects."""
    objects = (
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R %s >>\nendobj\n" % catalog,
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n",
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n",
        more,
    )
    body = b"%PDF-1.7\n" + b"".join(objects)
    return body + b"xref\n0 0\n" + ending(len(body))


def ending(table: int) -> bytes:
    """The end of a PDF whose table of objects begins at a byte."""
    return b"trailer\n<< /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table


def object_stream(objects: bytes, dictionary: bytes = b"/Filter /FlateDecode") -> bytes:
    """Objects as newer PDFs keep them: deflated, so that nothing of them can be read at once."""
    packed = zlib.compress(b"4 0 " + objects)
    head = b"9 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length %d %s >>\nstream\n"
    return head % (len(packed), dictionary) + packed + b"\nendstream\nendobj\n"


def png(width: int = 1, height: int = 1) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\0")
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    size, proof = len(content).to_bytes(4, "big"), zlib.crc32(name + content).to_bytes(4, "big")
    return size + name + content + proof


def jpeg() -> bytes:
    """The skeleton of a photograph: a frame, and a scan in which 0xFF stands."""
    frame = b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(9) + frame + scan + b"\xff\xd9"


def heic() -> bytes:
    brands = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    return brands + _box(b"meta", bytes(4)) + _box(b"mdat", b"\x01\x02\x03")


def _box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def signer() -> Signer:
    return authority("national").issue()


def envelope(content: bytes) -> bytes:
    """A CMS that holds what is signed (.p7m)."""
    made = PKCS7SignatureBuilder().set_data(content)
    who = signer()
    made = made.add_signer(who.certificate, who.key, hashes.SHA256())
    return made.sign(Encoding.DER, [PKCS7Options.Binary])


def with_signatures(number: int) -> bytes:
    """An envelope with so many signatures of nothing."""
    signed: Any = cms.ContentInfo.load(envelope(b""))["content"]
    fields = ("version", "digest_algorithms", "encap_content_info")
    before = b"".join(signed[name].dump() for name in fields)
    body = _element(0x30, before + _element(0x31, b"\x30\x00" * number))
    return _element(0x30, cms.ContentType("signed_data").dump() + _element(0xA0, body))


def beside(held: bytes | None, hidden: bytes) -> bytes:
    """An envelope in which something stands beside what it holds, or holds nothing else."""
    made = signer().sign(b"anything") if held is None else envelope(held)
    signed: Any = cms.ContentInfo.load(made)["content"]
    digest = algos.DigestAlgorithmId("sha256").dump() + _element(0x04, hidden)
    fields = ("encap_content_info", "certificates", "signer_infos")
    rest = b"".join(signed[name].dump() for name in fields)
    digests = _element(0x31, _element(0x30, digest))
    body = _element(0x30, signed["version"].dump() + digests + rest)
    return _element(0x30, cms.ContentType("signed_data").dump() + _element(0xA0, body))


def _element(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


class _Pipe(io.BytesIO):
    """What is written cannot be gone back to."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation


def asic(
    parts: Mapping[str, bytes] | None = None, mimetype: bytes = ASIC, *, streamed: bool = False
) -> bytes:
    """A container with its type first and stored as it is, a document and a signature."""
    usual = {"act.pdf": pdf(), "META-INF/signature001.p7s": b"0\x00"}
    kept = _Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name, content in (usual if parts is None else parts).items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


def every() -> dict[str, bytes]:
    """One of each, by media type."""
    return {
        "application/pdf": pdf(),
        "image/jpeg": jpeg(),
        "image/png": png(),
        "image/heic": heic(),
        "application/pkcs7-mime": envelope(pdf()),
        "application/vnd.etsi.asic-e+zip": asic(),
    }
