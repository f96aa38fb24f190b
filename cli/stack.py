"""A complete local system in one folder: brought up, watched, taken down."""

import os
import signal
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from cli import home as places
from cli import processes
from cli.home import DEFAULT_PORT, Ports, StackFailed, StackFile
from cli.keys import LocalSecrets
from cli.program import ProcessIdentity, Program, ProgramFailed, Running, end_leftover, run_once
from cli.temporal import Temporal

WATCH_EVERY = 0.2
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
# A child that stood this long starts again with the first pause.
STEADY_AFTER = 30.0
LEFTOVER_WAITS = 10.0
# What a local stack takes over from the environment: no address and no key.
HANDED_ON = ("OZHB_LOG_LEVEL", "OZHB_REQUESTS_PER_SECOND")


class Stack:
    """PostgreSQL, Temporal, sandbox, worker and API of one folder; use it as a context manager.

    `port` is the API's, None takes any free one. `say` is told what a person may want to know. The
    thread that enters must live until the stack has stopped.
    """

    def __init__(
        self,
        home: Path,
        port: int | None = DEFAULT_PORT,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.home = home.absolute()
        self.say = say
        self._port = port
        self._children: dict[str, Running] = {}
        self._guard = threading.RLock()
        self._stopping = False
        self._gone = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="stack", daemon=True)
        self._held = ExitStack()
        self._ports: Ports | None = None

    @property
    def ports(self) -> Ports:
        if self._ports is None:
            raise StackFailed("the stack is not up")
        return self._ports

    @property
    def urls(self) -> dict[str, str]:
        """`api`, `docs`, `temporal_ui`, `sandbox`, `worker`."""
        return self.ports.urls

    @property
    def pids(self) -> dict[str, int]:
        """Of `postgres`, `temporal`, `sandbox`, `worker`, `api`; they change with a restart."""
        with self._guard:
            return {name: child.pid for name, child in self._children.items()}

    @property
    def keys(self) -> LocalSecrets:
        keys = LocalSecrets.read(self.home)
        if keys is None:
            raise StackFailed("the stack was never made")
        return keys

    def __enter__(self) -> Self:
        with self._held:
            self._held.enter_context(places.sole_use(self.home))
            self._held.callback(self._stop)
            try:
                self._start()
            except ProgramFailed as error:
                raise StackFailed(str(error)) from None
            self._held = self._held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def _start(self) -> None:
        last = StackFile.read(self.home)
        if last is not None:
            self._end_leftovers(last)
        ports = self._ports = Ports.choose(self._port, last.ports if last else None)
        keys = self._secrets()
        postgres = places.local_postgres(self.home, ports, keys)
        temporal = Temporal(ports.temporal, ports.temporal_ui, self.home / "temporal.sqlite")
        self.say("starting PostgreSQL and Temporal")
        postgres.prepare()
        self._bring_up(postgres.program(), temporal.program())
        postgres.ensure_roles()
        self.say("migrating the database")
        run_once(
            self._python("migrate", places.owner_settings(self.home, ports, keys)),
            self._log("migrate"),
        )
        self.say("starting the sandbox of outside systems")
        outside = places.sandbox_settings(self.home, ports, keys)
        self._bring_up(self._python("sandbox", outside, f"{self.urls['sandbox']}/health"))
        roots = [self._root(name) for name in ("root.pem", "gost-root.pem")]
        places.trust_sandbox(self.home, ports, *roots)
        self.say("starting worker and API")
        inside = places.local_settings(self.home, ports, keys)
        self._bring_up(
            self._python("worker", inside, f"{self.urls['worker']}/health/ready"),
            self._python("api", inside, f"{self.urls['api']}/health/ready"),
        )
        self._watcher.start()

    def _root(self, name: str) -> str:
        answer = httpx.get(f"{self.urls['sandbox']}/ca/{name}", timeout=10, trust_env=False)
        return answer.raise_for_status().text

    def _secrets(self) -> LocalSecrets:
        keys = LocalSecrets.read(self.home)
        if keys is not None:
            whole = keys.complete()
            if whole != keys:
                whole.write(self.home)
            return whole
        if (self.home / "postgres" / "data").exists():
            raise StackFailed(
                f"{self.home}/secrets.json is gone: without its keys the data cannot be opened"
            )
        keys = LocalSecrets.make()
        keys.write(self.home)
        return keys

    def _python(self, name: str, settings: dict[str, str], health: str = "") -> Program:
        return Program(
            name=name,
            argv=processes.argv(name, self.ports.api),
            answers=lambda: _is_healthy(health),
            environment={**_neutral(os.environ), **settings, "PYTHONUNBUFFERED": "1"},
            ready_within=90,
            # The worker first finishes what it has begun.
            stopped_within=15,
        )

    def _bring_up(self, *programs: Program) -> None:
        """Start all, then wait for all."""
        started = [self._launch(program) for program in programs]
        for child in started:
            child.await_answer()

    def _launch(self, program: Program) -> Running:
        with self._guard:
            child = Running(program, self._log(program.name))
            self._children[program.name] = child
            self._remember()
            return child

    def _log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def _remember(self) -> None:
        StackFile(
            ports=self.ports,
            supervisor=None if self._stopping else ProcessIdentity.of(os.getpid()),
            children={name: child.identity for name, child in self._children.items()},
        ).write(self.home)

    def _end_leftovers(self, last: StackFile) -> None:
        """A supervisor that was killed could not see its children off."""
        for name, leftover in reversed(last.children.items()):
            gently = signal.SIGINT if name == "postgres" else signal.SIGTERM
            if leftover.process() is not None:
                self.say(f"ending a leftover of the last run: {name} (pid {leftover.pid})")
                end_leftover(leftover, gently, LEFTOVER_WAITS)

    def _watch(self) -> None:
        """Restart what dies. Lives as long as its children: Linux ends a child with its thread."""
        pauses: dict[str, float] = {}
        due: dict[str, float] = {}
        while not self._gone.wait(WATCH_EVERY):
            with self._guard:
                dead = [] if self._stopping else [c for c in self._children.values() if c.dead]
                for child in dead:
                    name, now = child.program.name, time.monotonic()
                    if name not in due:
                        steady = now - child.started > STEADY_AFTER
                        pause = FIRST_PAUSE if steady else pauses.get(name, FIRST_PAUSE)
                        pauses[name] = min(pause * 2, LONGEST_PAUSE)
                        due[name] = now + pause
                        code = child.popen.returncode
                        self.say(f"{name} ended ({code}); starting it again in {pause:.1f} s")
                    elif now >= due[name] and self._relaunched(child.program):
                        del due[name]

    def _relaunched(self, program: Program) -> bool:
        try:
            self._launch(program)
        except OSError as error:  # no memory, no room on the disk: may pass
            self.say(f"{program.name} cannot be started: {error.strerror}")
            return False
        return True

    def _stop(self) -> None:
        with self._guard:
            self._stopping = True
            children = list(reversed(self._children.values()))
        for child in children:
            child.stop()
        self._children.clear()
        if self._ports is not None:
            self._remember()
        self._gone.set()
        if self._watcher.is_alive():
            self._watcher.join()


def _neutral(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the addresses and keys of any other installation: a local stack must not reach it."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("OZHB_") or name in HANDED_ON
    }


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False, verify=_tls()).status_code == 200
    except httpx.TransportError:
        return False


@cache
def _tls() -> ssl.SSLContext:
    """Made once: to read the certificates of the world takes longer than many such questions."""
    return ssl.create_default_context()
