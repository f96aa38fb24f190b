"""Whims of the model player: the calendar or the law changes while a case runs."""

from domain.moves import edition_message
from domain.recount import calendar_message
from tests.domain.play import CHANGED, LATER, Choices, Play


def other_calendar(play: Play, whim: Choices) -> None:
    """Days off are announced; the case is told, or learns of them by what is counted next."""
    play.calendar = CHANGED[whim.below(len(CHANGED))]
    play.host(calendar_message(play.calendar.version, play.now))


def other_edition(play: Play, whim: Choices) -> None:
    """A later edition takes the open cases over."""
    if play.edition is not LATER:
        before, play.edition = play.edition, LATER
        play.host(edition_message(LATER.hash, before, play.now))
        play.edition = LATER if play.case.edition == LATER.hash else before
