"""The state of a case: what the events of its file add up to."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from operator import not_
from typing import Any, Final, Literal

from pydantic import Field

from domain.case.desks import Effect as Effect
from domain.case.desks import Escalation as Escalation
from domain.case.desks import Task as Task
from domain.case.entitlements import Entitlement
from domain.case.proceedings import Conflict as Conflict
from domain.case.proceedings import Contest, Correction, Hearing
from domain.case.proceedings import Dispute as Dispute
from domain.case.proceedings import RevocationAhead as RevocationAhead
from domain.messages import Actor, Frozen
from domain.money.amounts import co_payment, payable
from domain.money.payer import Payer
from domain.money.payments import Claim as Claim
from domain.money.payments import Payment as Payment
from domain.parties.representatives import Acting, Consent

# The status of a period that is known and has not begun.
PLANNED: Final = "planned"

Span = Literal["month", "quarter", "year"]
Periodic = Literal["none"] | Span


class Deadline(Frozen):
    """A running or elapsed term with the certificate that explains it.

    `reminders` are instants by code; what is in `fired` has happened (a reminder's code, or `over`)
    or was dropped because it was past. A `stopped` term never runs out; one that stands still is
    stopped and has a `rest`, a length of its own kind of days, and the event that did it in
    `paused_by`. `misfires` counts deadline messages that came when the term did not run: the next
    one has another id.
    """

    term: str
    revision: int
    expires_at: datetime
    last_day: date
    certificate: dict[str, Any]
    reminders: dict[str, datetime] = Field(default_factory=dict)
    fired: tuple[str, ...] = ()
    stopped: bool = False
    rest: str | None = None
    paused_by: str | None = None
    misfires: int = 0

    def passed(self, at: datetime) -> bool:
        """Whether it is over at an instant; one that stands still is not."""
        return self.rest is None and at >= self.expires_at


class Measure(Frozen):
    """What the programme grants, as taken over from E-Собес.

    Sum, norm and unit are those of the receipt, by the version of the catalogue that is named; an
    order has its own.
    """

    reference: str
    recipient: str
    acting: Acting = Acting()
    entitlement: Entitlement = Entitlement.PROGRAMME
    authority: str
    region: str
    item: str
    category: str
    quantity: int
    unit: str
    unit_sum: int
    developed_on: date
    valid_until: date | None = None
    implement_until: date
    revision: int
    payer: str = "BUDGET"
    procured: bool = False
    yearly_norm: int | None = None
    catalogue: str
    contactable: bool = True
    periodic: Periodic = "none"  # how often it is supplied anew
    share: int | None = None  # the most of it in each such span
    standing: bool = False  # one order goes on from period to period (row Q2)
    companion: bool = False  # of a child, whose representative may come along (SC 168(4))
    # Contacts that came and are of no use, with why: `phone:landline`, `email:unreadable`.
    unusable: tuple[str, ...] = Field(default=(), exclude_if=not_)
    # It will be revoked on a day that has not come; a newer revision of it takes that back.
    revocation: RevocationAhead | None = Field(default=None, exclude_if=not_)


class Round(Frozen):
    """One round of notices. A receipt proves it only for its own; `letter` is whose receipt did."""

    number: int
    started_at: datetime
    sent: bool = False
    notified_on: date | None = None
    channel: str | None = None
    letter: str | None = Field(default=None, exclude_if=not_)


class Order(Frozen):
    """What was ordered, at the price and the guaranteed sum of that day.

    `catalogue` is the version that the sum is from. Orders from before it was a fact have neither
    it nor the unit, and are written as they were. `authority` reviews and pays this order, wherever
    the recipient moves (row L7). `successor` acts and signs in the place of a supplier that is no
    more (row P13). `companion_sum` is the guaranteed sum of a companion's place, at the same price.
    `span`: the quantity is that of each such span (row Q2). `norm_year`: whose norm counts.
    `deliver_to` names the document that says where to bring it, by its hash. `paid_from` is the
    authority's account of that day; without it, that of the day of payment. `withheld`: what was
    approved of it and is never paid, for a breach claims it, or the order ended before; in tiyn.
    """

    number: int
    authority: str
    supplier: str
    offer: str
    quantity: int
    unit_price: int
    unit_sum: int
    unit: str | None = Field(default=None, exclude_if=not_)
    catalogue: str | None = Field(default=None, exclude_if=not_)
    placed_at: datetime
    deliver_by: date | None = None
    confirmed_at: datetime | None = None
    live: bool = True
    companion_sum: int | None = Field(default=None, exclude_if=not_)
    span: Span | None = Field(default=None, exclude_if=not_)
    norm_year: int | None = Field(default=None, exclude_if=not_)
    successor: str | None = Field(default=None, exclude_if=not_)
    deliver_to: str | None = Field(default=None, exclude_if=not_)
    paid_from: Payer | None = Field(default=None, exclude_if=not_)
    withheld: int = Field(default=0, exclude_if=not_)

    @property
    def acting(self) -> str:
        """Who acts, signs and is paid for the supplier."""
        return self.successor or self.supplier

    def payable(self, quantity: int) -> int:
        """Most that may be paid for so many units, in tiyn (Social Code 168(3), 168(4))."""
        return payable(self.unit_price, self.unit_sum, self.companion_sum, quantity)

    @property
    def ceiling(self) -> int:
        """Most that may be paid for the whole order, in tiyn."""
        return self.payable(self.quantity)

    @property
    def co_payment(self) -> int:
        """What the recipient pays, in tiyn: the price above the guaranteed sums."""
        return co_payment(self.unit_price, self.unit_sum, self.companion_sum, self.quantity)


class Signature(Frozen):
    """One party's signature over the application's bytes; `checked` once a verifier has said so."""

    by: str
    at: datetime
    cms_sha256: str
    certificate_sha256: str | None = None
    checked: bool = True


class Account(Frozen):
    """The account to be paid: an annex that the supplier alone signs, kept by its hash.

    `checked` once a verifier has found its signature good; `checks` are caseworkers' (row P7).
    """

    sha256: str
    cms_sha256: str
    by: str
    at: datetime
    checks: tuple[str, ...] = ()
    certificate_sha256: str | None = None
    checked: bool = True


class Application(Frozen):
    """The application for reimbursing the guaranteed sum.

    `attested`: the recipient died before their signature could stand, and the act of hand-over
    takes its place (row L3). `concluded`: a conclusion of the commission does (row D4).
    """

    version: int
    order: int
    sha256: str
    quantity: int
    amount: int
    signatures: dict[str, Signature] = Field(default_factory=dict)
    account: Account | None = None
    attested: bool = Field(default=False, exclude_if=not_)
    registered_at: datetime | None = None
    concluded: bool = Field(default=False, exclude_if=not_)


class Delivery(Frozen):
    """What was handed over, and what of it was accepted.

    `concluded`: a conclusion of the commission stands for the acceptance (row D4).
    """

    on: date
    quantity: int
    accepted: int | None = None
    accepted_at: datetime | None = None
    concluded: bool = Field(default=False, exclude_if=not_)


class Decision(Frozen):
    """One caseworker's part in a decision of two.

    `message` has the reason in words: of two it is the first one's that counts.
    """

    kind: str
    by: str
    at: datetime
    data: dict[str, Any] = Field(default_factory=dict)
    message: str | None = Field(default=None, exclude_if=not_)


class Pause(Frozen):
    """Why the terms of a period stand still, from when, and until which day at the latest."""

    ground: str
    at: datetime
    until: date


class Period(Frozen):
    """One round of supply: its status, who brought it there, and what belongs to it.

    `begins` and `ends` are its days where it is one of many; `part_of` is the period that took the
    other part of its order (row F6).
    """

    number: int
    status: str
    since: datetime
    moved_by: Actor | None = None
    round: Round | None = None
    orders: tuple[Order, ...] = ()
    application: Application | None = None
    delivery: Delivery | None = None
    decisions: tuple[Decision, ...] = ()
    payments: tuple[Payment, ...] = ()
    deadlines: dict[str, Deadline] = Field(default_factory=dict)
    flags: tuple[str, ...] = ()
    pause: Pause | None = None
    hearing: Hearing | None = None
    begins: date | None = None
    ends: date | None = None
    part_of: int | None = None
    consents: tuple[Consent, ...] = ()
    # The status before the end: there a re-opened case goes on (row L12).
    closed_from: str | None = None
    corrections: tuple[Correction, ...] = ()
    contests: tuple[Contest, ...] = ()
    dispute: Dispute | None = Field(default=None, exclude_if=not_)
    claim: Claim | None = Field(default=None, exclude_if=not_)
    # Where it stood before more was paid than was due: there it goes on after (P11, P12).
    excess_since: str | None = Field(default=None, exclude_if=not_)
    # In files from before what is to come back followed from the attempts; it counts no more.
    excess: int = Field(default=0, exclude_if=not_)
    conflict: Conflict | None = Field(default=None, exclude_if=not_)

    @property
    def held(self) -> bool:
        """One person stands on both sides of the live order: nothing is paid for it (row L15)."""
        order = self.order
        return (
            order is not None
            and self.conflict is not None
            and (self.conflict.order == order.number)
        )

    @property
    def order(self) -> Order | None:
        """The live order, if there is one."""
        return next((order for order in reversed(self.orders) if order.live), None)

    def first_part(self, kind: str, second: str | None, told: Mapping[str, Any]) -> Decision | None:
        """What another decided last, if the second one says the same in all that was said."""
        return next(
            (
                one
                for one in reversed(self.decisions)
                if one.kind == kind and one.by != second
                if all(told.get(name) == value for name, value in one.data.items())
            ),
            None,
        )

    def of_number(self, number: int | None) -> Order | None:
        """The order with a number, which is no place: a supplier's sight has its own alone."""
        return next((one for one in self.orders if one.number == number), None)

    def payable(self, number: int | None) -> int:
        """What the supplier is to hold of an order's money: approved, and not withheld; in tiyn."""
        order, application = self.of_number(number), self.application
        if order is None:
            return 0
        if application is not None and application.order == number:
            return application.amount - order.withheld
        # The first attempt was for all that was approved.
        return next((p.amount for p in self.payments if p.order == number), 0) - order.withheld

    def due(self, number: int | None, payments: Iterable[Payment]) -> int:
        """What is not paid of an order, net of what came back: payable − settled + returned."""
        order = self.of_number(number)
        # A file from before it was kept what is withheld: of an order that is gone nothing is due.
        if order is None or not (order.live or order.withheld):
            return 0
        paid = sum(p.left + p.lost for p in payments if p.order == number)
        return max(0, self.payable(number) - paid)

    def owed_back(self, number: int | None, payments: Iterable[Payment]) -> int:
        """What the supplier holds of an order beyond what it is to hold, in tiyn."""
        left = sum(p.left for p in payments if p.order == number)
        return max(0, left - self.payable(number))

    @property
    def payer(self) -> str | None:
        """The authority of the live order, or of the one that was paid."""
        order = self.order or self.of_number(self.payments[-1].order if self.payments else None)
        return None if order is None else order.authority

    @property
    def payers(self) -> tuple[str, ...]:
        """The authorities of the live order and of all that had money: they decide about it."""
        paid = {one.order for one in self.payments}
        return tuple(one.authority for one in self.orders if one.live or one.number in paid)

    @property
    def payment(self) -> Payment | None:
        """The latest attempt."""
        return self.payments[-1] if self.payments else None


class Case(Frozen):
    """One measure on its way. `seq` is the number of the last event folded in."""

    id: str
    edition: str
    seq: int = 0
    measure: Measure | None = None
    periods: dict[int, Period] = Field(default_factory=dict)
    outbox: dict[str, Effect] = Field(default_factory=dict)
    tasks: dict[str, Task] = Field(default_factory=dict)
    escalations: dict[str, Escalation] = Field(default_factory=dict)

    @property
    def status(self) -> str:
        """The status of the latest period that has begun; `none` before the first event.

        Whether the case is closed, and what a list shows, is asked of `domain.case.periods`.
        """
        begun = [one for one in self.periods.values() if one.status != PLANNED]
        return max(begun, key=lambda one: one.number).status if begun else "none"

    def deadlines(self) -> Iterator[tuple[Period, Deadline]]:
        """Every deadline of every period."""
        for period in self.periods.values():
            for deadline in period.deadlines.values():
                yield period, deadline
