"""A host for each test, with its workers at work; one sandbox for all."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.host import Host, hosting
from tests.support.outside import Outside, outside_world
from tests.support.servers import Database


@pytest.fixture(scope="session")
def shared_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A sandbox without a legal clock."""
    with outside_world(tmp_path_factory.mktemp("outside")) as world:
        yield world


@pytest.fixture
def outside(shared_outside: Outside) -> Outside:
    """The same sandbox without faults."""
    shared_outside.client.delete("/faults").raise_for_status()
    return shared_outside


@pytest.fixture
async def idle(temporal_address: str, database: Database, outside: Outside) -> AsyncIterator[Host]:
    """A host whose workers the test starts itself."""
    async with hosting(temporal_address, database, outside) as made:
        yield made


@pytest.fixture
async def host(idle: Host) -> AsyncIterator[Host]:
    """A host at work."""
    async with idle.working():
        yield idle
