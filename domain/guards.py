"""Why a message is refused: guards that the process names, each with its reason.

A guard answers with a `Refusal` or with nothing. Those in `NEED_BODY` look at what the person asks and so
cannot say beforehand whether a command is open to them.
"""

from collections.abc import Callable
from datetime import date

from domain.context import Context
from domain.messages import Refusal, Role
from domain.terms import Term, certify, local_day

Guard = Callable[[Context], Refusal | None]
GUARDS: dict[str, Guard] = {}
NEED_BODY: set[str] = set()


def guard(function: Guard) -> Guard:
    """Make a guard known to the process under its own name; it looks at the state alone."""
    GUARDS[function.__name__] = function
    return function


def body_guard(function: Guard) -> Guard:
    """Likewise, for a guard that looks at what was asked."""
    NEED_BODY.add(function.__name__)
    return guard(function)


def _unless(holds: bool, code: str, **facts: object) -> Refusal | None:
    return None if holds else Refusal(code=code, facts=facts)


# --- whoever acts ---


@guard
def of_authority(c: Context) -> Refusal | None:
    """A caseworker belongs to the authority of the case; others pass."""
    if c.actor.role != Role.CASEWORKER:
        return None
    return _unless(c.actor.on_behalf_of == c.measure.authority, "not_your_case")


@guard
def own_order(c: Context) -> Refusal | None:
    """A supplier acts on its own live order; others pass."""
    if c.actor.role != Role.SUPPLIER:
        return None
    order = c.period.order
    return _unless(order is not None and order.supplier == c.actor.on_behalf_of, "not_your_case")


@guard
def may_decide(c: Context) -> Refusal | None:
    """A caseworker of the authority who is no party to the case (invariant 3)."""
    if refusal := of_authority(c):
        return refusal
    party = c.actor.id in c.parties() or bool(c.facts.get("actor_is_party"))
    return _unless(not party, "party_cannot_decide")


@guard
def in_time(c: Context) -> Refusal | None:
    """Submitted before the end of the term of the status; the instant of submission decides."""
    term = c.edition.process.statuses[c.period.status].term
    deadline = c.deadline(term) if term else None
    if deadline is None:
        return None
    return _unless(
        c.message.at < deadline.expires_at, "late", last_day=deadline.last_day.isoformat()
    )


@body_guard
def reason_given(c: Context) -> Refusal | None:
    """The reason itself is free text and stays in the inbox."""
    return _unless(bool(c.data.get("reason")), "reason_required")


@body_guard
def evidence_given(c: Context) -> Refusal | None:
    return _unless(bool(c.data.get("evidence")), "evidence_required")


@body_guard
def proof_dated(c: Context) -> Refusal | None:
    """The delivery that is proven lies between the begin of the round and today."""
    on = date.fromisoformat(c.data["on"])
    begun = c.period.round.started_at if c.period.round else c.period.since
    return _unless(local_day(begun) <= on <= c.today, "day_wrong")


# --- ordering ---


@guard
def programme_in_force(c: Context) -> Refusal | None:
    until = c.measure.valid_until
    return _unless(until is None or c.today <= until, "programme_not_in_force")


@guard
def not_revoked(c: Context) -> Refusal | None:
    return _unless("revoked" not in c.period.flags, "programme_not_in_force")


@body_guard
def supplier_active(c: Context) -> Refusal | None:
    return _unless(bool(c.facts.get("supplier_active")), "supplier_not_active")


@body_guard
def item_offered(c: Context) -> Refusal | None:
    return _unless(c.facts.get("offer_item") == c.measure.item, "item_not_offered")


@body_guard
def region_served(c: Context) -> Refusal | None:
    regions = c.facts.get("offer_regions", ())
    return _unless(any(c.measure.region.startswith(r) for r in regions), "region_not_served")


@body_guard
def price_as_shown(c: Context) -> Refusal | None:
    shown, current = c.data["price_shown"], c.facts.get("price")
    return _unless(shown == current, "price_changed", shown=shown, current=current)


@body_guard
def parties_differ(c: Context) -> Refusal | None:
    """The supplier is neither the recipient nor a representative (CC 163(3))."""
    return _unless(not c.facts.get("supplier_is_party", True), "party_conflict")


@body_guard
def co_payment_confirmed(c: Context) -> Refusal | None:
    """Who orders above the guaranteed sum has agreed to pay the difference (SC 168(3))."""
    price = c.facts.get("price") or 0
    due = max(0, price - c.measure.unit_sum) * c.data["quantity"]
    confirmed = c.data.get("co_payment_confirmed") == due or due == 0
    return _unless(confirmed, "co_payment_not_confirmed", amount=due)


@body_guard
def quantity_right(c: Context) -> Refusal | None:
    asked = c.data["quantity"]
    return _unless(0 < asked <= c.measure.quantity, "quantity_wrong", most=c.measure.quantity)


@body_guard
def within_norm(c: Context) -> Refusal | None:
    """All cases of the person together stay within the yearly norm (invariant 2)."""
    norm = c.measure.yearly_norm
    if norm is None:
        return None
    used = c.facts.get("norm_used", 0)
    return _unless(used + c.data["quantity"] <= norm, "over_norm", norm=norm, used=used)


@body_guard
def delivery_day_right(c: Context) -> Refusal | None:
    """The day agreed for the delivery is ahead, and at most the item's term away."""
    day = c.data.get("deliver_by")
    if day is None:
        return None
    latest = certify(c.today, Term.parse(c.edition.terms["delivery"].length), c.calendar, "")
    agreed = date.fromisoformat(day)
    return _unless(
        c.today < agreed <= latest.last_day, "day_wrong", latest=latest.last_day.isoformat()
    )


# --- signatures ---


@body_guard
def right_draft(c: Context) -> Refusal | None:
    """What the recipient signed is the application that this very order makes."""
    return _unless(c.data["application"] == c.facts.get("application"), "wrong_document")


@body_guard
def right_document(c: Context) -> Refusal | None:
    """What was signed is the current version of the application."""
    return _unless(c.data["application"] == c.application.sha256, "wrong_document")


@body_guard
def signature_good(c: Context) -> Refusal | None:
    """A verifier found nothing wrong; one that could not be asked yet does not make anyone late."""
    reason = c.facts.get("signature", {}).get("reason")
    if reason is None or reason == "unchecked":
        return None
    return Refusal(code="signature_invalid", facts={"reason": reason})


@body_guard
def account_given(c: Context) -> Refusal | None:
    """The supplier's signature comes with the signed annex that names its account."""
    if c.actor.role != Role.SUPPLIER:
        return None
    if not c.data.get("account"):
        return Refusal(code="account_required")
    reason = c.facts.get("account_signature", {}).get("reason")
    if reason is None:
        return None
    return Refusal(code="signature_invalid", facts={"reason": reason})


# --- delivery and acceptance ---


@body_guard
def delivery_dated(c: Context) -> Refusal | None:
    on = date.fromisoformat(c.data["on"])
    return _unless(local_day(c.order.placed_at) <= on <= c.today, "day_wrong")


@body_guard
def quantity_delivered(c: Context) -> Refusal | None:
    """The whole order is delivered at once."""
    return _unless(c.data["quantity"] == c.order.quantity, "quantity_wrong", most=c.order.quantity)


@body_guard
def handed_over_before_stop(c: Context) -> Refusal | None:
    """After a revocation only a hand-over before that day still counts (row L2)."""
    stopped = next((f for f in c.period.flags if f.startswith("revoked_on:")), None)
    if stopped is None:
        return None
    before = date.fromisoformat(c.data["on"]) < date.fromisoformat(stopped.partition(":")[2])
    return _unless(before, "programme_not_in_force")


@body_guard
def quantity_accepted(c: Context) -> Refusal | None:
    delivered = c.period.delivery.quantity if c.period.delivery else 0
    return _unless(c.data["quantity"] == delivered, "quantity_wrong", most=delivered)


@body_guard
def quantity_changed_right(c: Context) -> Refusal | None:
    """A changed application asks for no more than was accepted."""
    delivery = c.period.delivery
    most = (delivery.accepted or delivery.quantity) if delivery else 0
    return _unless(0 < c.data["quantity"] <= most, "quantity_wrong", most=most)


@guard
def cancelling_allowed(c: Context) -> Refusal | None:
    return _unless("cancelling_allowed" in c.period.flags, "too_early")


# --- after the choice ran out ---


def _asked(c: Context) -> bool:
    return "reopening_asked" in c.period.flags


@guard
def request_pending(c: Context) -> Refusal | None:
    return _unless(_asked(c), "nothing_to_do")


@guard
def no_request_pending(c: Context) -> Refusal | None:
    return _unless(not _asked(c), "request_pending")


@guard
def expired_long_enough(c: Context) -> Refusal | None:
    """Not before the waiting time after the end of the choice (row C7, policy)."""
    length = Term.parse(c.edition.values["close_not_before"])
    until = certify(c.period.since, length, c.calendar, "policy")
    return _unless(c.message.at >= until.expires_at, "too_early", day=until.last_day.isoformat())


# --- review and payment ---


def _first(c: Context, kind: str) -> str | None:
    found = [decision.by for decision in c.period.decisions if decision.kind == kind]
    return found[-1] if found else None


@guard
def second_person(c: Context) -> Refusal | None:
    return _unless(_first(c, "approve") != c.actor.id, "same_person")


@guard
def own_approval(c: Context) -> Refusal | None:
    return _unless(_first(c, "approve") == c.actor.id, "nothing_to_do")


@guard
def second_refuser(c: Context) -> Refusal | None:
    return _unless(_first(c, "refuse") != c.actor.id, "same_person")


@body_guard
def second_stater(c: Context) -> Refusal | None:
    """The second caseworker enters the same line of the statement as the first."""
    first = next(d for d in reversed(c.period.decisions) if d.kind == "statement")
    same = all(first.data[name] == c.data.get(name) for name in ("key", "outcome", "amount"))
    if not same:
        return Refusal(code="statement_differs")
    return _unless(first.by != c.actor.id, "same_person")


@guard
def second_checker(c: Context) -> Refusal | None:
    return _unless(c.actor.id not in c.account.checks, "same_person")


@guard
def sum_within_snapshot(c: Context) -> Refusal | None:
    """Not more than the guaranteed sum or the price for what was accepted (invariant 2)."""
    application, delivery = c.application, c.period.delivery
    accepted = delivery.accepted if delivery and delivery.accepted is not None else 0
    most = min(c.order.unit_price, c.order.unit_sum) * accepted
    return _unless(application.amount <= most, "sum_over_snapshot", most=most)


@guard
def not_paid_before(c: Context) -> Refusal | None:
    settled = any(p.status in ("settled", "held") for p in c.period.payments)
    return _unless(not settled, "already_decided")


@guard
def fully_signed(c: Context) -> Refusal | None:
    held = c.application.signatures
    signed = all(role in held and held[role].checked for role in c.edition.required_signers)
    return _unless(signed and c.application.account is not None, "not_all_signed")


@guard
def acceptance_stands(c: Context) -> Refusal | None:
    delivery = c.period.delivery
    return _unless(delivery is not None and delivery.accepted is not None, "no_acceptance")


@body_guard
def ground_listed(c: Context) -> Refusal | None:
    return _unless(c.data.get("ground") in c.edition.refusal_grounds, "ground_not_listed")


@body_guard
def statement_right(c: Context) -> Refusal | None:
    if c.data.get("key") != c.payment.key or c.data.get("outcome") not in ("settled", "rejected"):
        return Refusal(code="statement_wrong")
    settled = c.data["outcome"] == "settled"
    return _unless(not settled or c.data.get("amount") == c.payment.amount, "statement_wrong")


@guard
def account_to_check(c: Context) -> Refusal | None:
    return _unless("account_changed" in c.period.flags, "nothing_to_do")


@guard
def no_account_to_check(c: Context) -> Refusal | None:
    """A changed account is paid only after two caseworkers have checked it (row P7)."""
    return _unless("account_changed" not in c.period.flags, "account_unchecked")


# --- escalation ---


@body_guard
def addressee_given(c: Context) -> Refusal | None:
    return _unless(bool(c.data.get("to")), "addressee_required")


@body_guard
def escalation_open(c: Context) -> Refusal | None:
    return _unless(c.data.get("escalation") in c.case.escalations, "nothing_to_do")
