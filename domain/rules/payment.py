"""Which word of the treasury it is, and what it makes of an attempt (P1-P9, P15)."""

from collections.abc import Iterable
from typing import Any, Final

from domain.case.context import Change, Context
from domain.case.state import Decision, Payment
from domain.money.attempts import (
    after,
    changed,
    due,
    in_step,
    order_of,
    owed_back,
    pays_back,
    word,
    word_on,
)
from domain.money.words import contrary, told
from domain.rules.order import revived
from domain.rules.registry import body_selector, recorder, selector

RETRYING = "retrying"
UNCLEAR: Final = "other"
# What two decide of all attempts together: another word on one of them makes it another decision.
_OF_ATTEMPTS: Final = ("retry", "write_off")
# What an event keeps of the treasury's word: no name, no number of an account.
_SAID: Final = (
    *("outcome", "status", "amount", "payee", "account", "reference", "reason", "source"),
    *("at_odds", "booked", "entry_reference"),
)


# --- which row fits ---


@body_selector
def reports_this_status(c: Context) -> bool:
    return bool(c.data["status"] == c.period.status)


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
def word_unclear(c: Context) -> bool:
    """It says neither how it ended nor that it is under way."""
    return word(c) == "unclear"


@body_selector
def word_clears(c: Context) -> bool:
    """It confirms how an attempt ended, of whatever order, of which something unclear was said."""
    payment = c.named()
    return payment is not None and bool(payment.unclear) and word_on(c, payment) == "confirms"


@body_selector
def word_is_news(c: Context) -> bool:
    """The treasury has not said so of this attempt yet."""
    payment = c.named()
    if payment is None:
        return False
    if c.data["outcome"] == UNCLEAR:
        return payment.unclear != _code(c)
    return payment.word not in (c.data["outcome"], "settled")


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
def asked_for(c: Context) -> bool:
    """The report answers an enquiry of ours that still stands."""
    return c.data.get("effect") in c.case.outbox


@selector
def unclear_on_no_desk(c: Context) -> bool:
    """Something unclear was said of a payment, of whatever order, and nobody looks."""
    return _unclear(c) and not c.has_task("payment_unclear")


@selector
def unclear_known(c: Context) -> bool:
    """What was unclear is known by now."""
    return c.has_task("payment_unclear") and not _unclear(c)


def _unclear(c: Context) -> bool:
    return any(payment.unclear for payment in c.period.payments)


@selector
def nothing_in_doubt(c: Context) -> bool:
    """No word of the treasury waits for two caseworkers to decide."""
    return not any(payment.doubtful for payment in c.attempts())


@body_selector
def then_open(c: Context) -> bool:
    """Some attempt is left that may still turn out to be paid."""
    return any(payment.open for payment in order_of(c, after(c)))


@body_selector
def then_excess(c: Context) -> bool:
    """More is paid than is due."""
    return owed_back(c, after(c)) > 0


@body_selector
def then_paid(c: Context) -> bool:
    """What is due is paid, no more and no less."""
    left = after(c)
    return not due(c, left) and not owed_back(c, left)


@body_selector
def then_owed(c: Context) -> bool:
    """Something is left to pay."""
    return due(c, after(c)) > 0


@body_selector
def then_void(c: Context) -> bool:
    """An attempt is left that was stopped, and may still arrive."""
    return any(payment.status == "void" for payment in order_of(c, after(c)))


# --- what is written ---


def word_of(c: Context) -> dict[str, Any]:
    """The word that the event is about, so that the file tells it."""
    if c.message.name != "payment_reported":
        return {}
    return {"word": {name: c.data[name] for name in _SAID if name in c.data}}


def as_left(c: Context, payments: tuple[Payment, ...]) -> dict[str, Any]:
    """Attempts as they are now, and what that makes of the claim and of the order.

    Where something is due again, the order that it is due for stands, and nothing is to come back:
    of the claim only the need of the recipient is left.
    """
    payments = in_step(c, payments)
    written: dict[str, Any] = {"payments": payments}
    claim, owed = c.period.claim, owed_back(c, payments)
    if claim is not None:
        claim = claim.model_copy(update={"returned": max(0, claim.amount - owed)})
    if owed and c.period.status != "recovering":
        written["excess_since"] = c.period.status
    if due(c, payments):
        claim = claim if claim and claim.still_needed else None
        if c.period.order is None:
            written["orders"] = revived(c)
    if claim != c.period.claim:
        written["claim"] = claim
    return written


def with_attempts(c: Context, payments: tuple[Payment, ...]) -> Change:
    """Likewise; what one or two had said of the attempts as they were is decided anew."""
    written = as_left(c, payments)
    left = tuple(d for d in other_lines(c) if d.kind not in _OF_ATTEMPTS)
    if left != c.period.decisions:
        written["decisions"] = left
    if RETRYING in c.period.flags:
        written["flags"] = c.without_flags(RETRYING)
    return Change(period=written, data=word_of(c))


def other_lines(c: Context) -> tuple[Decision, ...]:
    """The decisions but the lines about this attempt: what became of it since, they did not say."""
    return tuple(
        d for d in c.period.decisions if d.kind != "statement" or d.data["key"] != c.data.get("key")
    )


def with_attempt(c: Context, key: str, **update: Any) -> Change:
    return Change(period={"payments": changed(c.period.payments, key, **update)}, data=word_of(c))


@recorder
def keep_word(c: Context) -> Change:
    """Nothing new, and yet what the treasury said stands in the file."""
    return Change(data=word_of(c))


@recorder
def settle(c: Context) -> Change:
    """This one counts (rows P2, P8); what is void beside it is asked about."""
    left = after(c)
    made = with_attempts(c, left)
    return Change(period=made.period, data=made.data, asks=void_keys(c, left))


@recorder
def settle_beside(c: Context) -> Change:
    """It settled beside what was paid: so much is to come back (row P8)."""
    left = after(c)
    made = with_attempts(c, changed(left, c.data["key"], status="excess"))
    return Change(period=made.period, data=made.data, asks=void_keys(c, left))


@recorder
def settle_over(c: Context) -> Change:
    """More is paid than is due: the difference is to come back (row P8)."""
    left = after(c)
    return asking_void(c, with_attempts(c, left), left)


@recorder
def hold_payment(c: Context) -> Change:
    """The word names something else than was ordered: two caseworkers decide (row P3)."""
    return _held(c, status="held")


@recorder
def doubt_settled(c: Context) -> Change:
    """The word contradicts what was settled, which stands until two have decided (row P15)."""
    return _held(c)


def _held(c: Context, **update: Any) -> Change:
    payment = next(p for p in c.period.payments if p.key == c.data["key"])
    update |= doubted(c, payment)
    made = with_attempts(c, changed(c.period.payments, payment.key, **update))
    return Change(period=made.period, data=made.data, asks=(payment.key,))


def doubted(c: Context, payment: Payment) -> dict[str, Any]:
    if c.message.name == "payment_never_received":
        against: str | None = c.message.name.removeprefix("payment_")
        said = {"outcome": against}
    else:
        said = c.data
        against = contrary(payment, said, recovering=pays_back(c))
    return {"doubt": against, "contrary": (*payment.contrary, told(said))}


@recorder
def reject_payment(c: Context) -> Change:
    return with_attempts(c, after(c))


@recorder
def return_payment(c: Context) -> Change:
    """So much came back; what is void beside it may still arrive, and is asked about (row P9)."""
    payments = after(c)
    unknown = (p.key for p in order_of(c, payments) if p.status == "unknown")
    asks = tuple(unknown)
    if RETRYING in c.period.flags:
        return _unproven(c, Change(period={"payments": payments}, data=word_of(c), asks=asks))
    # Who proposed to pay again proposed less.
    written = {**as_left(c, payments), "decisions": c.undecided("retry")}
    return Change(period=written, data=word_of(c), asks=asks)


def _unproven(c: Context, made: Change) -> Change:
    """The next attempt waits for the treasury to confirm what has come back by now.

    What was asked before that proves nothing any more, so all that is not proven is asked again.
    """
    payments = changed(made.period["payments"], c.data["key"], proven=False)
    asks = tuple(p.key for p in order_of(c, payments) if not p.proven)
    return Change(period={"payments": payments}, data=made.data, asks=asks)


@recorder
def note_under_way(c: Context) -> Change:
    payment = next(p for p in c.period.payments if p.key == c.data["key"])
    update = {"reason": c.data.get("reason")}
    # Where the treasury said settled, or could not say anything, that stays what it said last.
    if payment.word != "settled" and c.data["outcome"] != "unsaid":
        update["word"] = c.data["outcome"]
    if c.data["outcome"] == "settled" and c.data.get("reference") is not None:
        update["reference"] = c.data["reference"]
    noted = with_attempt(c, c.data["key"], **update)
    return Change(period=noted.period, data=noted.data, asks=(c.data["key"],))


@recorder
def note_unclear(c: Context) -> Change:
    """A person looks at it, and the treasury is asked."""
    noted = with_attempt(c, c.data["key"], unclear=_code(c), reason=c.data.get("reason"))
    return Change(period=noted.period, data=noted.data, asks=(c.data["key"],))


def _code(c: Context) -> str:
    return c.data.get("status") or UNCLEAR


@recorder
def clear_word(c: Context) -> Change:
    return with_attempt(c, c.data["key"], unclear=None)


@recorder
def note_number(c: Context) -> Change:
    return with_attempt(c, c.data["key"], reference=c.data["reference"])


@recorder
def prove(c: Context) -> Change:
    return with_attempt(c, c.data["key"], proven=True, unclear=None)


def asking_void(c: Context, made: Change, payments: tuple[Payment, ...]) -> Change:
    """What is void beside the payment is asked about until it is known (row P8)."""
    was = {p.key: p.status for p in c.period.payments}
    revived = (p.key for p in payments if p.status == "unknown" and was.get(p.key) == "void")
    asks = (*void_keys(c, payments), *revived)
    starts = {} if asks else {"payment_doubt": None}
    return Change(period=made.period, data=made.data, asks=asks, starts=starts)


def void_keys(c: Context, payments: Iterable[Payment]) -> tuple[str, ...]:
    return tuple(p.key for p in order_of(c, payments) if p.status == "void")
