"""Money is whole tiyn: nothing is rounded, and nothing becomes negative."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money
from domain.money.payments import is_key

amounts = st.builds(Money, st.integers(0, 10**17 - 1))
small = st.builds(Money, st.integers(0, 10**12))


@pytest.mark.parametrize(
    ("text", "tiyn"),
    [("12345.67", 1_234_567), ("0", 0), ("0.01", 1), ("0.5", 50), ("7", 700), ("100.00", 10_000)],
)
def test_tenge_are_read_as_tiyn(text: str, tiyn: int) -> None:
    assert Money.parse(text) == Money(tiyn)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1,50", "1.234", "1.", ".5", "1e3", "NaN", "01", " 1", "1\n", "٥", "1" * 16],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as 12345\.67"):
        Money.parse(text)


@given(amounts)
def test_an_amount_is_read_as_it_is_written(amount: Money) -> None:
    assert Money.parse(amount.decimal()) == amount


@given(small, small, st.integers(0, 10_000))
def test_sums_and_products_are_exact(a: Money, b: Money, quantity: int) -> None:
    assert (a + b) - b == a
    assert (a * quantity).tiyn == (quantity * a).tiyn == a.tiyn * quantity
    assert min(a, b).tiyn == min(a.tiyn, b.tiyn)
    assert sum([a, b, a], Money(0)).tiyn == 2 * a.tiyn + b.tiyn


def test_nothing_is_taken_from_too_little() -> None:
    with pytest.raises(ValueError, match="negative"):
        Money(1) - Money(2)
    assert Money(2) - Money(2) == Money(0)


@pytest.mark.parametrize("tiyn", [-1, 10**17])
def test_an_amount_no_payment_can_carry_is_refused(tiyn: int) -> None:
    with pytest.raises(ValueError, match="lies between"):
        Money(tiyn)


@pytest.mark.parametrize("tiyn", [1.0, True, "1", None])
def test_tiyn_are_whole_numbers_only(tiyn: Any) -> None:
    with pytest.raises(TypeError, match="whole number"):
        Money(tiyn)


def test_money_is_not_multiplied_by_a_fraction() -> None:
    with pytest.raises(TypeError, match="whole number"):
        Money(100) * 0.7  # type: ignore[operator] # the mistake under test


def test_money_reads_as_tenge() -> None:
    assert str(Money(1_234_505)) == "12345.05 KZT"


@pytest.mark.parametrize("place", [2, 10, 12, 18])
def test_a_key_is_written_in_ascii_digits_alone(place: int) -> None:
    key = "OZ000000018-1-1-1-1"
    assert is_key(key)
    assert not is_key(f"{key[:place]}\u0661{key[place + 1 :]}")
