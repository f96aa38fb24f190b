"""Asking a system that may be silent, so that nobody waits long, nor one behind the other."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import Final, TypeVar

from integrations.errors import Unavailable

# While a system is silent, callers are told so at once instead of each waiting in line for it.
PAUSE_SECONDS: Final = 2.0
THREADS: Final = 8

T = TypeVar("T")


class Patience:
    """Asks by threads of its own; safe to share between threads.

    A caller waits `seconds` at most. After a silence nobody is asked for two seconds.
    """

    def __init__(
        self,
        system: str,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._system, self._seconds, self._clock = system, seconds, clock
        self._lock = threading.Lock()
        self._silent: dict[str, float] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=system)

    def ask(self, address: str, question: Callable[[], T]) -> T:
        """What the question brings. Unavailable for silence, and in the pause after one."""
        with self._lock:
            silent = self._silent.get(address)
            if silent is not None and self._clock() - silent < PAUSE_SECONDS:
                raise Unavailable(self._system, "silent just now")
        try:
            found = self._threads.submit(question).result(self._seconds)
        except TooLate:
            self._note(address)
            raise Unavailable(self._system, "no answer in time") from None
        except Unavailable:
            self._note(address)
            raise
        with self._lock:
            self._silent.pop(address, None)
        return found

    def _note(self, address: str) -> None:
        with self._lock:
            self._silent[address] = self._clock()
