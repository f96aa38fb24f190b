"""`ozhb edition` against a served API: open cases move by the will of two people."""

import pytest

from tests.cli.console import Console
from tests.cli.test_calendar import SECOND

pytestmark = pytest.mark.usefixtures("later")


async def test_a_move_is_proposed_previewed_and_approved(console: Console) -> None:
    party = await console.host.begin()
    await console.host.play(party, "choosing")
    ended, said, _ = await console.run("edition", "propose", "later")
    assert ended == 0
    assert "1 cases would move, 0 would stay" in said
    assert "choosing 1" in said
    change = said.split()[1]
    ended, said, _ = await console.run("edition", "preview", change)
    assert (ended, party.file.id in said, "choice" in said) == (0, True, True)
    ended, _, wrong = await console.run("edition", "approve", change)
    assert (ended, "409" in wrong) == (1, True)
    ended, said, _ = await console.run("edition", "approve", change, **SECOND)
    assert (ended, "extending" in said) == (0, True)
    ended, said, _ = await console.run("edition", "status", "--json")
    assert (ended, change in said) == (0, True)
    ended, _, wrong = await console.run("edition", "propose", "social-code")
    assert (ended, "422" in wrong, "Traceback" in wrong) == (1, True, False)
