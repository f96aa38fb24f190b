"""Cases in which a decision against a person is intended, and heard."""

from tests.domain.play import C, Play, R, reach
from tests.domain.reading import expired


def intended(ground: str | None) -> Play:
    """A refusal on a ground is intended where that ground belongs; without one, the closing."""
    if ground is None:
        play = expired()
        play.send("intend_closing", C, {"reason": "stated"})
    else:
        play = unsigned() if ground == "unsigned" else reach("under_review")
        play.send("intend_refusal", C, {"ground": ground, "reason": "stated"})
    assert play.period.hearing is not None
    return play


def unsigned() -> Play:
    """The supplier was warned twice, and sixty days later has not signed."""
    play = reach("awaiting_signatures")
    while "unsigned_long" not in play.period.flags:
        play.wait()
    return play


def heard(ground: str | None) -> Play:
    """The recipient has read what is intended, and the hearing is over."""
    play = intended(ground)
    play.send("open_case", R)
    while "1:hearing_ended" not in play.case.tasks:
        play.wait()
    return play
