"""Whims of the model player: the calendar or the law changes while a case runs."""

from domain.terms.later_edition import edition_message
from domain.terms.recount import calendar_message
from tests.domain.chance import choose
from tests.domain.play import CHANGED, MOVING, Choices, Play


def other_calendar(play: Play, whim: Choices) -> None:
    """Days off are announced; the case is told, or learns of them by what is counted next."""
    play.calendar = CHANGED[whim.below(len(CHANGED))]
    play.host(calendar_message(play.calendar.version, play.now))


def other_edition(play: Play, whim: Choices) -> None:
    """A later edition takes the open cases over."""
    later = choose(whim, MOVING)
    if play.edition not in MOVING:
        before, play.edition = play.edition, later
        play.host(edition_message(later.hash, before, play.now))
        play.edition = later if play.case.edition == later.hash else before
