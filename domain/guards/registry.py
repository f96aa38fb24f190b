"""The register of guards, by the names that the process uses."""

from collections.abc import Callable, Iterable

from domain.case import Decision
from domain.context import Context
from domain.messages import Refusal

Guard = Callable[[Context], Refusal | None]
GUARDS: dict[str, Guard] = {}
NEED_BODY: set[str] = set()
# Guards that look at nothing of the body but one field, which names something of the case.
NAMING: dict[str, str] = {}


def guard(function: Guard) -> Guard:
    """Make a guard known to the process under its own name; it looks at the state alone."""
    GUARDS[function.__name__] = function
    return function


def body_guard(function: Guard) -> Guard:
    """Likewise, for a guard that looks at what was asked."""
    NEED_BODY.add(function.__name__)
    return guard(function)


def naming(field: str) -> Callable[[Guard], Guard]:
    """Likewise, for one that looks at one field alone, which names something of the case: what may
    be named is known before it is (`domain.options`).
    """

    def known(function: Guard) -> Guard:
        NAMING[function.__name__] = field
        return body_guard(function)

    return known


def unless(holds: bool, code: str, **facts: object) -> Refusal | None:
    """The refusal of this code where something does not hold."""
    return None if holds else Refusal(code=code, facts=facts)


def by_another(c: Context, proposed: Iterable[Decision]) -> Refusal | None:
    """The refusal of whoever would decide alone what two persons decide."""
    return unless(any(one.by != c.actor.id for one in proposed), "same_person")
