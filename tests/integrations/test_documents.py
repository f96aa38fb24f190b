"""What people upload is what its bytes are: whole, of one kind, and nothing that does something."""

import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.documents import Content, Flaw, WrongDocument, parts_of, recognise
from tests.support import samples
from tests.support.samples import asic, ending, envelope, every, jpeg, object_stream, pdf, png

EVERY = every()
PNG_START = png()[:8]
SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


def flaw(content: Content) -> Flaw:
    with pytest.raises(WrongDocument) as refused:
        recognise(content)
    return refused.value.flaw


@pytest.mark.parametrize("media", EVERY)
def test_a_document_is_what_its_bytes_are(media: str) -> None:
    assert recognise(EVERY[media]) == media
    assert recognise(bytearray(EVERY[media])) == media


@pytest.mark.parametrize(
    "content",
    [b"", b"a", b"MZ\x90\x00" + bytes(60), b"\x7fELF" + bytes(60), b"GIF89a" + bytes(60)],
)
def test_anything_else_is_not_taken(content: bytes) -> None:
    assert flaw(content) == Flaw.UNKNOWN


@pytest.mark.parametrize("media", EVERY)
def test_a_document_that_was_cut_off_is_not_taken(media: str) -> None:
    whole = EVERY[media].rstrip(b"\n")
    for end in (len(whole) - 1, len(whole) // 2, 12):
        with pytest.raises(WrongDocument):
            recognise(whole[:end])


@pytest.mark.parametrize("media", EVERY)
@pytest.mark.parametrize("other", [asic(), b"MZ\x90\x00", pdf(), b"<script>"])
def test_nothing_stands_behind_a_document(media: str, other: bytes) -> None:
    for end in (b"", ending(0), ending(pdf().index(b"xref\n"))):
        with pytest.raises(WrongDocument):
            recognise(EVERY[media] + other + end)


def test_a_pdf_that_was_added_to_is_one_document() -> None:
    first = pdf()
    added = b"4 0 obj\n<< >>\nendobj\n"
    table = b"xref\n0 0\n" + ending(len(first + added))
    assert recognise(first + added + table) == "application/pdf"


def test_a_pdf_that_is_a_zip_as_well_is_two_documents() -> None:
    archive = asic()
    end = archive.rindex(b"PK\x05\x06")
    comment = ending(pdf().index(b"xref\n"))
    tail = archive[: end + 20] + len(comment).to_bytes(2, "little") + comment
    assert flaw(pdf() + tail) == Flaw.MIXED


@pytest.mark.parametrize("archive", [b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c"])
def test_an_archive_inside_a_picture_is_found(archive: bytes) -> None:
    hidden = b"\xff\xfe" + (len(archive) + 2).to_bytes(2, "big") + archive
    content = jpeg()[:2] + hidden + jpeg()[2:]
    assert flaw(content) == Flaw.MIXED


def test_a_picture_that_is_a_pdf_as_well_is_two_documents() -> None:
    comment = b"%PDF-1.7\n"
    hidden = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    assert flaw(jpeg()[:2] + hidden + jpeg()[2:]) == Flaw.MIXED


@pytest.mark.parametrize(
    "named",
    [
        b"/OpenAction " + SCRIPT,
        b"/OpenAction << /S /Launch /F (cmd.exe) >>",
        b"/Names << /EmbeddedFiles << >> >>",
        b"/OpenAction << /S /#4aava#53cript >>",
        b"/OpenAction << /S /J#61vaScript >>",
        b"/OpenAction << /S /Rendition /JS (app.alert(1)) >>",
        b"/OpenAction << /S /SubmitForm /F (https://example.com) >>",
        b"/AcroForm << /XFA 9 0 R >>",
        b"/AF << /Type /Filespec /F (a.exe) /EF << /F 9 0 R >> >>",
        b"/AF << /Type /Filespec /F (a.exe) /#45F 9 0 R >>",
        b"/AF << /Type /Filespec /F (a.exe) /EF %\n<< /F 9 0 R >> >>",
    ],
)
def test_a_pdf_that_does_something_is_not_taken(named: bytes) -> None:
    assert flaw(pdf(named)) == Flaw.ACTIVE


def test_a_script_in_deflated_objects_is_found_too() -> None:
    assert recognise(pdf(more=object_stream(b"<< /S /GoTo >>"))) == "application/pdf"
    assert flaw(pdf(more=object_stream(SCRIPT))) == Flaw.ACTIVE


@pytest.mark.parametrize(
    "dictionary",
    [
        b"/Filter [/ASCIIHexDecode /FlateDecode]",
        b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>",
        b"/Filter /#4cZWDecode",
    ],
)
def test_objects_that_cannot_be_looked_into_are_not_taken(dictionary: bytes) -> None:
    assert flaw(pdf(more=object_stream(b"<< >>", dictionary))) == Flaw.DAMAGED


def test_a_pdf_under_a_password_is_not_taken() -> None:
    assert flaw(pdf(b"/Encrypt 9 0 R")) == Flaw.ENCRYPTED


def test_objects_that_burst_are_not_inflated_further() -> None:
    assert flaw(pdf(more=object_stream(bytes(50 * 1024 * 1024)))) == Flaw.BOMB


def test_several_pictures_of_one_camera_are_one_photograph() -> None:
    assert recognise(jpeg() + jpeg() + bytes(100)) == "image/jpeg"
    assert flaw(jpeg() + b"ftypmp42") == Flaw.MIXED


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0)])
def test_a_picture_has_a_size(width: int, height: int) -> None:
    assert flaw(png(width, height)) == Flaw.DAMAGED


def test_a_picture_that_no_memory_holds_is_not_taken() -> None:
    assert flaw(png(2**31 - 1, 2**31 - 1)) == Flaw.BOMB


def test_a_chunk_that_was_changed_is_noticed() -> None:
    content = bytearray(png())
    content[30] ^= 1
    assert flaw(content) == Flaw.DAMAGED


def test_an_envelope_holds_what_would_be_taken_by_itself() -> None:
    assert recognise(envelope(jpeg())) == "application/pkcs7-mime"
    assert recognise(samples.signer().sign(b"anything")) == "application/pkcs7-mime"
    assert flaw(envelope(pdf(b"/OpenAction " + SCRIPT))) == Flaw.ACTIVE
    assert flaw(envelope(b"MZ\x90\x00")) == Flaw.UNKNOWN
    assert flaw(envelope(envelope(pdf()))) == Flaw.UNKNOWN, "no envelope in an envelope"


def test_a_container_says_first_what_it_is_and_has_a_signature() -> None:
    simple = b"application/vnd.etsi.asic-s+zip"
    assert recognise(asic(mimetype=simple)) == simple.decode()
    assert flaw(asic(mimetype=b"application/epub+zip")) == Flaw.UNKNOWN
    assert flaw(asic({"act.pdf": pdf()})) == Flaw.UNKNOWN, "nobody has signed it"


SIGNED = {"META-INF/signature001.p7s": b"0\x00"}


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ({}, Flaw.UNKNOWN),
        ({"act.exe": b"MZ\x90\x00"}, Flaw.UNKNOWN),
        ({"act.pdf": pdf(), "page.html": b"<script>"}, Flaw.UNKNOWN),
        ({"act.asice": asic()}, Flaw.UNKNOWN),
        ({"act.pdf": pdf(SCRIPT)}, Flaw.ACTIVE),
        ({"act.pdf": pdf()[:-9]}, Flaw.DAMAGED),
    ],
)
def test_whatever_a_container_holds_is_looked_at_like_the_rest(
    held: dict[str, bytes], found: Flaw
) -> None:
    assert flaw(asic({**held, **SIGNED})) == found


def test_the_documents_of_a_signed_one_are_told_apart() -> None:
    container = asic({"акт.pdf": pdf(), "photo.png": png(), **SIGNED})
    told = [(one.name, one.type) for one in parts_of(container, recognise(container))]
    assert told == [("акт.pdf", "application/pdf"), ("photo.png", "image/png")]
    (inner,) = parts_of(envelope(pdf()), "application/pkcs7-mime")
    assert (inner.name, inner.content) == (None, pdf())
    assert list(parts_of(pdf(), "application/pdf")) == []


def test_a_part_that_is_not_what_its_directory_says_is_damaged() -> None:
    content = bytearray(asic())
    place = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[place + 16 : place + 20] = b"\1\2\3\4"
    assert flaw(bytes(content)) == Flaw.DAMAGED


@pytest.mark.parametrize("name", ["/etc/passwd", "../act.pdf", "a/../../b", "a\\b"])
def test_no_part_of_a_container_leads_out_of_it(name: str) -> None:
    assert flaw(asic({name: b"", "META-INF/signature.xml": b""})) == Flaw.DAMAGED


def test_a_container_that_bursts_is_not_taken() -> None:
    assert flaw(asic({"a": bytes(10**7), "META-INF/signature.xml": b""})) == Flaw.BOMB
    many = {f"{n}": b"" for n in range(101)}
    assert flaw(asic({**many, "META-INF/signature.xml": b""})) == Flaw.BOMB


def test_a_container_under_a_password_is_not_taken() -> None:
    content = bytearray(asic())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 8] |= 1
    assert flaw(content) == Flaw.ENCRYPTED


def test_the_parts_of_a_container_are_those_of_its_directory_one_after_another() -> None:
    """A program that walks along the parts sees the same as one that reads the directory."""
    content = asic()
    at = content.index(b"PK\x03\x04", 4)
    end = content.rindex(b"PK\x05\x06") + 16
    start = int.from_bytes(content[end : end + 4], "little")
    more = b"<script>" * 4
    moved = (start + len(more)).to_bytes(4, "little")
    between = content[:start] + more + content[start:end] + moved + content[end + 4 :]
    for other in (between, content.replace(b"act.pdf", b"act.exe", 1)):
        assert flaw(other) == Flaw.MIXED
    twice = content.replace(at.to_bytes(4, "little") + b"act.pdf", bytes(4) + b"act.pdf")
    assert twice != content
    assert flaw(twice) == Flaw.MIXED


def test_a_container_that_was_written_as_a_stream_is_one_too() -> None:
    """The length of a part then stands behind it."""
    assert recognise(asic(streamed=True)) == "application/vnd.etsi.asic-e+zip"


def test_around_what_an_envelope_holds_there_is_no_other_document() -> None:
    hidden = pdf(b"/OpenAction " + SCRIPT)
    assert recognise(envelope(pdf())) == "application/pkcs7-mime"
    for held in (None, jpeg(), pdf()):
        assert flaw(samples.beside(held, hidden)) == Flaw.MIXED
    assert recognise(samples.beside(jpeg(), b"of no kind")) == "application/pkcs7-mime"


@given(st.sampled_from(sorted(EVERY)), st.data())
def test_whatever_is_changed_in_a_document_it_is_taken_or_has_a_flaw(
    media: str, data: st.DataObject
) -> None:
    content = bytearray(EVERY[media])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(at, min(at + 8, len(content))))
        content[at:end] = data.draw(st.binary(max_size=8))
    with suppress(WrongDocument):
        assert recognise(content) == media


@given(
    st.binary(max_size=200),
    st.sampled_from([b"%PDF-1.7", b"\xff\xd8\xff", b"0\x80", b"PK\x03\x04"]),
)
def test_random_bytes_after_a_beginning_have_a_flaw(content: bytes, beginning: bytes) -> None:
    with pytest.raises(WrongDocument):
        recognise(beginning + content)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "chunks of nothing": lambda: (
        PNG_START + struct.pack(">I4sI", 0, b"aaaa", zlib.crc32(b"aaaa")) * 800_000
    ),
    "marks of nothing": lambda: b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2_500_000,
    "pictures without number": lambda: jpeg() * 150_000,
    "boxes of nothing": lambda: samples.heic() + b"\x00\x00\x00\x08free" * 1_250_000,
    "streams of objects without an end": lambda: pdf(more=object_stream(b"1")[:-17] * 100_000),
    "streams of objects without number": lambda: pdf(more=object_stream(b"1") * 100_000),
    "names of object streams": lambda: pdf(more=b"/ObjStm " * 1_000_000),
    "files of nothing": lambda: pdf(more=b"/EF 9 /EF     9 " * 700_000),
    "ends": lambda: pdf(more=b"%%EOF 1 0 obj " * 700_000),
    "elements of nothing": lambda: b"0\x83\x98\x96\x80" + b"\x05\x00" * 5_000_000,
    "elements in elements": lambda: b"0\x80" * 5_000_000,
    "signatures without number": lambda: samples.with_signatures(200_000),
}


@pytest.mark.parametrize("made", HOSTILE)
def test_a_hostile_document_takes_no_longer_than_a_good_one(made: str) -> None:
    content = HOSTILE[made]()
    begun = time.thread_time()
    with suppress(WrongDocument):
        recognise(content)
    assert time.thread_time() - begun < 3
