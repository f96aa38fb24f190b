"""A process that takes a report in and dies on its way."""

import os
import signal
from typing import Any

from db.engine import make_engine
from db.reports import keep, settle
from integrations.words import OrderParties, Word
from tests.support.forks import fork
from tests.support.intake import SEAL

BEFORE_READING, WHILE_TELLING = "before reading", "while telling"


def die_with(database_url: str, content: bytes, point: str) -> None:
    """Have a process keep a report and be killed at a point; SIGKILL, as nobody expects it."""
    process = fork(_take_in, database_url, content, point)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


def _take_in(database_url: str, content: bytes, point: str) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        report = keep(connection, SEAL, content)
    if point == BEFORE_READING:
        os.kill(os.getpid(), signal.SIGKILL)
    settle(engine, SEAL, report, _kill)


def _kill(word: Word, ordered: OrderParties) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it is dead")
