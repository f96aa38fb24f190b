"""Cases that have come to each of the ends that may be undone."""

from collections.abc import Callable
from typing import Any

from tests.domain.hearings import heard
from tests.domain.play import C2, C, E, Play, R, measure, reach
from tests.domain.reading import PROVEN, STATED


def refused(ground: str = "not_delivered") -> Play:
    play = heard(ground)
    play.send("refuse", C, {**STATED, "ground": ground})
    play.send("refuse", C2, {**STATED, "ground": ground})
    return play


def declined(status: str = "choosing") -> Play:
    play = reach(status)
    play.send("decline", R, STATED)
    return play


def unclaimed() -> Play:
    play = heard(None)
    while play.send("close", C, STATED)[0].type != "closed":
        play.wait()
    return play


def withdrawn() -> Play:
    play = reach("ordered")
    play.send("revoked", E)
    return play


def arrived(**changed: Any) -> Play:
    play = Play()
    play.send("measure_arrived", E, {"measure": measure(**changed)})
    return play


def ended() -> Play:
    play = reach("notifying")
    while play.status != "ended":
        play.wait()
    return play


ENDS: dict[str, Callable[[], Play]] = {
    "refused": refused,
    "declined": declined,
    "closed_unclaimed": unclaimed,
    "withdrawn": withdrawn,
    "to_procurement": lambda: arrived(procured=True),
    "to_employer": lambda: arrived(payer="EMPLOYER"),
}


def undo(play: Play, ground: str) -> Play:
    """Two caseworkers re-open the case."""
    for clerk in (C, C2):
        play.send("reopen_case", clerk, {**PROVEN, "ground": ground})
    return play


def closed() -> list[Play]:
    """One case at each end, with its file."""
    return [make() for make in ENDS.values()]
