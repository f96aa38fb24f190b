"""The ledger of an order's money: where each tiyn of it lies, by double entry, made from events.

What is approved is `due` until an attempt takes it: it is reserved, sent, perhaps unknown or held,
and settled, or it is due again. What comes back is due again, what is lost is written off. Paid
beside what was due, an attempt takes from `due` what is not there: below zero it is what is to come
back. What a breach claims, or an ended order leaves, is withheld from `due`, and never paid.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from domain.apply import apply
from domain.case.state import Case, Payment, Period
from domain.messages import Event, Frozen

APPROVED, DUE, SETTLED, LOST = "approved", "due", "settled", "written_off"
WITHHELD: Final = "withheld"
# Accounts of an order, and of none of its attempts.
OF_ORDER: Final = (APPROVED, DUE, WITHHELD)
# Money that is on its way, or lies where two have to decide.
OPEN: Final = ("reserved", "sent", "unknown", "held")
ACCOUNTS: Final = (*OF_ORDER, *OPEN, SETTLED, LOST)
_PLACES: Final = {"to_send": "reserved", "void": "unknown"}


class LedgerEntry(Frozen):
    """So much went from one account to another; amounts in tiyn, always more than nothing.

    `kind` says why: the account it went to, or `not_executed`, `returned`, `recovered`. From `due`
    the last two take back what was said to have come back.
    """

    period: int
    order: int
    payment: str
    authority: str
    kind: str
    debit: str
    credit: str
    amount: int


def entries_of(case: Case, events: Iterable[Event]) -> Iterator[tuple[Event, list[LedgerEntry]]]:
    """The entries of each event that has some, on the file as it was before them."""
    for event in events:
        after = apply(case, event)
        if moves_money(event):
            yield event, list(_entries(case.periods.get(event.period), after.periods[event.period]))
        case = after


def moves_money(event: Event) -> bool:
    """Whether an event changes an attempt to pay, or may change what is withheld of an order."""
    written = event.data.get("period", {})
    return "payments" in written or any(one.get("withheld") for one in written.get("orders", ()))


def _entries(before: Period | None, after: Period) -> Iterator[LedgerEntry]:
    """What a period's attempts gave up comes first, what is reserved last."""
    held = {payment.key: payment for payment in (before.payments if before else ())}
    made = [one for payment in after.payments for one in _moved(held, payment, after)]
    made += _withheld(before, after)
    yield from sorted(made, key=lambda entry: entry.credit == "reserved")


def _withheld(before: Period | None, after: Period) -> Iterator[LedgerEntry]:
    """What is withheld stands beside the latest attempt at the order."""
    latest = {payment.order: payment for payment in after.payments}
    for order in after.orders:
        held = before.of_number(order.number) if before else None
        more = order.withheld - (held.withheld if held else 0)
        if more > 0 and order.number in latest:
            yield _entry(latest[order.number], after, WITHHELD, DUE, WITHHELD, more)


def _moved(held: dict[str, Payment], now: Payment, period: Period) -> Iterator[LedgerEntry]:
    was = held.get(now.key)
    if was is None and not any(p.order == now.order for p in held.values()):
        approved = period.application.amount if period.application else now.amount
        yield _entry(now, period, APPROVED, APPROVED, DUE, approved)
    left, found = places(was), places(now)
    for account, more in found.items():
        wanted = more - left.get(account, 0)
        for source in [name for name, less in left.items() if less > found.get(name, 0)]:
            part = min(wanted, left[source] - found.get(source, 0))
            if part > 0:
                yield _entry(now, period, account, source, account, part)
                left[source] -= part
                wanted -= part
        if wanted > 0:
            yield from _from_due(was, now, period, account, wanted)
    for account, less in left.items():
        if (gone := less - found.get(account, 0)) > 0:
            yield from _due_again(was, now, period, account, gone)


def _from_due(
    was: Payment | None, now: Payment, period: Period, account: str, amount: int
) -> Iterator[LedgerEntry]:
    """Why it is not due any more: what was told to be back is not, or it is on its way."""
    for kind in ("returned", "recovered"):
        less = (getattr(was, kind) if was else 0) - getattr(now, kind)
        if part := max(0, min(less, amount)):
            yield _entry(now, period, kind, DUE, account, part)
            amount -= part
    if amount:
        yield _entry(now, period, account, DUE, account, amount)


def _due_again(
    was: Payment | None, now: Payment, period: Period, account: str, amount: int
) -> Iterator[LedgerEntry]:
    """Why it is due again: it came back, was claimed back, or did not go."""
    for kind in ("returned", "recovered"):
        more = getattr(now, kind) - (getattr(was, kind) if was else 0)
        if part := max(0, min(more, amount)):
            yield _entry(now, period, kind, account, DUE, part)
            amount -= part
    if amount:
        yield _entry(now, period, "not_executed", account, DUE, amount)


def places(payment: Payment | None) -> dict[str, int]:
    """Where the money of an attempt lies, by account; what is not there is due."""
    if payment is None:
        return {}
    if payment.went:
        account = "held" if payment.doubt else SETTLED
        found = {account: payment.left, LOST: payment.lost}
    elif payment.status in ("rejected", "never_received"):
        found = {}
    else:
        found = {_PLACES.get(payment.status, payment.status): payment.amount}
    return {account: amount for account, amount in found.items() if amount}


def _entry(
    payment: Payment, period: Period, kind: str, debit: str, credit: str, amount: int
) -> LedgerEntry:
    order = next(one for one in period.orders if one.number == payment.order)
    return LedgerEntry(
        period=period.number,
        order=payment.order,
        payment=payment.key,
        authority=order.authority,
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount,
    )
