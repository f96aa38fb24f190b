"""The verifiers as the processes make them, over a sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from cryptography import x509

from integrations.http import open_client
from integrations.signatures import (
    Anchor,
    ByAlgorithm,
    GostAuthority,
    NcanodeVerifier,
    PyhankoVerifier,
    Responders,
    RevocationLists,
    Trust,
    TrustStore,
)

PATIENCE = 20.0


def trust_in(client: httpx.Client, url: str) -> Trust:
    """A trust in the roots of this sandbox."""
    root = x509.load_pem_x509_certificate(client.get(f"{url}/ca/root.pem").content)
    other = x509.load_pem_x509_certificate(client.get(f"{url}/ca/gost-root.pem").content)
    span = (root.not_valid_before_utc, root.not_valid_after_utc)
    beside = (other.not_valid_before_utc, other.not_valid_after_utc)
    anchor = Anchor(root, f"{url}/ca/revoked.crl", *span)
    return Trust((anchor,), gost=(GostAuthority(other, *beside),))


@contextmanager
def verifier_over(url: str, ncanode: str | None = None) -> Iterator[ByAlgorithm]:
    """A verifier that asks this sandbox, and NCANode at the same or another address."""
    wire = httpx.HTTPTransport(verify=False)
    with open_client(url, transport=wire) as client, open_client(ncanode or url) as other:
        trust = trust_in(client, url)
        # Machines under test may be slow: what is measured here is never how long it took.
        lists = RevocationLists(client, patience=PATIENCE)
        store = TrustStore(trust, lists, Responders(client, patience=PATIENCE))
        gost = NcanodeVerifier(other, trust.gost, PATIENCE)
        yield ByAlgorithm(PyhankoVerifier(store), gost)
