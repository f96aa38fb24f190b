"""What the fields of a command may name in a case as it stands."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from domain.case.context import Context
from domain.case.norms import left_of_order
from domain.case.state import Payment
from domain.money.attempts import earlier_orders
from domain.parties.representatives import Capacity
from domain.rules.recovery import BREACHES, SUCCESSIONS
from domain.rules.review import WHAT
from domain.terms.counting import local_day


def _days(c: Context) -> set[date]:
    """The first and the last day on which something may have happened to the order."""
    order, begins = c.period.order, c.period.begins
    first = local_day(order.placed_at) if order else c.today
    return {first, max(first, begins or first), c.today}


# To whom else, or whereto else, a payment may have gone than was ordered.
DIFFERS: Final = ("payee", "account")


def _lines(payment: Payment) -> list[dict[str, Any]]:
    """What a bank's statement may say of a payment; of one that was refused, whatever its sum."""
    key, amount = payment.key, payment.amount
    return [
        {"key": key, "outcome": "settled", "amount": amount},
        *({"key": key, "outcome": "settled", "amount": amount, "differs": one} for one in DIFFERS),
        {"key": key, "outcome": "returned", "amount": payment.paid or amount},
        {"key": key, "outcome": "rejected"},
    ]


# By field; an option that is several fields in one says them all. Where nothing can be named, the
# command has nothing to be about.
OPTIONS: Final[Mapping[str, Callable[[Context], Iterable[Any]]]] = {
    "escalation": lambda c: c.case.escalations,
    "objection": lambda c: [o.id for o in c.period.hearing.objections] if c.period.hearing else (),
    "term": lambda c: c.period.deadlines,
    "contest": lambda c: [one.id for one in c.period.contests],
    "correction": lambda c: [one.id for one in c.period.corrections],
    "proposal": lambda c: [one.id for one in c.measure.acting.proposed],
    "representative": lambda c: [
        one.id for one in c.measure.acting.representatives if not one.ended
    ],
    "application": lambda c: (c.period.application.sha256,) if c.period.application else (),
    "ground": lambda c: (
        *(*c.edition.refusal_grounds, *c.edition.reopening_grounds),
        *(*c.edition.pause_grounds, *BREACHES, *SUCCESSIONS),
    ),
    "what": lambda _: WHAT,
    "on": lambda c: [day.isoformat() for day in sorted(_days(c))],
    "field": lambda c: c.edition.correctable_fields,
    "capacity": lambda _: tuple(one.value for one in Capacity),
    "line": lambda c: [line for one in c.period.payments for line in _lines(one)],
    # The least that may be asked for, and all that is left of an order.
    "quantity": lambda c: (1, left_of_order(c.case, c.period)) if c.period.order else (1,),
    "amount": lambda _: (1,),
    # None: the order that the period is about.
    "order": lambda c: (None, *earlier_orders(c)),
}


# Of these a person chooses one: they stand in the command's form, as far as they are right now.
CHOSEN: Final = (
    *("escalation", "objection", "term", "contest", "correction", "proposal", "representative"),
    "order",
)
# Of these nothing need be said, where the period is about something that can be meant.
MAY_BE_NONE: Final = ("order",)
# Of these too, where a rule of the command looks at it: each command has a list of its own.
LISTED: Final = ("ground", "what", "field", "capacity")
# Of a line of a bank's statement: which payments it may be about, and what it may say of them.
LINE: Final = ("key", "outcome", "differs")


def said(named: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a message in which these options are named."""
    data: dict[str, Any] = {}
    for field, option in named.items():
        data |= option if isinstance(option, Mapping) else {field: option}
    return data
