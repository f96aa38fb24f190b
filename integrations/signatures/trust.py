"""What a signature may rest on: pinned authorities, and what they say of revoked certificates."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from integrations.errors import Unavailable
from integrations.signatures.anchors import Trust
from integrations.signatures.lists import SYSTEM, RevocationList, RevocationLists


class TrustStore:
    """The authorities of an installation; safe to share between threads."""

    def __init__(self, trust: Trust, lists: RevocationLists) -> None:
        self._trust = trust
        self._lists = lists
        self._addresses = {one.fingerprint: one.crl for one in trust.issuers()}
        self._hosts = {urlsplit(one.crl)[:2] for one in trust.issuers()}

    def anchors(self, at: datetime) -> list[Any]:
        """The roots that count for a signature given at `at`."""
        return [one.parsed() for one in self._trust.anchors if one.counts(at)]

    def intermediates(self) -> list[Any]:
        """Authorities that stand between roots and people."""
        return [one.parsed() for one in self._trust.intermediates]

    def lists(self, path: Sequence[x509.Certificate], at: datetime) -> list[RevocationList]:
        """The list of every authority of a proven path (root first, leaf last).

        Unavailable if one of them cannot be had.
        """
        return [self._lists.current(*issued, at) for issued in self._issued(path)]

    def _issued(self, path: Sequence[x509.Certificate]) -> Iterator[tuple[x509.Certificate, str]]:
        """Each authority with the address of its list.

        Of one that came with the signature the certificate it issued says where the list is; that
        counts at hosts that the installation has named.
        """
        for issuer, issued in pairwise(path):
            known = self._addresses.get(fingerprint(issuer))
            named = (one for one in points(issued) if urlsplit(one)[:2] in self._hosts)
            address = known or next(named, None)
            if address is None:
                raise Unavailable(SYSTEM, "nobody says where a list of revoked certificates is")
            yield issuer, address


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
