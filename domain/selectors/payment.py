"""What the treasury said of a payment, and what it is now, where the process asks for it.

`reported` is the payment whose key the report or statement names.
"""

from domain.context import Context
from domain.selectors.registry import body_selector, naming_selector, selector

STATEMENT = ("key", "outcome", "amount")


@body_selector
def key_is_current(c: Context) -> bool:
    return c.period.payment is not None and c.data.get("key") == c.period.payment.key


@body_selector
def key_is_sending(c: Context) -> bool:
    """The order to pay was still on its way: its sending is news."""
    payment = c.reported()
    return payment is not None and payment.unanswered and c.sending(payment.key)


@body_selector
def key_is_unanswered(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.unanswered


@body_selector
def key_is_open(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.open


@body_selector
def key_may_settle(c: Context) -> bool:
    """That it settled is news, and no replay of what is known."""
    payment = c.reported()
    return payment is not None and payment.may_settle


@body_selector
def key_is_settled(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.status == "settled"


@body_selector
def key_is_void(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.status == "void"


@body_selector
def key_was_paid(c: Context) -> bool:
    payment = c.reported()
    return payment is not None and payment.status in ("settled", "excess")


@selector
def some_is_void(c: Context) -> bool:
    return any(payment.status == "void" for payment in c.attempts())


@body_selector
def earlier_order_settled(c: Context) -> bool:
    """An attempt to pay an order that is gone settled, which is news."""
    key, mine = c.data["key"], {payment.key for payment in c.attempts()}
    held = next((p for p in c.period.payments if p.key == key and key not in mine), None)
    return held is not None and held.may_settle and says_settled(c)


@selector
def still_paid_twice(c: Context) -> bool:
    """More than one would remain after a return."""
    return sum(p.status in ("settled", "excess") for p in c.attempts()) > 2


@selector
def another_is_paid(c: Context) -> bool:
    """One more would remain after a return."""
    return sum(p.status in ("settled", "excess") for p in c.attempts()) > 1


@naming_selector("line")
def another_is_open(c: Context) -> bool:
    """Another attempt than the one reported may still turn out to be paid."""
    return any(p.open and p.key != c.data.get("key") for p in c.period.payments)


@naming_selector("line")
def another_is_held(c: Context) -> bool:
    return any(p.status == "held" and p.key != c.data.get("key") for p in c.period.payments)


@selector
def nothing_is_held(c: Context) -> bool:
    return all(payment.status != "held" for payment in c.period.payments)


@body_selector
def says_settled(c: Context) -> bool:
    return bool(c.data["outcome"] == "settled")


@body_selector
def says_rejected(c: Context) -> bool:
    return c.data["outcome"] in ("not_executed", "returned")


@body_selector
def says_under_way(c: Context) -> bool:
    """Neither settled nor rejected: under way, or the treasury could not say."""
    return c.data["outcome"] in ("under_way", "other")


@body_selector
def asked_for(c: Context) -> bool:
    """The report answers an enquiry of ours that still stands."""
    return c.data.get("effect") in c.case.outbox


@selector
def nothing_is_sending(c: Context) -> bool:
    """While an order is on its way, that the treasury has not received it yet is no news."""
    return not any(c.sending(payment.key) for payment in c.period.payments)


@body_selector
def amount_and_payee_match(c: Context) -> bool:
    payment = c.reported()
    same = c.data.get("payee") == c.data.get("account") == "same"
    return bool(payment and c.data.get("amount") == payment.amount and same)


@naming_selector("line")
def no_statement_yet(c: Context) -> bool:
    """Nobody has entered this very line of a statement."""
    return not c.proposed("statement", *STATEMENT)


@naming_selector("line")
def statement_settles(c: Context) -> bool:
    return c.data.get("outcome") == "settled"


@selector
def account_unchecked(c: Context) -> bool:
    """No caseworker has checked the account, or a bad signature made it void."""
    account = c.application.account
    return account is None or not account.checks


@body_selector
def reports_this_status(c: Context) -> bool:
    return bool(c.data["status"] == c.period.status)
