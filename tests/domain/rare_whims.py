"""Whims by which walks come to what is rare: early revocations, one person on both sides."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.case.arrivals import in_force
from domain.messages import SERVICE
from domain.parties.sides import FOUND, recipients_side
from tests.domain.chance import choose
from tests.domain.play import Choices, E, Play, measure

GROUNDS = ("person_died", "programme_revoked")


def revoked_early(play: Play, whim: Choices) -> None:
    """Revocations come before their measure and wait; they follow it when it has come (row R7)."""
    said = range(1 + whim.below(2))
    waiting = [{"ground": choose(whim, GROUNDS), "revision": 1 + whim.below(3)} for _ in said]
    arrives(play, 1 + whim.below(2), waiting)


def arrives(play: Play, revision: int, waiting: Sequence[Mapping[str, Any]]) -> None:
    """A measure for which revocations have waited, as intake hands over all of them."""
    revoked = in_force(waiting, revision)
    born = {} if revoked is None else {"revoked": dict(revoked)}
    play.send("measure_arrived", E, {"measure": measure(revision=revision), **born})
    for one in waiting:
        play.send("revoked", E, dict(one))


def both_sides(play: Play, whim: Choices) -> None:
    """Somebody of the recipient's side signs in for the supplier: known from now on (row L15)."""
    if whim.below(3) or not play.case.periods or play.period.order is None:
        return
    person = choose(whim, sorted(recipients_side(play.case)))
    play.known = {"acts_for": {play.period.order.supplier: [person]}}
    paying = [one for one in play.case.outbox.values() if one.kind == "pay"]
    if paying and whim.below(2):
        effect = choose(whim, paying)
        play.outcome(effect, FOUND, SERVICE, {**effect.data, **play.known})
    else:
        play.send(FOUND, SERVICE)
