"""A process that cannot begin says what it misses, in one line, and ends with a code of its own."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.ports import free_port
from logs import NOT_REACHABLE
from tests.integrations.ca import authority


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def begin(folder: Path, name: str, **changes: object) -> subprocess.CompletedProcess[str]:
    """The process, until it ends; what it needs beside this machine is away."""

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
        **changes,
    }
    environment = {f"OZHB_{variable.upper()}": str(value) for variable, value in told.items()}
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli.main", name],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def missing(ended: subprocess.CompletedProcess[str]) -> str:
    """What it says it misses: the last line of the log, and the only sentence beside it."""
    assert ended.returncode == NOT_REACHABLE, ended.stderr
    line = json.loads(ended.stdout.splitlines()[-1])
    assert (line["level"], line["event"]) == ("error", "not reachable")
    assert ended.stderr == f"ozhb {line['logger']}: {line['missing']}\n"
    return str(line["missing"])


@pytest.mark.parametrize(("name", "variable"), [("worker", "worker_port"), ("api", "port")])
def test_a_port_that_is_taken_is_named(
    tmp_path: Path, taken: int, name: str, variable: str
) -> None:
    assert f"port {taken}" in missing(begin(tmp_path, name, **{variable: taken}))


def test_a_worker_without_temporal_says_so(tmp_path: Path) -> None:
    assert "OZHB_TEMPORAL_ADDRESS" in missing(begin(tmp_path, "worker"))


def test_a_worker_without_a_database_says_so(tmp_path: Path, temporal_address: str) -> None:
    ended = begin(tmp_path, "worker", temporal_address=temporal_address)
    assert "OZHB_DATABASE_URL" in missing(ended)


def test_a_database_that_is_away_is_named_where_it_is_to_be_migrated(tmp_path: Path) -> None:
    ended = begin(tmp_path, "migrate")
    assert ended.returncode == NOT_REACHABLE
    assert "OZHB_DATABASE_URL" in ended.stderr
