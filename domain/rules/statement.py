"""A line of a bank's statement, entered by two caseworkers (rows P6, P7, P15)."""

from dataclasses import replace

from domain.case.context import Change, Context
from domain.case.state import Payment
from domain.messages import Refusal
from domain.money.attempts import after, order_of, word_on
from domain.money.words import said_to_settle, told
from domain.rules.common import may_decide
from domain.rules.payment import (
    RETRYING,
    asking_void,
    other_lines,
    with_attempt,
    with_attempts,
)
from domain.rules.registry import (
    body_selector,
    by_another,
    naming,
    naming_selector,
    proposed,
    recorder,
    selector,
    unless,
)
from domain.terms.agenda import OVER

# What two caseworkers say alike of a line of the bank's statement.
STATEMENT = ("key", "outcome", "amount", "differs")


# --- which row fits ---


@body_selector
def word_waits(c: Context) -> bool:
    """It says that an attempt, of whatever order, settled, while two have to decide about it."""
    payment = c.named()
    return payment is not None and word_on(c, payment) == "waits"


@body_selector
def then_in_doubt(c: Context) -> bool:
    """Some attempt is left whose words do not fit."""
    return any(payment.doubtful for payment in order_of(c, after(c)))


@selector
def some_to_state(c: Context) -> bool:
    """Of some attempt two caseworkers may still have to say what stands, or that money is back."""
    return any(p.uncertain or may_come_back(p) for p in c.attempts())


def may_come_back(payment: Payment) -> bool:
    """More of it may come back through the treasury than has."""
    return payment.returned < payment.paid


@naming_selector("line")
def line_returns(c: Context) -> bool:
    """By the statement money came back."""
    return c.data.get("outcome") == "returned"


@naming_selector("line")
def no_statement_yet(c: Context) -> bool:
    """Nobody has entered this very line of a statement."""
    return not proposed(c, "statement", *STATEMENT)


@naming_selector("line")
def line_differs(c: Context) -> bool:
    """By the statement the money went to another payee, or into another account, than ordered."""
    return bool(c.data.get("differs"))


@selector
def order_is_live(c: Context) -> bool:
    return c.period.order is not None


@selector
def nothing_claimed(c: Context) -> bool:
    return c.period.claim is None


@selector
def void_not_asked_about(c: Context) -> bool:
    """An attempt was stopped, of whatever order, and nothing brings the treasury to tell of it."""
    term = c.deadline("payment_doubt")
    asking = term is not None and not term.stopped and OVER not in term.fired
    return not asking and any(payment.status == "void" for payment in c.period.payments)


@selector
def doubt_on_no_desk(c: Context) -> bool:
    """The treasury's words on a payment do not fit, and nobody is asked to decide."""
    asked = c.has_task("payment_doubt") or c.has_task("payment_held")
    return not asked and any(payment.doubtful for payment in c.period.payments)


@selector
def doubt_decided(c: Context) -> bool:
    """Nothing is left to be decided or told of what lies on the desk for it."""
    left = any(one.doubtful or one.status == "void" for one in c.period.payments)
    return c.has_task("payment_doubt") and not left


# --- what must hold ---


@naming("line")
def states_for_payer(c: Context) -> Refusal | None:
    """A caseworker of the authority that pays the order of the payment (row L7)."""
    return may_decide(c)


@naming("line")
def statement_right(c: Context) -> Refusal | None:
    """A line of the bank's statement about a payment of which nothing certain is known, or of which
    more came back than is known.
    """
    payment, outcome, amount = c.named(), c.data.get("outcome"), c.data.get("amount")
    if payment is None:
        return Refusal(code="statement_wrong")
    waited_for = RETRYING in c.period.flags and not payment.proven
    uncertain = payment.open or payment.uncertain or waited_for
    if not uncertain:
        news = outcome == "returned" and payment.returned < (amount or 0) <= payment.paid
        return unless(news, "statement_wrong")
    if outcome not in ("settled", "returned", "rejected"):
        return Refusal(code="statement_wrong")
    if (differs := c.data.get("differs")) and outcome != "settled":
        return Refusal(code="statement_wrong")
    if differs and payment.doubt == differs:
        return Refusal(code="nothing_to_do")
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
    return by_another(c, proposed(c, "statement", *STATEMENT))


# --- what is written ---


@recorder
def enter_statement(c: Context) -> Change:
    line = {name: c.data.get(name) for name in STATEMENT}
    return Change(period={"decisions": c.decided("statement", **line)})


@recorder
def keep_for_decision(c: Context) -> Change:
    """It is weighed with what two decide; who has entered a line did not know of it (row P3)."""
    payment = next(p for p in c.period.payments if p.key == c.data["key"])
    kept = with_attempt(c, payment.key, heard=(*payment.heard, told(c.data)))
    return Change(period={**kept.period, "decisions": other_lines(c)}, data=kept.data)


@recorder
def take_statement(c: Context) -> Change:
    """What two caseworkers read in a statement stands (rows P6, P15)."""
    left = after(c)
    return asking_void(c, with_attempts(c, left), left)


@recorder
def hold_stated(c: Context) -> Change:
    """What two read counts as the treasury's word would: it is not the supplier's (row P3)."""
    return replace(with_attempts(c, after(c)), asks=(c.data["key"],))


@recorder
def prove_by_statement(c: Context) -> Change:
    """A line entered by two proves an attempt in the place of the treasury (row P7)."""
    return Change(period={"payments": after(c), "decisions": other_lines(c)})
