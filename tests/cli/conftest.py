"""Commands at a console, with everything they talk to."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.cli.console import Console, served
from tests.support.host import hosting
from tests.support.outside import Outside, outside_world
from tests.support.servers import Database


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside_world(tmp_path_factory.mktemp("outside")) as world:
        yield world


@pytest.fixture
async def console(
    temporal_address: str, database: Database, outside: Outside
) -> AsyncIterator[Console]:
    outside.client.delete("/faults").raise_for_status()
    hosted = hosting(temporal_address, database, outside)
    async with hosted as host, host.working(), served(host) as url:
        yield Console(url, host)
