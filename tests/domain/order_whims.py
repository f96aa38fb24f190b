"""Whims of the model player: what an order says."""

from typing import Any

from tests.domain.chance import Body, choose
from tests.domain.play import Choices, Play, order

# The terms of an order's day, and what its recipient then pays for two at 12 000; none: of old.
TERMS: tuple[tuple[dict[str, Any], int], ...] = (
    ({}, 4_000_00),
    ({"unit_sum": 8_000_00, "unit": "piece", "yearly_norm": 3, "catalogue": "2026-12"}, 8_000_00),
    ({"unit_sum": 15_000_00, "unit": "piece", "yearly_norm": 2, "catalogue": "2027-01"}, 0),
)


def order_body(play: Play, whim: Choices) -> Body:
    sha = f"app-{len(play.seen)}"
    terms, due = choose(whim, TERMS)
    if play.case.measure and play.case.measure.companion:
        terms, due = {"companion_sum": 7_000_00}, 14_000_00
    right = order(application=sha, signature=f"cms-{sha}", co_payment_confirmed=due)
    right[1].update(terms, application=sha)
    right[0]["companion"] = bool(play.case.measure and play.case.measure.companion)
    wrong: dict[str, Any] = choose(
        whim,
        ({"supplier_active": False}, {"offer_item": "cane"}, {"offer_regions": ["11"]},
         {"price": 1}, {"supplier_is_party": True}, {"co_payment_confirmed": 0},
         {"quantity": 3}, {"quantity": 0}, {"norm_used": 2}, {"deliver_by": play.today(400)},
         {"deliver_by": play.today(7)}, {"deliver_by": play.today(1)},
         {"signature": {"reason": "unchecked"}}, {"signature": {"reason": "unchecked"}},
         {"signature": {"reason": "certificate_expired"}}, {"supplier": "supplier-2"},
         {"companion": True}),
    )  # fmt: skip
    for name, value in wrong.items() if whim.below(4) == 0 else ():
        right[1 if name in right[1] else 0][name] = value
    return right
