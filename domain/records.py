"""What an event writes: one function for each name that the process gives under `records`.

Each answers with the new values of the records it changes. Amounts are tiyn.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from domain.case import (
    Account,
    Application,
    Decision,
    Delivery,
    Escalation,
    Measure,
    Order,
    Payment,
    Round,
    Signature,
)
from domain.context import Change, Context, Start
from domain.messages import Role
from domain.terms import ZONE, Term, certify, local_day

Recorder = Callable[[Context], Change]
RECORDERS: dict[str, Recorder] = {}


def recorder(function: Recorder) -> Recorder:
    """Make a function known to the process under its own name."""
    RECORDERS[function.__name__] = function
    return function


def _with(c: Context, flag: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*c.period.flags, flag)))


def _without(c: Context, *flags: str) -> tuple[str, ...]:
    return tuple(flag for flag in c.period.flags if flag not in flags)


def _decided(c: Context, kind: str, **data: Any) -> tuple[Decision, ...]:
    assert c.actor.id is not None, "a decision is taken by a person"
    made = Decision(kind=kind, by=c.actor.id, at=c.message.at, data=data)
    return (*c.period.decisions, made)


# --- receipt and revisions ---


@recorder
def take_over(c: Context) -> Change:
    return Change(case={"measure": Measure.model_validate(c.data["measure"])})


@recorder
def revise(c: Context) -> Change:
    """Contacts, dates and the revision's number come from the new message; sums stay as they were."""
    new = Measure.model_validate(c.data["measure"])
    kept = {"reference": c.measure.reference, "authority": c.measure.authority}
    return Change(case={"measure": new.model_copy(update=kept)})


@recorder
def begin_round(c: Context) -> Change:
    number = c.period.round.number + 1 if c.period.round else 1
    return Change(period={"round": Round(number=number, started_at=c.message.at)})


@recorder
def revise_and_begin_round(c: Context) -> Change:
    return Change(case=revise(c).case, period={**begin_round(c).period, "flags": ()})


@recorder
def flag_revision(c: Context) -> Change:
    """The measure changed under an order: a person judges it, and nothing is lost (row L5)."""
    return Change(case=revise(c).case, period={"flags": _with(c, "revision_to_judge")})


@recorder
def flag_revoked(c: Context) -> Change:
    flags = (*_with(c, "revoked"), f"revoked_on:{c.today.isoformat()}")
    return Change(period={"flags": flags})


@recorder
def withdraw(c: Context) -> Change:
    return Change(period={"orders": _voided(c), "flags": _with(c, "revoked")})


# --- notice ---


@recorder
def send_round(c: Context) -> Change:
    assert c.period.round is not None
    return Change(period={"round": c.period.round.model_copy(update={"sent": True})})


@recorder
def prove_notice(c: Context) -> Change:
    """The first proof fixes the day from which the two months run.

    A caseworker may enter a delivery of long ago; the recipient then keeps at least the days of
    `late_proof` from the entry (policy).
    """
    assert c.period.round is not None
    on = date.fromisoformat(c.data["on"]) if "on" in c.data else c.today
    proven = c.period.round.model_copy(
        update={"notified_on": on, "channel": c.data.get("channel", "cabinet")}
    )
    late = (c.today, c.edition.values["late_proof"]) if c.actor.role == Role.CASEWORKER else None
    if late is not None and on == c.today:
        late = None
    return Change(
        period={"round": proven}, starts={"choice": Start(event=on, at_least=late, keep=True)}
    )


@recorder
def reopen(c: Context) -> Change:
    return Change(period={**begin_round(c).period, "flags": _without(c, "reopening_asked")})


@recorder
def ask_reopening(c: Context) -> Change:
    return Change(period={"flags": _with(c, "reopening_asked")})


@recorder
def deny_reopening(c: Context) -> Change:
    return Change(period={"flags": _without(c, "reopening_asked")})


# --- order ---


def _replace_order(c: Context, **update: Any) -> tuple[Order, ...]:
    return tuple(
        order.model_copy(update=update) if order is c.period.order else order
        for order in c.period.orders
    )


def _voided(c: Context) -> tuple[Order, ...]:
    return _replace_order(c, live=False)


def _signature(c: Context) -> Signature:
    assert c.actor.id is not None, "a signature is a person's"
    verdict = c.facts.get("signature", {})
    return Signature(
        by=c.actor.id,
        at=c.message.at,
        cms_sha256=c.data["signature"],
        certificate_sha256=verdict.get("certificate"),
        checked=verdict.get("reason") is None,
    )


@recorder
def place_order(c: Context) -> Change:
    """Price and guaranteed sum are fixed; version 1 of the application carries R's signature."""
    day = c.data.get("deliver_by")
    order = Order(
        number=len(c.period.orders) + 1,
        supplier=c.facts["supplier"],
        offer=c.data["offer"],
        quantity=c.data["quantity"],
        unit_price=c.facts["price"],
        unit_sum=c.measure.unit_sum,
        placed_at=c.message.at,
        deliver_by=date.fromisoformat(day) if day else None,
    )
    application = Application(
        version=1,
        order=order.number,
        sha256=c.data["application"],
        quantity=order.quantity,
        amount=order.ceiling,
        signatures={Role.RECIPIENT: _signature(c)},
    )
    written = {"orders": (*c.period.orders, order), "application": application}
    cleared = {"delivery": None, "decisions": (), "flags": _without(c, "cancelling_allowed")}
    return Change(period={**written, **cleared})


@recorder
def confirm_order(c: Context) -> Change:
    return Change(
        period={"orders": _replace_order(c, confirmed_at=c.message.at)},
        starts={"delivery": Start(until=c.order.deliver_by)},
    )


@recorder
def void_order(c: Context) -> Change:
    """The recipient keeps the old term, and at least some days from being told (row O2, policy).

    The days are counted from today at first, and again from the proof of delivery when it comes.
    """
    again = Start(length=c.edition.values["choose_again"], keep=True)
    return Change(
        period={"orders": _voided(c), "application": None, "delivery": None},
        starts={"choice": again},
    )


@recorder
def cancel_order(c: Context) -> Change:
    return Change(period={"orders": _voided(c), "application": None})


@recorder
def count_from_proof(c: Context) -> Change:
    told = date.fromisoformat(c.data["on"])
    again = Start(event=told, length=c.edition.values["choose_again"], keep=True)
    return Change(starts={"choice": again})


@recorder
def allow_cancelling(c: Context) -> Change:
    return Change(period={"flags": _with(c, "cancelling_allowed")})


@recorder
def deliver(c: Context) -> Change:
    on = date.fromisoformat(c.data["on"])
    return Change(period={"delivery": Delivery(on=on, quantity=c.data["quantity"])})


@recorder
def deliver_accepted(c: Context) -> Change:
    """An edition without acceptance counts the hand-over itself."""
    on, quantity = date.fromisoformat(c.data["on"]), c.data["quantity"]
    taken = Delivery(on=on, quantity=quantity, accepted=quantity, accepted_at=c.message.at)
    return Change(period={"delivery": taken})


@recorder
def accept(c: Context) -> Change:
    assert c.period.delivery is not None
    taken = {"accepted": c.data["quantity"], "accepted_at": c.message.at}
    return Change(period={"delivery": c.period.delivery.model_copy(update=taken)})


# --- application ---


def _account(c: Context) -> Account:
    assert c.actor.id is not None, "an account is named by a person"
    return Account(
        sha256=c.data["account"],
        cms_sha256=c.data["account_signature"],
        by=c.actor.id,
        at=c.message.at,
    )


@recorder
def sign(c: Context) -> Change:
    signatures = {**c.application.signatures, c.actor.role.value: _signature(c)}
    update: dict[str, Any] = {"signatures": signatures}
    if c.actor.role == Role.SUPPLIER:
        update["account"] = _account(c)
    return Change(period={"application": c.application.model_copy(update=update)})


@recorder
def check_signature(c: Context) -> Change:
    """A verifier that could be asked at last: the signature stands, or is taken out."""
    signatures = dict(c.application.signatures)
    held = signatures.pop(c.data["role"])
    if c.data.get("reason") is None:
        update = {"checked": True, "certificate_sha256": c.data.get("certificate")}
        signatures[c.data["role"]] = held.model_copy(update=update)
    return Change(
        period={"application": c.application.model_copy(update={"signatures": signatures})}
    )


@recorder
def register(c: Context) -> Change:
    """Received on a working day: that day; otherwise the next one (APPC 64)."""
    registered = {"registered_at": c.message.at}
    on = c.today
    if not c.calendar.is_working(on) or not _office_hours(c):
        on = certify(on, Term.parse("1wd"), c.calendar, "APPC 64").last_day
    return Change(
        period={"application": c.application.model_copy(update=registered), "decisions": ()},
        starts={"review": Start(event=on)},
    )


def _office_hours(c: Context) -> bool:
    """Before the closing hour of the office, a value of the edition (local time)."""
    return c.message.at.astimezone(ZONE).hour < int(c.edition.values["office_closes_at_hour"])


@recorder
def change_content(c: Context) -> Change:
    """A new version of the application; every signature is void (row A3)."""
    quantity = c.data["quantity"]
    changed = Application(
        version=c.application.version + 1,
        order=c.application.order,
        sha256=c.facts["application"],
        quantity=quantity,
        amount=min(c.order.unit_price, c.order.unit_sum) * quantity,
    )
    return Change(period={"application": changed, "decisions": ()})


# --- review ---


@recorder
def approve_first(c: Context) -> Change:
    return Change(period={"decisions": _decided(c, "approve")})


@recorder
def approve_second(c: Context) -> Change:
    return Change(period={"decisions": _decided(c, "approve", funds_lacking=True)})


@recorder
def approve_and_pay(c: Context) -> Change:
    paying = begin_payment(c)
    return Change(
        period={**paying.period, "decisions": _decided(c, "approve")}, data=paying.data
    )


@recorder
def withdraw_approval(c: Context) -> Change:
    kept = tuple(d for d in c.period.decisions if d.kind != "approve")
    return Change(period={"decisions": kept})


@recorder
def refuse_first(c: Context) -> Change:
    return Change(period={"decisions": _decided(c, "refuse", ground=c.data["ground"])})


@recorder
def refuse_second(c: Context) -> Change:
    return Change(
        period={
            "decisions": _decided(c, "refuse", ground=c.data["ground"]),
            "orders": _voided(c),
        }
    )


# --- payment ---


def _key(c: Context, attempt: int) -> str:
    """The permanent key: order, application version and attempt of one case (row P1)."""
    order, version = c.application.order, c.application.version
    return f"{c.measure.reference}-{c.period.number}-{order}-{version}-{attempt}"


def _attempt(c: Context, attempt: int) -> Change:
    payment = Payment(
        key=_key(c, attempt),
        order=c.application.order,
        version=c.application.version,
        attempt=attempt,
        amount=c.application.amount,
        status="to_send",
    )
    return Change(period={"payments": (*c.period.payments, payment)})


@recorder
def begin_payment(c: Context) -> Change:
    return _attempt(c, 1 + sum(p.version == c.application.version for p in c.period.payments))


def _set_payment(c: Context, key: str, **update: Any) -> Change:
    payments = tuple(
        payment.model_copy(update=update) if payment.key == key else payment
        for payment in c.period.payments
    )
    return Change(period={"payments": payments})


@recorder
def send_payment(c: Context) -> Change:
    if c.payment.status != "to_send":
        return Change()
    return _set_payment(c, c.data["key"], status="sent", sent_at=c.message.at)


@recorder
def settle(c: Context) -> Change:
    return _set_payment(c, c.data["key"], status="settled", reference=c.data.get("reference"))


@recorder
def settle_earlier(c: Context) -> Change:
    """An earlier attempt settled late: whatever is open beside it is void (row P8)."""
    payments = tuple(
        payment.model_copy(update={"status": "settled", "reference": c.data.get("reference")})
        if payment.key == c.data["key"]
        else payment.model_copy(update={"status": "void"})
        if payment.status in ("to_send", "sent", "unknown")
        else payment
        for payment in c.period.payments
    )
    return Change(period={"payments": payments})


@recorder
def settle_excess(c: Context) -> Change:
    return _set_payment(c, c.data["key"], status="excess", reference=c.data.get("reference"))


@recorder
def hold_payment(c: Context) -> Change:
    return _set_payment(
        c, c.data["key"], status="held", reference=c.data.get("reference"), reason="differs"
    )


@recorder
def reject_payment(c: Context) -> Change:
    return _set_payment(c, c.data["key"], status="rejected", reason=c.data.get("reason"))


@recorder
def lose_payment(c: Context) -> Change:
    return _set_payment(c, c.data["key"], status="never_received")


@recorder
def return_payment(c: Context) -> Change:
    return _set_payment(c, c.data["key"], status="returned", reason=c.data.get("reason"))


@recorder
def doubt_payment(c: Context) -> Change:
    """Not answered: asked about, never sent again. The long term runs from the day of sending."""
    sent = local_day(c.payment.sent_at or c.period.since)
    doubted = _set_payment(c, c.payment.key, status="unknown")
    return Change(period=doubted.period, starts={"payment_long": Start(event=sent, keep=True)})


@recorder
def note_under_way(c: Context) -> Change:
    return _set_payment(c, c.data["key"], reason=c.data["status"])


def _statement(c: Context) -> tuple[Decision, ...]:
    told = {name: c.data.get(name) for name in ("key", "outcome", "amount")}
    return _decided(c, "statement", **told)


@recorder
def enter_statement(c: Context) -> Change:
    return Change(period={"decisions": _statement(c)})


@recorder
def settle_by_statement(c: Context) -> Change:
    settled = _set_payment(c, c.data["key"], status="settled")
    return Change(period={**settled.period, "decisions": _statement(c)})


@recorder
def reject_by_statement(c: Context) -> Change:
    rejected = _set_payment(c, c.data["key"], status="rejected", reason="statement")
    return Change(period={**rejected.period, "decisions": _statement(c)})


@recorder
def retry_payment(c: Context) -> Change:
    """A new attempt; but what the treasury never received goes again under its old key (P5)."""
    if c.payment.status == "never_received":
        return _set_payment(c, c.payment.key, status="to_send")
    return begin_payment(c)


@recorder
def change_account(c: Context) -> Change:
    changed = c.application.model_copy(update={"account": _account(c)})
    return Change(period={"application": changed, "flags": _with(c, "account_changed")})


@recorder
def check_account(c: Context) -> Change:
    assert c.actor.id is not None
    checked = c.account.model_copy(update={"checks": (*c.account.checks, c.actor.id)})
    return Change(
        period={"application": c.application.model_copy(update={"account": checked})}
    )


@recorder
def check_account_and_pay(c: Context) -> Change:
    """An order with another account is another order, so it has a key of its own."""
    checked, paying = check_account(c), begin_payment(c)
    flags = _without(c, "account_changed")
    return Change(period={**checked.period, **paying.period, "flags": flags})


# --- escalation ---


@recorder
def escalate_overdue(c: Context) -> Change:
    """A term ran out: nothing is decided, the authority's lead is asked (rows N5, C8, V4, P6)."""
    made = Escalation(
        id=c.message.id, to="authority_lead", by=None, at=c.message.at, reason="overdue"
    )
    return Change(case={"escalations": {**c.case.escalations, made.id: made}})


@recorder
def escalate(c: Context) -> Change:
    made = Escalation(
        id=c.message.id, to=c.data["to"], by=c.actor.id, at=c.message.at, reason=c.data["reason"]
    )
    return Change(case={"escalations": {**c.case.escalations, made.id: made}})


@recorder
def answer_escalation(c: Context) -> Change:
    left = {k: v for k, v in c.case.escalations.items() if k != c.data["escalation"]}
    return Change(case={"escalations": left})
