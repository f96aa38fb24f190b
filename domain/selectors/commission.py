"""Which row fits where the commission concludes, or a supplier is no more (C4, D1-D5, P10-P13)."""

from datetime import date

from domain.context import Context
from domain.messages import Role
from domain.selectors.registry import body_selector, selector
from domain.terms import Term, certify

# What two caseworkers say alike of a successor.
SUCCESSION = ("successor", "ground")


@selector
def is_revoked(c: Context) -> bool:
    return "revoked" in c.period.flags


@body_selector
def of_this_supplier(c: Context) -> bool:
    """The message is about the one who acts on the live order."""
    order = c.period.order
    return order is not None and c.data["supplier"] == order.acting


@body_selector
def ground_is_cessation(c: Context) -> bool:
    """The supplier has died or is no more (Social Code 167(7)2)."""
    return bool(c.data["ground"] == "ceased")


@selector
def not_ceased_before(c: Context) -> bool:
    return "supplier_ceased" not in c.period.flags


@selector
def other_agreed(c: Context) -> bool:
    """The other one of recipient and supplier has agreed to cancel the order (row F3)."""
    other = Role.SUPPLIER if c.actor.role == Role.RECIPIENT else Role.RECIPIENT
    return f"cancel_agreed:{other}" in c.period.flags


@body_selector
def complained_late(c: Context) -> bool:
    """Later than the days that the law gives from knowing (Social Code 167(7))."""
    known = date.fromisoformat(c.data["known_on"])
    return (
        c.today > certify(known, Term.parse(c.edition.values["complaint"]), c.calendar, "").last_day
    )


@selector
def remedy_ordered(c: Context) -> bool:
    return "remedy_ordered" in c.period.flags


@selector
def removal_is_proposed(c: Context) -> bool:
    return c.has_task("removal_proposed")


def _disputed_in(c: Context, status: str) -> bool:
    return c.period.dispute is not None and c.period.dispute.status == status


@selector
def from_in_fulfilment(c: Context) -> bool:
    return _disputed_in(c, "in_fulfilment")


@selector
def from_delivered(c: Context) -> bool:
    return _disputed_in(c, "delivered")


@selector
def from_awaiting_signatures(c: Context) -> bool:
    return _disputed_in(c, "awaiting_signatures")


@selector
def from_under_review(c: Context) -> bool:
    return _disputed_in(c, "under_review")


@selector
def claim_open(c: Context) -> bool:
    """The commission found a breach, and the claim on the supplier stands."""
    return c.period.claim is not None


@selector
def aid_still_needed(c: Context) -> bool:
    """The commission said so, and the measure is still granted."""
    return c.period.claim is not None and c.period.claim.still_needed and not is_revoked(c)


@selector
def no_write_off_yet(c: Context) -> bool:
    return not c.proposed("write_off")


@body_selector
def no_such_successor_yet(c: Context) -> bool:
    """Nobody has entered this very successor."""
    return not c.proposed("successor", *SUCCESSION)
