"""Fixtures of the servers that tests share; nothing starts until a test asks for it."""

import gc
import os
import shutil
import time
from collections.abc import Iterator
from tempfile import mkdtemp
from uuid import uuid4

import hypothesis
import pytest

from cli.evidence import keep
from definitions.calendars import adopt
from domain.process import Edition
from integrations.pulse import PULSE
from tests.support.later import later_edition
from tests.support.proof_runs import run_as_facts
from tests.support.servers import Database, PostgresServer, postgres_server, temporal_server

# What is slow is measured by the benchmark: an example that takes its time is no mistake.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
OWN_FOLDER = pytest.StashKey[str]()


# What is imported and collected stays to the end: no garbage is looked for in it.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on there is garbage, and what was there before is none."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A folder of this session's own, unless one was given.

    Another session that starts closes the one that pytest shares to the database server's user.
    """
    if config.option.basetemp is None:
        config.option.basetemp = mkdtemp(prefix="ozhb-tests-")
        config.stash[OWN_FOLDER] = config.option.basetemp


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files come first: begun last, one would keep a single process busy."""
    slow = {
        item.path
        for item in items
        if item.get_closest_marker("slow") or item.get_closest_marker("long")
    }
    items.sort(key=lambda item: (item.path not in slow, "workflows" not in item.path.parts))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Nothing is left behind but what explains a failure; the servers have ended by now."""
    if exitstatus == pytest.ExitCode.OK and (own := session.config.stash.get(OWN_FOLDER, None)):
        shutil.rmtree(own, ignore_errors=True)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """A run that is a proof leaves what it found for the passport of a release.

    A part of it that somebody chose, or one seed that is repeated, is none.
    """
    proof = os.environ.get("OZHB_PROOF")
    chosen = config.option.keyword or any("::" in one for one in config.args)
    if proof and not chosen and "OZHB_SEED" not in os.environ:
        holds = exitstatus == pytest.ExitCode.OK
        keep(proof, run_as_facts(terminalreporter.stats), holds=holds)


@pytest.fixture(autouse=True)
def nothing_of_the_test_before() -> Iterator[None]:
    """What a test has announced is forgotten with its database, and how its outside answered."""
    yield
    adopt(())
    PULSE.take()


@pytest.fixture
def later() -> Iterator[Edition]:
    """An edition that takes open cases over; known until the histories were replayed."""
    with later_edition() as edition:
        yield edition


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One server for the session, with the migrated template."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        server.migrate()
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    """A fresh migrated database: `owner_url`, `app_url`, `sandbox_url`."""
    fresh = postgres.copy()
    yield fresh
    postgres.drop(fresh)


@pytest.fixture
def database_url(database: Database) -> str:
    """postgresql:// address of a fresh migrated database, as its owner."""
    return database.owner_url


@pytest.fixture
def app_database_url(database: Database) -> str:
    """The same database with the rights of API and worker."""
    return database.app_url


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of one development server for the session; it can skip time."""
    with temporal_server(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address
    # An interpreter that exits right after the core's threads were busy may crash (SIGABRT).
    time.sleep(0.5)


@pytest.fixture
def task_queue() -> str:
    """A queue of the test's own: a case left behind must not reach the next test's worker."""
    return f"test-{uuid4().hex}"
