"""A treasury with a truth of its own, and what its words may say against that."""

from dataclasses import dataclass, field
from typing import Any

Word = dict[str, Any]
FULL = {"payee": "same", "account": "same"}
# What a word may say against the truth, or leave out.
LIES: tuple[Word, ...] = (
    {"outcome": "not_executed"},
    {"outcome": "settled", "reference": "T-lie"},
    {"outcome": "settled", "amount": 1},
    {"outcome": "under_way", "amount": 1},
    {"outcome": "returned", "amount": 10**12},
    {"outcome": "returned", "amount": None},
    {"outcome": "other", "status": "BLCK"},
    {"outcome": "other", "status": "ZZZZ", "amount": None},
    {"at_odds": True},
    {"payee": "other"},
    {"account": "other"},
    {"amount": None, "account": None},
    {"payee": None, "reference": None},
)

# How another message may call a movement that came back: by its entry's number, or by none.
OTHERWISE: tuple[Word, ...] = ({"reference": "E-1"}, {"reference": None})


@dataclass
class Truth:
    """What became of one order to pay: its sum, whether it settled, and what came back.

    `returns` are told by the treasury under its key; what the supplier paid back `aside` is not.
    """

    amount: int
    outcome: str = "under_way"
    returns: list[int] = field(default_factory=list)
    aside: int = 0

    @property
    def returned(self) -> int:
        return sum(self.returns)

    @property
    def net(self) -> int:
        back = self.returned + self.aside
        return self.amount - back if self.outcome == "settled" else 0


@dataclass
class Treasury:
    """It counts an order once, however often it comes."""

    orders: dict[str, Truth] = field(default_factory=dict)

    def receive(self, key: str, amount: int) -> None:
        self.orders.setdefault(key, Truth(amount))

    def word(self, key: str) -> Word:
        """What it says of a payment now; a return is told apart."""
        held = self.orders[key]
        number = f"T-{key}" if held.outcome == "settled" else None
        return {"key": key, "outcome": held.outcome, "amount": held.amount, "reference": number,
                **FULL}  # fmt: skip

    def returns(self, key: str) -> list[Word]:
        """What it says of each sum that came back under a key."""
        word = {**self.word(key), "outcome": "returned"}
        parts = enumerate(self.orders[key].returns)
        return [
            {**word, "amount": part, "reference": f"R{n}-{key}", "booked": f"2026-11-{n + 10}"}
            for n, part in parts
        ]

    @property
    def paid(self) -> int:
        return sum(held.net for held in self.orders.values())
