"""The certificate authority's root and list of revoked certificates, fetched and kept fresh."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from integrations.errors import OutsideError, Refused, Unavailable
from integrations.http import exchange

SYSTEM: Final = "ca"
MAX_AGE_SECONDS: Final = 60.0
# While the authority is down, callers are told so at once instead of each waiting in line for it.
PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Trust:
    """A pinned root and its list of revoked certificates, both parsed once."""

    root: Any
    crl: Any
    revocations: x509.CertificateRevocationList
    source: str
    fetched_at: float

    def revoked_at(self, serial: int) -> datetime | None:
        """Since when (UTC) the certificate with this number is revoked, or None."""
        found = self.revocations.get_revoked_certificate_by_serial_number(serial)
        return None if found is None else found.revocation_date_utc

    def covers(self, at: datetime) -> bool:
        """True if the list may still be relied on at `at`."""
        next_update = self.revocations.next_update_utc
        return next_update is not None and at < next_update


class TrustStore:
    """Fetches from the authority and keeps what came; safe to share between threads.

    The root is pinned: to `root_sha256` (hex, of the DER) where the installation names it, else to
    the first one seen. The list is fetched anew when older than 60 s or past its next update.
    """

    def __init__(
        self,
        client: httpx.Client,
        root_sha256: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._pin = root_sha256.lower() if root_sha256 else None
        self._clock = clock
        self._lock = threading.Lock()
        self._root: x509.Certificate | None = None
        self._trust: Trust | None = None
        self._failure: tuple[float, OutsideError] | None = None

    def current(self, at: datetime) -> Trust:
        """What to trust for a signature given at `at`.

        Unavailable if the authority is silent, talks nonsense, or its list does not reach to `at`;
        Refused if its root is not the pinned one.
        """
        with self._lock:
            trust = self._trust
            if trust is None or self._age(trust.fetched_at) > MAX_AGE_SECONDS:
                trust = self._renew()
            if not trust.covers(at) and self._age(trust.fetched_at) > PAUSE_SECONDS:
                trust = self._renew()
            if not trust.covers(at):
                raise Unavailable(SYSTEM, "the list of revoked certificates is out of date")
            return trust

    def _age(self, since: float) -> float:
        return self._clock() - since

    def _renew(self) -> Trust:
        if self._failure is not None and self._age(self._failure[0]) < PAUSE_SECONDS:
            raise self._failure[1]
        try:
            self._trust = self._fetch()
        except OutsideError as error:
            self._failure = (self._clock(), error)
            raise
        self._failure = None
        return self._trust

    def _fetch(self) -> Trust:
        root = self._root or self._fetch_root()
        content = self._get("/ca/revoked.crl")
        try:
            revocations = x509.load_der_x509_crl(content)
            genuine = revocations.is_signature_valid(root.public_key())  # type: ignore[arg-type]  # RSA or EC, or TypeError
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            genuine = False
        if not genuine:
            raise Unavailable(SYSTEM, "a list of revoked certificates that the root did not sign")
        self._root = root
        return Trust(
            root=asn1_x509.Certificate.load(root.public_bytes(Encoding.DER)),
            crl=asn1_crl.CertificateList.load(content),
            revocations=revocations,
            source=f"crl:sha256:{hashlib.sha256(content).hexdigest()}",
            fetched_at=self._clock(),
        )

    def _fetch_root(self) -> x509.Certificate:
        content = self._get("/ca/root.pem")
        try:
            root = x509.load_pem_x509_certificate(content)
        except ValueError:
            raise Unavailable(SYSTEM, "a root certificate that cannot be read") from None
        der = root.public_bytes(Encoding.DER)
        if self._pin is not None and hashlib.sha256(der).hexdigest() != self._pin:
            raise Refused(SYSTEM, "root_not_pinned")
        return root

    def _get(self, path: str) -> bytes:
        return exchange(self._client, SYSTEM, self._client.build_request("GET", path)).body
