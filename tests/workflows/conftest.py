"""A host for each test, with its workers at work; one sandbox for all."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.host import Host, hosting
from tests.support.outside import Outside, outside_world
from tests.support.servers import Database

# A run that is evicted or replaced while its append is in flight; with `error` it ends the worker.
CANCELLED = "ignore:Cannot find activity to cancel:UserWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.filterwarnings(CANCELLED))


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
def clocked(database: Database, temporal_address: str, tmp_path: Path) -> Iterator[Outside]:
    """A sandbox with the legal clock of the test's database."""
    environment = {
        "OZHB_SANDBOX_DATABASE_URL": database.sandbox_url,
        "OZHB_SANDBOX_TEMPORAL_ADDRESS": temporal_address,
        "OZHB_SANDBOX_CASE_TIMEOUT_SECONDS": "2",
    }
    with outside_world(tmp_path, **environment) as world:
        yield world


@pytest.fixture
async def idle(
    request: pytest.FixtureRequest, temporal_address: str, database: Database
) -> AsyncIterator[Host]:
    """A host whose workers the test starts itself; a `clocked` test moves the legal clock."""
    clocked = request.node.get_closest_marker("clocked") is not None
    outside: Outside = request.getfixturevalue("clocked" if clocked else "outside")
    async with hosting(temporal_address, database, outside) as made:
        yield made


@pytest.fixture
async def host(idle: Host) -> AsyncIterator[Host]:
    """A host at work."""
    async with idle.working():
        yield idle
