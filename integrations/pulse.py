"""When each outside system answered last in this process, and how it failed last."""

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock


@dataclass(frozen=True)
class Sign:
    """What was seen of one system. `fault` is a status or a kind of silence, and nothing more."""

    answered_at: datetime | None = None
    failed_at: datetime | None = None
    fault: str | None = None


class Pulse:
    """Of this process; whoever asks a system says here how it went. Several threads do."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[str, Sign] = {}

    def answered(self, system: str) -> None:
        """It said something that could be read, a refusal too."""
        with self._lock:
            known = self._seen.get(system, Sign())
            self._seen[system] = Sign(datetime.now(UTC), known.failed_at, known.fault)

    def failed(self, system: str, fault: str) -> None:
        with self._lock:
            known = self._seen.get(system, Sign())
            self._seen[system] = Sign(known.answered_at, datetime.now(UTC), fault)

    def take(self) -> dict[str, Sign]:
        """What was seen since this was asked last."""
        with self._lock:
            seen, self._seen = self._seen, {}
        return seen


PULSE = Pulse()
