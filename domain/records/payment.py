"""Payments: attempts under permanent keys, and what the treasury says of them."""

from typing import Any

from domain.case import Decision, Payment
from domain.context import Change, Context, Start
from domain.records.application import account
from domain.records.escalations import escalate_overdue
from domain.records.registry import decided, recorder, undecided, with_flag, without_flags
from domain.selectors.payment import STATEMENT
from domain.terms import local_day


def _key(c: Context, attempt: int) -> str:
    """The permanent key: order, application version and attempt of one case (row P1)."""
    order, version = c.application.order, c.application.version
    return f"{c.measure.reference}-{c.period.number}-{order}-{version}-{attempt}"


@recorder
def begin_payment(c: Context) -> Change:
    attempt = 1 + sum(p.version == c.application.version for p in c.attempts())
    payment = Payment(
        key=_key(c, attempt),
        order=c.application.order,
        version=c.application.version,
        attempt=attempt,
        amount=c.application.amount,
        status="to_send",
    )
    payments = (*c.period.payments, payment)
    # A line entered about an earlier sending says nothing of the next.
    return Change(period={"payments": payments, "decisions": undecided(c, "statement")})


def _set_payment(c: Context, key: str, **update: Any) -> Change:
    payments = tuple(
        payment.model_copy(update=update) if payment.key == key else payment
        for payment in c.period.payments
    )
    return Change(period={"payments": payments})


@recorder
def send_payment(c: Context) -> Change:
    """The term of the answer runs from the day of sending."""
    sent = _set_payment(c, c.data["key"], status="sent", sent_at=c.message.at)
    return Change(period=sent.period, starts={"payment_answer": Start(keep=True)})


@recorder
def settle(c: Context) -> Change:
    """This one counts; whatever is unanswered beside it is void (rows P2, P8)."""
    payments = tuple(
        payment.model_copy(update={"status": "settled", "reference": c.data.get("reference")})
        if payment.key == c.data["key"]
        else payment.model_copy(update={"status": "void"})
        if payment.unanswered
        else payment
        for payment in c.period.payments
    )
    return Change(period={"payments": payments})


@recorder
def settle_excess(c: Context) -> Change:
    return _set_payment(c, c.data["key"], status="excess", reference=c.data.get("reference"))


@recorder
def keep_excess(c: Context) -> Change:
    """Paid for an order that is gone: the authority's lead is asked, for the case goes on."""
    return Change(period=settle_excess(c).period, case=escalate_overdue(c).case)


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
def return_and_ask(c: Context) -> Change:
    """The money came back, and an attempt that was void for its sake may still arrive (row P9)."""
    returned = return_payment(c).period["payments"]
    return Change(
        period={
            "payments": tuple(
                payment.model_copy(update={"status": "unknown"})
                if payment.status == "void" and payment.order == c.application.order
                else payment
                for payment in returned
            )
        }
    )


@recorder
def return_excess(c: Context) -> Change:
    """Of several that were paid one came back; the last one left is the payment (row P11)."""
    returned: tuple[Payment, ...] = return_payment(c).period["payments"]
    mine = {payment.key for payment in c.attempts()}
    left = [p for p in returned if p.key in mine and p.status in ("settled", "excess")]
    payments = tuple(
        payment.model_copy(update={"status": "settled"}) if payment is left[0] else payment
        for payment in returned
    )
    return Change(period={"payments": payments})


@recorder
def doubt_payment(c: Context) -> Change:
    """Not answered: asked about, never sent again. The long term runs from the day of sending."""
    sent = local_day(c.payment.sent_at or c.period.since)
    doubted = _set_payment(c, c.payment.key, status="unknown")
    return Change(period=doubted.period, starts={"payment_long": Start(event=sent, keep=True)})


@recorder
def note_under_way(c: Context) -> Change:
    return _set_payment(c, c.data["key"], reason=c.data.get("status"))


def _statement(c: Context) -> tuple[Decision, ...]:
    told = {name: c.data.get(name) for name in STATEMENT}
    return decided(c, "statement", **told)


@recorder
def enter_statement(c: Context) -> Change:
    return Change(period={"decisions": _statement(c)})


@recorder
def settle_by_statement(c: Context) -> Change:
    return Change(period={**settle(c).period, "decisions": _statement(c)})


@recorder
def settle_twice_by_statement(c: Context) -> Change:
    """What the treasury settled otherwise than ordered was paid beside it."""
    payments = tuple(
        payment.model_copy(update={"status": "excess"}) if payment.status == "held" else payment
        for payment in settle(c).period["payments"]
    )
    return Change(period={"payments": payments, "decisions": _statement(c)})


@recorder
def reject_by_statement(c: Context) -> Change:
    rejected = _set_payment(c, c.data["key"], status="rejected", reason="statement")
    return Change(period={**rejected.period, "decisions": _statement(c)})


@recorder
def retry_payment(c: Context) -> Change:
    """A new attempt; but what the treasury never received goes again under its old key (P5)."""
    if c.payment.status != "never_received":
        return begin_payment(c)
    again = _set_payment(c, c.payment.key, status="to_send", sent_at=None)
    return Change(period={**again.period, "decisions": undecided(c, "statement")})


@recorder
def change_account(c: Context) -> Change:
    changed = c.application.model_copy(update={"account": account(c)})
    return Change(period={"application": changed, "flags": with_flag(c, "account_changed")})


@recorder
def check_account(c: Context) -> Change:
    assert c.actor.id is not None, "an account is checked by a person"
    checked = c.account.model_copy(update={"checks": (*c.account.checks, c.actor.id)})
    return Change(period={"application": c.application.model_copy(update={"account": checked})})


@recorder
def check_account_and_pay(c: Context) -> Change:
    """An order with another account is another order, so it has a key of its own."""
    checked, paying = check_account(c), begin_payment(c)
    flags = without_flags(c, "account_changed")
    return Change(period={**checked.period, **paying.period, "flags": flags})
