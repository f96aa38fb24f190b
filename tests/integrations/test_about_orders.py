"""A status counts where it is about an order of ours, and calls it by its name alone."""

import pytest

from integrations.errors import MalformedReport
from integrations.reports import read_report, read_word
from tests.support.reports import levels_xml, report_xml, twice_xml

KEY = "P7F3K2-2-1"


@pytest.mark.parametrize(
    ("about", "ours"),
    [
        ("pain.001.001.03", True),
        ("pain.001", True),
        ("PAIN.001.001.09", True),
        ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.12", True),
        ("pain.007.001.11", False),
        ("camt.056.001.08", False),
        ("pain.0010", False),
        ("MT103", False),
    ],
)
def test_a_status_of_another_message_is_no_word_on_an_order(about: str, ours: bool) -> None:
    for content in (report_xml(KEY, "ACSC", 100), levels_xml(KEY, group="ACSC")):
        found = read_report(content.replace(b"pain.001.001.09", about.encode()))
        assert [told.word.status for told in found.told] == (["ACSC"] if ours else [])
        assert [(one.code, one.named) for one in found.faults] == (
            [] if ours else [("about another message", (KEY,))]
        )


def test_an_answer_that_calls_the_payment_by_two_names_is_no_word_on_it() -> None:
    stranger = report_xml(KEY, "RJCT", 100).replace(
        f"<OrgnlEndToEndId>{KEY}<".encode(),
        f"<OrgnlInstrId>{KEY}</OrgnlInstrId><OrgnlEndToEndId>STRANGER<".encode(),
    )
    assert read_word(report_xml(KEY, "ACSC", 100), KEY).status == "ACSC"
    with pytest.raises(MalformedReport, match="malformed_report"):
        read_word(twice_xml(report_xml(KEY, "ACSC", 100), stranger), KEY)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [(b'"KZT"', b'"USD"', "not in KZT"), (b"1.00<", b"1.001<", "whole tiyn")],
)
def test_a_word_of_a_sum_that_is_none_of_ours_is_told_and_can_never_count(
    old: bytes, new: bytes, mistake: str
) -> None:
    content = report_xml(KEY, "ACSC", 100).replace(old, new)
    found = read_report(content)
    assert [(fault.code, fault.named) for fault in found.faults] == [(mistake, (KEY,))]
    assert [(told.word.key, told.word.at_odds) for told in found.told] == [(KEY, True)]
    assert read_word(content, KEY).at_odds
