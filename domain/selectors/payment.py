"""Which row fits a word of the treasury, a line of a statement, or a new attempt (P1-P15).

`word_…` is what the message means for the attempt that it names, `then_…` how it leaves the
attempts to pay the order.
"""

from domain.attempts import after, due, left_of, order_of, owed_back, returned_by, word, word_on
from domain.context import Context
from domain.selectors.registry import body_selector, naming_selector, selector

# What two caseworkers say alike of a line of the bank's statement.
STATEMENT = ("key", "outcome", "amount")
RETRYING = "retrying"


@body_selector
def word_differs(c: Context) -> bool:
    """It names another sum, payee or account than was ordered, whatever it says besides."""
    return word(c) == "differs"


@body_selector
def word_contradicts(c: Context) -> bool:
    """It does not fit what the treasury has settled."""
    return word(c) == "contradicts"


@body_selector
def word_settles(c: Context) -> bool:
    """The attempt settled as ordered, and that is news."""
    return word(c) == "settles"


@body_selector
def word_incomplete(c: Context) -> bool:
    """It says settled, and leaves out the sum or the account."""
    return word(c) == "incomplete"


@body_selector
def word_rejects(c: Context) -> bool:
    return word(c) == "rejects"


@body_selector
def word_returns(c: Context) -> bool:
    return word(c) == "returns"


@body_selector
def word_under_way(c: Context) -> bool:
    """Nothing final: under way, or the treasury could not say."""
    return word(c) == "under_way"


@body_selector
def word_never_received(c: Context) -> bool:
    """The treasury never received what it was asked about."""
    return word(c) == "never_received"


@body_selector
def word_is_news(c: Context) -> bool:
    """The treasury has not said so of this attempt yet."""
    payment = c.reported()
    return payment is not None and payment.word != c.data["outcome"]


@body_selector
def word_names_number(c: Context) -> bool:
    """It confirms what is known, and names the treasury's number, which was not known."""
    payment = c.reported()
    unnumbered = payment is not None and payment.went and payment.reference is None
    named = c.data["outcome"] == "settled" and c.data.get("reference") is not None
    return unnumbered and named and word(c) == "confirms"


@body_selector
def word_proves(c: Context) -> bool:
    """The answer for which the next attempt waits: this one is not executed, or came back."""
    payment = c.reported()
    waited_for = payment is not None and not payment.proven and RETRYING in c.period.flags
    return waited_for and asked_for(c) and word(c) == "confirms"


@body_selector
def last_to_prove(c: Context) -> bool:
    """Of every other attempt it is proven too, so that the next one may go out."""
    others = (p for p in c.attempts() if p.key != c.data.get("key"))
    return RETRYING in c.period.flags and all(p.proven for p in others)


@selector
def next_one_waits(c: Context) -> bool:
    """Two have decided to pay again, and not every earlier attempt is proven."""
    return RETRYING in c.period.flags


@body_selector
def key_is_current(c: Context) -> bool:
    return c.period.payment is not None and c.data.get("key") == c.period.payment.key


@body_selector
def key_is_sending(c: Context) -> bool:
    """The order to pay was still on its way: its sending is news."""
    payment = c.reported()
    return payment is not None and payment.unanswered and c.sending(payment.key)


@body_selector
def asked_for(c: Context) -> bool:
    """The report answers an enquiry of ours that still stands."""
    return c.data.get("effect") in c.case.outbox


@selector
def nothing_is_sending(c: Context) -> bool:
    """While an order is on its way, that the treasury has not received it yet is no news."""
    return not any(c.sending(payment.key) for payment in c.period.payments)


@selector
def nothing_in_doubt(c: Context) -> bool:
    """No word of the treasury waits for two caseworkers to decide."""
    return not any(payment.doubtful for payment in c.attempts())


@body_selector
def then_in_doubt(c: Context) -> bool:
    """Some attempt is left whose words do not fit."""
    return any(payment.doubtful for payment in order_of(c, after(c)))


@body_selector
def then_open(c: Context) -> bool:
    """Some attempt is left that may still turn out to be paid."""
    return any(payment.open for payment in order_of(c, after(c)))


@body_selector
def then_excess(c: Context) -> bool:
    """More is paid than is due."""
    return due(c, after(c)) < 0


@body_selector
def then_paid(c: Context) -> bool:
    """What is due is paid, no more and no less."""
    return due(c, after(c)) == 0


@body_selector
def then_owed(c: Context) -> bool:
    """Something is left to pay."""
    return due(c, after(c)) > 0


@body_selector
def then_void(c: Context) -> bool:
    """An attempt is left that was stopped, and may still arrive."""
    return any(payment.status == "void" for payment in order_of(c, after(c)))


@body_selector
def then_recovered(c: Context) -> bool:
    """All that was to come back has: the excess, and what was claimed."""
    return returned_by(c) >= owed_back(c)


@selector
def part_is_paid(c: Context) -> bool:
    """The supplier holds money of the order."""
    return left_of(c, c.period.payments) > 0


@selector
def some_is_void(c: Context) -> bool:
    """An attempt was stopped, and may still arrive."""
    return any(payment.status == "void" for payment in c.attempts())


@selector
def some_unsettled(c: Context) -> bool:
    """Of some attempt two caseworkers may still have to say what stands."""
    return any(p.doubtful or p.status == "void" for p in c.attempts())


@body_selector
def earlier_order_settled(c: Context) -> bool:
    """An attempt to pay an order that is gone settled, which is news."""
    return _of_earlier_order(c) == "settles"


@body_selector
def earlier_order_returned(c: Context) -> bool:
    """What was paid of an order that is gone came back."""
    return _of_earlier_order(c) == "returns"


@body_selector
def earlier_order_differs(c: Context) -> bool:
    """A word on an order that is gone does not fit what is known of it."""
    return _of_earlier_order(c) in ("differs", "contradicts")


@body_selector
def earlier_order_rejected(c: Context) -> bool:
    """An attempt to pay an order that is gone was stopped, and is not executed."""
    return _of_earlier_order(c) == "rejects"


@body_selector
def earlier_order_never_received(c: Context) -> bool:
    """The treasury never received it."""
    return _of_earlier_order(c) == "never_received"


@selector
def nothing_claimed(c: Context) -> bool:
    return c.period.claim is None


@selector
def doubt_on_no_desk(c: Context) -> bool:
    """The treasury's words on a payment do not fit, and nobody is asked to decide."""
    asked = c.has_task("payment_doubt") or c.has_task("payment_held")
    return not asked and any(payment.doubtful for payment in c.period.payments)


def _of_earlier_order(c: Context) -> str | None:
    payment = c.named()
    return None if payment is None or c.reported() else word_on(c, payment)


@naming_selector("line")
def line_of_earlier_order(c: Context) -> bool:
    """The statement tells of an attempt to pay an order that is gone."""
    return c.named() is not None and c.reported() is None


@naming_selector("line")
def no_statement_yet(c: Context) -> bool:
    """Nobody has entered this very line of a statement."""
    return not c.proposed("statement", *STATEMENT)


@selector
def no_retry_yet(c: Context) -> bool:
    """Nobody has proposed to pay again."""
    return not c.proposed("retry")


@selector
def account_unchecked(c: Context) -> bool:
    """No caseworker has checked the account, or a bad signature made it void."""
    account = c.application.account
    return account is None or not account.checks


@selector
def order_is_live(c: Context) -> bool:
    return c.period.order is not None
