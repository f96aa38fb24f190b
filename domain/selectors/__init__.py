"""Which row fits: predicates that the process names under `when`.

Those in `NEED_BODY` look at what the message says: nobody knows beforehand whether they hold.
"""

from domain.selectors import commission, course, parties, payment, periods
from domain.selectors.registry import NEED_BODY, SELECTORS, body_selector, selector

__all__ = [
    "NEED_BODY",
    "SELECTORS",
    "body_selector",
    "commission",
    "course",
    "parties",
    "payment",
    "periods",
    "selector",
]
