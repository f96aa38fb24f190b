"""However a program writes a signature down, it is the same signature, and kept in one form."""

import base64
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import wrap

import pytest
from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from domain.signature_text import read_signature
from integrations.signatures import SignatureFault, SignatureVerdict, kept_form
from integrations.signatures.ber import DEEPEST, to_der
from integrations.signatures.structure import MAX_UNSIGNED_BYTES, MOST_UNSIGNED
from tests.integrations import ca

DATA = b'{"application":"A-1","sum":12500000}'


def judge(content: bytes, data: bytes = DATA) -> SignatureVerdict:
    national = ca.authority()
    return ca.verifier(national.trust(), national.transport()).verify(content, data, ca.NOW)


@cache
def signer() -> ca.Signer:
    return ca.authority().issue(ca.owner(key=ca.rsa_key("owner")))


@cache
def signature() -> bytes:
    return signer().sign(DATA)


def lines(content: bytes, newline: str) -> str:
    return newline.join(wrap(base64.b64encode(content).decode(), 64)) + newline


def pem(label: str, newline: str = "\n") -> Callable[[bytes], str]:
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    return lambda content: f"{begin}{newline}{lines(content, newline)}{end}{newline}"


TEXTS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda content: base64.b64encode(content).decode(),
    "base64 with line breaks": lambda content: lines(content, "\n"),
    "base64 with line breaks of Windows": lambda content: lines(content, "\r\n"),
    "PEM of a CMS": pem("CMS"),
    "PEM of a CMS with line breaks of Windows": pem("CMS", "\r\n"),
    "PEM of PKCS7": pem("PKCS7"),
    "PEM of PKCS #7 signed data": pem("PKCS #7 SIGNED DATA"),
    "base64 in a file of Windows": lambda content: "\ufeff" + lines(content, "\r\n"),
    "PEM in a file of Windows": lambda content: "\ufeff" + pem("CMS", "\r\n")(content),
    "PEM with words around it": lambda content: f"Қол - 1:\n\n{pem('CMS')(content)}\nСоңы",
}


@pytest.mark.parametrize("write", TEXTS.values(), ids=TEXTS.keys())
def test_a_signature_is_read_in_every_form_that_programs_write(
    write: Callable[[bytes], str],
) -> None:
    assert read_signature(write(signature())) == signature()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r\n",
        "Мен қол қоямын",
        "MIIGxQYJKoZ",
        "MIIG-_YJKoZI",
        pem("CERTIFICATE")(b"0123456789"),
        pem("CMS")(b"0123456789").replace("END CMS", "END PKCS7"),
        pem("CMS")(b"0123456789") * 2,
        pem("CMS")(b""),
    ],
)
def test_what_is_neither_base64_nor_pem_of_a_signature_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither base64 nor PEM|nothing is in it"):
        read_signature(text)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the signer's key and certificate, the root, and the document."""
    folder = tmp_path_factory.mktemp("desk")
    second = ca.authority().issue(ca.owner(key=ca.rsa_key("second")))
    for one, key, own in (
        (signer(), "key.pem", "own.pem"),
        (second, "second-key.pem", "second.pem"),
    ):
        unlocked = one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / key).write_bytes(unlocked)
        (folder / own).write_bytes(one.certificate.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(ca.authority().root_pem())
    (folder / "document").write_bytes(DATA)
    return folder


def openssl(desk: Path, *options: str, form: str = "DER") -> bytes:
    command = ["openssl", "cms", "-sign", "-binary", "-in", "document", "-signer", "own.pem"]
    command += ["-inkey", "key.pem", "-outform", form, *options]
    return subprocess.run(command, cwd=desk, check=True, capture_output=True).stdout


OPTIONS: dict[str, tuple[str, ...]] = {
    "as it comes": (),
    "SHA-384": ("-md", "sha384"),
    "SHA-512": ("-md", "sha512"),
    "CAdES": ("-cades",),
    "signer by key": ("-keyid",),
    "with the root": ("-certfile", "root.pem"),
    "without capabilities": ("-nosmimecap",),
    "PSS": ("-keyopt", "rsa_padding_mode:pss"),
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_what_openssl_signs_is_accepted(desk: Path, options: tuple[str, ...]) -> None:
    assert judge(openssl(desk, *options)).ok


REFUSED: dict[str, tuple[SignatureFault, tuple[str, ...]]] = {
    "attached": (SignatureFault.NOT_DETACHED, ("-nodetach",)),
    "attached in pieces": (SignatureFault.NOT_DETACHED, ("-stream",)),
    "two signers": (
        SignatureFault.SIGNER_COUNT,
        ("-signer", "second.pem", "-inkey", "second-key.pem"),
    ),
    "without certificates": (SignatureFault.CERTIFICATE_MISSING, ("-nocerts",)),
    "without signed attributes": (SignatureFault.ATTRIBUTES_MISSING, ("-noattr",)),
    "SHA-1": (SignatureFault.DIGEST_WEAK, ("-md", "sha1")),
}


@pytest.mark.parametrize(("reason", "options"), REFUSED.values(), ids=REFUSED.keys())
def test_what_openssl_signs_otherwise_is_refused_for_its_own_reason(
    desk: Path, reason: SignatureFault, options: tuple[str, ...]
) -> None:
    assert judge(openssl(desk, *options)).reason_code is reason


def changed(change: Callable[[cms.SignedData, cms.SignerInfo], None]) -> bytes:
    """The signature with something else in what nobody signs."""
    signed = cms.ContentInfo.load(signature())["content"].copy()
    change(signed, signed["signer_infos"][0])
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def by_key(_: cms.SignedData, one: cms.SignerInfo) -> None:
    identifier = core.OctetString(signer().asn1().key_identifier)
    one["sid"] = cms.SignerIdentifier("subject_key_identifier", identifier)
    one["version"] = "v3"


def named_rsa(_: cms.SignedData, one: cms.SignerInfo) -> None:
    one["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})


def digest_without_parameters(signed: cms.SignedData, one: cms.SignerInfo) -> None:
    bare = algos.DigestAlgorithm.load(bytes.fromhex("300b0609608648016503040201"))
    one["digest_algorithm"] = bare
    signed["digest_algorithms"] = [bare]


def attribute(kind: str, size: int) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [core.OctetString(b"\x00" * size)]})


def added(count: int, size: int) -> Callable[[cms.SignedData, cms.SignerInfo], None]:
    """Unsigned attributes of no meaning."""

    def add(_: cms.SignedData, one: cms.SignerInfo) -> None:
        one["unsigned_attrs"] = [attribute(f"1.2.3.{number}", size) for number in range(count)]

    return add


def with_the_root(signed: cms.SignedData, _: cms.SignerInfo) -> None:
    root = ca.Signer(ca.authority().certificate, ca.authority().key).asn1()
    own = signer().asn1()
    signed["certificates"] = [cms.CertificateChoices("certificate", one) for one in (own, root)]


def indefinite(content: bytes) -> bytes:
    """The same in BER: the outermost length is not said, the next one is said at length."""
    info = to_der(content)
    inner = info[4:]
    return b"\x30\x80" + inner + b"\x00\x00"


ENCODINGS: dict[str, Callable[[], bytes]] = {
    "the signer by key": lambda: changed(by_key),
    "RSA named with its digest": lambda: changed(named_rsa),
    "digest without parameters": lambda: changed(digest_without_parameters),
    "unsigned attributes": lambda: changed(added(2, 10)),
    "the root beside it": lambda: changed(with_the_root),
    "an indefinite length": lambda: indefinite(signature()),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_one_signature_in_two_encodings_is_one(encode: Callable[[], bytes]) -> None:
    other = encode()
    assert other != signature()
    assert judge(other).ok
    assert kept_form(other) == kept_form(signature())
    assert judge(kept_form(other)).ok


@pytest.mark.parametrize(("count", "size"), [(MOST_UNSIGNED + 1, 1), (1, MAX_UNSIGNED_BYTES)])
def test_what_nobody_signed_is_bounded(count: int, size: int) -> None:
    assert judge(changed(added(count, size))).reason_code is SignatureFault.UNSIGNED_TOO_MUCH


def test_the_kept_form_is_der_and_its_own_kept_form() -> None:
    kept = kept_form(signature())
    assert to_der(kept) == kept
    assert kept_form(kept) == kept
    assert len(kept) <= len(signature())


def test_an_intermediate_authority_that_came_with_it_is_kept() -> None:
    root, between = ca.two_steps()
    mine = between.issue()
    content = ca.with_certificate_of(
        mine.sign(DATA), mine, ca.Signer(between.certificate, mine.key)
    )
    found = cms.ContentInfo.load(kept_form(content))["content"]["certificates"]
    assert len(found) == 2
    assert root.certificate.subject != between.certificate.subject


def test_a_strangers_certificate_beside_the_signers_is_refused() -> None:
    stranger = ca.authority("foreign").issue(ca.owner(is_ca=True))
    content = ca.with_certificate_of(signature(), signer(), stranger)
    assert judge(content).reason_code is SignatureFault.CERTIFICATE_COUNT


@given(data=st.data())
def test_a_mutated_signature_is_refused_with_a_reason_or_is_the_same_one(
    data: st.DataObject,
) -> None:
    content = bytearray(signature())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content) - 1))
        end = min(start + data.draw(st.integers(0, 40)), len(content))
        piece = data.draw(st.one_of(st.binary(max_size=40), st.just(bytes(content[start:end]) * 2)))
        content[start:end] = piece
    verdict = judge(bytes(content))
    if verdict.ok:
        assert kept_form(bytes(content)) == kept_form(signature())
    else:
        assert isinstance(verdict.reason_code, SignatureFault)
        assert not verdict.retryable


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_are_no_element(content: bytes) -> None:
    try:
        written = to_der(content)
    except ValueError:
        return
    assert to_der(written) == written


def test_nesting_has_an_end() -> None:
    content = b"\x05\x00"
    for _ in range(DEEPEST + 1):
        content = b"\x30" + bytes([len(content)]) + content
    with pytest.raises(ValueError, match="too deeply"):
        to_der(content)


def test_an_octet_string_in_pieces_is_one() -> None:
    assert to_der(bytes.fromhex("24800401aa24030401bb0000")) == b"\x04\x02\xaa\xbb"
