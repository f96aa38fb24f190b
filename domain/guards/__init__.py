"""Why a message is refused: guards that the process names, each with its reason.

A guard answers with a `Refusal` or with nothing. Those in `NEED_BODY` look at what the person asks
and so cannot say beforehand whether a command is open to them.
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
from domain.guards.registry import GUARDS, NEED_BODY

__all__ = [
    "GUARDS",
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
