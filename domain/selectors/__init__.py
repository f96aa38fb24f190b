"""Which row fits: predicates that the process names under `when`.

Those in `NEED_BODY` look at what the message says: nobody knows beforehand whether they hold.
"""

from domain.selectors import commission, course, parties, payment, periods
from domain.selectors.registry import (
    NAMING,
    NEED_BODY,
    REPEATING,
    SELECTORS,
    body_selector,
    naming_selector,
    selector,
)

__all__ = [
    "NAMING",
    "NEED_BODY",
    "REPEATING",
    "SELECTORS",
    "body_selector",
    "commission",
    "course",
    "naming_selector",
    "parties",
    "payment",
    "periods",
    "selector",
]
