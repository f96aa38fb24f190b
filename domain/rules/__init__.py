"""The rules that the process names, by chapters: which row fits, what must hold, what is written.

Who reads a row opens the module of its chapter, and `common` for what rows of every chapter ask.
Amounts are tiyn.
"""

from domain.rules import (
    application,
    choice,
    common,
    corrections,
    dispute,
    enquiry,
    fulfilment,
    hearing,
    life,
    notice,
    order,
    parties,
    payment,
    periods,
    receipt,
    recovery,
    review,
    sides,
    statement,
)
from domain.rules.registry import GUARDS, NAMING, NEED_BODY, RECORDERS, REPEATING, SELECTORS

__all__ = [
    "GUARDS",
    "NAMING",
    "NEED_BODY",
    "RECORDERS",
    "REPEATING",
    "SELECTORS",
    "application",
    "choice",
    "common",
    "corrections",
    "dispute",
    "enquiry",
    "fulfilment",
    "hearing",
    "life",
    "notice",
    "order",
    "parties",
    "payment",
    "periods",
    "receipt",
    "recovery",
    "review",
    "sides",
    "statement",
]
