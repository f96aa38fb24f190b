"""What a certificate authority says is kept for a while, and never believed without proof."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import httpx
import pytest

from integrations.errors import Unavailable
from integrations.signatures import RevocationLists
from integrations.signatures.lists import (
    MAX_AGE_SECONDS,
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    RELIANCE_SECONDS,
    RevocationList,
)
from tests.integrations import ca


@dataclass
class Wire:
    """An authority whose answer a test changes; it counts what it is asked."""

    answer: bytes | int = field(default_factory=lambda: ca.authority().revocation_list({}))
    calls: int = 0
    seconds: float = 0.0
    open: Event = field(default_factory=Event)
    asked: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.open.set()
        client = httpx.Client(transport=httpx.MockTransport(self.reply))
        self.lists = RevocationLists(client, clock=lambda: self.seconds)

    def reply(self, _: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.asked.set()
        self.open.wait(30)
        if isinstance(self.answer, int):
            return httpx.Response(self.answer)
        return httpx.Response(200, content=self.answer)

    def current(self, at: datetime = ca.NOW) -> RevocationList:
        return self.lists.current(ca.authority().certificate, ca.LIST, at)


def test_the_list_is_asked_for_again_after_a_minute() -> None:
    wire = Wire()
    wire.current()
    wire.seconds = MAX_AGE_SECONDS
    wire.current()
    assert wire.calls == 1
    wire.seconds += 0.5
    wire.current()
    assert wire.calls == 2


def test_a_revocation_is_known_a_minute_later() -> None:
    wire = Wire()
    assert wire.current().revoked_at(7) is None
    wire.answer = ca.authority().revocation_list({7: ca.NOW})
    wire.seconds = MAX_AGE_SECONDS + 1
    assert wire.current().revoked_at(7) == ca.NOW


def test_while_the_authority_is_down_its_last_list_counts_for_an_hour() -> None:
    wire = Wire()
    held = wire.current()
    wire.answer = 503
    wire.seconds = RELIANCE_SECONDS
    assert wire.current() is held
    wire.seconds += 1
    with pytest.raises(Unavailable):
        wire.current()


def test_a_list_past_its_next_update_is_not_relied_on_whatever_its_age() -> None:
    wire = Wire()
    wire.current()
    wire.answer = 503
    wire.seconds = MAX_AGE_SECONDS + 1
    with pytest.raises(Unavailable):
        wire.current(ca.NOW + timedelta(days=60))


def test_callers_do_not_wait_in_line_for_an_authority_that_is_down() -> None:
    wire = Wire(answer=503)
    for _ in range(5):
        with pytest.raises(Unavailable):
            wire.current()
    assert wire.calls == 1
    wire.answer = ca.authority().revocation_list({})
    wire.seconds = PAUSE_SECONDS + 0.5
    assert wire.current().revoked_at(7) is None


def test_while_the_authority_hangs_the_last_list_is_given_out_and_one_question_is_open() -> None:
    wire = Wire()
    held = wire.current()
    wire.open.clear()
    wire.seconds = MAX_AGE_SECONDS + 1
    wire.asked.clear()
    with ThreadPoolExecutor(1) as apart:
        waiting = apart.submit(wire.current)
        assert wire.asked.wait(10)
        wire.seconds += PATIENCE_SECONDS + 0.1
        assert [wire.current() for _ in range(20)] == [held] * 20
        assert wire.calls == 2
        assert waiting.result(10) is held, "nobody waits longer than patience lasts"
    wire.open.set()


def test_who_has_nothing_to_rely_on_is_told_so_while_the_authority_hangs() -> None:
    wire = Wire()
    wire.open.clear()
    with pytest.raises(Unavailable, match="in time"):
        wire.current()
    wire.seconds = PATIENCE_SECONDS + 0.1
    for _ in range(20):
        with pytest.raises(Unavailable, match="in time"):
            wire.current()
    assert wire.calls == 1
    wire.open.set()


def test_a_list_past_its_next_update_is_fetched_anew_though_it_is_fresh() -> None:
    wire = Wire()
    wire.current()
    later = ca.NOW + timedelta(days=60)
    wire.answer = ca.authority().revocation_list({}, since=later)
    wire.seconds = 10.0
    assert wire.current(later).covers(later)


def test_a_list_that_stays_out_of_date_proves_nothing() -> None:
    with pytest.raises(Unavailable, match="out of date"):
        Wire().current(ca.NOW + timedelta(days=60))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"<html>not here</html>",
        ca.authority("foreign").revocation_list({}),
        ca.two_steps()[0].revocation_list({}),
    ],
)
def test_what_the_authority_did_not_sign_is_no_list(content: bytes) -> None:
    with pytest.raises(Unavailable, match="somebody else"):
        Wire(answer=content).current()


def test_each_authority_has_its_own_list() -> None:
    wire = Wire()
    wire.current()
    root, _ = ca.two_steps()
    wire.answer = root.revocation_list({7: ca.NOW})
    assert wire.lists.current(root.certificate, ca.LIST, ca.NOW).revoked_at(7) == ca.NOW
    assert wire.current().revoked_at(7) is None
