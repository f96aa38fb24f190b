"""What docs/clients.md tells the developers of clients to send is answered as it is shown there."""

from shutil import which

import pytest

from tests.support.clients_document import DOCUMENT, answers, blocks

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not all(map(which, ("bash", "curl", "jq", "openssl"))),
        reason="the document's own tools are missing",
    ),
]
PAGE = DOCUMENT.read_text("utf-8")


def test_each_role_is_led_from_a_token_to_what_it_came_for() -> None:
    played = blocks(PAGE)
    shown = [one.shown.rstrip("\n") for one in played]
    answered = answers(PAGE)
    assert len(answered) == len(played) > 20
    for block, expected, answer in zip(played, shown, answered, strict=True):
        assert answer == expected, block.commands


def test_the_steps_are_numbered_without_a_gap_and_every_role_has_a_chapter() -> None:
    steps = list(dict.fromkeys(one.step for one in blocks(PAGE)))
    assert steps == list(range(len(steps)))
    chapters = [line for line in PAGE.splitlines() if line.startswith("## ")]
    assert chapters == ["## Recipient", "## Supplier", "## Caseworker", "## Administrator"]
