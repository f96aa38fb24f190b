"""What is sent to the treasury and asked of it, and each new attempt, which two decide (P1-P8)."""

from collections.abc import Callable
from typing import Any, Final

from domain.case.context import Change, Context, Start
from domain.case.state import Payment
from domain.messages import Refusal
from domain.money.attempts import after, changed, due, order_of, word
from domain.parties.sides import is_party
from domain.rules.application import account
from domain.rules.common import escalate_overdue
from domain.rules.payment import RETRYING, with_attempt, with_attempts, word_of
from domain.rules.registry import (
    body_selector,
    by_another,
    guard,
    proposed,
    recorder,
    selector,
    unless,
)
from domain.terms.counting import local_day

# Who checked another account wants it paid under a key of its own.
ANOTHER_ACCOUNT: Final = "another_account"


# --- which row fits ---


@body_selector
def word_never_received(c: Context) -> bool:
    """The treasury never received what it was asked about."""
    return word(c) == "never_received"


@body_selector
def key_is_sending(c: Context) -> bool:
    """The order to pay was still on its way: its sending is news."""
    payment = c.reported()
    return payment is not None and payment.unanswered and c.sending(payment.key)


@selector
def nothing_is_sending(c: Context) -> bool:
    """While an order is on its way, that the treasury has not received it yet is no news."""
    return not any(c.sending(payment.key) for payment in c.period.payments)


@selector
def some_unanswered(c: Context) -> bool:
    """The treasury has not said of some attempt what became of it."""
    return any(payment.unanswered for payment in c.attempts())


@selector
def some_is_void(c: Context) -> bool:
    """An attempt was stopped, of whatever order, and may still arrive."""
    return any(payment.status == "void" for payment in c.period.payments)


@selector
def no_doubt_left(c: Context) -> bool:
    """No word of the treasury on any order of the period waits for two to decide."""
    return not any(payment.doubtful for payment in c.period.payments)


@selector
def no_retry_yet(c: Context) -> bool:
    """Nobody has proposed to pay again."""
    return not proposed(c, "retry")


@selector
def account_unchecked(c: Context) -> bool:
    """No caseworker has checked the account, or a bad signature made it void."""
    return not _checks(c)


# --- what must hold ---


def _checks(c: Context) -> list[str]:
    """Who has checked the account, and has not become a party since."""
    account = c.application.account
    return [] if account is None else [one for one in account.checks if not is_party(c, one)]


@guard
def second_checker(c: Context) -> Refusal | None:
    return unless(c.actor.id not in _checks(c), "same_person")


@guard
def second_retrier(c: Context) -> Refusal | None:
    """Another caseworker proposed to pay again (row P7)."""
    return by_another(c, proposed(c, "retry"))


@guard
def account_to_check(c: Context) -> Refusal | None:
    """A changed account, once a verifier has found the signature over its annex good."""
    account = c.application.account
    if account is None or "account_changed" not in c.period.flags:
        return Refusal(code="nothing_to_do")
    return unless(account.checked, "account_unverified")


@guard
def no_account_to_check(c: Context) -> Refusal | None:
    """A changed account is paid only after two caseworkers have checked it (row P7)."""
    return unless("account_changed" not in c.period.flags, "account_unchecked")


# --- what is written ---


def _key(c: Context, attempt: int) -> str:
    """The permanent key: order, application version and attempt of one case (row P1)."""
    order, version = c.application.order, c.application.version
    return f"{c.measure.reference}-{c.period.number}-{order}-{version}-{attempt}"


@recorder
def begin_payment(c: Context) -> Change:
    return _begin(c, c.period.payments)


def _begin(c: Context, payments: tuple[Payment, ...]) -> Change:
    """A new attempt, for what is due and no more: payable − settled + returned (row P7)."""
    attempt = 1 + sum(p.version == c.application.version for p in c.attempts())
    payment = Payment(
        key=_key(c, attempt),
        order=c.application.order,
        version=c.application.version,
        attempt=attempt,
        amount=due(c, payments),
        status="to_send",
    )
    return _begun(c, (*payments, payment))


def _begun(c: Context, payments: tuple[Payment, ...]) -> Change:
    """A line entered about an earlier sending says nothing of the next."""
    decisions = tuple(d for d in c.undecided("statement") if d.kind != "retry")
    flags = c.without_flags(RETRYING, ANOTHER_ACCOUNT)
    # How every earlier attempt ended is proven by now.
    mine = {p.key for p in c.attempts()}
    known = (p.model_copy(update={"unclear": None}) if p.key in mine else p for p in payments)
    written: dict[str, Any] = {"payments": tuple(known), "decisions": decisions}
    if flags != c.period.flags:
        written["flags"] = flags
    return Change(period=written, data=word_of(c))


@recorder
def send_payment(c: Context) -> Change:
    """The term of the answer runs from the day of sending."""
    sent = with_attempt(c, c.data["key"], status="sent", sent_at=c.message.at)
    return Change(period=sent.period, starts={"payment_answer": Start(keep=True)})


@recorder
def lose_payment(c: Context) -> Change:
    return with_attempts(c, after(c))


@recorder
def doubt_payment(c: Context) -> Change:
    """Not answered: asked about, never sent again. The long term runs from the day of sending."""
    asked = RETRYING in c.period.flags
    sent = local_day(c.period.since if asked else c.payment.sent_at or c.period.since)
    payments = tuple(
        p.model_copy(update={"status": "unknown"}) if p.unanswered else p for p in c.period.payments
    )
    asks = tuple(p.key for p in order_of(c, payments) if p.unanswered or (asked and not p.proven))
    starts = {"payment_long": Start(event=sent, keep=True)}
    return Change(period={"payments": payments}, starts=starts, asks=asks)


@recorder
def ask_again(c: Context) -> Change:
    """Nobody has decided what stands: the treasury is asked again, and the lead is told."""
    return Change(case=escalate_overdue(c).case, asks=_not_asked(c, lambda p: p.doubtful))


@recorder
def ask_of_void(c: Context) -> Change:
    return Change(asks=_not_asked(c, lambda p: p.status == "void"))


def _not_asked(c: Context, wanted: Callable[[Payment], bool]) -> tuple[str, ...]:
    """Of whatever order, once each: what is being asked need not be asked beside it."""
    asked = {e.data["key"] for e in c.case.outbox.values() if e.kind == "enquire"}
    return tuple(p.key for p in c.period.payments if wanted(p) and p.key not in asked)


@recorder
def propose_retry(c: Context) -> Change:
    return Change(period={"decisions": c.decided("retry")})


@recorder
def prepare_retry(c: Context) -> Change:
    """Two have decided: every earlier attempt of the order is asked about first (row P7)."""
    mine = {p.key for p in c.attempts()}
    payments = tuple(
        p.model_copy(update={"proven": False}) if p.key in mine else p for p in c.period.payments
    )
    decisions = (d for d in c.decided("retry") if d.kind != "statement")
    return Change(
        period={
            "payments": payments,
            "flags": c.with_flag(RETRYING),
            "decisions": tuple(decisions),
        },
        asks=tuple(p.key for p in c.attempts()),
    )


@recorder
def begin_retry(c: Context) -> Change:
    """A new attempt; but what the treasury never received goes again under its old key (P5)."""
    payments = after(c) if c.message.name == "enter_statement" else c.period.payments
    last, mine = payments[-1], order_of(c, payments)
    anew = ANOTHER_ACCOUNT in c.period.flags or last.amount != due(c, payments)
    if last.status != "never_received" or last not in mine or anew:
        return _begin(c, payments)
    update = {"status": "to_send", "sent_at": None, "word": None, "proven": False}
    return _begun(c, changed(payments, last.key, **update))


@recorder
def change_account(c: Context) -> Change:
    renewed = c.application.model_copy(update={"account": account(c)})
    return Change(period={"application": renewed, "flags": c.with_flag("account_changed")})


@recorder
def check_account(c: Context) -> Change:
    checked = c.account.model_copy(update={"checks": (*c.account.checks, c.person)})
    return Change(period={"application": c.application.model_copy(update={"account": checked})})


@recorder
def check_account_and_retry(c: Context) -> Change:
    """An order with another account is another order, so it has a key of its own."""
    checked, wanted = check_account(c), prepare_retry(c)
    flags = tuple(flag for flag in wanted.period["flags"] if flag != "account_changed")
    flags = tuple(dict.fromkeys((*flags, ANOTHER_ACCOUNT)))
    return Change(period={**checked.period, **wanted.period, "flags": flags}, asks=wanted.asks)
