"""The register of rules by the names that the process uses, and what many of them are made of.

A selector says whether a row fits (`when`), a guard why a message is refused, if it is; a recorder
what an event writes. Who acts may be seen beforehand, what will be asked may not: `NEED_BODY` are
the selectors and guards that look at it.
"""

from collections.abc import Callable, Iterable
from datetime import date

from domain.case.context import Change, Context
from domain.case.state import Decision
from domain.messages import Refusal
from domain.parties.sides import is_party

Selector = Callable[[Context], bool]
Guard = Callable[[Context], Refusal | None]
Recorder = Callable[[Context], Change]
SELECTORS: dict[str, Selector] = {}
GUARDS: dict[str, Guard] = {}
RECORDERS: dict[str, Recorder] = {}
NEED_BODY: set[str] = set()
# Those that look at nothing of the body but one field, which names something of the case: what may
# be named is known before it is (`domain.case.options`), and is tried.
NAMING: dict[str, str] = {}
# Guards that keep one field between two bounds, which their refusal tells as `least` and `most`, or
# of days as `earliest` and `latest`; asked for what lies beyond, they tell how far it may go.
BOUNDS: dict[str, str] = {}
# Those of them whose bounds depend on what another field names, with that field.
BOUND_BY: dict[str, str] = {}
# Selectors that find that the same was done before: it is answered, not offered.
REPEATING: set[str] = set()


def selector(function: Selector) -> Selector:
    """Make a predicate known to the process under its own name; it looks at the state alone."""
    SELECTORS[function.__name__] = function
    return function


def body_selector(function: Selector) -> Selector:
    """Likewise, for one that looks at what the message says."""
    NEED_BODY.add(function.__name__)
    return selector(function)


def naming_selector(field: str) -> Callable[[Selector], Selector]:
    """Likewise, for one that looks at one field alone (`NAMING`)."""

    def known(function: Selector) -> Selector:
        NAMING[function.__name__] = field
        return body_selector(function)

    return known


def repetition(function: Selector) -> Selector:
    """Likewise, for one of `REPEATING`."""
    REPEATING.add(function.__name__)
    return body_selector(function)


def guard(function: Guard) -> Guard:
    """Make a guard known to the process under its own name; it looks at the state alone."""
    GUARDS[function.__name__] = function
    return function


def body_guard(function: Guard) -> Guard:
    """Likewise, for one that looks at what was asked."""
    NEED_BODY.add(function.__name__)
    return guard(function)


def naming(field: str) -> Callable[[Guard], Guard]:
    """Likewise, for one that looks at one field alone (`NAMING`)."""

    def known(function: Guard) -> Guard:
        NAMING[function.__name__] = field
        return body_guard(function)

    return known


def bounding(field: str, by: str | None = None) -> Callable[[Guard], Guard]:
    """Likewise, for a guard that is known already, of `BOUNDS`; with `by` of `BOUND_BY` too."""

    def known(function: Guard) -> Guard:
        BOUNDS[function.__name__] = field
        if by is not None:
            BOUND_BY[function.__name__] = by
        return function

    return known


def recorder(function: Recorder) -> Recorder:
    """Make known to the process what an event may write."""
    RECORDERS[function.__name__] = function
    return function


def unless(holds: bool, code: str, **facts: object) -> Refusal | None:
    """The refusal of this code where something does not hold."""
    return None if holds else Refusal(code=code, facts=facts)


def unless_on(day: date, earliest: date | None, latest: date | None) -> Refusal | None:
    """The refusal of a day that lies before or after those that are right, with these."""
    right = {"earliest": earliest, "latest": latest}
    told = {name: one.isoformat() for name, one in right.items() if one is not None}
    fits = (earliest or date.min) <= day <= (latest or date.max)
    return unless(fits, "day_wrong", **told)


def proposed(c: Context, kind: str, *told: str) -> list[Decision]:
    """The parts of a decision of two that say in `told` what is said now: not of those who have
    become a party since.
    """
    return [one for one in c.proposed(kind, *told) if not is_party(c, one.by)]


def by_another(c: Context, parts: Iterable[Decision]) -> Refusal | None:
    """The refusal of whoever would decide alone what two persons decide."""
    return unless(any(one.by != c.actor.id for one in parts), "same_person")


def of_another(c: Context, first: str | None) -> Refusal | None:
    """The same where what the first one said stands by itself: it may be of no party by now."""
    if is_party(c, first):
        return Refusal(code="party_cannot_decide")
    return unless(first != c.actor.id, "same_person")
