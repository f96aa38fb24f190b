"""A process that cannot begin says what it misses and what helps, in one line, and ends with a code
of its own; and whatever a process says is a line of JSON.
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from alembic import command

from cli.migrations import alembic_config
from cli.ports import free_port
from logs import FAULT, NOT_REACHABLE, WRONG_SETTINGS
from settings.kinds import PRIVATE, lies_within
from tests.integrations.ca import authority
from tests.support.amount import ALL_BLOWS
from tests.support.head_keys import PEM as HEAD_KEY
from tests.support.polling import eventually
from tests.support.servers import Database

pytestmark = pytest.mark.long
IP = (socket.AF_INET, socket.AF_INET6)
# All of them begin in one way: `make verify-kill` sees each begin.
EVERY = ["worker", "api", "migrate"] if ALL_BLOWS else []


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def environment(folder: Path, **changes: object) -> dict[str, str]:
    """What a process needs beside this machine is away."""

    def key(number: int) -> str:
        return base64.b64encode(bytes(range(number, number + 32))).decode()

    trust = folder / "trust.toml"
    root = authority().root_pem().decode()
    trust.write_text(f'[[anchor]]\ncertificate = """\n{root}"""\ncrl = "http://127.0.0.1:1/crl"\n')
    told = {
        "database_url": "postgresql://ozhb_app:secret@127.0.0.1:1/ozhb",
        "temporal_address": "127.0.0.1:1",
        "worker_port": free_port(),
        "port": free_port(),
        "public_url": "http://127.0.0.1:8080",
        "sandbox_url": "http://127.0.0.1:1",
        "scanner_address": "127.0.0.1:1",
        "trust_file": trust,
        "payload_keys": f"k1:{key(0)}",
        "person_master_keys": f"m1:{key(1)}",
        "person_index_key": key(2),
        "head_key": HEAD_KEY,
        **changes,
    }
    given = {f"OZHB_{variable.upper()}": str(value) for variable, value in told.items()}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OZHB_")}
    return {**ours, **given}


def argv(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", "cli.main", name]


def begin(folder: Path, name: str, **changes: object) -> subprocess.CompletedProcess[str]:
    """The process, until it ends."""
    return subprocess.run(
        argv(name),
        env=environment(folder, **changes),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def going_on(folder: Path, name: str, **changes: object) -> Iterator[subprocess.Popen[str]]:
    """The process while the block lasts; it ends when it is told to."""
    process = subprocess.Popen(
        argv(name),
        env=environment(folder, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        rest, err = process.communicate(timeout=60)
    assert err == ""
    for line in rest.splitlines():
        json.loads(line)


def said_until(process: subprocess.Popen[str], event: str) -> list[dict[str, Any]]:
    """The lines of its log up to one of an event."""
    assert process.stdout is not None
    lines: list[dict[str, Any]] = []
    for line in process.stdout:
        lines.append(json.loads(line))
        if lines[-1]["event"] == event:
            return lines
    raise AssertionError(f"it ended without {event}: {lines}")


def lines(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """All that it said."""
    assert ended.stderr == ""
    return [json.loads(line) for line in ended.stdout.splitlines()]


def missing(ended: subprocess.CompletedProcess[str], event: str, code: int = NOT_REACHABLE) -> str:
    """What it says it misses, in the only error of its log."""
    assert ended.returncode == code, ended.stdout + ended.stderr
    (line,) = (one for one in lines(ended) if one["level"] == "error")
    assert line == lines(ended)[-1]
    assert line["event"] == event
    assert line["helps"]
    return str(line["what"])


@pytest.mark.parametrize(
    ("name", "variable"), [("worker", "worker_port"), ("api", "port")][: None if EVERY else 1]
)
def test_a_port_that_is_taken_is_named(
    tmp_path: Path, taken: int, name: str, variable: str
) -> None:
    ended = begin(tmp_path, name, **{variable: taken})
    assert f"port {taken}" in missing(ended, "port taken")


def test_a_worker_without_temporal_says_so(tmp_path: Path) -> None:
    told = missing(begin(tmp_path, "worker"), "not reachable")
    assert told == "Temporal does not answer at 127.0.0.1:1"


def test_a_worker_of_a_namespace_that_nobody_knows_says_so(
    tmp_path: Path, temporal_address: str
) -> None:
    told = {"temporal_address": temporal_address, "temporal_namespace": "nowhere"}
    assert "no namespace nowhere" in missing(begin(tmp_path, "worker", **told), "namespace unknown")


def test_a_worker_without_a_database_says_so(tmp_path: Path, temporal_address: str) -> None:
    ended = begin(tmp_path, "worker", temporal_address=temporal_address)
    assert "OZHB_DATABASE_URL" in missing(ended, "not reachable")
    assert "Connection refused" in lines(ended)[-1]["why"]


def test_a_database_that_is_away_is_named_where_it_is_to_be_migrated(tmp_path: Path) -> None:
    ended = begin(tmp_path, "migrate")
    assert "OZHB_DATABASE_URL" in missing(ended, "not reachable")
    assert "secret" not in ended.stdout


@pytest.mark.parametrize("name", EVERY or ["api"])
def test_settings_that_cannot_be_used_are_all_named_in_one_line(tmp_path: Path, name: str) -> None:
    wrong = {"database_url": "mysql://a:hush@127.0.0.1/ozhb", "log_level": "chatty"}
    ended = begin(tmp_path, name, **wrong)
    told = missing(ended, "settings", WRONG_SETTINGS)
    assert "OZHB_DATABASE_URL: expected postgresql://" in told
    assert "OZHB_LOG_LEVEL" in told
    assert "hush" not in ended.stdout


@pytest.mark.parametrize("name", EVERY[:2] or ["worker"])
def test_a_file_of_trust_that_is_not_there_is_a_setting_that_cannot_be_used(
    tmp_path: Path, name: str, temporal_address: str
) -> None:
    told = {"trust_file": tmp_path / "nowhere", "temporal_address": temporal_address}
    ended = begin(tmp_path, name, **told)
    assert "OZHB_TRUST_FILE" in missing(ended, "settings", WRONG_SETTINGS)


def revise(database: Database, revision: str) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


def test_a_worker_that_is_newer_than_the_schema_says_what_to_do(
    tmp_path: Path, temporal_address: str, database: Database
) -> None:
    revise(database, "0001")
    told = {"temporal_address": temporal_address, "database_url": database.app_url}
    ended = begin(tmp_path, "worker", **told)
    assert missing(ended, "schema older", FAULT).startswith("the schema is 0001, this build's is ")
    assert "ozhb migrate" in lines(ended)[-1]["helps"]


def test_a_worker_that_is_older_than_the_schema_goes_on_and_says_so(
    tmp_path: Path, temporal_address: str, database: Database
) -> None:
    revise(database, "9999")
    told = {"temporal_address": temporal_address, "database_url": database.app_url}
    with going_on(tmp_path, "worker", **told, release_check="false") as process:
        events = [line["event"] for line in said_until(process, "working")]
    assert "schema newer" in events


def test_a_migration_by_a_build_that_is_older_than_the_schema_is_refused(
    tmp_path: Path, database: Database
) -> None:
    revise(database, "9999")
    ended = begin(tmp_path, "migrate", database_url=database.owner_url)
    assert "the schema is 9999" in missing(ended, "schema newer", FAULT)


def test_an_api_that_is_newer_than_the_schema_serves_nobody_and_says_why(
    tmp_path: Path, database: Database
) -> None:
    revise(database, "0001")
    port = free_port()
    told = {"database_url": database.app_url, "port": port}
    with going_on(tmp_path, "api", **told) as process:
        told_of = said_until(process, "schema older")[-1]
        assert "ozhb migrate" in told_of["helps"]
        ready = httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False)
    assert ready.status_code == 503


def test_an_api_whose_master_key_another_does_not_have_ends_and_says_why(
    tmp_path: Path, database: Database
) -> None:
    """It would wrap what the other cannot open, until somebody gives that the key too."""
    told = {"database_url": database.app_url}
    old, new = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("m1", "m2"))
    with going_on(tmp_path, "api", **told, person_master_keys=old):
        with psycopg.connect(database.app_url) as connection:
            asked = "SELECT count(*) FROM running_process"
            eventually(lambda: connection.execute(asked).fetchone(), (1,).__eq__)
        ended = begin(tmp_path, "api", **told, person_master_keys=f"{new},{old}")
        assert "master keys of people" in missing(ended, "keys differ", WRONG_SETTINGS)


def test_a_migration_tells_each_revision_in_a_line(tmp_path: Path, database: Database) -> None:
    ended = begin(tmp_path, "migrate", database_url=database.owner_url, movable_clock="true")
    assert ended.returncode == 0, ended.stdout
    told = lines(ended)
    assert "alembic.runtime.migration" in {line["logger"] for line in told}
    assert told[-1]["event"] == "migrated"


def test_a_step_that_cannot_have_a_table_leaves_nothing_behind_and_is_made_again(
    tmp_path: Path, database: Database
) -> None:
    """0032 changes persons first, and then suppliers."""
    command.downgrade(alembic_config(database.owner_url), "0031")
    with psycopg.connect(database.owner_url) as held:
        held.execute("LOCK TABLE supplier IN ACCESS SHARE MODE")
        ended = begin(tmp_path, "migrate", database_url=database.owner_url)
        assert "nothing of it was done" in missing(ended, "step undone", FAULT)
        assert "lock timeout" in lines(ended)[-1]["why"]
        with pytest.raises(psycopg.errors.UndefinedColumn):
            held.execute("SELECT words FROM person LIMIT 0")
    again = begin(tmp_path, "migrate", database_url=database.owner_url)
    assert lines(again)[-1]["event"] == "migrated"


def moves(database: Database) -> bool:
    """Whether the sandbox's role may move the legal clock."""
    with psycopg.connect(database.sandbox_url, autocommit=True) as connection:
        try:
            connection.execute("SELECT move_legal_clock(interval '0')")
        except psycopg.ProgrammingError:
            return False
    return True


def test_the_legal_clock_can_be_moved_where_it_is_said_and_nowhere_else(
    tmp_path: Path, database: Database
) -> None:
    for movable in ("true", "false"):
        told = {"database_url": database.owner_url, "movable_clock": movable}
        assert begin(tmp_path, "migrate", **told).returncode == 0
        assert moves(database) is (movable == "true")


def own_address() -> str:
    """This machine's own on a private network; nobody listens on its port 1."""
    cards = psutil.net_if_addrs().values()
    addresses = [one.address for card in cards for one in card if one.family in IP]
    own = next((one for one in addresses if lies_within(one, PRIVATE)), None)
    if own is None:
        pytest.skip("this machine has no address on a private network")
    return own


@pytest.mark.parametrize("name", EVERY or ["worker"])
def test_what_is_spoken_in_the_clear_is_said_at_each_start(
    tmp_path: Path, name: str, taken: int
) -> None:
    own = own_address()
    named = f"[{own}]" if ":" in own else own
    told = {
        "database_url": f"postgresql://ozhb_app:secret@{named}:1/ozhb",
        "allow_plaintext_on": own,
        "log_level": "error",
        "worker_port": taken,
    }
    if name == "api":
        with going_on(tmp_path, name, **told) as process:
            (warning,) = said_until(process, "in the clear")
    else:
        warning, _ = lines(begin(tmp_path, name, **told))
    assert (warning["level"], warning["event"]) == ("warning", "in the clear")
    assert warning["networks"] == [str(ip_network(own))]
    assert "OZHB_DATABASE_URL" in warning["what"]


def script(text: str) -> list[dict[str, Any]]:
    """The lines of a process that logs as ours do."""
    head = "import logs; logs.configure('info'); logs.catch_the_rest('trial')\n"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", head + text],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return lines(ended)


def test_warnings_and_exceptions_that_nobody_catches_are_lines_too() -> None:
    warned, in_thread, uncaught = script(
        "import threading, warnings\n"
        "warnings.warn('old')\n"
        "def fail(): raise ValueError('typed by somebody')\n"
        "one = threading.Thread(target=fail); one.start(); one.join()\n"
        "fail()\n"
    )
    assert (warned["logger"], "old" in warned["event"]) == ("py.warnings", True)
    for line in (in_thread, uncaught):
        assert (line["event"], line["logger"]) == ("uncaught", "trial")
        assert line["exception"][0]["kind"] == "ValueError"
        assert "typed" not in json.dumps(line)


def test_what_the_core_of_temporals_client_says_is_a_line_too() -> None:
    history = Path(__file__).parent / "histories" / "paid-126.json"
    told = script(
        "import asyncio, json, logging, pathlib, threading\n"
        "from temporalio import workflow\n"
        "from temporalio.client import WorkflowHistory\n"
        "from temporalio.runtime import Runtime\n"
        "from temporalio.worker import Replayer, UnsandboxedWorkflowRunner\n"
        "from workflows.connection import make_runtime\n"
        "from workflows.measure import WORKFLOW\n"
        "Runtime.set_default(make_runtime())\n"
        "class Seen(logging.Handler):\n"
        "    seen = threading.Event()\n"
        "    def emit(self, record): self.seen.set()\n"
        "core = logging.getLogger('temporalio.core')\n"
        "logging.getLogger().addHandler(seen := Seen())\n"
        "seen.addFilter(lambda record: record.name == core.name)\n"
        "@workflow.defn(name=WORKFLOW)\n"
        "class Other:\n"
        "    @workflow.run\n"
        "    async def run(self, told: str) -> None: await workflow.sleep(1)\n"
        "async def replay():\n"
        f"    kept = json.loads(pathlib.Path({str(history)!r}).read_text())\n"
        "    history = WorkflowHistory.from_json(kept['workflow_id'], kept['history'])\n"
        "    replayer = Replayer(workflows=[Other], workflow_runner=UnsandboxedWorkflowRunner())\n"
        "    await replayer.replay_workflow(history, raise_on_replay_failure=False)\n"
        # The core hands over what it has to say a moment later.
        "    await asyncio.to_thread(seen.seen.wait, 30)\n"
        "asyncio.run(replay())\n"
    )
    (said,) = (line for line in told if line["logger"] == "temporalio.core")
    assert said["event"] == "Failing workflow task"
    assert said["run_id"]
