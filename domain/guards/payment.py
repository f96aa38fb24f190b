"""Whether money may be paid, and who may say what became of it."""

from domain.attempts import due, payable
from domain.context import Context
from domain.guards.registry import by_another, guard, naming, unless
from domain.messages import Refusal
from domain.selectors.payment import RETRYING, STATEMENT
from domain.words import said_to_settle


@guard
def second_checker(c: Context) -> Refusal | None:
    return unless(c.actor.id not in c.account.checks, "same_person")


@guard
def second_retrier(c: Context) -> Refusal | None:
    """Another caseworker proposed to pay again (row P7)."""
    return by_another(c, c.proposed("retry"))


@guard
def not_paid_before(c: Context) -> Refusal | None:
    """Something is owed, nothing is on its way, and no word of the treasury is in doubt."""
    if any(p.doubtful for p in c.attempts()):
        return Refusal(code="payment_in_doubt")
    on_its_way = any(p.open or p.status == "void" for p in c.attempts())
    owed = 0 < due(c, c.period.payments) <= payable(c)
    return unless(owed and not on_its_way, "already_decided")


@guard
def nothing_contradicts(c: Context) -> Refusal | None:
    """What stands is decided first: no sum is closed on a word that is in doubt."""
    return unless(not any(p.doubtful for p in c.attempts()), "payment_in_doubt")


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
    payment, outcome, amount = c.named(), c.data.get("outcome"), c.data.get("amount")
    if payment is None:
        return Refusal(code="statement_wrong")
    waited_for = RETRYING in c.period.flags and not payment.proven
    uncertain = payment.open or payment.doubtful or payment.status == "void" or waited_for
    if not uncertain or outcome not in ("settled", "returned", "rejected"):
        return Refusal(code="statement_wrong")
    if outcome == "rejected":
        # What is still being sent may yet arrive, and another attempt would be paid beside it.
        return unless(not c.sending(payment.key), "too_early")
    if not amount:
        return Refusal(code="statement_wrong")
    # Another sum than is known stands only where the treasury named one, and two decide.
    if outcome == "returned":
        most = max(payment.amount, payment.paid, *said_to_settle(payment))
        return unless(amount <= most, "statement_wrong")
    known = amount in (payment.amount, payment.paid) or payment.doubtful
    return unless(known, "statement_wrong")


@naming("line")
def second_stater(c: Context) -> Refusal | None:
    """The line that counts was entered by two caseworkers."""
    return by_another(c, c.proposed("statement", *STATEMENT))
