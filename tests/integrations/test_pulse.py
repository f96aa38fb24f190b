"""How an outside system answered is noted, and nothing of what was said."""

import httpx
import pytest

from integrations.errors import OutsideRefusal, Unavailable
from integrations.http import exchange, open_client
from integrations.pulse import PULSE, Pulse

SYSTEM = "of this test"


def ask(status: int) -> None:
    client = open_client(
        "http://outside.test", transport=httpx.MockTransport(lambda _: httpx.Response(status))
    )
    exchange(client, SYSTEM, client.build_request("GET", "/"))


def test_a_refusal_is_an_answer_and_a_fault_of_the_system_is_none() -> None:
    with pytest.raises(OutsideRefusal):
        ask(404)
    refused = PULSE.take()[SYSTEM]
    assert (refused.answered_at is not None, refused.fault) == (True, None)
    with pytest.raises(Unavailable):
        ask(503)
    failed = PULSE.take()[SYSTEM]
    assert (failed.answered_at, failed.fault) == (None, "503")
    ask(200)
    assert PULSE.take()[SYSTEM].fault is None


def test_what_was_taken_is_not_told_again() -> None:
    pulse = Pulse()
    pulse.answered(SYSTEM)
    assert pulse.take().keys() == {SYSTEM}
    assert pulse.take() == {}
