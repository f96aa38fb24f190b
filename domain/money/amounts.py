"""Amounts of tenge as whole tiyn, never negative, never a float."""

import re
from dataclasses import dataclass
from typing import Final, Self

# 15 digits of tenge: what pain.001 takes (18 with the fraction) and a 64-bit column holds.
_AMOUNT: Final = re.compile(r"(?P<tenge>0|[1-9][0-9]{0,14})(\.(?P<tiyn>[0-9]{1,2}))?")
_TIYN: Final = 100
_LARGEST: Final = 10**17 - 1


class TooMuch(ValueError):
    """A sum that no payment can carry."""


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in KZT: `tiyn` is a whole number from 0; ordered, so `min` and `max` work.

    Use `sum(amounts, Money(0))` to add up. ValueError when a result would be negative, TooMuch
    when it is larger than a payment can carry.
    """

    tiyn: int

    def __post_init__(self) -> None:
        if type(self.tiyn) is not int:
            raise TypeError("money is a whole number of tiyn")
        if not 0 <= self.tiyn <= _LARGEST:
            kind = TooMuch if self.tiyn > 0 else ValueError
            raise kind(f"money lies between 0 and {_LARGEST} tiyn")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read tenge with at most two places and a point: `12345.67`, `12345`, `0.5`."""
        found = _AMOUNT.fullmatch(text)
        if found is None:
            raise ValueError("money is written as tenge with at most two places, such as 12345.67")
        return cls(int(found["tenge"]) * _TIYN + int((found["tiyn"] or "").ljust(2, "0")))

    def decimal(self) -> str:
        """Tenge with two places and a point, as ISO 20022 writes it: `12345.67`."""
        return f"{self.tiyn // _TIYN}.{self.tiyn % _TIYN:02d}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.tiyn + other.tiyn)

    def __sub__(self, other: "Money") -> "Money":
        if other.tiyn > self.tiyn:
            raise ValueError("money cannot become negative")
        return Money(self.tiyn - other.tiyn)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.tiyn * quantity)

    __rmul__ = __mul__

    def __str__(self) -> str:
        return f"{self.decimal()} KZT"


def payable(price: int, unit_sum: int, companion_sum: int | None, quantity: int) -> int:
    """The price, but not above the guaranteed sum; a companion's place likewise. In tiyn."""
    beside = 0 if companion_sum is None else min(price, companion_sum)
    return (min(price, unit_sum) + beside) * quantity


def co_payment(price: int, unit_sum: int, companion_sum: int | None, quantity: int) -> int:
    """What is left of the price for the recipient, in tiyn (Social Code 168(3))."""
    beside = 0 if companion_sum is None else max(0, price - companion_sum)
    return (max(0, price - unit_sum) + beside) * quantity
