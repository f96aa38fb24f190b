"""What the ledger of money, the files of cases and the treasury say of an order, side by side.

Of every order holds: approved = settled − returned + open + not executed; amounts in tiyn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from domain.messages import Frozen
from domain.money.ledger import APPROVED, DUE, LOST, OPEN, SETTLED, WITHHELD, places
from domain.money.payments import Payment, resembles_key

Balances = Mapping[str, int]


class Sums(Frozen):
    """The money of an order, an authority or a day.

    `settled` is all that was ever paid, `returned` what came back of it, through the treasury or
    from the supplier; `open` is on its way or in doubt, `not_executed` is approved and not paid,
    be it due or withheld.
    """

    approved: int
    settled: int
    returned: int
    open: int
    not_executed: int

    @property
    def conserved(self) -> bool:
        return self.approved == self.settled - self.returned + self.open + self.not_executed

    @property
    def paid(self) -> int:
        """What the supplier holds."""
        return self.settled - self.returned

    def __add__(self, other: "Sums") -> "Sums":
        both = {name: getattr(self, name) + getattr(other, name) for name in Sums.model_fields}
        return Sums(**both)


class MovedSum(Frozen):
    """What the treasury says left the payer for a key, and came back."""

    paid: int = 0
    back: int = 0


class MoneyDifference(Frozen):
    """What does not agree: a code, the order or the key of a payment, and both sums in tiyn."""

    code: str
    about: str
    here: int | None = None
    there: int | None = None


@dataclass(frozen=True)
class OrderMoney:
    """One order: its attempts as the file has them, and where its money lies by the ledger.

    `name` is the case's reference with the numbers of period and order. `lies` has the balances of
    each attempt by account; `approved`, `due`, `withheld` and `returned` are the order's own.
    `claimed` is what the file withholds, `known` the sum of the application, while it is this
    order's; `account` the one that pays it.
    """

    name: str
    authority: str
    payments: tuple[Payment, ...]
    known: int | None
    account: str | None = None
    approved: int = 0
    due: int = 0
    withheld: int = 0
    claimed: int = 0
    returned: int = 0
    lies: Mapping[str, Balances] = field(default_factory=dict)

    @property
    def sums(self) -> Sums:
        return sums_of(self._balances(), self.returned)

    def _balances(self) -> dict[str, int]:
        found = {APPROVED: -self.approved, DUE: self.due, WITHHELD: self.withheld}
        for balances in self.lies.values():
            for account, amount in balances.items():
                found[account] = found.get(account, 0) + amount
        return found


def sums_of(balances: Balances, returned: int) -> Sums:
    """The sums from the balances of the accounts; what is approved has left its account."""
    return Sums(
        approved=-balances.get(APPROVED, 0),
        settled=balances.get(SETTLED, 0) + balances.get(LOST, 0) + returned,
        returned=returned,
        open=sum(balances.get(account, 0) for account in OPEN),
        not_executed=balances.get(DUE, 0) + balances.get(WITHHELD, 0),
    )


@dataclass
class TreasurySays:
    """What the treasury says moved, by key.

    `whole`: that is all that ever moved, and not what moved on some days. `must`: by the account
    that pays them (empty: whichever that is) the keys that those days have to name, and how much at
    least came back of each.
    """

    moved: Mapping[str, MovedSum]
    whole: bool
    must: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def names(self, order: OrderMoney, payment: Payment) -> bool:
        """Whether this attempt has to be there."""
        return self.whole or payment.key in self.moved or payment.key in self._must(order)

    def least_back(self, order: OrderMoney, payment: Payment) -> int:
        """How much of what came back of it, by the file, has to be there."""
        told = self._must(order).get(payment.key, 0)
        return payment.returned if self.whole else min(told, payment.returned)

    def _must(self, order: OrderMoney) -> Mapping[str, int]:
        return {**self.must.get("", {}), **self.must.get(order.account or "", {})}


@dataclass
class Reckoning:
    """Adds up orders one by one, and gathers what does not agree."""

    treasury: TreasurySays | None = None
    orders: int = 0
    authorities: dict[str, Sums] = field(default_factory=dict)
    differences: list[MoneyDifference] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def add(self, order: OrderMoney) -> None:
        """Reckon one more order."""
        self.orders += 1
        before = self.authorities.get(order.authority)
        self.authorities[order.authority] = before + order.sums if before else order.sums
        self.differences += differences_here(order)
        treasury = self.treasury or TreasurySays({}, whole=False)
        self.seen.update(payment.key for payment in order.payments)
        for payment in order.payments:
            if treasury.names(order, payment):
                moved = treasury.moved.get(payment.key, MovedSum())
                whole = treasury.whole or payment.key not in treasury.moved
                least = treasury.least_back(order, payment)
                self.differences += differences_there(payment, moved, least, whole=whole)
        if paid_twice(order, treasury):
            self.twice.append(order.name)

    def close(self) -> None:
        """What the treasury names and no file knows."""
        if self.treasury is None:
            return
        for key, moved in self.treasury.moved.items():
            # Spelt otherwise it is not one that a file knows either.
            ours = self.treasury.whole or resembles_key(key)
            if ours and key not in self.seen and (moved.paid or moved.back):
                unknown = {"here": 0, "there": moved.paid - moved.back}
                self.differences.append(MoneyDifference(code="unknown_key", about=key, **unknown))


def differences_here(order: OrderMoney) -> Iterator[MoneyDifference]:
    """Where the ledger is not what the file says, or loses money."""
    if order.payments and not order.approved:
        yield MoneyDifference(code="no_ledger", about=order.name)
        return
    sums = order.sums
    if not sums.conserved:
        kept = sums.paid + sums.open + sums.not_executed
        yield MoneyDifference(
            code="not_conserved", about=order.name, here=kept, there=sums.approved
        )
    if order.known not in (None, sums.approved):
        yield MoneyDifference(
            code="approved_differs", about=order.name, here=sums.approved, there=order.known
        )
    if order.withheld != order.claimed:
        here, there = order.withheld, order.claimed
        yield MoneyDifference(code="ledger_withheld", about=order.name, here=here, there=there)
    held = {payment.key: payment for payment in order.payments}
    for key in sorted({*held, *order.lies}):
        lies = {name: amount for name, amount in order.lies.get(key, {}).items() if amount}
        wanted = places(held.get(key))
        for account in sorted({*lies, *wanted}):
            if lies.get(account, 0) != wanted.get(account, 0):
                code = f"ledger_{account}"
                here, there = lies.get(account, 0), wanted.get(account, 0)
                yield MoneyDifference(code=code, about=key, here=here, there=there)


def differences_there(
    payment: Payment, moved: MovedSum, least_back: int, *, whole: bool
) -> Iterator[MoneyDifference]:
    """Where the treasury's movements for a key are not what the file says of it.

    What has settled there and is still unanswered here is on its way, if the sum is right. `whole`:
    the movements are all that ever were, and not those of some days.
    """
    paid, back = payment.paid, payment.returned + payment.recovered
    waits = payment.unanswered and moved.paid == payment.amount and not moved.back
    if not waits and (whole or moved.paid) and moved.paid != paid:
        yield MoneyDifference(code="paid_differs", about=payment.key, here=paid, there=moved.paid)
    # A supplier pays back what is claimed into the account, and not always under the key.
    if not least_back <= moved.back <= max(back, least_back):
        yield MoneyDifference(
            code="returned_differs", about=payment.key, here=back, there=moved.back
        )


def paid_twice(order: OrderMoney, treasury: TreasurySays) -> bool:
    """More is paid for an order than is approved, by the ledger or by the treasury.

    What came back another way than under the key, or was written off by two, is not paid twice;
    what has to have come back under it, and by the treasury did not, is.
    """
    there = 0
    for one in order.payments:
        if (moved := treasury.moved.get(one.key)) is not None:
            missing = max(0, treasury.least_back(order, one) - moved.back)
            there += moved.paid - max(moved.back, one.returned + one.recovered - missing)
    lost = sum(payment.lost for payment in order.payments)
    return max(order.sums.paid, there) - lost > max(order.approved, order.known or 0)
