"""How late what comes by itself is recorded: a figure for whoever watches the system."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import Histogram

LATENESS: Final = Histogram(
    "ozhb_deadline_lateness_seconds",
    "How much later than it might a term or reminder was recorded, by whoever recorded it",
    buckets=(0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600),
)


def note_lateness(rung: Iterable[datetime], now: datetime) -> None:
    """So late was recorded what had come by itself."""
    for at in rung:
        LATENESS.observe((now - at).total_seconds())
