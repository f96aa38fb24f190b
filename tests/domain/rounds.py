"""Measures that are supplied by periods, on their way."""

from datetime import timedelta
from typing import Any

from tests.domain.play import WAY, E, Play, R, measure

# What tells a measure that is supplied by periods from one that is not.
GRANTED = ("periodic", "share", "standing", "quantity", "companion")
QUARTERS: dict[str, Any] = {"periodic": "quarter", "share": 2, "quantity": 6, "yearly_norm": 6}
MONTHS: dict[str, Any] = {**QUARTERS, "periodic": "month", "standing": True, "yearly_norm": 5}
BY_QUARTER: dict[str, Any] = {**QUARTERS, "standing": True}
YEAR: dict[str, Any] = {**QUARTERS, "periodic": "year", "standing": True}
CHILD: dict[str, Any] = {"companion": True}


def granted(until: str = "choosing", **changed: Any) -> Play:
    """A measure of periods on the straight way, where its first one has a status."""
    play = Play()
    play.send("measure_arrived", E, {"measure": measure(**changed)})
    for status, go in WAY[1:]:
        play.now += timedelta(hours=1)
        go(play)
        if status == until:
            return play
    raise LookupError(until)


def parted() -> Play:
    """One of two pieces was accepted, and the other is a further period (row F6)."""
    play = granted("delivered")
    play.send("accept", R, {"quantity": 1}, {"application": "app-part"})
    return play


def side_by_side() -> list[Play]:
    """Several periods side by side, each kind of measure that has them."""
    begun = [
        granted(status, **QUARTERS) for status in ("choosing", "delivered", "awaiting_signatures")
    ]
    paid, lapsing = granted("payment_pending", **QUARTERS), granted("choosing", **QUARTERS)
    month, year = granted("in_fulfilment", **MONTHS), granted("in_fulfilment", **YEAR)
    by_quarter = granted("in_fulfilment", **BY_QUARTER)
    living = ((paid, 2), (lapsing, 2), (month, 2), (month.copy(), 3), (year, 3), (by_quarter, 2))
    for play, periods in living:
        while sum(one.status != "planned" for one in play.case.periods.values()) < periods:
            play.wait()
        begun.append(play)
    return [*begun, _about_to_lapse(), granted("choosing", **CHILD)]


def _about_to_lapse() -> Play:
    """The second quarter, before the term that ends it without an order."""
    play = granted("payment_pending", **QUARTERS)
    before = play.copy()
    while 2 not in play.case.periods or play.case.periods[2].status != "lapsed":
        before = play.copy()
        play.wait()
    return before
