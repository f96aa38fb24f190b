"""Status reports as banks and their gateways may write them: equivalents, blanks before them."""

import pytest

from integrations.reports import read_report
from tests.integrations.test_reports import AMOUNT, SETTLED, TRANSACTION, block, report, words

EQUIVALENT = (
    '<Amt><EqvtAmt><Amt Ccy="{}">{}</Amt><CcyOfTrf>{}</CcyOfTrf></EqvtAmt></Amt>'
    '<IntrBkSttlmAmt Ccy="KZT">125000.05</IntrBkSttlmAmt>'
)


def test_a_sum_that_is_told_as_an_equivalent_is_read() -> None:
    content = report(
        block(TRANSACTION.replace(AMOUNT, EQUIVALENT.format("KZT", "125000.05", "KZT")))
    )
    assert words(content) == [SETTLED]
    alone = content.replace(b'<IntrBkSttlmAmt Ccy="KZT">125000.05</IntrBkSttlmAmt>', b"")
    assert words(alone) == [SETTLED]


@pytest.mark.parametrize(("told_in", "goes_in"), [("USD", "KZT"), ("KZT", "USD"), ("USD", "USD")])
def test_an_equivalent_in_another_currency_holds_the_payment(told_in: str, goes_in: str) -> None:
    equivalent = EQUIVALENT.format(told_in, "125000.05", goes_in)
    (word,) = words(report(block(TRANSACTION.replace(AMOUNT, equivalent))))
    assert word.at_odds


def test_an_equivalent_that_is_another_sum_than_what_went_is_not_clear() -> None:
    equivalent = EQUIVALENT.format("KZT", "1.00", "KZT")
    found = read_report(report(block(TRANSACTION.replace(AMOUNT, equivalent))))
    assert (found.told, [fault.code for fault in found.faults]) == ((), ["sums disagree"])


@pytest.mark.parametrize(
    "before", ["\n", " \t\r\n", "\ufeff", "\ufeff\n", "\n\ufeff", "\ufeff\ufeff"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_what_a_gateway_puts_before_a_report_does_not_count(before: str, encoding: str) -> None:
    text = report().decode().replace("UTF-8", encoding[:6].upper())
    assert words((before + text).encode(encoding)) == [SETTLED]
