"""What is put before the commission, and what it concludes (rows D1-D6)."""

from bisect import bisect_left
from datetime import date, timedelta
from typing import Any

from domain.case.context import Change, Context, Start
from domain.case.state import Dispute
from domain.messages import Refusal, Role
from domain.rules.application import application_for
from domain.rules.common import ahead, until_named
from domain.rules.hearing import heard_no_more
from domain.rules.order import OF_ORDER
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    guard,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.counting import Term, certify, local_day

# --- which row fits ---


@body_selector
def complained_late(c: Context) -> bool:
    """Later than the days that the law gives from knowing (Social Code 167(7))."""
    named, first = date.fromisoformat(c.data["known_on"]), local_day(c.order.placed_at)
    # Another day is refused, and no calendar need know it.
    return not _in_time(c, max(first, min(named, c.today)))


def _in_time(c: Context, known: date) -> bool:
    length = Term.parse(c.edition.values["complaint"])
    return c.today <= certify(known, length, c.calendar, "").last_day


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


# --- what must hold ---


@bounding("known_on")
@body_guard
def known_day_right(c: Context) -> Refusal | None:
    """The recipient learned of it after the order was placed, and not tomorrow.

    While the commission has yet to say whether it hears a late complaint, only one in time adds
    anything: it is heard as of right.
    """
    first = local_day(c.order.placed_at)
    if "complaint" in c.period.flags:
        days = range((c.today - first).days)
        late = bisect_left(days, True, key=lambda n: _in_time(c, first + timedelta(n)))
        first += timedelta(late)
    return unless_on(date.fromisoformat(c.data["known_on"]), first, c.today)


@guard
def complaint_open(c: Context) -> Refusal | None:
    return unless("complaint" in c.period.flags, "nothing_to_do")


@guard
def no_complaint_open(c: Context) -> Refusal | None:
    return unless("complaint" not in c.period.flags, "complaint_pending")


@guard
def recipient_heard(c: Context) -> Refusal | None:
    """Who was brought before the commission has spoken, or was given the days to do so (F8)."""
    dispute = c.period.dispute
    if dispute is None or not dispute.referred or Role.RECIPIENT in dispute.heard:
        return None
    length = Term.parse(c.edition.values["hearing_by_commission"])
    until = certify(local_day(dispute.at), length, c.calendar, "policy")
    over = c.message.at >= until.expires_at
    return unless(over, "too_early", day=until.last_day.isoformat())


@bounding("until")
@body_guard
def remedy_day_right(c: Context) -> Refusal | None:
    """The term of a notice to remedy lies ahead, by at most a value of the edition."""
    return ahead(c, c.today, "longest_remedy")


@guard
def removal_was_concluded(c: Context) -> Refusal | None:
    return unless(c.has_task("removal_concluded"), "nothing_to_do")


@guard
def withdrawal_is_told(c: Context) -> Refusal | None:
    return unless(c.has_task("supplier_withdrew"), "nothing_to_do")


@body_guard
def delivered_drafted(c: Context) -> Refusal | None:
    """The same for what counts as accepted: all that was delivered."""
    held, delivery = c.period.application, c.period.delivery
    fits = held is not None and delivery is not None and held.quantity == delivery.quantity
    return unless(fits or "application" in c.facts, "wrong_document")


# --- what is written ---


@recorder
def keep_complaint(c: Context) -> Change:
    """What is complained of is free text and stays in the inbox."""
    return Change(period={"flags": c.with_flag("complaint")})


@recorder
def dismiss_complaint(c: Context) -> Change:
    return Change(period={"flags": c.without_flags("complaint")})


@recorder
def begin_dispute(c: Context) -> Change:
    """The earlier status is kept: its terms go on where the case returns to it."""
    referred = c.actor.role in (Role.SUPPLIER, Role.CASEWORKER)
    made = Dispute(status=c.period.status, at=c.message.at, referred=referred)
    flags = c.without_flags("complaint", "unsigned_long")
    return Change(period={"dispute": made, "flags": flags, **heard_no_more(c)})


@recorder
def state_position(c: Context) -> Change:
    assert c.period.dispute is not None, "the row's status implies a dispute"
    heard = dict.fromkeys((*c.period.dispute.heard, c.actor.role.value))
    stated = c.period.dispute.model_copy(update={"heard": tuple(heard)})
    return Change(period={"dispute": stated})


@recorder
def order_remedy(c: Context) -> Change:
    """The order is to be fulfilled anew; what was delivered and approved does not count."""
    flags = (*c.without_flags(*OF_ORDER), "remedy_ordered")
    until = Start(until=until_named(c), basis="SC 167(5)")
    return Change(
        period={"dispute": None, "delivery": None, "decisions": (), "flags": flags},
        starts={"delivery": until},
    )


@recorder
def end_dispute(c: Context) -> Change:
    return Change(period={"dispute": None})


@recorder
def conclude_signature(c: Context) -> Change:
    """The conclusion stands for the recipient's missing signature over this content (policy)."""
    concluded = c.application.model_copy(update={"concluded": True})
    return Change(period={"dispute": None, "application": concluded})


@recorder
def conclude_acceptance(c: Context) -> Change:
    """The conclusion stands for the acceptance too: what was delivered counts as accepted."""
    assert c.period.delivery is not None, "the row's earlier status implies a delivery"
    taken: dict[str, Any] = {
        "accepted": c.period.delivery.quantity,
        "accepted_at": c.message.at,
        "concluded": True,
    }
    delivery = c.period.delivery.model_copy(update=taken)
    made = application_for(c, delivery.quantity).model_copy(update={"concluded": True})
    return Change(period={"dispute": None, "application": made, "delivery": delivery})
