"""What the certificate authority says is kept for a minute, and never believed without proof."""

from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import hashes

from integrations.errors import Refused, Unavailable
from integrations.signatures import TrustStore
from tests.integrations import ca


@dataclass
class Wire:
    """An authority whose answers a test changes; it counts what it is asked."""

    answers: dict[str, bytes | int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def store(self, root_sha256: str | None = None) -> TrustStore:
        client = httpx.Client(base_url="http://ca", transport=httpx.MockTransport(self.answer))
        return TrustStore(client, root_sha256, clock=lambda: self.seconds)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        answer = self.answers[request.url.path]
        if isinstance(answer, int):
            return httpx.Response(answer)
        return httpx.Response(200, content=answer)


def wire() -> Wire:
    national = ca.authority()
    crl = national.revocation_list({})
    return Wire({"/ca/root.pem": national.root_pem(), "/ca/revoked.crl": crl})


def test_the_list_is_asked_for_again_after_a_minute_and_the_root_never() -> None:
    ca_wire = wire()
    store = ca_wire.store()
    store.current(ca.NOW)
    ca_wire.seconds = 60.0
    store.current(ca.NOW)
    assert ca_wire.calls == ["/ca/root.pem", "/ca/revoked.crl"]
    ca_wire.seconds = 60.5
    store.current(ca.NOW)
    assert ca_wire.calls == ["/ca/root.pem", "/ca/revoked.crl", "/ca/revoked.crl"]


def test_a_revocation_is_known_a_minute_later() -> None:
    ca_wire = wire()
    store = ca_wire.store()
    assert store.current(ca.NOW).revoked_at(7) is None
    ca_wire.answers["/ca/revoked.crl"] = ca.authority().revocation_list({7: ca.NOW})
    ca_wire.seconds = 61.0
    assert store.current(ca.NOW).revoked_at(7) == ca.NOW


def test_an_old_list_is_not_relied_on_while_the_authority_is_down() -> None:
    ca_wire = wire()
    store = ca_wire.store()
    store.current(ca.NOW)
    ca_wire.answers["/ca/revoked.crl"] = 503
    ca_wire.seconds = 61.0
    with pytest.raises(Unavailable):
        store.current(ca.NOW)


def test_callers_do_not_wait_in_line_for_an_authority_that_is_down() -> None:
    ca_wire = Wire({"/ca/root.pem": 503})
    store = ca_wire.store()
    for _ in range(5):
        with pytest.raises(Unavailable):
            store.current(ca.NOW)
    assert len(ca_wire.calls) == 1
    ca_wire.answers = wire().answers
    ca_wire.seconds = 2.5
    assert store.current(ca.NOW).revoked_at(7) is None


def test_a_list_past_its_next_update_is_fetched_anew_though_it_is_fresh() -> None:
    ca_wire = wire()
    store = ca_wire.store()
    store.current(ca.NOW)
    later = ca.NOW + timedelta(days=60)
    ca_wire.answers["/ca/revoked.crl"] = ca.authority().revocation_list({}, since=later)
    ca_wire.seconds = 10.0
    assert store.current(later).covers(later)


def test_a_list_that_stays_out_of_date_proves_nothing() -> None:
    with pytest.raises(Unavailable, match="out of date"):
        wire().store().current(ca.NOW + timedelta(days=60))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/ca/root.pem", b"<html>not here</html>"),
        ("/ca/root.pem", b""),
        ("/ca/revoked.crl", b"garbage"),
        ("/ca/revoked.crl", b""),
        ("/ca/revoked.crl", ca.authority("foreign").revocation_list({})),
    ],
)
def test_what_the_root_did_not_sign_is_no_list(path: str, content: bytes) -> None:
    ca_wire = wire()
    ca_wire.answers[path] = content
    with pytest.raises(Unavailable):
        ca_wire.store().current(ca.NOW)


def test_the_named_root_is_the_only_one() -> None:
    pin = ca.authority().certificate.fingerprint(hashes.SHA256()).hex()
    assert wire().store(pin.upper()).current(ca.NOW).covers(ca.NOW)
    with pytest.raises(Refused) as refused:
        wire().store("00" * 32).current(ca.NOW)
    assert refused.value.code == "root_not_pinned"


def test_the_first_root_seen_stays_when_the_authority_shows_another() -> None:
    ca_wire = wire()
    store = ca_wire.store()
    store.current(ca.NOW)
    foreign = ca.authority("foreign")
    ca_wire.answers = {
        "/ca/root.pem": foreign.root_pem(),
        "/ca/revoked.crl": foreign.revocation_list({}),
    }
    ca_wire.seconds = 61.0
    with pytest.raises(Unavailable, match="did not sign"):
        store.current(ca.NOW)
