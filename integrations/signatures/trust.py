"""What a signature may rest on: pinned authorities, and what they say of revoked certificates."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID

from integrations.errors import Unavailable
from integrations.signatures.anchors import Trust
from integrations.signatures.lists import SYSTEM, RevocationList, RevocationLists
from integrations.signatures.responders import OcspAnswer, Responders

log = logging.getLogger(__name__)


Proof = OcspAnswer | RevocationList


class TrustStore:
    """The authorities of an installation; safe to share between threads.

    Without `responders` lists alone say what is revoked.
    """

    def __init__(
        self, trust: Trust, lists: RevocationLists, responders: Responders | None = None
    ) -> None:
        self._trust = trust
        self._lists = lists
        self._responders = responders
        self._known = {one.fingerprint: one for one in trust.issuers()}
        named = [one for issuer in trust.issuers() for one in (issuer.crl, issuer.ocsp) if one]
        self._hosts = {urlsplit(one)[:2] for one in named}

    def anchors(self, at: datetime) -> list[Any]:
        """The roots that count for a signature given at `at`."""
        return [one.parsed() for one in self._trust.anchors if one.counts(at)]

    def intermediates(self) -> list[Any]:
        """Authorities that stand between roots and people."""
        return [one.parsed() for one in self._trust.intermediates]

    def proofs(self, path: Sequence[x509.Certificate], at: datetime) -> list[Proof]:
        """What says whether anything on a proven path (root first) is revoked; the leaf's first.

        Unavailable, or CertificateUnknown, if it cannot be had for one of them.
        """
        steps = [*pairwise(path)][::-1]
        return [proof for issuer, issued in steps for proof in self._proofs(issuer, issued, at)]

    def _proofs(
        self, issuer: x509.Certificate, issued: x509.Certificate, at: datetime
    ) -> list[Proof]:
        """The responder's answer, else the list; both where the responder itself may be revoked."""
        answer = self._answer(issuer, issued)
        if answer is None or not answer.tells(at):
            return [self._list(issuer, issued, at)]
        if answer.responder is None:
            return [answer]
        found = self._list(issuer, issued, at)
        revoked = found.revoked_at(answer.responder.serial_number) is not None
        return [found] if revoked else [answer, found]

    def _answer(self, issuer: x509.Certificate, issued: x509.Certificate) -> OcspAnswer | None:
        """What the responder says, where there is one. Of one that is silent the list knows too."""
        known = self._known.get(fingerprint(issuer))
        address = (known and known.ocsp) or self._named(responders_of(issued))
        if self._responders is None or address is None:
            return None
        try:
            return self._responders.current(issuer, issued, address)
        except Unavailable as silence:
            log.info("a responder is of no use: %s", silence)
            return None

    def _list(
        self, issuer: x509.Certificate, issued: x509.Certificate, at: datetime
    ) -> RevocationList:
        """The list of an authority. Of one that came with the signature the certificate it issued
        says where the list is.
        """
        known = self._known.get(fingerprint(issuer))
        address = (known and known.crl) or self._named(points(issued))
        if address is None:
            raise Unavailable(SYSTEM, "nobody says where a list of revoked certificates is")
        return self._lists.current(issuer, address, at)

    def _named(self, addresses: Iterator[str]) -> str | None:
        """The first at a host that the installation has named: no other is asked anything."""
        return next((one for one in addresses if urlsplit(one)[:2] in self._hosts), None)


def fingerprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of a certificate."""
    return certificate.fingerprint(hashes.SHA256())


def points(certificate: x509.Certificate) -> Iterator[str]:
    """The addresses at which a certificate says its revocation can be looked up."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return
    for point in found:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                yield name.value


def responders_of(certificate: x509.Certificate) -> Iterator[str]:
    """The addresses at which a certificate says its responders are."""
    try:
        kind = x509.AuthorityInformationAccess
        found = certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return
    for one in found:
        place = one.access_location
        if one.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            place, x509.UniformResourceIdentifier
        ):
            yield place.value
