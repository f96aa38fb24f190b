"""A child never outlives its parent, and a start that fails says why."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cli.program import (
    ProcessIdentity,
    Program,
    ProgramFailed,
    Running,
    end_leftover,
    run_once,
    running,
)
from tests.support.forks import run_command
from tests.support.polling import BOUND_SECONDS

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")
# A parent that starts a child, prints its pid and waits to be killed.
PARENT = """
import signal, sys
from pathlib import Path
from cli.program import Program, Running
child = Running(Program("child", tuple(sys.argv[2:]), lambda: True), Path(sys.argv[1]))
print(child.pid, flush=True)
signal.pause()
"""


def program(*argv: str, answers: bool = True, ready_within: float = 5) -> Program:
    return Program("trial", argv, lambda: answers, ready_within=ready_within)


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log"), *SLEEPER],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs([child], timeout=BOUND_SECONDS)
    assert not alive or alive[0].status() == psutil.STATUS_ZOMBIE


def test_a_child_that_exits_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Running(
        program(sys.executable, "-c", "raise SystemExit('no room')", answers=False),
        tmp_path / "log",
    )
    with pytest.raises(ProgramFailed, match=r"exited with 1(.|\n)*no room"):
        child.await_answer()


def test_a_silent_child_is_given_up(tmp_path: Path) -> None:
    with (
        pytest.raises(ProgramFailed, match="did not answer"),
        running(program(*SLEEPER, answers=False, ready_within=0.2), tmp_path / "log"),
    ):
        pass


def test_a_child_deaf_to_requests_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "deaf"
    deaf = (
        "import signal, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); signal.pause()"
    )
    stubborn = Program("deaf", (sys.executable, "-c", deaf), ready.exists, stopped_within=0.2)
    with running(stubborn, tmp_path / "log") as child:
        pass
    assert child.popen.returncode == -signal.SIGKILL


def test_one_that_ends_by_itself_must_end_well(tmp_path: Path) -> None:
    run_once(program(sys.executable, "-c", "pass"), tmp_path / "log")
    with pytest.raises(ProgramFailed, match="failed"):
        run_once(program(sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "log")


def test_a_leftover_is_ended_but_never_a_stranger_with_its_pid(tmp_path: Path) -> None:
    child = Running(program(*SLEEPER), tmp_path / "log")
    end_leftover(ProcessIdentity(child.pid, child.identity.started - 100), signal.SIGTERM, 1)
    assert child.popen.poll() is None
    end_leftover(child.identity, signal.SIGTERM, 5)
    assert child.dead
    assert ProcessIdentity.of(os.getpid()).process() is not None


def test_what_is_not_there_is_another_fault_than_what_is_wrong(tmp_path: Path) -> None:
    nowhere = {**os.environ, "OZHB_HOME": str(tmp_path), "OZHB_API_URL": "", "OZHB_TOKEN": ""}
    away = run_command(("cases", "stuck"), nowhere)
    assert (away.returncode, "no stack runs" in away.stderr) == (3, True)
    gone = {**nowhere, "OZHB_API_URL": "http://127.0.0.1:1", "OZHB_TOKEN": "x"}
    assert run_command(("cases", "stuck"), gone).returncode == 3
    assert run_command(("cases", "show", "x"), gone).returncode == 2


def test_it_says_which_version_it_is() -> None:
    told = run_command(("--version",), dict(os.environ))
    assert (told.returncode, told.stdout.startswith("ozhb ")) == (0, True)
