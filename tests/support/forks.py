"""Processes forked from one that has imported what they need, so that a start costs little."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

_context = get_context("forkserver")
_context.set_forkserver_preload(
    [
        *("sandbox.__main__", "tests.support.kill", "cli.cases", "cli.catalogue", "cli.calendar"),
        *("cli.edition", "cli.intake", "cli.money", "cli.release", "cli.backup"),
        *("cli.roles", "cli.rotation"),
    ]
)


def fork(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Run a function in a process of its own."""
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def fork_sandbox(environment: Mapping[str, str], log: Path) -> BaseProcess:
    """As `python -m sandbox` with nothing but these variables."""
    return fork(_sandbox, dict(environment), log)


def run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> CompletedProcess[str]:
    """As `ozhb …` with nothing but these variables, to its end."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = fork(_command, list(arguments), dict(environment), out, err)
        process.join()
        assert process.exitcode is not None
        return CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _sandbox(environment: Mapping[str, str], log: Path) -> None:
    from sandbox.__main__ import main

    _become(environment, log, log)
    main()


def _command(
    arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path
) -> None:
    from cli.main import app

    _become(environment, out, err)
    app(arguments, prog_name="ozhb")


def _become(environment: Mapping[str, str], out: Path, err: Path) -> None:
    """A process of these variables that says what it says into files, and ends with its parent."""
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        with file.open("ab") as said:
            os.dup2(said.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    parent = parent_process()
    assert parent is not None
    Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(parent: int) -> None:
    connection.wait([parent])
    os._exit(1)
