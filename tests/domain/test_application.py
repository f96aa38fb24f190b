"""What is signed is one sequence of bytes, that a program without our code could write too."""

import json
from dataclasses import replace

import pytest

from domain.case.application import AccountText, ApplicationText, account_bytes, application_bytes

SAID = ApplicationText(
    case_reference="OZ000000018",
    period=1,
    order=1,
    version=1,
    programme_number="ОЖБ-2026/7",
    measure_id="M-1",
    recipient_iin="000101500011",
    supplier="190340910011",
    authority_bin="200140900011",
    item="TYPHLO-CANE",
    quantity=3,
    unit_price=700_000,
    unit_sum=650_000,
    catalogue="2026-11",
    edition="social-code",
)


def test_the_application_says_all_that_is_asked_for_in_sorted_members() -> None:
    content = application_bytes(SAID)
    said = json.loads(content)
    assert list(said) == sorted(said)
    assert b" " not in content
    assert (said["amount"], said["currency"]) == (1_950_000, "KZT")
    assert said["programme"] == "ОЖБ-2026/7"


@pytest.mark.parametrize(
    ("price", "amount", "co_payment"),
    [(700_000, 1_950_000, 150_000), (650_000, 1_950_000, 0), (600_000, 1_800_000, 0)],
)
def test_the_state_pays_the_price_up_to_the_guaranteed_sum(
    price: int, amount: int, co_payment: int
) -> None:
    said = replace(SAID, unit_price=price)
    assert (said.amount, said.co_payment) == (amount, co_payment)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"quantity": 2},
        {"supplier": "200540910023"},
        {"edition": "order-379"},
        {"catalogue": "2026-12"},
    ],
)
def test_whatever_changes_makes_other_bytes(change: dict[str, object]) -> None:
    assert application_bytes(replace(SAID, **change)) != application_bytes(SAID)  # type: ignore[arg-type]  # a row of a table


def test_neither_document_shows_whom_it_concerns() -> None:
    account = AccountText("a" * 64, "190340910011", "KZ57999UQ00000020010", "OZHBKZKA")
    assert "000101500011" not in repr(SAID)
    assert "KZ57" not in repr(account)
    assert json.loads(account_bytes(account))["iban"] == "KZ57999UQ00000020010"
