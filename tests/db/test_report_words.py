"""What is unclear on a payment of ours stops every word on it that the same report has."""

import pytest

from db.report_words import by_reference, references, sort
from integrations.words import Outcome, Report, ReportFault, Told, Word

KEY, OTHER = "OZ000000018-1-1-1-1", "OZ000000018-1-1-1-2"
SETTLED = Told("/1", (KEY,), Word(KEY, Outcome.SETTLED, "ACSC"))
BESIDE = Told("/2", (OTHER,), Word(OTHER, Outcome.SETTLED, "ACSC"))
STRANGER = Word("STRANGER", Outcome.NOT_EXECUTED, "RJCT")


@pytest.mark.parametrize(
    ("told", "faults", "odd"),
    [
        ((), (), set()),
        ((), (ReportFault("/3", "whole tiyn", (KEY,)),), {KEY}),
        ((), (ReportFault("/3", "whole tiyn", ("STRANGER",)),), set()),
        ((), (ReportFault("/3", "whole tiyn", ("STRANGER", KEY)),), {KEY}),
        ((), (ReportFault("/3", "not an account", ("T-17",)),), {KEY}),
        ((), (ReportFault("/3", "repeated"),), {KEY, OTHER}),
        ((Told("/3", ("STRANGER", KEY), STRANGER),), (), {KEY}),
        ((Told("/3", (KEY, OTHER), SETTLED.word),), (), {KEY, OTHER}),
    ],
)
def test_beside_what_is_unclear_on_a_payment_no_word_on_it_counts(
    told: tuple[Told, ...], faults: tuple[ReportFault, ...], odd: set[str]
) -> None:
    report = by_reference(Report("pain.002", (SETTLED, BESIDE, *told), faults), {"T-17": KEY})
    whose = sort(report, (KEY, OTHER))
    assert {one.word.key for one in whose.ours if one.word.at_odds} == odd
    assert [one.place for one in whose.ours] == ["/1", "/2"]


def test_a_movement_is_found_by_the_number_of_its_transaction_or_of_its_entry() -> None:
    word = Word("", Outcome.SETTLED, "BOOK", reference="TX-1", entry_reference="E-1")
    report = Report("camt.053", (Told("/1", (), word),))
    assert references(report) == ["E-1", "TX-1"]
    for numbers in ({"TX-1": KEY}, {"E-1": KEY}, {"TX-1": KEY, "E-1": KEY}):
        (found,) = sort(by_reference(report, numbers), (KEY, OTHER)).ours
        assert (found.word.key, found.named) == (KEY, (KEY,))
    found_two = sort(by_reference(report, {"TX-1": KEY, "E-1": OTHER}), (KEY, OTHER))
    assert (found_two.ours, [one.rule for one in found_two.unclear]) == ([], ["keys disagree"])


def test_a_payment_called_as_only_we_do_that_there_is_not_is_work_beside_what_is_ours() -> None:
    unknown = Word("OZ000000018-1-1-1-9", Outcome.SETTLED, "ACSC")
    stranger = Word("STRANGER", Outcome.SETTLED, "ACSC")
    told = (SETTLED, Told("/2", (unknown.key,), unknown), Told("/3", ("STRANGER",), stranger))
    whose = sort(Report("pain.002", told), (KEY,))
    assert [one.word.key for one in whose.ours] == [KEY]
    assert [(one.place, one.rule) for one in whose.unclear] == [("/2", "unknown key of ours")]
    assert whose.not_ours == 1
