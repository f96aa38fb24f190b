"""`ozhb edition` against a served API: open cases move by the will of two people."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from domain.process import Edition
from tests.cli.test_calendar import SECOND
from tests.cli.test_cases import Console, served
from tests.support.host import hosting
from tests.support.later import later_edition
from tests.support.outside import outside_world
from tests.support.servers import Database


@pytest.fixture(autouse=True)
def later() -> Iterator[Edition]:
    with later_edition() as edition:
        yield edition


@pytest.fixture
async def console(
    later: Edition, temporal_address: str, database: Database, tmp_path: Path
) -> AsyncIterator[Console]:
    with outside_world(tmp_path) as outside:
        hosted = hosting(temporal_address, database, outside)
        async with hosted as host, host.working(), served(host) as url:
            yield Console(url, host)


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
