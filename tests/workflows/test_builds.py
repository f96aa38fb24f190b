"""Builds side by side: open cases move to the one that is made current, and back."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from cli.ports import free_port
from integrations.head_keys import make_head_key
from tests.support.amount import ALL_BLOWS
from tests.support.host import KEYS, Host, connect
from tests.support.intake import SEAL
from tests.support.party_play import Party
from tests.support.polling import soon_told
from workflows.client import Cases
from workflows.options import CASES
from workflows.pages import register

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = (
    *("activities", "api", "cli", "db", "definitions", "domain", "integrations", "settings"),
    "workflows",
)
MODULES = tuple(f"{one}.py" for one in PYPROJECT["tool"]["setuptools"]["py-modules"])
FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
# What a build does at the beginning of a run; where it does something else, no open run goes on.
BEGINS = "        watching = asyncio.create_task(self.watch_for_reset())\n"


@dataclass(frozen=True)
class Build:
    """A build in a folder of its own."""

    folder: Path
    environment: dict[str, str]

    def ozhb(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of this build, until it ends."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli.main", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def id(self) -> str:
        told = "from definitions.build import build_id; print(build_id())"
        asked = [sys.executable, "-P", "-c", told]
        return subprocess.check_output(asked, env=self.environment, text=True).strip()

    @contextmanager
    def working(self, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of this build in a process of its own; it ends as a manager of processes ends
        it.
        """
        environment = {**self.environment, "OZHB_WORKER_PORT": str(free_port()), **changes}
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-P", "-m", "worker"], env=environment, stdout=log, stderr=log
            )
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(30)


@pytest.fixture
async def host(idle: Host, temporal_address: str) -> Host:
    """Cases in a namespace of their own: builds are known to a whole one."""
    name = f"builds-{uuid4().hex[:8]}"
    await idle.client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=name, workflow_execution_retention_period=Duration(seconds=86400)
        )
    )

    async def known() -> Client | None:
        try:
            found = await connect(temporal_address, namespace=name)
            await register(found)
        except (RPCError, RuntimeError):
            return None
        return found

    client = await soon_told(known)
    assert client is not None
    cases = Cases(client, idle.engine, CASES)
    return replace(idle, client=client, parts=replace(idle.parts, prefix=""), cases=cases)


@pytest.fixture
def settings(host: Host, temporal_address: str, tmp_path: Path) -> dict[str, str]:
    """The environment of every build."""
    outside = host.outside
    root = outside.client.get("/ca/root.pem").raise_for_status().text.strip()
    trust = tmp_path / "trust.toml"
    crl = f"{outside.url}/ca/revoked.crl"
    trust.write_text(f'[[anchor]]\ncertificate = """\n{root}\n"""\ncrl = "{crl}"\n')
    told = {
        "versioned": "true",
        "database_url": host.database.app_url,
        "temporal_address": temporal_address,
        "temporal_namespace": host.client.namespace,
        "worker_port": str(free_port()),
        "port": str(free_port()),
        "public_url": "http://127.0.0.1:8080",
        "sandbox_url": outside.url,
        "scanner_address": "127.0.0.1:1",
        "trust_file": str(trust),
        "payload_keys": ",".join(f"{key}:{b64encode(of).decode()}" for key, of in KEYS.items()),
        "person_master_keys": ",".join(
            f"{key}:{b64encode(of).decode()}" for key, of in SEAL.masters.items()
        ),
        "person_index_key": b64encode(SEAL.index_key).decode(),
        "head_key": make_head_key(),
    }
    return {**os.environ, **{f"OZHB_{name.upper()}": value for name, value in told.items()}}


def build(folder: Path, settings: dict[str, str], begins: str = BEGINS) -> Build:
    """This tree with another beginning of a run, where one is told, and so with another id."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in MODULES:
        shutil.copy(ROOT / name, folder / name)
    run = folder / "workflows" / "measure.py"
    text = run.read_text()
    assert BEGINS in text
    run.write_text(text.replace(BEGINS, begins))
    return Build(folder, {**settings, "PYTHONPATH": str(folder)})


async def failed_tasks(host: Host, parties: list[Party]) -> int:
    """Of the runs of these cases."""
    return sum([await host.count(one, FAILED) for one in parties])


@pytest.mark.skipif(not ALL_BLOWS, reason="takes its time: make verify-kill")
async def test_open_cases_go_on_with_the_build_that_is_made_current(
    host: Host, settings: dict[str, str], tmp_path: Path
) -> None:
    former = build(tmp_path / "former", settings)
    later = build(tmp_path / "later", settings, f"{BEGINS}        # Another build.\n")
    breaking = build(tmp_path / "breaking", settings, f"        await workflow.sleep(1)\n{BEGINS}")
    assert len({former.id, later.id, breaking.id}) == 3
    with former.working():
        done = await asyncio.to_thread(former.ozhb, "release", "set-current")
        assert (done.returncode, done.stderr) == (0, "")
        old = [await host.begin() for _ in range(2)]
        await asyncio.gather(*(host.play(one, "choosing", 60) for one in old))
        # A build that breaks open cases is not taken, and takes nothing.
        refused = await asyncio.to_thread(breaking.ozhb, "release", "set-current")
        assert refused.returncode == 1
        assert "nothing was changed" in refused.stderr
        with breaking.working() as ended:
            assert await asyncio.to_thread(ended.wait, 60) == 1
        with later.working():
            between = await host.begin()
            done = await asyncio.to_thread(later.ozhb, "release", "set-current")
            assert (done.returncode, done.stderr) == (0, "")
            assert former.id in done.stdout
            new = await host.begin()
            cases = [*old, between, new]
            await asyncio.gather(*(host.play(one, "ordered", 60) for one in cases))
            # Back with one command: the former build still runs.
            done = await asyncio.to_thread(later.ozhb, "release", "set-current", former.id)
            assert (done.returncode, done.stderr) == (0, "")
            await asyncio.gather(*(host.play(one, "completed", 60) for one in cases))
    assert await failed_tasks(host, cases) == 0
    known = json.loads((await asyncio.to_thread(former.ozhb, "release", "builds", "--json")).stdout)
    assert {one["id"]: one["status"] for one in known}[former.id] == "current"


@pytest.mark.skipif(not ALL_BLOWS, reason="takes its time: make verify-kill")
async def test_a_build_without_workers_is_not_made_current(
    host: Host, settings: dict[str, str], tmp_path: Path
) -> None:
    told = build(tmp_path / "build", settings)
    done = await asyncio.to_thread(told.ozhb, "release", "set-current", "--within", "1")
    assert done.returncode == 1
    assert told.id in done.stderr
