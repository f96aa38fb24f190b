"""Lists of revoked certificates: fetched by threads of their own, so that nobody waits long."""

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from integrations.errors import OutsideError, Unavailable
from integrations.http import exchange

SYSTEM: Final = "ca"
MAX_AGE_SECONDS: Final = 60.0
# While the authority is silent its last list is relied on, until it says itself, but not longer.
RELIANCE_SECONDS: Final = 3600.0
# While the authority is down, callers are told so at once instead of each waiting in line for it.
PAUSE_SECONDS: Final = 2.0
# So long a caller waits for a list that is under way.
PATIENCE_SECONDS: Final = 1.5
THREADS: Final = 4


@dataclass(frozen=True)
class RevocationList:
    """A list that its authority signed, parsed once."""

    parsed: Any
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


@dataclass
class _Entry:
    """What is known of one authority's list, and the question that is under way."""

    held: RevocationList | None = None
    failed: tuple[float, OutsideError] | None = None
    pending: Future[RevocationList] | None = None
    asked_at: float = 0.0


class RevocationLists:
    """Fetches lists and keeps what came; safe to share between threads.

    A list is fetched anew when older than 60 s or past its next update. Whoever needs it waits for
    that at most 1.5 s; then the last list counts, until its next update and for an hour at most.
    One that is new is given to `keep`, with its hash, before anything rests on it.
    """

    def __init__(
        self,
        client: httpx.Client,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
        keep: Callable[[str, bytes], None] = lambda *_: None,
    ) -> None:
        self._client = client
        self._keep = keep
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()
        self._entries: dict[tuple[bytes, str], _Entry] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="revocations")

    def current(self, issuer: x509.Certificate, address: str, at: datetime) -> RevocationList:
        """The list of `issuer` for a signature given at `at`.

        Unavailable if the authority is silent, talks nonsense, or its list does not reach to `at`,
        and no earlier one may be relied on.
        """
        with self._lock:
            key = (issuer.fingerprint(hashes.SHA256()), address)
            entry = self._entries.setdefault(key, _Entry())
            held = entry.held
            if held is not None and self._is_fresh(held, at):
                return held
            pending = entry.pending or self._begin(entry, issuer, address)
            left = entry.asked_at + self._patience - self._clock()
        failure = self._await(entry, pending, left)
        held = entry.held
        if held is not None and held.covers(at) and self._age(held) <= RELIANCE_SECONDS:
            return held
        raise failure or Unavailable(SYSTEM, "the list of revoked certificates is out of date")

    def _await(
        self, entry: _Entry, pending: Future[RevocationList] | None, left: float
    ) -> OutsideError | None:
        """Wait for the list under way, if there is one; why it did not come."""
        if pending is None:
            return None if entry.failed is None else entry.failed[1]
        try:
            pending.result(max(left, 0.0))
        except OutsideError as error:
            return error
        except TooLate:
            return Unavailable(SYSTEM, "no answer in time")
        return None

    def _is_fresh(self, held: RevocationList, at: datetime) -> bool:
        """A list that does not reach to `at` is asked for again, though not without a pause."""
        age = self._age(held)
        return age <= (MAX_AGE_SECONDS if held.covers(at) else PAUSE_SECONDS)

    def _age(self, held: RevocationList) -> float:
        return self._clock() - held.fetched_at

    def _begin(
        self, entry: _Entry, issuer: x509.Certificate, address: str
    ) -> Future[RevocationList] | None:
        """Ask, unless it failed just now. With the lock held."""
        if entry.failed is not None and self._clock() - entry.failed[0] < PAUSE_SECONDS:
            return None
        entry.asked_at = self._clock()
        entry.pending = self._threads.submit(self._renew, entry, issuer, address)
        return entry.pending

    def _renew(self, entry: _Entry, issuer: x509.Certificate, address: str) -> RevocationList:
        try:
            fetched = self._fetch(issuer, address, entry.held)
            with self._lock:
                entry.held, entry.failed = fetched, None
            return fetched
        except OutsideError as error:
            with self._lock:
                entry.failed = (self._clock(), error)
            raise
        finally:
            with self._lock:
                entry.pending = None

    def _fetch(
        self, issuer: x509.Certificate, address: str, held: RevocationList | None
    ) -> RevocationList:
        request = self._client.build_request("GET", address)
        content = exchange(self._client, SYSTEM, request).body
        try:
            revocations = x509.load_der_x509_crl(content)
            genuine = revocations.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # RSA or EC, or TypeError
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            genuine = False
        if not genuine or revocations.issuer != issuer.subject:
            raise Unavailable(SYSTEM, "a list of revoked certificates of somebody else")
        sha256 = hashlib.sha256(content).hexdigest()
        source = f"crl:sha256:{sha256}"
        if held is None or held.source != source:
            self._keep(sha256, content)
        return RevocationList(
            parsed=asn1_crl.CertificateList.load(content),
            revocations=revocations,
            source=source,
            fetched_at=self._clock(),
        )
