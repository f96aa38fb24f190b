"""Why a message is refused: guards that the process names, each with its reason.

A guard answers with a `Refusal` or with nothing. Those in `NEED_BODY` look at what the person asks
and so cannot say beforehand whether a command is open to them; of those in `NAMING` what may be
named is tried.
"""

from domain.guards import (
    authority,
    corrections,
    disputes,
    ends,
    hearing,
    life,
    orders,
    parties,
    payment,
    recovery,
    returns,
    standing,
)
from domain.guards.registry import GUARDS, NAMING, NEED_BODY

__all__ = [
    "GUARDS",
    "NAMING",
    "NEED_BODY",
    "authority",
    "corrections",
    "disputes",
    "ends",
    "hearing",
    "life",
    "orders",
    "parties",
    "payment",
    "recovery",
    "returns",
    "standing",
]
