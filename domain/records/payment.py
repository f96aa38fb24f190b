"""Payments: attempts under permanent keys, and what the treasury says of them."""

from collections.abc import Iterable
from typing import Any, Final

from domain.attempts import (
    after,
    came_back,
    changed,
    due,
    excess,
    left_of,
    none_beside,
    order_of,
    owed_back,
)
from domain.case import Claim, Decision, Payment
from domain.context import Change, Context, Start
from domain.records.application import account
from domain.records.escalations import escalate_overdue
from domain.records.registry import decided, recorder, undecided, with_flag, without_flags
from domain.selectors.payment import RETRYING, STATEMENT
from domain.terms import local_day
from domain.words import contrary, told

# Who checked another account wants it paid under a key of its own.
ANOTHER_ACCOUNT: Final = "another_account"
# What two decide of all attempts together: another word on one of them makes it another decision.
_OF_ATTEMPTS: Final = ("retry", "write_off")
# What an event keeps of the treasury's word: no name, no number of an account.
_SAID: Final = ("outcome", "status", "amount", "payee", "account", "reference", "reason", "source")


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
    decisions = tuple(d for d in undecided(c, "statement") if d.kind != "retry")
    flags = without_flags(c, RETRYING, ANOTHER_ACCOUNT)
    written: dict[str, Any] = {"payments": payments, "decisions": decisions}
    if flags != c.period.flags:
        written["flags"] = flags
    return Change(period=written, data=_said(c))


def _said(c: Context) -> dict[str, Any]:
    """The word that the event is about, so that the file tells it."""
    if c.message.name != "payment_reported":
        return {}
    return {"word": {name: c.data[name] for name in _SAID if name in c.data}}


def _written(c: Context, payments: tuple[Payment, ...], **more: Any) -> Change:
    """Attempts as they are now; what one or two had said of them as they were is decided anew."""
    written: dict[str, Any] = {"payments": payments, **more}
    left = tuple(d for d in _other_lines(c) if d.kind not in _OF_ATTEMPTS)
    if left != c.period.decisions:
        written["decisions"] = left
    if RETRYING in c.period.flags:
        written["flags"] = without_flags(c, RETRYING)
    return Change(period=written, data=_said(c))


def _other_lines(c: Context) -> tuple[Decision, ...]:
    """The decisions but the lines about this attempt: what became of it since, they did not say."""
    return tuple(
        d for d in c.period.decisions if d.kind != "statement" or d.data["key"] != c.data["key"]
    )


def _set_payment(c: Context, key: str, **update: Any) -> Change:
    return Change(period={"payments": changed(c.period.payments, key, **update)}, data=_said(c))


@recorder
def keep_word(c: Context) -> Change:
    """Nothing new, and yet what the treasury said stands in the file."""
    return Change(data=_said(c))


@recorder
def send_payment(c: Context) -> Change:
    """The term of the answer runs from the day of sending."""
    sent = _set_payment(c, c.data["key"], status="sent", sent_at=c.message.at)
    return Change(period=sent.period, starts={"payment_answer": Start(keep=True)})


@recorder
def settle(c: Context) -> Change:
    """This one counts (rows P2, P8); what is void beside it is asked about."""
    left = after(c)
    made = _written(c, left)
    return Change(period=made.period, data=made.data, asks=_void(c, left))


@recorder
def settle_beside(c: Context) -> Change:
    """It settled beside what was paid: so much is to come back (row P8)."""
    left = after(c)
    beside = due(c, c.period.payments) - due(c, left)
    payments = changed(left, c.data["key"], status="excess")
    made = _written(c, payments, excess=excess(c) + beside)
    return Change(period=made.period, data=made.data, asks=_void(c, left))


@recorder
def settle_over(c: Context) -> Change:
    """More is paid than is due: the difference is to come back (row P8)."""
    left = after(c)
    return _asking_void(c, _written(c, left, excess=-due(c, left)), left)


@recorder
def keep_excess(c: Context) -> Change:
    """Paid for an order that is gone: the authority's lead is asked, for the case goes on."""
    kept = _set_payment(c, c.data["key"], status="excess", reference=c.data.get("reference"))
    period = {**kept.period, "decisions": _other_lines(c)}
    return Change(period=period, case=escalate_overdue(c).case, data=kept.data)


@recorder
def return_of_earlier_order(c: Context) -> Change:
    return Change(period={"payments": came_back(c.period.payments, c.data)}, data=_said(c))


@recorder
def close_earlier_attempt(c: Context) -> Change:
    """It was stopped, and did not arrive: it is not executed."""
    never = c.message.name == "payment_never_received"
    status = "never_received" if never else "rejected"
    closed = _set_payment(c, c.data["key"], status=status, reason=c.data.get("reason"), word=None)
    return Change(period={**closed.period, "decisions": _other_lines(c)}, data=closed.data)


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
    update |= _doubted(c, payment)
    made = _written(c, changed(c.period.payments, payment.key, **update))
    return Change(period=made.period, data=made.data, asks=(payment.key,))


def _doubted(c: Context, payment: Payment) -> dict[str, Any]:
    if c.message.name == "payment_never_received":
        against: str | None = c.message.name.removeprefix("payment_")
        said = {"outcome": against}
    else:
        said = c.data
        against = contrary(payment, said, recovering=c.period.status == "recovering")
    return {"doubt": against, "contrary": (*payment.contrary, told(said))}


@recorder
def doubt_earlier_order(c: Context) -> Change:
    """Two have to decide, and the authority's lead looks into it, for the case goes on."""
    payment = next(p for p in c.period.payments if p.key == c.data["key"])
    heard = _set_payment(c, payment.key, **_doubted(c, payment))
    period = {**heard.period, "decisions": _other_lines(c)}
    return Change(period=period, case=escalate_overdue(c).case, data=heard.data)


@recorder
def reject_payment(c: Context) -> Change:
    return _written(c, after(c))


@recorder
def lose_payment(c: Context) -> Change:
    return _written(c, after(c))


@recorder
def return_payment(c: Context) -> Change:
    """So much came back; what is void beside it may still arrive, and is asked about (row P9)."""
    payments = after(c)
    unknown = (p.key for p in order_of(c, payments) if p.status == "unknown")
    asks = tuple(unknown)
    if RETRYING in c.period.flags:
        return _unproven(c, Change(period={"payments": payments}, data=_said(c), asks=asks))
    # Who proposed to pay again proposed less.
    decisions = undecided(c, "retry")
    return Change(period={"payments": payments, "decisions": decisions}, data=_said(c), asks=asks)


def _unproven(c: Context, made: Change) -> Change:
    """The next attempt waits for the treasury to confirm what has come back by now.

    What was asked before that proves nothing any more, so all that is not proven is asked again.
    """
    payments = changed(made.period["payments"], c.data["key"], proven=False)
    asks = tuple(p.key for p in order_of(c, payments) if not p.proven)
    return Change(period={"payments": payments}, data=made.data, asks=asks)


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
    doubted = tuple(p.key for p in c.period.payments if p.doubtful)
    return Change(case=escalate_overdue(c).case, asks=doubted)


@recorder
def ask_of_void(c: Context) -> Change:
    return Change(asks=_void(c, c.period.payments))


@recorder
def note_under_way(c: Context) -> Change:
    update = {"reason": c.data.get("reason"), "word": c.data["outcome"]}
    noted = _set_payment(c, c.data["key"], **update)
    return Change(period=noted.period, data=noted.data, asks=(c.data["key"],))


@recorder
def note_number(c: Context) -> Change:
    return _set_payment(c, c.data["key"], reference=c.data["reference"])


@recorder
def prove(c: Context) -> Change:
    return _set_payment(c, c.data["key"], proven=True)


@recorder
def enter_statement(c: Context) -> Change:
    line = {name: c.data.get(name) for name in STATEMENT}
    return Change(period={"decisions": decided(c, "statement", **line)})


@recorder
def take_statement(c: Context) -> Change:
    """What two caseworkers read in a statement stands (rows P6, P15)."""
    left = after(c)
    more: dict[str, Any] = {}
    if c.period.claim is not None:
        more |= _claimed(c, c.period.claim, left)
    elif c.period.order and (beyond := max(0, -due(c, left))) != excess(c):
        more["excess"] = beyond
    if c.period.order and not more.get("excess", excess(c)):
        left = none_beside(c, left)
    return _asking_void(c, _written(c, left, **more), left)


@recorder
def take_statement_of_earlier_order(c: Context) -> Change:
    """What stands of an order that is gone changes nothing for the one that lives."""
    return Change(period={"payments": after(c), "decisions": _other_lines(c)})


@recorder
def prove_by_statement(c: Context) -> Change:
    """A line entered by two proves an attempt in the place of the treasury (row P7)."""
    return Change(period={"payments": after(c), "decisions": _other_lines(c)})


def _claimed(c: Context, claim: Claim, payments: tuple[Payment, ...]) -> dict[str, Any]:
    """What two read is owed back too where more was paid; what came back is not owed any more."""
    was, now = order_of(c, c.period.payments), order_of(c, payments)
    more = sum(p.paid for p in now) - sum(p.paid for p in was)
    left = left_of(c, payments)
    came = left_of(c, was) + more - left
    owed = min(left, max(0, owed_back(c) + more - came))
    beyond = min(owed, max(0, excess(c) + more - max(0, came)))
    returned = max(0, claim.amount - (owed - beyond))
    return {"excess": beyond, "claim": claim.model_copy(update={"returned": returned})}


def _asking_void(c: Context, made: Change, payments: tuple[Payment, ...]) -> Change:
    """What is void beside the payment is asked about until it is known (row P8)."""
    was = {p.key: p.status for p in c.period.payments}
    revived = (p.key for p in payments if p.status == "unknown" and was.get(p.key) == "void")
    asks = (*_void(c, payments), *revived)
    starts = {} if asks else {"payment_doubt": None}
    return Change(period=made.period, data=made.data, asks=asks, starts=starts)


def _void(c: Context, payments: Iterable[Payment]) -> tuple[str, ...]:
    return tuple(p.key for p in order_of(c, payments) if p.status == "void")


@recorder
def propose_retry(c: Context) -> Change:
    return Change(period={"decisions": decided(c, "retry")})


@recorder
def prepare_retry(c: Context) -> Change:
    """Two have decided: every earlier attempt of the order is asked about first (row P7)."""
    mine = {p.key for p in c.attempts()}
    payments = tuple(
        p.model_copy(update={"proven": False}) if p.key in mine else p for p in c.period.payments
    )
    decisions = (d for d in decided(c, "retry") if d.kind != "statement")
    return Change(
        period={
            "payments": payments,
            "flags": with_flag(c, RETRYING),
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
    return Change(period={"application": renewed, "flags": with_flag(c, "account_changed")})


@recorder
def check_account(c: Context) -> Change:
    assert c.actor.id is not None, "an account is checked by a person"
    checked = c.account.model_copy(update={"checks": (*c.account.checks, c.actor.id)})
    return Change(period={"application": c.application.model_copy(update={"account": checked})})


@recorder
def check_account_and_retry(c: Context) -> Change:
    """An order with another account is another order, so it has a key of its own."""
    checked, wanted = check_account(c), prepare_retry(c)
    flags = tuple(flag for flag in wanted.period["flags"] if flag != "account_changed")
    flags = tuple(dict.fromkeys((*flags, ANOTHER_ACCOUNT)))
    return Change(period={**checked.period, **wanted.period, "flags": flags}, asks=wanted.asks)
