"""Whether an order is delivered and accepted, in part or at all (rows F1-F8)."""

from datetime import date, timedelta
from typing import Any

from domain.case.context import Change, Context
from domain.case.norms import left_of_order
from domain.case.periods import rest_owed
from domain.case.state import Delivery
from domain.messages import Refusal, Role
from domain.rules.application import application_for
from domain.rules.order import CANCELLING
from domain.rules.periods import still_paused, terms_of_case
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    guard,
    naming,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.counting import local_day

# --- which row fits ---


@selector
def other_agreed(c: Context) -> bool:
    """The other one of recipient and supplier has agreed to cancel the order (row F3)."""
    other = Role.SUPPLIER if c.actor.role == Role.RECIPIENT else Role.RECIPIENT
    return f"cancel_agreed:{other}" in c.period.flags


@selector
def remedy_ordered(c: Context) -> bool:
    return "remedy_ordered" in c.period.flags


@selector
def acceptance_required(c: Context) -> bool:
    return c.edition.acceptance


@selector
def rest_is_owed(c: Context) -> bool:
    """A part of an order was accepted, and the rest has no period yet (row F6)."""
    return rest_owed(c.case) is not None


@body_selector
def accepts_a_part(c: Context) -> bool:
    delivered = c.period.delivery.quantity if c.period.delivery else 0
    return bool(0 < c.data["quantity"] < delivered)


# --- what must hold ---


@guard
def not_agreed_yet(c: Context) -> Refusal | None:
    """Each of both agrees once to cancel the order (row F3)."""
    return unless(f"cancel_agreed:{c.actor.role}" not in c.period.flags, "already_decided")


@guard
def silence_over(c: Context) -> Refusal | None:
    """The term of the acceptance or of the signatures has run out (row F8)."""
    silent = c.has_task("acceptance_silent") or c.has_task("unsigned")
    return unless(silent, "too_early")


@guard
def no_remedy_ordered(c: Context) -> Refusal | None:
    """The term of a notice to remedy waits for no co-payment."""
    return unless("remedy_ordered" not in c.period.flags, "status_does_not_allow")


@bounding("on")
@naming("on")
def delivery_dated(c: Context) -> Refusal | None:
    """Since the order; of a month that a standing order goes on in, since its first day."""
    on, first = date.fromisoformat(c.data["on"]), local_day(c.order.placed_at)
    if c.order.span and c.period.begins:
        first = max(first, c.period.begins)
    return unless_on(on, first, c.today)


@bounding("quantity")
@naming("quantity")
def quantity_delivered(c: Context) -> Refusal | None:
    """The whole order is delivered at once; a time sheet says how many of its hours were given."""
    asked, most = c.data["quantity"], left_of_order(c.case, c.period)
    least = 1 if c.order.span else most
    return unless(asked > 0 and least <= asked <= most, "quantity_wrong", least=least, most=most)


@bounding("on")
@naming("on")
def handed_over_before_stop(c: Context) -> Refusal | None:
    """After a revocation only a hand-over before that day counts, proven in its term (row L2)."""
    stopped = next((f for f in c.period.flags if f.startswith("revoked_on:")), None)
    if stopped is None:
        return None
    if (term := c.deadline("handover_proof")) and term.passed(c.message.at):
        return Refusal(code="late", facts={"last_day": term.last_day.isoformat()})
    last = date.fromisoformat(stopped.partition(":")[2]) - timedelta(days=1)
    before = date.fromisoformat(c.data["on"]) <= last
    return unless(before, "programme_not_in_force", latest=last.isoformat())


@bounding("quantity")
@body_guard
def quantity_accepted(c: Context) -> Refusal | None:
    """All that was delivered; where a part may be accepted, by another row, that is told too."""
    delivered = c.period.delivery.quantity if c.period.delivery else 0
    right = c.data["quantity"] == delivered
    least = 1 if c.message.name == "accept" and not _parted(c) else delivered
    return unless(right, "quantity_wrong", least=least, most=delivered)


def _parted(c: Context) -> bool:
    return any(one.part_of == c.period.number for one in c.case.periods.values())


@bounding("quantity")
@body_guard
def part_right(c: Context) -> Refusal | None:
    """Of goods a part is accepted once: the rest is a period of its own (row F6)."""
    delivered = c.period.delivery.quantity if c.period.delivery else 0
    least, most = (delivered, delivered) if _parted(c) else (1, delivered - 1)
    fits = least <= c.data["quantity"] <= most
    return unless(fits, "quantity_wrong", least=least, most=most)


@body_guard
def accepted_drafted(c: Context) -> Refusal | None:
    """There is an application for what is accepted, or it was drafted with this message."""
    held, asked = c.period.application, c.data["quantity"]
    most = c.period.delivery.quantity if c.period.delivery else c.order.quantity
    fits = not 0 < asked <= most or (held is not None and held.quantity == asked)
    return unless(fits or "application" in c.facts, "wrong_document")


@guard
def cancelling_allowed(c: Context) -> Refusal | None:
    return unless("cancelling_allowed" in c.period.flags, "too_early")


@guard
def co_payment_due(c: Context) -> Refusal | None:
    return unless(c.order.co_payment > 0, "nothing_to_do")


@guard
def co_payment_not_reported(c: Context) -> Refusal | None:
    return unless("co_payment_missing" not in c.period.flags, "nothing_to_do")


@guard
def co_payment_reported(c: Context) -> Refusal | None:
    return unless("co_payment_missing" in c.period.flags, "nothing_to_do")


# --- what is written ---


@recorder
def agree_to_cancel(c: Context) -> Change:
    return Change(period={"flags": c.with_flag(f"cancel_agreed:{c.actor.role}")})


@recorder
def allow_cancelling(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("cancelling_allowed")})


@recorder
def deliver(c: Context) -> Change:
    on = date.fromisoformat(c.data["on"])
    flags = c.without_flags(*CANCELLING, "remedy_ordered")
    written: dict[str, Any] = {"delivery": Delivery(on=on, quantity=c.data["quantity"])}
    if flags != c.period.flags:
        written["flags"] = flags
    return Change(period=written)


@recorder
def deliver_accepted(c: Context) -> Change:
    """An edition without acceptance counts the hand-over itself."""
    on, quantity = date.fromisoformat(c.data["on"]), c.data["quantity"]
    taken = Delivery(on=on, quantity=quantity, accepted=quantity, accepted_at=c.message.at)
    return Change(period={"delivery": taken, "application": application_for(c, quantity)})


@recorder
def accept(c: Context) -> Change:
    """The application is the one for what was accepted."""
    assert c.period.delivery is not None
    quantity = c.data["quantity"]
    taken = {"accepted": quantity, "accepted_at": c.message.at}
    delivery = c.period.delivery.model_copy(update=taken)
    return Change(period={"delivery": delivery, "application": application_for(c, quantity)})


@recorder
def accept_part(c: Context) -> Change:
    """The rest is a further period of the same order (row F6); hours not given are not owed."""
    return Change(period={**accept(c).period, "flags": c.with_flag("part_accepted")})


@recorder
def take_rest(c: Context) -> Change:
    """What of an order was not accepted is still owed, under the same order (row F6)."""
    found = rest_owed(c.case)
    assert found is not None, "the row asks for it"
    origin, rest = found
    assert origin.order is not None, "a part was accepted of an order"
    update = {"number": 1, "quantity": rest, "deliver_by": None, "withheld": 0}
    order = origin.order.model_copy(update=update)
    days = {"begins": origin.begins, "ends": origin.ends}
    written = {"orders": (order,), "part_of": origin.number, **days, **still_paused(c)}
    return Change(period=written, extends=terms_of_case(c))


@recorder
def miss_co_payment(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("co_payment_missing")})


@recorder
def receive_co_payment(c: Context) -> Change:
    flags = c.without_flags("co_payment_missing", "cancelling_allowed")
    return Change(period={"flags": flags})
