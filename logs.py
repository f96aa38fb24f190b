"""One line of JSON a happening, on standard output; the same for API, worker and migration."""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import timedelta
from types import TracebackType
from typing import Any, NoReturn

import structlog

# httpx tells every address at INFO; ours carry nothing personal, and nobody needs them.
QUIET = ("httpx", "httpcore", "asyncio", "uvicorn.access")

# The texts of our own exceptions hold nothing personal; those of others may repeat what was typed.
OWN = ("activities", "api", "db", "definitions", "domain", "integrations", "settings", "workflows")
DEEPEST = 12
# What is taken over of what the core of Temporal's client notes beside its words: a failure that it
# quotes may repeat what was typed.
CORE = ("run_id", "workflow_id", "task_queue", "error")
# The exit codes of a process that found a fault, or of which something would not stop; of one whose
# settings cannot be used; and of one that lacks what it cannot begin without.
FAULT = 1
WRONG_SETTINGS = 2
NOT_REACHABLE = 3


def configure(level: str) -> None:
    """Send structlog and the standard library's loggers through one renderer, from `level` up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_places,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, tell_core],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def give_up(
    name: str, event: str, what: str, helps: str, *, code: int = NOT_REACHABLE, **more: str
) -> NoReturn:
    """End a process that cannot begin: one line says what is missing, and what helps."""
    structlog.get_logger(name).error(event, what=what, helps=helps, **more)
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing has begun that wants an end, and threads of Temporal's client abort a slower one.
    os._exit(code)


def in_a_line(error: BaseException) -> str:
    """The words of a driver, which names hosts and roles and repeats no password."""
    return " ".join(str(error).split())


def catch_the_rest(name: str) -> None:
    """Warnings, and exceptions that nobody catches, become lines too."""
    logging.captureWarnings(True)

    def uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        structlog.get_logger(name).critical("uncaught", exc_info=(kind, error, trace))

    def in_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            uncaught(told.exc_type, told.exc_value, told.exc_traceback)

    sys.excepthook, threading.excepthook = uncaught, in_thread


def end_within(longest: timedelta) -> None:
    """Whatever hangs: this process is gone by then. Once its work is done it ends by itself."""
    forced = threading.Timer(longest.total_seconds(), os._exit, [FAULT])
    forced.daemon = True
    forced.start()


def tell_places(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception as kinds and places alone: the locals of its frames hold keys and names."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        event["exception"] = [_told(one) for one in _chain(error)]
    return event


def tell_core(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Where the core of Temporal's client speaks of something, that something."""
    said = getattr(event.get("_record"), "temporal_log", None)
    noted = {} if said is None else said.fields
    return {**event, **{name: str(noted[name]) for name in CORE if name in noted}}


def _told(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    told: dict[str, Any] = {
        "kind": type(error).__qualname__,
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if type(error).__module__.partition(".")[0] in OWN:
        told["text"] = str(error)
    return told


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
