"""What parties to a dispute say, and of whom a supplier is removed or followed."""

from tests.domain.chance import Body, choose, mostly, related
from tests.domain.play import Choices, Play


def dispute_body(play: Play, whim: Choices) -> Body:
    """Complaints, conclusions and claims, of a right or a wrong day, ground or sum."""
    payment = play.period.payment if play.case.periods else None
    data = {
        "reason": mostly(whim, "stated", ""),
        "evidence": mostly(whim, True, False),
        "known_on": play.today(mostly(whim, 0, -20, 3, -90)),
        "until": play.today(mostly(whim, 10, -1, 300)),
        "ground": mostly(whim, "poor_quality", "no_such_ground"),
        "amount": mostly(whim, payment.amount if payment else 1, 1, 10**12),
        "still_needed": not whim.below(2),
    }
    return data, related(whim)


def succession_body(play: Play, whim: Choices) -> Body:
    """A supplier that is removed, or whose place somebody takes."""
    order = play.period.order if play.case.periods else None
    data = {
        "reason": "stated",
        "evidence": mostly(whim, True, False),
        "successor": mostly(whim, "supplier-3", "supplier-1"),
        "supplier": mostly(whim, order.acting if order else "supplier-1", "supplier-9"),
        "ground": choose(whim, ("heir", "ceased", "commission_conclusion", "ceased", "heir")),
        "removal": "removal-1",
    }
    known = mostly(whim, True, False)
    return data, {"successor_known": known, "supplier_is_party": not whim.below(16)}
