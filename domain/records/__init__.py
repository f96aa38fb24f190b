"""What an event writes: one function for each name that the process gives under `records`.

Each answers with the new values of the records it changes. Amounts are tiyn.
"""

from domain.records import (
    application,
    corrections,
    disputes,
    ends,
    escalations,
    hearing,
    life,
    orders,
    payment,
    periods,
    receipt,
    recovery,
    representation,
    returns,
    sides,
    standing,
)
from domain.records.registry import RECORDERS

__all__ = [
    "RECORDERS",
    "application",
    "corrections",
    "disputes",
    "ends",
    "escalations",
    "hearing",
    "life",
    "orders",
    "payment",
    "periods",
    "receipt",
    "recovery",
    "representation",
    "returns",
    "sides",
    "standing",
]
