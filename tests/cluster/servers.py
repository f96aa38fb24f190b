"""Everything that a cluster is made of, each a process of its own on loopback.

Temporal as four kinds of services on PostgreSQL, the case file on another one, two workers, two
APIs, and the outside world.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import psycopg
import yaml

from cli import home as places
from cli import processes
from cli.keys import LocalSecrets
from cli.ports import free_port
from cli.postgres import APP, SUPERUSER, UNPRIVILEGED, Postgres, binaries, fresh_passwords
from cli.program import Program, Running, run_once
from cli.temporal import executable

VERSION: Final = "v1.32.0"
MODULE: Final = "go.temporal.io/server"
TOOLS: Final = ("cmd/server", "cmd/tools/sql")
SHARDS: Final = 64
NAMESPACE: Final = "ozhb"
# The second history has an address of its own: all of a kind listen on one port.
SERVICES: Final = {
    "frontend": "127.0.0.1",
    "history-1": "127.0.0.1",
    "history-2": "127.0.0.2",
    "matching": "127.0.0.1",
    "system": "127.0.0.1",
}
KINDS: Final = {"system": "worker"}
PEOPLE: Final = ("worker-1", "worker-2", "api-1", "api-2")
# By its group too: the folders above let others pass, and not the group of who runs this.
AS_SERVER: Final[dict[str, Any]] = {
    "user": UNPRIVILEGED,
    "group": "nogroup",
    "extra_groups": (),
}


class NoServer(Exception):
    """Temporal's server is not here and cannot be built; the text says why."""


def temporal_server(folder: Path) -> Path:
    """The folder of `server` and `sql`: `TEMPORAL_SERVER`, or built once from Go's modules."""
    if named := os.environ.get("TEMPORAL_SERVER"):
        return Path(named)
    if all((folder / tool.rpartition("/")[2]).exists() for tool in TOOLS):
        return folder
    if shutil.which("go") is None:
        raise NoServer("Go is not installed here, and TEMPORAL_SERVER names no folder")
    wanted = [f"{MODULE}/{tool}@{VERSION}" for tool in TOOLS]
    built = subprocess.run(
        ["go", "install", *wanted], env={**os.environ, "GOBIN": str(folder)}, check=False
    )
    if built.returncode:
        raise NoServer("Temporal's server could not be built")
    return folder


def schemas() -> Path:
    """Where its module keeps the tables."""
    found = subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip()
    return Path(found) / f"{MODULE}@{VERSION}" / "schema" / "postgresql" / "v12"


@dataclass
class Cluster:
    """All processes by name; whoever is struck is started again by `start`.

    One thread must start and outlive all of them: Linux ties a child to it.
    """

    home: Path
    tools: Path
    running: dict[str, Running] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken: list[int] = []
        for _ in range(16):
            taken.append(free_port(taken))
        (self.grpc, self.member, self.http, *taken) = (
            {kind: taken.pop() for kind in ("frontend", "history", "matching", "worker")},
            {kind: taken.pop() for kind in ("frontend", "history", "matching", "worker")},
            *taken,
        )
        self.ports = places.Ports.choose(None, None)
        self.keys = LocalSecrets.make()
        self.second_api, self.second_worker = taken[0], taken[1]
        self.file = places.local_postgres(self.home, self.ports, self.keys)
        self.beside = Postgres(self.home / "beside", taken[2], fresh_passwords())
        self.standby = Postgres(self.home / "standby", taken[3], self.file.passwords)

    @property
    def servers(self) -> dict[str, Postgres]:
        """Those of PostgreSQL, by their names."""
        return {"file": self.file, "beside": self.beside, "standby": self.standby}

    @property
    def apis(self) -> tuple[str, str]:
        """Where clients reach them."""
        return self.ports.urls["api"], f"http://127.0.0.1:{self.second_api}"

    @property
    def frontend(self) -> str:
        return f"127.0.0.1:{self.grpc['frontend']}"

    def url(self, role: str) -> str:
        """The case file, wherever it is written to now."""
        one = self.file.url(role)
        two = one.replace(str(self.file.port), f"{self.file.port},127.0.0.1:{self.standby.port}")
        return f"{two}?target_session_attrs=read-write"

    def start_all(self) -> None:
        """In the order that docs/operations.md has."""
        for name, postgres in (("file", self.file), ("beside", self.beside)):
            postgres.prepare()
            self.know(name, postgres.program())
            self.start(name)
            postgres.ensure_roles()
        self._schema()
        first, *others = SERVICES
        for name in SERVICES:
            self.know(name, self._service(name))
        # Two that begin on an empty database may both want to write what the cluster is.
        self.start(first)
        for name in others:
            self.begin(name)
        for name in others:
            self.running[name].await_answer()
        self._namespace()
        run_once(
            self._python("migrate", places.owner_settings(self.home, self.ports, self.keys)),
            self.home / "migrate.log",
        )
        self._stand_by()
        outside = places.sandbox_settings(self.home, self.ports, self.keys)
        sandbox = self.ports.urls["sandbox"]
        self.know("outside", self._python("sandbox", outside, f"{sandbox}/health"))
        self.start("outside")
        roots = [
            httpx.get(f"{sandbox}/ca/{name}", timeout=10, trust_env=False).raise_for_status().text
            for name in ("root.pem", "gost-root.pem")
        ]
        places.trust_sandbox(self.home, self.ports, *roots)
        for name in PEOPLE:
            self.know(name, self._ours(name))
            self.begin(name)
        for name in PEOPLE:
            self.running[name].await_answer()

    def know(self, name: str, program: Program) -> None:
        self.programs[name] = program

    def begin(self, name: str) -> None:
        """Start it, and do not wait."""
        self.running[name] = Running(self.programs[name], self.home / f"{name}.log")

    def start(self, name: str) -> None:
        """Start it, and wait until it answers."""
        if name in self.servers:
            self.servers[name].prepare()
        self.begin(name)
        self.running[name].await_answer()

    def strike(self, names: Sequence[str], sign: int) -> None:
        """Send a signal to each of them, and to hold them or let them go on to all they forked."""
        for name in names:
            process = psutil.Process(self.running[name].pid)
            whole = sign in (signal.SIGSTOP, signal.SIGCONT)
            for one in (process, *(process.children(recursive=True) if whole else ())):
                one.send_signal(sign)

    def revive(self, names: Sequence[str]) -> None:
        """Start those that have ended, as a manager of processes does."""
        for name in names:
            self.running[name].popen.wait(60)
        for name in names:
            if name in self.servers:
                self.start(name)
            else:
                self.begin(name)
        for name in names:
            self.running[name].await_answer()

    def stop_all(self) -> None:
        for name in reversed(self.running):
            self.running[name].popen.send_signal(signal.SIGCONT)
            self.running[name].stop()

    def _python(self, name: str, told: Mapping[str, str], health: str = "") -> Program:
        port = int(told.get("OZHB_PORT", "0"))
        return Program(
            name=name,
            argv=processes.argv(name, port),
            answers=lambda: answers(health),
            environment={**os.environ, **told, "PYTHONUNBUFFERED": "1"},
            ready_within=120,
            stopped_within=20,
        )

    def _ours(self, name: str) -> Program:
        kind, _, number = name.partition("-")
        told = {
            **places.local_settings(self.home, self.ports, self.keys),
            "OZHB_DATABASE_URL": self.url(APP),
            "OZHB_TEMPORAL_ADDRESS": self.frontend,
            "OZHB_TEMPORAL_NAMESPACE": NAMESPACE,
            "OZHB_REQUESTS_PER_SECOND": "10000",
        }
        if number == "2":
            told |= {
                "OZHB_PORT": str(self.second_api),
                "OZHB_WORKER_PORT": str(self.second_worker),
            }
        port = told["OZHB_PORT" if kind == "api" else "OZHB_WORKER_PORT"]
        return self._python(kind, told, f"http://127.0.0.1:{port}/health/ready")

    def _service(self, name: str) -> Program:
        kind = KINDS.get(name, name.partition("-")[0])
        folder = self.home / "temporal" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "base.yaml").write_text(yaml.safe_dump(self._config(SERVICES[name], folder)))
        (folder / "dynamic.yaml").write_text(
            yaml.safe_dump({"frontend.namespaceRPS.visibility": [{"value": 100}]})
        )
        port, host = self.grpc[kind], SERVICES[name]
        return Program(
            name=name,
            argv=(
                *(str(self.tools / "server"), "--root", str(folder), "--config", "."),
                *("--env", "none", "--allow-no-auth", "start", "--service", kind),
            ),
            answers=lambda: listens(host, port),
            environment={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            ready_within=90,
            stopped_within=20,
        )

    def _config(self, host: str, folder: Path) -> dict[str, Any]:
        def store(database: str, most: int) -> dict[str, Any]:
            return {
                "sql": {
                    "pluginName": "postgres12",
                    "databaseName": database,
                    "connectAddr": f"127.0.0.1:{self.beside.port}",
                    "connectProtocol": "tcp",
                    "user": SUPERUSER,
                    "password": self.beside.passwords[SUPERUSER],
                    "maxConns": most,
                    "maxIdleConns": most,
                    "maxConnLifetime": "1h",
                }
            }

        return {
            "log": {"stdout": True, "level": "warn"},
            "persistence": {
                "defaultStore": "file",
                "visibilityStore": "lists",
                "numHistoryShards": SHARDS,
                "datastores": {"file": store("temporal", 8), "lists": store("lists", 3)},
            },
            "global": {"membership": {"maxJoinDuration": "30s", "broadcastAddress": host}},
            "services": {
                kind: {
                    "rpc": {
                        "grpcPort": self.grpc[kind],
                        "membershipPort": self.member[kind],
                        "bindOnIP": host,
                    }
                }
                for kind in self.grpc
            },
            "clusterMetadata": {
                "enableGlobalNamespace": False,
                "failoverVersionIncrement": 10,
                "masterClusterName": "active",
                "currentClusterName": "active",
                "clusterInformation": {
                    "active": {
                        "enabled": True,
                        "initialFailoverVersion": 1,
                        "rpcName": "frontend",
                        "rpcAddress": self.frontend,
                    }
                },
            },
            "dcRedirectionPolicy": {"policy": "noop"},
            "publicClient": {"hostPort": self.frontend},
            "dynamicConfigClient": {
                "filepath": str(folder / "dynamic.yaml"),
                "pollInterval": "10s",
            },
        }

    def _schema(self) -> None:
        for database, tables in (("temporal", "temporal"), ("lists", "visibility")):
            tool = (
                *(str(self.tools / "sql"), "--plugin", "postgres12", "--ep", "127.0.0.1"),
                *("-p", str(self.beside.port), "-u", SUPERUSER, "--db", database),
            )
            known = {**os.environ, "SQL_PASSWORD": self.beside.passwords[SUPERUSER]}
            place = str(schemas() / tables / "versioned")
            for step in (["create"], ["setup-schema", "-v", "0.0"], ["update-schema", "-d", place]):
                _do(*tool, *step, env=known)

    def _stand_by(self) -> None:
        """A copy that is told of every change before it counts."""
        self.standby.folder.mkdir(parents=True)
        shutil.chown(self.standby.folder, UNPRIVILEGED, AS_SERVER["group"])
        _do(
            *(str(binaries() / "pg_basebackup"), "-h", "127.0.0.1", "-p", str(self.file.port)),
            *("-U", SUPERUSER, "-D", str(self.standby.data), "-R", "-X", "stream"),
            env={"PGPASSWORD": self.file.passwords[SUPERUSER], "PATH": os.environ["PATH"]},
            cwd=self.standby.folder,
            **AS_SERVER,
        )
        self.know("standby", self.standby.program())
        self.start("standby")
        with superuser(self.file) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """The case file's first host is gone for good, and its copy takes its place."""
        self.strike(("file",), signal.SIGKILL)
        self.running["file"].popen.wait(60)
        with superuser(self.standby) as connection:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SELECT pg_promote()")

    def _namespace(self) -> None:
        asked = ("operator", "namespace", "create", NAMESPACE, "--retention", "720h")
        end = time.monotonic() + 90
        while True:
            made = subprocess.run(
                [str(executable()), *asked, "--address", self.frontend],
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode == 0:
                return
            if time.monotonic() > end:
                raise NoServer(made.stderr)
            time.sleep(1)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


def stop_postgres(postgres: Postgres, mode: str) -> None:
    """As its own tool does it: `fast` or `immediate`; it has ended when this returns."""
    stop = (str(binaries() / "pg_ctl"), "stop", "-D", str(postgres.data), "-m", mode, "-w")
    _do(*stop, **AS_SERVER)


def _do(*argv: str, **how: Any) -> None:
    """Let a tool do it; what it complains of is said."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **how)
    if done.returncode != 0:
        raise NoServer(f"{argv[0]}: {done.stderr}")


def superuser(postgres: Postgres) -> psycopg.Connection[Any]:
    return psycopg.connect(postgres.url(SUPERUSER), autocommit=True)
