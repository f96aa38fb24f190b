"""What a supplier sees of a case: its own orders while they stand, and afterwards how they ended.

One walk over the file says it, for pages, lists, streams, deadlines and forecasts alike. What comes
after the end of an order changes nothing of it but the money of that order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from domain.apply import apply
from domain.case.state import Case, Order, Payment, Period
from domain.messages import Event
from domain.parties.representatives import Acting
from domain.process import Edition, Process, Status

# Where a period stands for a supplier whose order ended in it, while the case goes on.
ORDER_ENDED: Final = "order_ended"
# What an event must change to be about an order whose period has closed.
_OF_CLOSED: Final = frozenset(("to", "period"))
# What an event writes that ends orders, gives them to another, or pays them.
_OF_ORDERS: Final = frozenset(("orders", "payments"))


@dataclass(frozen=True, slots=True)
class Sight:
    """The case as a supplier sees it.

    `case` has its own orders alone; `lines` are the numbers of the events it sees, with the status
    that each led to; `terms` the deadlines by period, term and revision; `standing`: an order of
    its own stands in a period that has not closed.
    """

    case: Case
    lines: dict[int, str | None]
    terms: frozenset[tuple[int, str, int]]
    standing: bool

    def hidden(self, case: Case) -> list[list[Any]]:
        """The terms of the case that are not shown: period, term and revision of each."""
        held = ((period.number, one.term, one.revision) for period, one in case.deadlines())
        return [list(one) for one in held if one not in self.terms]


def stands(period: Period | None, supplier: str) -> bool:
    """Whether the live order of a period is the supplier's, or one in whose place it stands."""
    order = period.order if period else None
    return order is not None and is_of(order, supplier)


def is_of(order: Order, supplier: str) -> bool:
    """An order of this supplier, or one in which it takes the supplier's place (row P13)."""
    return supplier in (order.supplier, order.successor)


def suppliers(case: Case) -> tuple[str, ...]:
    """All who have or had an order in the case, and their successors, in the order of their own."""
    orders = (order for period in case.periods.values() for order in period.orders)
    named = (one for order in orders for one in (order.supplier, order.successor) if one)
    return tuple(dict.fromkeys(named))


def all_stand(case: Case, supplier: str) -> bool:
    """Whether no order of a supplier has ended: then all that it sees is in the case's state."""
    orders = (order for period in case.periods.values() for order in period.orders)
    return all(order.live for order in orders if is_of(order, supplier))


def concerns(case: Case, supplier: str, events: Iterable[Event]) -> bool:
    """Whether the last events of a case may be told to a supplier: of all else it sees nothing."""
    return any(
        stands(case.periods.get(one.period), supplier)
        or not _OF_ORDERS.isdisjoint(one.data.get("period", ()))
        for one in events
    )


def standing(case: Case, supplier: str, events: Iterable[Event], process: Process) -> Case:
    """A case in which all its orders stand, as the list of the supplier needs it: from its state.

    Its `seq` is that of the last of these events that the supplier sees, 0 for none.
    """
    own = {n: one for n, one in case.periods.items() if stands(one, supplier)}
    told = (e for e in events if e.period in own)
    last = max((e.seq for e in told if is_line(own[e.period], e, supplier, process)), default=0)
    return case.model_copy(update={"periods": own, "seq": last})


def is_line(period: Period, event: Event, supplier: str, process: Process) -> bool:
    """Whether an event is told to the supplier whose order stands in the period after it.

    Of what others were refused it learns nothing, and of a closed period what changes it.
    """
    if event.type == "refused" and event.actor.on_behalf_of != supplier:
        return False
    return not process.statuses[period.status].closed or not _OF_CLOSED.isdisjoint(event.data)


def with_ends(edition: Edition) -> Edition:
    """The edition by which a sight is read: that an order ended is a status of its own."""
    ended = {ORDER_ENDED: Status(waits_for="nobody", closed=True)}
    statuses = {**edition.process.statuses, **ended}
    process = edition.process.model_copy(update={"statuses": statuses})
    return edition.model_copy(update={"process": process})


def sight(begun: Case, events: Iterable[Event], supplier: str, process: Process) -> Sight:
    """What the supplier sees after these events, which are all of the file that `begun` opened."""
    walk = _Walk(begun, supplier, process)
    for event in events:
        walk.take(event)
    return walk.seen()


@dataclass
class _Walk:
    """The file, event by event, with what of it the supplier keeps."""

    held: Case
    supplier: str
    process: Process
    kept: dict[int, Period] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    frame: Case | None = None
    lines: dict[int, str | None] = field(default_factory=dict)
    terms: set[tuple[int, str, int]] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    # By period, what has happened to its live order, whosoever it is.
    course: dict[int, list[Event]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        number = event.period
        before = self.held.periods.get(number)
        self.held = apply(self.held, event)
        after = self.held.periods.get(number)
        was, mine = stands(before, self.supplier), stands(after, self.supplier)
        if before is None or before.order is None:
            self.course[number] = []
        self.course[number].append(event)
        if after is not None and mine:
            self._keep(after, [event] if was else self.course[number])
        elif after is not None and was:
            self._end(after, event)
        elif after is not None and self._paid(before) != self._paid(after):
            self.lines[event.seq] = None
        if self._stands_open() or self.frame is None:
            self.frame = self.held

    def _keep(self, after: Period, events: list[Event]) -> None:
        """A successor learns of the order from its beginning on."""
        self.kept[after.number] = after
        self.ended.discard(after.number)
        for event in events:
            if is_line(after, event, self.supplier, self.process):
                self.lines[event.seq] = event.data.get("to")
                self.said.add(event.message_id)
                for made in event.data.get("deadlines", ()):
                    self.terms.add((after.number, made["term"], made["revision"]))

    def _end(self, after: Period, event: Event) -> None:
        """How it ended: with the case, or so that the recipient chooses again."""
        closed = self.process.statuses[after.status].closed
        status = after.status if closed else ORDER_ENDED
        self.lines[event.seq] = status
        self.ended.add(after.number)
        self.kept[after.number] = Period(
            number=after.number,
            status=status,
            since=event.at,
            orders=self._own(after),
            begins=after.begins,
            ends=after.ends,
        )

    def _own(self, period: Period) -> tuple[Order, ...]:
        return tuple(one for one in period.orders if is_of(one, self.supplier))

    def _paid(self, period: Period | None) -> tuple[Payment, ...]:
        if period is None:
            return ()
        own = {one.number for one in self._own(period)}
        return tuple(one for one in period.payments if one.order in own)

    def _stands_open(self) -> bool:
        return any(
            stands(self.held.periods[number], self.supplier)
            and not self.process.statuses[self.held.periods[number].status].closed
            for number in self.kept
        )

    def seen(self) -> Sight:
        frame, standing = self.frame or self.held, self._stands_open()
        measure = frame.measure
        if measure is not None and standing:
            acting = measure.acting.model_copy(update={"proposed": ()})
            measure = measure.model_copy(update={"acting": acting})
        elif measure is not None:
            measure = measure.model_copy(update={"acting": Acting()})
        live = self.kept.keys() - self.ended
        case = Case(
            id=self.held.id,
            edition=frame.edition,
            seq=max(self.lines, default=0),
            measure=measure,
            periods={number: self._period(number) for number in sorted(self.kept)},
            outbox={k: one for k, one in self.held.outbox.items() if one.period in live},
            tasks={k: one for k, one in self.held.tasks.items() if one.period in live},
        )
        return Sight(case, self.lines, frozenset(self.terms), standing)

    def _period(self, number: int) -> Period:
        kept, paid = self.kept[number], self._paid(self.held.periods[number])
        if number in self.ended:
            return kept.model_copy(update={"payments": paid})
        told = {
            "round": None,
            "orders": self._own(kept),
            "payments": paid,
            "consents": (),
            "corrections": tuple(one for one in kept.corrections if one.id in self.said),
            "contests": tuple(one for one in kept.contests if one.id in self.said),
            "deadlines": {
                term: one
                for term, one in kept.deadlines.items()
                if (number, term, one.revision) in self.terms
            },
        }
        return kept.model_copy(update=told)
