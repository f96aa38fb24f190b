"""Places at which a term runs that walks come to too seldom: where who can keep it must be told."""

from datetime import timedelta

from tests.domain.hearings import intended
from tests.domain.money import failed, pending, say
from tests.domain.play import C, E, Play, R, reach
from tests.domain.reading import PROVEN, STATED
from tests.domain.test_money_of_gone_orders import paid_beside


def rare_places() -> list[Play]:
    """One of each."""
    heard = _hearing()
    returned = _returned()
    return [
        *(heard, intended(None), returned, _over(returned, "remedy"), reach("under_review", 1)),
        *(_stopped(), _runs(reach("awaiting_signatures"), "unsigned"), *_anew(), paid_beside()),
        *(_over(reach("in_fulfilment"), "delivery"), _doubted(), failed(), _complained()),
        *(_ceased(), _asked_again()),
    ]


def _runs(play: Play, term: str) -> Play:
    """Once a term has begun."""
    while term not in play.period.deadlines:
        play.wait()
    return play.copy()


def _over(play: Play, term: str) -> Play:
    """Once a term is over."""
    after = play.copy()
    while after.now < after.period.deadlines[term].expires_at:
        after.wait()
    return after


def _hearing() -> Play:
    """A refusal is intended, and the recipient has read so."""
    play = intended("not_delivered")
    play.send("open_case", R)
    return play


def _returned() -> Play:
    play = reach("under_review")
    play.send("return_application", C, {"what": "attachment", "until": play.today(10), **STATED})
    return play


def _anew() -> list[Play]:
    """The application has another content, and nobody has signed it: two warnings, one by one."""
    play = reach("under_review")
    asked = {"what": "content", "quantity": 1, "until": play.today(10), **STATED}
    play.send("return_application", C, asked, {"application": "app-2"})
    return [_runs(play, "second_warning"), _runs(play, "unsigned")]


def _stopped() -> Play:
    """The measure is revoked while the supplier may have handed it over."""
    play = reach("in_fulfilment")
    play.now += timedelta(days=4)
    play.send("revoked", E, {"ground": "programme_revoked"})
    return play


def _doubted() -> Play:
    play = pending()
    say(play, "settled", reference="T-1")
    play.answer("report")
    say(play, "not_executed")
    return play


def _complained() -> Play:
    play = reach("completed")
    play.send("complain", R, {"known_on": play.today(), **STATED})
    return play


def _ceased() -> Play:
    play = reach("under_review")
    play.send("supplier_ceased", C, PROVEN)
    return play


def _asked_again() -> Play:
    play = _over(reach("choosing"), "choice")
    play.send("ask_reopening", R, STATED)
    return play
