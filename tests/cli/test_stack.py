"""`ozhb up` brings up everything, and whatever dies, nothing is lost or left behind."""

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from cli.home import StackFile, local_postgres
from cli.keys import LocalSecrets
from cli.ports import free_port, is_free
from cli.postgres import OWNER
from integrations.scanner import Clamd
from sandbox.party import TLS
from tests.support.samples import EICAR

pytestmark = pytest.mark.long
PATIENCE = 60.0


def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; fail when it does not for too long."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False, verify=TLS).status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Up:
    """`ozhb up` in a folder, as somebody in a terminal has it."""

    home: Path
    port: int
    process: subprocess.Popen[str]
    told: dict[str, Any]

    @classmethod
    def start(cls, home: Path, port: int) -> "Up":
        process = ozhb(home, port, "up", "--no-samples", "--json")
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        return cls(home, port, process, json.loads(line))

    def state(self) -> StackFile:
        found = StackFile.read(self.home)
        assert found is not None
        return found

    def owner_url(self) -> str:
        keys = LocalSecrets.read(self.home)
        assert keys is not None
        return local_postgres(self.home, self.state().ports, keys).url(OWNER)

    def works(self) -> bool:
        urls = self.told["urls"]
        healthy = ("api", "/health/ready"), ("worker", "/health/ready"), ("sandbox", "/health")
        if not all(answers(urls[name] + path) for name, path in healthy):
            return False
        try:
            psycopg.connect(self.owner_url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def alive(self) -> list[str]:
        return [name for name, who in self.state().children.items() if who.process() is not None]


def ozhb(home: Path, port: int, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli.main", *arguments],
        env={**os.environ, "OZHB_HOME": str(home), "OZHB_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A careless shell: what is made there is open to everybody.
        umask=0,
    )


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One stack for all tests here; a test that ends it starts it again."""
    up = Up.start(tmp_path_factory.mktemp("stack"), free_port())
    yield up
    up.process.terminate()
    up.process.communicate(timeout=PATIENCE)


def test_everything_answers(up: Up) -> None:
    assert up.works()
    assert answers(up.told["urls"]["docs"])
    assert answers(up.told["urls"]["temporal_ui"])
    kept = StackFile.read(up.home)
    assert kept is not None
    assert Clamd("127.0.0.1", kept.ports.scanner).finds(EICAR)


def test_nobody_else_reads_what_it_keeps_or_logs(up: Up) -> None:
    kept = [one for one in up.home.rglob("*") if not one.is_symlink()]
    assert {"secrets.json", "stack.json", "trust.toml", "temporal.sqlite", "api.log"} <= {
        one.name for one in kept
    }
    opened = {one for one in kept if stat.S_IMODE(one.stat().st_mode) & 0o077}
    assert opened == set()
    # PostgreSQL's own user may pass through where we are root; nobody may list it.
    passing = stat.S_IXOTH if os.geteuid() == 0 else 0
    assert stat.S_IMODE(up.home.stat().st_mode) & 0o077 == passing


def test_a_second_stack_in_the_same_folder_is_refused(up: Up) -> None:
    second = ozhb(up.home, free_port(), "up")
    _, complaint = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert "already runs" in complaint


def test_a_port_that_is_taken_is_named(up: Up, tmp_path: Path) -> None:
    second = ozhb(tmp_path, up.port, "up")
    _, complaint = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert f"port {up.port} is taken" in complaint


def test_a_token_is_to_be_had_for_the_running_stack(up: Up, tmp_path: Path) -> None:
    issued = ozhb(up.home, up.port, "token", "--role", "esobes")
    assert issued.communicate(timeout=PATIENCE)[0].count(".") == 2
    nowhere = ozhb(tmp_path, up.port, "token", "--role", "esobes")
    assert "no stack runs" in nowhere.communicate(timeout=PATIENCE)[1]
    assert nowhere.returncode == 3


def test_a_token_for_a_role_alone_is_for_a_person_of_the_samples(up: Up) -> None:
    for role, named in (
        ("recipient", {"iin"}),
        ("supplier", {"iin", "bin"}),
        ("caseworker", {"iin", "authority"}),
        ("commission", {"iin", "region"}),
        ("administrator", {"iin"}),
    ):
        claims = claims_told(up, "--role", role)
        assert named <= claims.keys(), role
    other = claims_told(up, "--role", "caseworker", "--iin", "831121400228")
    assert other["iin"] == "831121400228"
    assert other["authority"] == claims_told(up, "--role", "caseworker")["authority"]


def claims_told(up: Up, *arguments: str) -> dict[str, Any]:
    token = ozhb(up.home, up.port, "token", *arguments).communicate(timeout=PATIENCE)[0]
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found


def test_a_token_for_nobody_is_a_mistake_of_usage(up: Up) -> None:
    refused = ozhb(up.home, up.port, "token", "--role", "recipient", "--iin", "12")
    assert refused.communicate(timeout=PATIENCE)[1]
    assert refused.returncode == 2


def test_each_process_that_is_killed_comes_back(up: Up) -> None:
    before = up.state().children
    for who in before.values():
        os.kill(who.pid, signal.SIGKILL)
    until(lambda: all(up.state().children[name] != who for name, who in before.items()))
    until(up.works)


def test_when_all_is_killed_at_once_the_next_start_has_the_data(up: Up) -> None:
    with psycopg.connect(up.owner_url()) as connection:
        connection.execute("create table kept (row int)")
    for pid in (up.process.pid, *(who.pid for who in up.state().children.values())):
        os.kill(pid, signal.SIGKILL)
    up.process.communicate(timeout=PATIENCE)
    again = Up.start(up.home, up.port)
    up.process, up.told = again.process, again.told
    assert up.works()
    with psycopg.connect(up.owner_url()) as connection:
        connection.execute("select row from kept")


def test_when_the_supervisor_is_killed_nobody_is_left(up: Up) -> None:
    up.process.kill()
    up.process.communicate(timeout=PATIENCE)
    until(lambda: up.alive() == [])
    again = Up.start(up.home, up.port)
    up.process, up.told = again.process, again.told


def test_ctrl_c_stops_all_within_seconds(up: Up) -> None:
    children = [psutil.Process(who.pid) for who in up.state().children.values()]
    up.process.send_signal(signal.SIGINT)
    up.process.communicate(timeout=20)
    assert up.process.returncode == 0
    assert not any(child.is_running() for child in children)
    assert is_free(up.port)
