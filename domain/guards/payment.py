"""Whether money may be paid, and who may say what became of it."""

from domain.context import Context
from domain.guards.registry import by_another, guard, naming, unless
from domain.messages import Refusal
from domain.selectors.payment import STATEMENT


@guard
def second_checker(c: Context) -> Refusal | None:
    return unless(c.actor.id not in c.account.checks, "same_person")


@guard
def not_paid_before(c: Context) -> Refusal | None:
    settled = any(p.status in ("settled", "held") for p in c.attempts())
    return unless(not settled, "already_decided")


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


@naming("line")
def statement_right(c: Context) -> Refusal | None:
    """A line of the bank's statement about a payment of which nothing certain is known."""
    payment, outcome = c.reported(), c.data.get("outcome")
    if payment is None or not payment.open or outcome not in ("settled", "rejected"):
        return Refusal(code="statement_wrong")
    if outcome == "rejected":
        # What is still being sent may yet arrive, and another attempt would be paid beside it.
        return unless(not c.sending(payment.key), "too_early")
    return unless(c.data.get("amount") == payment.amount, "statement_wrong")


@naming("line")
def second_stater(c: Context) -> Refusal | None:
    """The line that counts was entered by two caseworkers."""
    return by_another(c, c.proposed("statement", *STATEMENT))
