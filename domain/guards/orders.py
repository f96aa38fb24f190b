"""Whether an order can be placed, delivered, accepted or cancelled."""

from datetime import date

from domain.context import Context
from domain.guards.registry import body_guard, guard, naming, unless
from domain.messages import Refusal
from domain.money import co_payment
from domain.norms import left_of_order, norm_of, own_use, uses
from domain.terms import Term, certify, local_day


@guard
def programme_in_force(c: Context) -> Refusal | None:
    until = c.measure.valid_until
    return unless(until is None or c.today <= until, "programme_not_in_force")


@guard
def not_revoked(c: Context) -> Refusal | None:
    return unless("revoked" not in c.period.flags, "programme_not_in_force")


@body_guard
def supplier_active(c: Context) -> Refusal | None:
    return unless(bool(c.facts.get("supplier_active")), "supplier_not_active")


@guard
def supplier_not_removed(c: Context) -> Refusal | None:
    """The supplier that confirms is still on the register: a fact of who asks (row O5)."""
    return unless(bool(c.facts.get("supplier_active", True)), "supplier_not_active")


@body_guard
def item_offered(c: Context) -> Refusal | None:
    return unless(c.facts.get("offer_item") == c.measure.item, "item_not_offered")


@body_guard
def region_served(c: Context) -> Refusal | None:
    regions = c.facts.get("offer_regions", ())
    return unless(any(c.measure.region.startswith(r) for r in regions), "region_not_served")


@body_guard
def price_as_shown(c: Context) -> Refusal | None:
    shown, current = c.data["price_shown"], c.facts.get("price")
    return unless(shown == current, "price_changed", shown=shown, current=current)


@body_guard
def parties_differ(c: Context) -> Refusal | None:
    """The supplier is neither the recipient nor a representative (CC 163(3))."""
    if c.facts.get("supplier_is_representative"):
        return Refusal(code="representative_is_supplier")
    return unless(not c.facts.get("supplier_is_party", True), "party_conflict")


@body_guard
def co_payment_confirmed(c: Context) -> Refusal | None:
    """Who orders above the guaranteed sum has agreed to pay the difference (SC 168(3))."""
    due = co_payment(c.facts.get("price") or 0, c.unit_sum, c.companion_sum, c.data["quantity"])
    confirmed = c.data.get("co_payment_confirmed") == due or due == 0
    return unless(confirmed, "co_payment_not_confirmed", amount=due)


@naming("quantity")
def quantity_right(c: Context) -> Refusal | None:
    """Not more than the programme grants, in a year where it is supplied by periods, nor than the
    share of the period.
    """
    asked, share = c.data["quantity"], c.share
    left = max(0, c.measure.quantity - _held(c))
    most = left if share is None or c.measure.periodic == "none" else min(left, share)
    return unless(0 < asked <= most, "quantity_wrong", most=most)


def _held(c: Context) -> int:
    """What the other periods of the case hold of what the programme grants."""
    if c.measure.periodic != "none":
        return own_use(c.case, c.norm_year, c.period.number)
    return sum(one.quantity for one in uses(c.case) if one.period != c.period.number)


@body_guard
def companion_right(c: Context) -> Refusal | None:
    """A companion is the representative of a child, in a sanatorium (Social Code 168(4))."""
    if not c.data.get("companion"):
        return None
    entitled = c.measure.companion and c.companion_sum is not None
    return unless(entitled, "companion_not_entitled")


@naming("quantity")
def within_norm(c: Context) -> Refusal | None:
    """All cases and periods of the person together stay within the yearly norm (invariant 2)."""
    norm = norm_of(c)
    if norm is None:
        return None
    used, own = c.facts.get("norm_used", 0), own_use(c.case, c.norm_year, c.period.number)
    within = used + own + c.data["quantity"] <= norm
    beside = {"own": own} if own else {}
    return unless(within, "over_norm", norm=norm, used=used, **beside)


# Whose day of arrival is a matter of the season, and agreed long before.
SEASONAL = "SANATORIUM"


@body_guard
def delivery_day_fits(c: Context) -> Refusal | None:
    """The day agreed for the delivery is ahead, and at most the item's term away."""
    day = c.data.get("deliver_by")
    if day is None:
        return None
    seasonal = c.measure.category == SEASONAL
    length = (
        c.edition.values["seasonal_delivery"] if seasonal else c.edition.terms["delivery"].length
    )
    latest = certify(c.today, Term.parse(length), c.calendar, "")
    agreed = date.fromisoformat(day)
    return unless(
        c.today < agreed <= latest.last_day, "day_wrong", latest=latest.last_day.isoformat()
    )


@naming("on")
def delivery_dated(c: Context) -> Refusal | None:
    """Since the order; of a month that a standing order goes on in, since its first day."""
    on, first = date.fromisoformat(c.data["on"]), local_day(c.order.placed_at)
    if c.order.span and c.period.begins:
        first = max(first, c.period.begins)
    return unless(first <= on <= c.today, "day_wrong")


@body_guard
def quantity_delivered(c: Context) -> Refusal | None:
    """The whole order is delivered at once; a time sheet says how many of its hours were given."""
    asked, most = c.data["quantity"], left_of_order(c.case, c.period)
    right = 0 < asked <= most if c.order.span else asked == most
    return unless(right, "quantity_wrong", most=most)


@naming("on")
def handed_over_before_stop(c: Context) -> Refusal | None:
    """After a revocation only a hand-over before that day counts, proven in its term (row L2)."""
    stopped = next((f for f in c.period.flags if f.startswith("revoked_on:")), None)
    if stopped is None:
        return None
    if (term := c.deadline("handover_proof")) and term.passed(c.message.at):
        return Refusal(code="late", facts={"last_day": term.last_day.isoformat()})
    before = date.fromisoformat(c.data["on"]) < date.fromisoformat(stopped.partition(":")[2])
    return unless(before, "programme_not_in_force")


@body_guard
def quantity_accepted(c: Context) -> Refusal | None:
    delivered = c.period.delivery.quantity if c.period.delivery else 0
    return unless(c.data["quantity"] == delivered, "quantity_wrong", most=delivered)


@body_guard
def part_right(c: Context) -> Refusal | None:
    """Of goods a part is accepted once: the rest is a period of its own (row F6)."""
    parted = any(one.part_of == c.period.number for one in c.case.periods.values())
    most = c.period.delivery.quantity if c.period.delivery else 0
    return unless(not parted, "quantity_wrong", most=most)


@body_guard
def accepted_drafted(c: Context) -> Refusal | None:
    """There is an application for what is accepted, or it was drafted with this message."""
    held, asked = c.period.application, c.data["quantity"]
    most = c.period.delivery.quantity if c.period.delivery else c.order.quantity
    fits = not 0 < asked <= most or (held is not None and held.quantity == asked)
    return unless(fits or "application" in c.facts, "wrong_document")


@body_guard
def delivered_drafted(c: Context) -> Refusal | None:
    """The same for what counts as accepted: all that was delivered."""
    held, delivery = c.period.application, c.period.delivery
    fits = held is not None and delivery is not None and held.quantity == delivery.quantity
    return unless(fits or "application" in c.facts, "wrong_document")


@naming("quantity")
def quantity_changed_right(c: Context) -> Refusal | None:
    """A changed application asks for no more than was accepted."""
    delivery = c.period.delivery
    most = (delivery.accepted or delivery.quantity) if delivery else 0
    return unless(0 < c.data["quantity"] <= most, "quantity_wrong", most=most)


@guard
def cancelling_allowed(c: Context) -> Refusal | None:
    return unless("cancelling_allowed" in c.period.flags, "too_early")
