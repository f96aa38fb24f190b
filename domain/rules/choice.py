"""What the recipient chooses in the two months, and what follows where nobody chose (C1-C9)."""

from datetime import date, timedelta

from domain.case.context import Change, Context, Start
from domain.case.norms import norm_of, own_use, uses
from domain.case.state import Application, Order, Span
from domain.messages import Refusal, Role
from domain.money.amounts import co_payment
from domain.money.payer import Payer
from domain.rules.application import signature
from domain.rules.common import not_late
from domain.rules.hearing import heard_no_more, intended
from domain.rules.notice import begin_round
from domain.rules.order import OF_ORDER
from domain.rules.registry import (
    body_guard,
    bounding,
    guard,
    naming,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.counting import Term, certify

REQUESTS = frozenset(("reopening_asked", "no_supplier_asked"))
# Whose day of arrival is a matter of the season, and agreed long before.
SEASONAL = "SANATORIUM"


# --- which row fits ---


@selector
def implementation_first(c: Context) -> bool:
    """The implementation term ends before the choice, and nobody has been warned of it yet."""
    choice = c.deadline("choice")
    ends_first = choice is not None and c.measure.implement_until < choice.last_day
    return ends_first and "implementation_warned" not in c.period.flags


# --- what must hold ---


@guard
def request_pending(c: Context) -> Refusal | None:
    return unless("reopening_asked" in c.period.flags, "nothing_to_do")


@guard
def no_request_pending(c: Context) -> Refusal | None:
    """Nothing is asked of the caseworker or of the commission."""
    return unless(REQUESTS.isdisjoint(c.period.flags), "request_pending")


@guard
def expired_long_enough(c: Context) -> Refusal | None:
    """Not before the waiting time after the end of the choice (row C7, policy)."""
    length = Term.parse(c.edition.values["close_not_before"])
    until = certify(c.period.since, length, c.calendar, "policy")
    return unless(c.message.at >= until.expires_at, "too_early", day=until.last_day.isoformat())


@guard
def no_supplier_asked(c: Context) -> Refusal | None:
    return unless("no_supplier_asked" in c.period.flags, "nothing_to_do")


@body_guard
def consent_to_this(c: Context) -> Refusal | None:
    """What the trustee consented to is this order, not another; who needs no consent passes."""
    acting = c.measure.acting
    ward = c.actor.id == c.measure.recipient and acting.capacity == "assisted"
    if not ward or c.message.name not in c.edition.consent_acts:
        return None
    given = (one.application for one in c.period.consents if one.act == c.message.name)
    return unless(c.data["application"] in given, "consent_missing")


@guard
def programme_in_force(c: Context) -> Refusal | None:
    until = c.measure.valid_until
    return unless(until is None or c.today <= until, "programme_not_in_force")


def _of_offer(c: Context, holds: bool, code: str) -> Refusal | None:
    """The refusal where an offer does not fit; that there is none `item_offered` alone says."""
    return unless(holds or "supplier" not in c.facts, code)


@body_guard
def supplier_active(c: Context) -> Refusal | None:
    return _of_offer(c, bool(c.facts.get("supplier_active")), "supplier_not_active")


@body_guard
def item_offered(c: Context) -> Refusal | None:
    return unless(c.facts.get("offer_item") == c.measure.item, "item_not_offered")


@body_guard
def region_served(c: Context) -> Refusal | None:
    regions = c.facts.get("offer_regions", ())
    served = any(c.measure.region.startswith(r) for r in regions)
    return _of_offer(c, served, "region_not_served")


@body_guard
def price_as_shown(c: Context) -> Refusal | None:
    shown = c.data["price_shown"]
    current = c.facts.get("price", shown)  # what is not offered has none, which is said elsewhere
    return unless(shown == current, "price_changed", shown=shown, current=current)


@body_guard
def parties_differ(c: Context) -> Refusal | None:
    """The supplier is neither the recipient nor a representative (CC 163(3))."""
    if c.facts.get("supplier_is_representative"):
        return Refusal(code="representative_is_supplier")
    party = c.facts.get("supplier_is_party", "supplier" in c.facts)
    return unless(not party, "party_conflict")


@body_guard
def co_payment_confirmed(c: Context) -> Refusal | None:
    """Who orders above the guaranteed sum has agreed to pay the difference (SC 168(3))."""
    due = co_payment(c.facts.get("price") or 0, c.unit_sum, c.companion_sum, c.data["quantity"])
    confirmed = c.data.get("co_payment_confirmed") == due or due == 0
    return unless(confirmed, "co_payment_not_confirmed", amount=due)


@bounding("quantity")
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


@bounding("quantity")
@naming("quantity")
def within_norm(c: Context) -> Refusal | None:
    """All cases and periods of the person together stay within the yearly norm (invariant 2).

    What others hold is looked up for the order's year; of what is offered, for every year.
    """
    norm = norm_of(c)
    if norm is None:
        return None
    held = c.facts.get("norm_held", {}).get(str(c.norm_year), 0)
    used, own = c.facts.get("norm_used", held), own_use(c.case, c.norm_year, c.period.number)
    most = max(0, norm - used - own)
    beside = {"own": own} if own else {}
    return unless(
        c.data["quantity"] <= most, "over_norm", norm=norm, used=used, **beside, most=most
    )


@bounding("deliver_by")
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
    return unless_on(date.fromisoformat(day), c.today + timedelta(days=1), latest.last_day)


@guard
def choice_in_time(c: Context) -> Refusal | None:
    """Submitted before the choice ran out, even if its end was recorded first."""
    return not_late(c, "choice")


@body_guard
def right_draft(c: Context) -> Refusal | None:
    """What the recipient signed is the application that this very order makes.

    `drafted_sum` is what stood in what was signed, where that is a draft of this case.
    """
    shown = c.facts.get("drafted_sum", c.unit_sum)
    if shown != c.unit_sum:
        return Refusal(code="sum_changed", facts={"shown": shown, "current": c.unit_sum})
    return _of_offer(c, c.data["application"] == c.facts.get("application"), "wrong_document")


# --- what is written ---


@recorder
def ask_no_supplier(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("no_supplier_asked")})


@recorder
def deny_no_supplier(c: Context) -> Change:
    """The recipient goes on choosing, and has at least some days from the answer (policy)."""
    again = Start(length=c.edition.values["choose_again"], keep=True)
    flags = c.without_flags("no_supplier_asked")
    return Change(period={"flags": flags, **heard_no_more(c)}, starts={"choice": again})


@recorder
def warn_of_implementation(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("implementation_warned")})


@recorder
def intend_closing(c: Context) -> Change:
    return intended(c, "closing", None)


@recorder
def place_order(c: Context) -> Change:
    """Price and guaranteed sum are fixed; version 1 of the application carries R's signature."""
    day, payer = c.data.get("deliver_by"), c.facts.get("payer")
    order = Order(
        number=len(c.period.orders) + 1,
        authority=c.measure.authority,
        supplier=c.facts["supplier"],
        offer=c.data["offer"],
        quantity=c.data["quantity"],
        unit_price=c.facts["price"],
        unit_sum=c.unit_sum,
        unit=c.facts.get("unit"),
        catalogue=c.facts.get("catalogue"),
        placed_at=c.message.at,
        deliver_by=date.fromisoformat(day) if day else None,
        companion_sum=c.companion_sum,
        span=_span(c),
        norm_year=c.norm_year if c.measure.periodic != "none" else None,
        deliver_to=c.data.get("deliver_to"),
        paid_from=Payer(**payer) if payer else None,
    )
    application = Application(
        version=1,
        order=order.number,
        sha256=c.data["application"],
        quantity=order.quantity,
        amount=order.ceiling,
        signatures={Role.RECIPIENT: signature(c)},
    )
    flags = c.without_flags(
        *OF_ORDER, "order_void_untold", "reopening_asked", "returned_once", "no_supplier_asked"
    )
    written = {"orders": (*c.period.orders, order), "application": application, "flags": flags}
    return Change(period={**written, "delivery": None, "decisions": (), "hearing": None})


def _span(c: Context) -> Span | None:
    """Over which time the quantity of a standing order is counted (row Q2)."""
    periodic = c.measure.periodic
    return periodic if c.measure.standing and periodic != "none" else None


@recorder
def decline_ahead(c: Context) -> Change:
    """The recipient wants no further period."""
    return Change(period={"flags": c.with_flag("declined_ahead")})


@recorder
def reopen(c: Context) -> Change:
    flags, begun = c.without_flags("reopening_asked", "no_supplier_asked"), begin_round(c)
    period = {**begun.period, "flags": flags, "hearing": None}
    return Change(period=period, starts=begun.starts)


@recorder
def ask_reopening(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("reopening_asked")})


@recorder
def deny_reopening(c: Context) -> Change:
    return Change(period={"flags": c.without_flags("reopening_asked")})
