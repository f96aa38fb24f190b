"""One line of JSON a happening, on standard output; the same for API and worker."""

import logging
import os
import sys
import traceback
from collections.abc import Iterator
from datetime import timedelta
from threading import Timer
from typing import Any, NoReturn

import structlog

# httpx tells every address at INFO; ours carry nothing personal, and nobody needs them.
QUIET = ("httpx", "httpcore", "asyncio", "uvicorn.access")

# The texts of our own exceptions hold nothing personal; those of others may repeat what was typed.
OWN = ("activities", "api", "db", "definitions", "domain", "integrations", "settings", "workflows")
DEEPEST = 12
# The exit code of a process that lacks something it cannot begin without.
NOT_REACHABLE = 3
# That of one that was told to stop, and something in it would not.
HUNG = 1


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
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def give_up(name: str, missing: str) -> NoReturn:
    """End a process that cannot begin: a line of the log and a sentence say what it misses."""
    structlog.get_logger(name).error("not reachable", missing=missing)
    sys.stderr.write(f"ozhb {name}: {missing}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing has begun that wants an end, and threads of Temporal's client abort a slower one.
    os._exit(NOT_REACHABLE)


def end_within(longest: timedelta) -> None:
    """Whatever hangs: this process is gone by then. Once its work is done it ends by itself."""
    forced = Timer(longest.total_seconds(), os._exit, [HUNG])
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
