"""Whom an installation trusts: certificates named by its own file, never fetched."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "anchor": frozenset({"certificate", "crl", "ocsp", "use_from", "use_until"}),
    "intermediate": frozenset({"certificate", "crl", "ocsp"}),
    "gost": frozenset({"certificate", "use_from", "use_until"}),
}


class TrustInvalid(Exception):
    """The file of trust cannot be used; the text names every mistake."""


@dataclass(frozen=True)
class Issuer:
    """An authority and the address (http or https) of its list of revoked certificates.

    `ocsp` is that of its responder, where the installation names one.
    """

    certificate: x509.Certificate
    crl: str
    ocsp: str | None = field(default=None, kw_only=True)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return self.certificate.fingerprint(hashes.SHA256())

    def parsed(self) -> Any:
        """The certificate for asn1crypto, parsed anew: a parsed one is not safe among threads."""
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))


@dataclass(frozen=True)
class Anchor(Issuer):
    """A root that is trusted for signatures given from `use_from` on and before `use_until`."""

    use_from: datetime
    use_until: datetime

    def counts(self, at: datetime) -> bool:
        """Whether a signature given at `at` may rest on it."""
        return self.use_from <= at < self.use_until


@dataclass(frozen=True)
class GostAuthority:
    """Who certifies keys of GOST, for signatures given in this span. NCANode proves the rest."""

    certificate: x509.Certificate
    use_from: datetime
    use_until: datetime

    def counts(self, at: datetime) -> bool:
        """Whether a signature given at `at` may rest on it."""
        return self.use_from <= at < self.use_until


@dataclass(frozen=True)
class Trust:
    """Anchors, and the intermediate authorities that signatures need not bring along.

    `gost` are those of the other kind of key, which no library here can verify.
    """

    anchors: tuple[Anchor, ...]
    intermediates: tuple[Issuer, ...] = ()
    gost: tuple[GostAuthority, ...] = ()

    def issuers(self) -> Iterator[Issuer]:
        """All whose lists have a known address."""
        yield from self.anchors
        yield from self.intermediates

    def certifies(self, certificate: x509.Certificate, at: datetime) -> bool:
        """Whether a certificate rests, step by step, on an anchor that counts at an instant.

        Lists of revoked certificates are not asked: that is the verifier's of signatures.
        """
        return self._certifies(certificate, at, len(self.intermediates))

    def _certifies(self, certificate: x509.Certificate, at: datetime, steps: int) -> bool:
        if any(one.counts(at) and _issued(one, certificate) for one in self.anchors):
            return True
        between = (one for one in self.intermediates if steps and _holds(one.certificate, at))
        return any(
            _issued(one, certificate) and self._certifies(one.certificate, at, steps - 1)
            for one in between
        )


def _holds(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _issued(issuer: Issuer, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer.certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def read_trust(file: Path) -> Trust:
    """Read `[[anchor]]`, `[[intermediate]]`, `[[gost]]`, certificates as PEM or files beside it.

    TrustInvalid names every mistake; a file without an anchor is one.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrustInvalid(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise TrustInvalid(f"{file}: is not TOML: {error}") from None
    reader = _Reader(file)
    for name in sorted(set(said) - set(_KNOWN)):
        reader.mistake(f"{name}: is neither [[anchor]] nor [[intermediate]] nor [[gost]]")
    entered = [reader.anchor(*entry) for entry in reader.entries(said, "anchor")]
    between = [reader.issuer(*entry) for entry in reader.entries(said, "intermediate")]
    vouched = [reader.gost(*entry) for entry in reader.entries(said, "gost")]
    anchors = tuple(one for one in entered if one is not None)
    intermediates = tuple(one for one in between if one is not None)
    if not anchors:
        reader.mistake("names no [[anchor]] that can be used")
    if reader.mistakes:
        raise TrustInvalid("\n".join(f"{file}: {mistake}" for mistake in reader.mistakes))
    return Trust(anchors, intermediates, tuple(one for one in vouched if one is not None))


class _Reader:
    """Reads entries and collects what is wrong with them."""

    def __init__(self, file: Path) -> None:
        self.mistakes: list[str] = []
        self._folder = file.parent

    def mistake(self, told: str) -> None:
        self.mistakes.append(told)

    def entries(self, said: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The entries of a kind, each with its place."""
        listed = said.get(kind, [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            self.mistake(f"{kind}: is written [[{kind}]]")
            return
        for number, entry in enumerate(listed, 1):
            place = f"{kind} {number}"
            for name in sorted(set(entry) - _KNOWN[kind]):
                self.mistake(f"{place}: {name} is not known")
            yield place, entry

    def issuer(self, place: str, entry: Mapping[str, Any]) -> Issuer | None:
        certificate = self._certificate(place, entry.get("certificate"))
        crl, ocsp = entry.get("crl"), entry.get("ocsp")
        if not isinstance(crl, str) or not _is_address(crl):
            self.mistake(f"{place}: crl is the http(s) address of the list of revoked certificates")
            return None
        if ocsp is not None and not (isinstance(ocsp, str) and _is_address(ocsp)):
            self.mistake(f"{place}: ocsp is the http(s) address of a responder")
            return None
        return None if certificate is None else Issuer(certificate, crl, ocsp=ocsp)

    def anchor(self, place: str, entry: Mapping[str, Any]) -> Anchor | None:
        issuer = self.issuer(place, entry)
        if issuer is None:
            return None
        span = self._span(place, entry, issuer.certificate)
        return span and Anchor(issuer.certificate, issuer.crl, *span, ocsp=issuer.ocsp)

    def gost(self, place: str, entry: Mapping[str, Any]) -> GostAuthority | None:
        certificate = self._certificate(place, entry.get("certificate"))
        if certificate is None:
            return None
        span = self._span(place, entry, certificate)
        return span and GostAuthority(certificate, *span)

    def _span(
        self, place: str, entry: Mapping[str, Any], certificate: x509.Certificate
    ) -> tuple[datetime, datetime] | None:
        """From when to when it counts: as it is said, within what the certificate says."""
        begin = self._instant(place, entry, "use_from") or certificate.not_valid_before_utc
        end = self._instant(place, entry, "use_until") or certificate.not_valid_after_utc
        use_from = max(begin, certificate.not_valid_before_utc)
        use_until = min(end, certificate.not_valid_after_utc)
        if use_from >= use_until:
            self.mistake(f"{place}: is never used: use_until is not after use_from")
            return None
        return use_from, use_until

    def _certificate(self, place: str, said: Any) -> x509.Certificate | None:
        if not isinstance(said, str):
            self.mistake(f"{place}: certificate is PEM, or the name of a file")
            return None
        try:
            content = said.encode() if "-----BEGIN" in said else self._read(said)
            certificate = _load(content)
        except OSError as error:
            self.mistake(f"{place}: certificate {said} cannot be read: {error.strerror}")
            return None
        except ValueError:
            self.mistake(f"{place}: certificate is not one certificate in PEM or DER")
            return None
        if not _is_authority(certificate):
            self.mistake(f"{place}: certificate is not that of an authority")
            return None
        return certificate

    def _read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def _instant(self, place: str, entry: Mapping[str, Any], name: str) -> datetime | None:
        """An instant with its offset, or the beginning (UTC) of a day."""
        said = entry.get(name)
        if isinstance(said, datetime) and said.tzinfo is not None:
            return said
        if isinstance(said, date) and not isinstance(said, datetime):
            return datetime.combine(said, time(), UTC)
        if said is not None:
            self.mistake(f"{place}: {name} is a day, or an instant with its offset")
        return None


def _load(content: bytes) -> x509.Certificate:
    if b"-----BEGIN" not in content:
        return x509.load_der_x509_certificate(content)
    found = x509.load_pem_x509_certificates(content)
    if len(found) != 1:
        raise ValueError("not one certificate")
    return found[0]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
