"""Money that comes back from a supplier, and who takes the place of one (rows P10-P13)."""

from typing import Final

from domain.context import Context
from domain.guards.registry import body_guard, by_another, guard, unless
from domain.messages import Refusal
from domain.selectors.commission import SUCCESSION

BREACHES: Final = ("poor_quality", "not_performed", "fraud")
SUCCESSIONS: Final = ("heir", "liquidator", "merged")


@body_guard
def breach_ground_right(c: Context) -> Refusal | None:
    return unless(c.data["ground"] in BREACHES, "ground_not_listed")


@body_guard
def claim_right(c: Context) -> Refusal | None:
    """Something was paid, and no more is claimed than that (SC 167(8))."""
    paid = sum(p.left for p in c.attempts() if p.status == "settled")
    return unless(0 < c.data["amount"] <= paid, "claim_wrong", most=paid)


@guard
def second_writer(c: Context) -> Refusal | None:
    """Another caseworker proposed to write the claim off."""
    return by_another(c, c.proposed("write_off"))


@guard
def not_ceased_yet(c: Context) -> Refusal | None:
    return unless("supplier_ceased" not in c.period.flags, "nothing_to_do")


@body_guard
def successor_ground_right(c: Context) -> Refusal | None:
    return unless(c.data["ground"] in SUCCESSIONS, "ground_not_listed")


@body_guard
def successor_known(c: Context) -> Refusal | None:
    """The successor is known to the portal, and is another than who acts now."""
    known = bool(c.facts.get("successor_known")) and c.data["successor"] != c.order.acting
    return unless(known, "successor_unknown")


@body_guard
def second_enterer(c: Context) -> Refusal | None:
    """Another caseworker entered the very same successor."""
    return by_another(c, c.proposed("successor", *SUCCESSION))
