"""One child process: started, awaited until it answers, stopped within seconds."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

CHILD = Path(__file__).with_name("child.py")
PROBE_EVERY = 0.05
LOG_LINES_SHOWN = 15


def private(path: str, flags: int) -> int:
    """An opener of files that their user alone may read."""
    return os.open(path, flags, 0o600)


def write_private(path: Path, content: bytes) -> None:
    """A file of somebody's data, which no other account of this machine reads."""
    with open(path, "wb", opener=private) as file:
        if path.is_file():  # what stood there before was perhaps for others to read
            os.fchmod(file.fileno(), 0o600)
        file.write(content)


class ProgramFailed(Exception):
    """A child did not come up; the text ends with the last lines of its log."""


@dataclass(frozen=True)
class User:
    """The account a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run, and how to see that it answers (`answers` is asked until it says yes)."""

    name: str
    argv: tuple[str, ...]
    answers: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: User | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # What it gets when we are killed: it must need no farewell.
    orphan_signal: signal.Signals = signal.SIGKILL
    ready_within: float = 30.0
    stopped_within: float = 10.0


@dataclass(frozen=True)
class ProcessIdentity:
    """A pid with the time its process began, because pids come back."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The process if it still is the one that was meant."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


class Running:
    """A started program. The thread that starts it must outlive it: Linux ties the two."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        user = program.user or User(-1, -1)
        self._log_start = log.stat().st_size if log.exists() else 0
        with open(log, "ab", opener=private) as output:
            self.popen = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", str(CHILD)),
                    *(str(os.getpid()), str(int(program.orphan_signal))),
                    *(str(user.uid), str(user.gid)),
                    *program.argv,
                ],
                env=dict(program.environment) or None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.started = time.monotonic()
        self.identity = ProcessIdentity.of(self.popen.pid)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def dead(self) -> bool:
        return self.popen.poll() is not None

    def await_answer(self) -> None:
        """Return when it answers; ProgramFailed when it exits or is silent for too long."""
        until = time.monotonic() + self.program.ready_within
        while not self.program.answers():
            if self.dead:
                raise ProgramFailed(
                    f"{self.program.name} exited with {self.popen.returncode}\n{self.last_words()}"
                )
            if time.monotonic() > until:
                raise ProgramFailed(
                    f"{self.program.name} did not answer within "
                    f"{self.program.ready_within:.0f} s\n{self.last_words()}"
                )
            time.sleep(PROBE_EVERY)

    def last_words(self) -> str:
        """The end of what this run wrote to its log."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join([f"… {self.log}", *lines[-LOG_LINES_SHOWN:]])

    def ask_to_stop(self) -> None:
        if not self.dead:
            self.popen.send_signal(self.program.stop_signal)

    def stop(self) -> None:
        """Ask, wait, and only then kill."""
        self.ask_to_stop()
        try:
            self.popen.wait(self.program.stopped_within)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@contextmanager
def running(program: Program, log: Path) -> Iterator[Running]:
    """The program, answering, while the block lasts."""
    child = Running(program, log)
    try:
        child.await_answer()
        yield child
    finally:
        child.stop()


def run_once(program: Program, log: Path) -> None:
    """Run a program that ends by itself; ProgramFailed unless it exits with 0 in time."""
    running = Running(program, log)
    try:
        code = running.popen.wait(program.ready_within)
    except subprocess.TimeoutExpired:
        running.stop()
        code = -1
    if code != 0:
        raise ProgramFailed(f"{program.name} failed ({code})\n{running.last_words()}")


def end_leftover(leftover: ProcessIdentity, gently: signal.Signals, within: float) -> None:
    """End a process of an earlier run that was killed before it could."""
    process = leftover.process()
    if process is None:
        return
    try:
        process.send_signal(gently)
        process.wait(within)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(within)
    except psutil.NoSuchProcess:
        return
