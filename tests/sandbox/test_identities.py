"""Synthetic identifiers are valid, and each number has its own."""

import pytest

from sandbox.identities import check_iban, check_number, make_bin, make_iban, make_iin, make_phone

MANY = range(0, 2_000_000, 97)


@pytest.mark.parametrize(
    "number",
    # Published samples: first pass, second pass, head office, branch.
    ["000101500011", "000101500206", "000101500231", "200140000014", "200141000016"],
)
def test_published_numbers_have_their_control_digit(number: str) -> None:
    assert check_number(number)
    assert not check_number(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_a_published_account_has_its_check_digits() -> None:
    assert check_iban("KZ75125KZT1001300335")
    assert not check_iban("KZ75125KZT1001300336")
    assert not check_iban("KZ75125KZT100130033")


@pytest.mark.parametrize("make", [make_iin, make_bin])
def test_each_number_makes_its_own_valid_identifier(make: object) -> None:
    assert callable(make)
    made = [make(n) for n in MANY]
    assert len(set(made)) == len(made)
    assert all(check_number(number) for number in made)


def test_an_iin_is_never_a_bin() -> None:
    assert all(make_iin(n)[4] in "0123" for n in MANY)
    assert all(make_bin(n)[4] == "4" for n in MANY)


def test_accounts_and_phones_are_valid_and_their_own() -> None:
    assert all(check_iban(make_iban(n)) for n in MANY)
    assert len({make_iban(n) for n in MANY}) == len(MANY)
    assert len({make_phone(n) for n in MANY}) == len(MANY)
    assert make_phone(5) == "+77000000005"


@pytest.mark.parametrize("make", [make_iin, make_bin, make_iban, make_phone])
def test_there_is_nobody_before_the_first(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match="there are"):
        make(-1)
