"""What a rule may look at when a message is decided: state, message, law and calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.case.state import (
    Account,
    Application,
    Case,
    Deadline,
    Decision,
    Measure,
    Order,
    Payment,
    Period,
)
from domain.errors import MissingFact
from domain.messages import Actor, Message
from domain.parties.representatives import Representative
from domain.process import Edition
from domain.terms.counting import Calendar, local_day


@dataclass(frozen=True, slots=True)
class Context:
    """The arguments of every guard and every record. There is no clock but `message.at`."""

    case: Case
    period: Period
    message: Message
    edition: Edition
    calendar: Calendar

    @property
    def data(self) -> dict[str, Any]:
        return self.message.data

    @property
    def facts(self) -> dict[str, Any]:
        return self.message.facts

    def fact(self, name: str) -> Any:
        """A fact without which the rule cannot say: a missing one is a mistake, never a yes."""
        if name not in self.facts:
            raise MissingFact(f"{self.message.name} came without the fact {name}")
        return self.facts[name]

    @property
    def documents(self) -> list[dict[str, str]]:
        """The uploads that the message names, as the door found them kept with the case.

        What follows by itself names none: they came with the message alone.
        """
        found: list[dict[str, str]] = self.fact("documents") if self.data.get("documents") else []
        return found

    @property
    def actor(self) -> Actor:
        return self.message.actor

    @property
    def person(self) -> str:
        """Who acts, where only persons may."""
        assert self.actor.id is not None, "the row is for persons"
        return self.actor.id

    @property
    def today(self) -> date:
        """The local day of the message."""
        return local_day(self.message.at)

    def told_on(self, sent: datetime) -> date:
        """The day on which a text that was sent at an instant was received, as the message says.

        A gateway's clock that names a day before it was sent, or one to come, is wrong and says
        nothing: then, as where no day is named, it is the day of the message.
        """
        on = date.fromisoformat(self.data["on"]) if "on" in self.data else self.today
        return on if local_day(sent) <= on <= self.today else self.today

    @property
    def measure(self) -> Measure:
        assert self.case.measure is not None, "a case with a status has a measure"
        return self.case.measure

    @property
    def order(self) -> Order:
        order = self.period.order
        assert order is not None, "the row's statuses imply a live order"
        return order

    @property
    def application(self) -> Application:
        application = self.period.application
        assert application is not None, "an order makes an application"
        return application

    @property
    def account(self) -> Account:
        account = self.application.account
        assert account is not None, "the supplier's signature comes with an account"
        return account

    @property
    def payment(self) -> Payment:
        payment = self.period.payment
        assert payment is not None, "the row's statuses imply a payment"
        return payment

    @property
    def unit_sum(self) -> int:
        """The guaranteed sum per unit that an order now would get, in tiyn.

        A fact of the order's day; messages from before it was one have the sum of the receipt.
        """
        found: int = self.facts.get("unit_sum", self.measure.unit_sum)
        return found

    @property
    def yearly_norm(self) -> int | None:
        """The norm of the year, likewise; None: there is none."""
        found: int | None = self.facts.get("yearly_norm", self.measure.yearly_norm)
        return found

    @property
    def share(self) -> int | None:
        """The most for one period, likewise; None: it is not supplied by periods."""
        found: int | None = self.facts.get("share", self.measure.share)
        return found

    @property
    def companion_sum(self) -> int | None:
        """The guaranteed sum of a companion's place, where the order has one; in tiyn."""
        found: int | None = self.facts.get("companion_sum") if self.data.get("companion") else None
        return found

    @property
    def norm_year(self) -> int:
        """The year whose norm an order now takes from: that in which its period begins."""
        return (self.period.begins or self.today).year

    def verdict(self, name: str) -> str | None:
        """What a verifier found wrong with a signature; `unchecked` where none was asked."""
        reason: str | None = self.facts.get(name, {"reason": "unchecked"}).get("reason")
        return reason

    def sending(self, key: str) -> bool:
        """Whether an order to pay is still on its way to the treasury."""
        return any(e.kind == "pay" and e.data["key"] == key for e in self.case.outbox.values())

    def reported(self) -> Payment | None:
        """The payment that a report or a statement line is about; of this order."""
        named = self.named()
        return named if named in self.attempts() else None

    def named(self) -> Payment | None:
        """Likewise, of any order of the period."""
        return next((p for p in self.period.payments if p.key == self.data.get("key")), None)

    @property
    def about(self) -> int | None:
        """The number of the order that the message is about: of the payment or of the order that
        it names, else the one whose application stands.
        """
        if (named := self.named()) is not None:
            return named.order
        told: int | None = self.data.get("order")
        return self.standing if told is None else told

    @property
    def standing(self) -> int | None:
        """The number of the order whose application stands."""
        return self.period.application.order if self.period.application else None

    def attempts(self) -> tuple[Payment, ...]:
        """The payments of the order whose application stands; an order before it has its own."""
        return tuple(p for p in self.period.payments if p.order == self.standing)

    def proposed(self, kind: str, *told: str) -> list[Decision]:
        """The parts that others had in a decision of two which say in `told` what is said now."""
        return [
            decision
            for decision in self.period.decisions
            if decision.kind == kind
            if all(decision.data.get(name) == self.data.get(name) for name in told)
        ]

    def first_of(self, kind: str) -> Decision | None:
        """Another's part in a decision of two that says what is said now."""
        return self.period.first_part(kind, self.actor.id, self.data)

    def with_flag(self, *flags: str) -> tuple[str, ...]:
        """The period's flags with these added, each once."""
        return tuple(dict.fromkeys((*self.period.flags, *flags)))

    def without_flags(self, *flags: str) -> tuple[str, ...]:
        """The period's flags but these."""
        return tuple(flag for flag in self.period.flags if flag not in flags)

    def decided(self, kind: str, **data: Any) -> tuple[Decision, ...]:
        """The period's decisions with the actor's added."""
        at, message = self.message.at, self.message.id
        made = Decision(kind=kind, by=self.person, at=at, data=data, message=message)
        return (*self.period.decisions, made)

    def undecided(self, kind: str) -> tuple[Decision, ...]:
        """The period's decisions but those of this kind."""
        return tuple(decision for decision in self.period.decisions if decision.kind != kind)

    def has_task(self, code: str) -> bool:
        """Whether this work of the period lies on a desk."""
        return f"{self.period.number}:{code}" in self.case.tasks

    def deadline(self, term: str) -> Deadline | None:
        return self.period.deadlines.get(term)

    def parties(self) -> frozenset[str]:
        """The persons and suppliers who have an interest in this case (CC 163(3), APPC 68(4)).

        Who has represented the recipient once is one for good.
        """
        order = self.period.order
        acting = (one.person for one in self.measure.acting.representatives)
        sellers = (order.supplier, order.successor) if order else ()
        named = (self.measure.recipient, *acting, *sellers)
        return frozenset(party for party in named if party)

    @property
    def power(self) -> Representative | None:
        """The power in which the actor acts for the recipient; the last one they had, if any."""
        if self.actor.id == self.measure.recipient:
            return None
        return self.measure.acting.power_of(self.actor.id, self.today)

    @property
    def payer(self) -> str:
        """The authority that reviews and pays the order that the message is about (row L7)."""
        order = self.period.of_number(self.about) if self.about != self.standing else None
        return order.authority if order else self.period.payer or self.measure.authority


@dataclass(frozen=True, slots=True)
class Start:
    """From which day a term runs, where it is not the day of the message.

    `length` replaces the edition's; `until` fixes the last day itself; `basis` is the text that
    says so, where it is neither policy nor the order; `at_least` is a second count, and the later
    of both holds; `keep`: the present deadline stays where it is later.
    """

    event: date | None = None
    length: str | None = None
    until: date | None = None
    basis: str | None = None
    at_least: tuple[date, str] | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What an event writes: new values of records, and where terms begin.

    In `case` also one `question` put to a person, or the id of one in `answers`.
    `starts` says how the terms begin that the row starts, None that one of them does not begin;
    `extends` names others that begin anew; `asks` are the keys of payments that enquiries are
    about; `moved` are new values of terms that go on. `tells`: who is told of which term; without
    it all are told that the row names.
    """

    period: Mapping[str, Any] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)
    starts: Mapping[str, Start | None] = field(default_factory=dict)
    extends: Mapping[str, Start] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    moved: tuple[Deadline, ...] = ()
    tells: Mapping[str, tuple[str, ...]] | None = None
