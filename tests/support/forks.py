"""Processes forked from one that has imported what they need, so that a start costs little."""

import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

_context = get_context("forkserver")
_context.set_forkserver_preload(["sandbox.__main__", "tests.support.kill"])


def fork(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Run a function in a process of its own."""
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def fork_sandbox(environment: Mapping[str, str], log: Path) -> BaseProcess:
    """As `python -m sandbox` with nothing but these variables."""
    return fork(_sandbox, dict(environment), log)


def _sandbox(environment: Mapping[str, str], log: Path) -> None:
    from sandbox.__main__ import main

    _end_with_parent()
    with log.open("ab") as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    main()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()
