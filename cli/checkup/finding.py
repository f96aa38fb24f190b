"""One thing that was looked at."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from domain.messages import Frozen

# Terms end at midnight by the clock of PostgreSQL, and tokens by that of the API.
MOST_SKEW: Final = timedelta(seconds=5)


class Finding(Frozen):
    """`state` is `unknown` where it cannot be asked; `helps` says what mends a fault."""

    name: str
    state: Literal["ok", "fault", "unknown"]
    seen: str
    helps: str = ""


def ok(name: str, seen: str) -> Finding:
    """As it should be."""
    return Finding(name=name, state="ok", seen=seen)


def fault(name: str, seen: str, helps: str) -> Finding:
    """Otherwise than it should be."""
    return Finding(name=name, state="fault", seen=seen, helps=helps)


def unknown(name: str, seen: str, helps: str = "") -> Finding:
    """It could not be told."""
    return Finding(name=name, state="unknown", seen=seen, helps=helps)


def judged(name: str, seen: str, wrong: Sequence[str], helps: str) -> Finding:
    """A fault where anything is wrong, which is then what was seen."""
    return fault(name, "; ".join(wrong), helps) if wrong else ok(name, seen)


def skew(name: str, whose: str, ahead: timedelta) -> Finding:
    """How far a clock is ahead of this machine's."""
    seconds = ahead.total_seconds()
    seen = f"{whose} is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(ahead) <= MOST_SKEW:
        return ok(name, seen)
    return fault(name, seen, "time synchronisation (NTP) on both")
