"""The register of predicates, by the names that the process uses under `when`."""

from collections.abc import Callable

from domain.context import Context

Selector = Callable[[Context], bool]
SELECTORS: dict[str, Selector] = {}
NEED_BODY: set[str] = set()
REPEATING: set[str] = set()
# Those that look at nothing of the body but one field, which names something of the case.
NAMING: dict[str, str] = {}


def selector(function: Selector) -> Selector:
    """Make a predicate known to the process under its own name."""
    SELECTORS[function.__name__] = function
    return function


def repetition(function: Selector) -> Selector:
    """Likewise, for one that finds that the same was done before: it is answered, not offered."""
    REPEATING.add(function.__name__)
    return body_selector(function)


def naming_selector(field: str) -> Callable[[Selector], Selector]:
    """Likewise, for one that looks at one field alone: see `domain.options`."""

    def known(function: Selector) -> Selector:
        NAMING[function.__name__] = field
        return body_selector(function)

    return known


def body_selector(function: Selector) -> Selector:
    """Likewise, for a predicate that looks at what the message says."""
    NEED_BODY.add(function.__name__)
    return selector(function)
