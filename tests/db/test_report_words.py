"""What is unclear on a payment of ours stops every word on it that the same report has."""

from dataclasses import replace

import pytest

from db.report_words import by_reference, references, sort
from integrations.words import OrderParties, Outcome, Report, ReportFault, Told, Word

KEY, OTHER = "OZ000000018-1-1-1-1", "OZ000000018-1-1-1-2"
PAYER, PAYEE = "KZ52070103KSN0000011", "KZ57999UQ00000020010"
OURS = OrderParties(account=PAYEE, paid_from=PAYER, amount=100)
BOTH = {KEY: OURS, OTHER: OURS}
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
    whose = sort(report, BOTH)
    assert {one.word.key for one in whose.ours if one.word.at_odds} == odd
    assert [one.place for one in whose.ours] == ["/1", "/2"]


def test_a_movement_is_found_by_the_number_of_its_transaction_or_of_its_entry() -> None:
    word = Word("", Outcome.SETTLED, "BOOK", reference="TX-1", entry_reference="E-1")
    word = replace(word, source="camt.053", told_on=PAYER)
    report = Report("camt.053", (Told("/1", (), word),))
    assert references(report) == ["E-1", "TX-1"]
    for numbers in ({"TX-1": KEY}, {"E-1": KEY}, {"TX-1": KEY, "E-1": KEY}):
        (found,) = sort(by_reference(report, numbers), BOTH).ours
        assert (found.word.key, found.named) == (KEY, (KEY,))
    found_two = sort(by_reference(report, {"TX-1": KEY, "E-1": OTHER}), BOTH)
    assert (found_two.ours, [one.rule for one in found_two.unclear]) == ([], ["keys disagree"])


def test_a_payment_called_as_only_we_do_that_there_is_not_is_work_beside_what_is_ours() -> None:
    unknown = Word("OZ000000018-1-1-1-9", Outcome.SETTLED, "ACSC")
    stranger = Word("STRANGER", Outcome.SETTLED, "ACSC")
    told = (SETTLED, Told("/2", (unknown.key,), unknown), Told("/3", ("STRANGER",), stranger))
    whose = sort(Report("pain.002", told), {KEY: OURS})
    assert [one.word.key for one in whose.ours] == [KEY]
    assert [(one.place, one.rule) for one in whose.unclear] == [("/2", "unknown key of ours")]
    assert whose.not_ours == 1


@pytest.mark.parametrize(
    "spelt",
    [
        "oz000000018-1-1-1-9",
        "OZ000000018\u20111\u20111\u20111\u20119",
        "OZ000000018 1 1 1 9",
        "OZ00000001\u0668-1-1-1-9",
    ],
)
@pytest.mark.parametrize("beside", [(), (SETTLED,)])
def test_a_key_of_ours_in_another_spelling_is_work_beside_another_word_as_alone(
    spelt: str, beside: tuple[Told, ...]
) -> None:
    told = Told("/3", (spelt,), Word(spelt, Outcome.SETTLED, "ACSC"))
    whose = sort(Report("pain.002", (*beside, told)), {KEY: OURS})
    assert [(one.place, one.rule) for one in whose.unclear] == [("/3", "unknown key of ours")]
    assert whose.not_ours == 0


def test_a_fault_on_a_payment_called_as_only_we_do_that_there_is_not_is_work_as_a_word_is() -> None:
    faults = (
        ReportFault("/2", "wrong format", ("OZ000000018-1-1-1-9",)),
        ReportFault("/3", "wrong format", ("STRANGER",)),
    )
    whose = sort(Report("pain.002", (SETTLED,), faults), {KEY: OURS})
    assert [(one.code, one.place, one.rule, one.key) for one in whose.unclear] == [
        ("not_ours", "/2", "unknown key of ours", "OZ000000018-1-1-1-9")
    ]
    assert [one.word.at_odds for one in whose.ours] == [False]


def entry(outcome: Outcome, told_on: str | None, amount: int = 100) -> Told:
    word = Word(KEY, outcome, "BOOK", amount, source="camt.054", told_on=told_on)
    return Told("/2", (KEY,), word)


@pytest.mark.parametrize(
    ("told", "rules", "other_sides"),
    [
        (entry(Outcome.RETURNED, PAYEE), [], 1),
        (entry(Outcome.UNDER_WAY, PAYEE), [], 1),
        (entry(Outcome.RETURNED, PAYEE, 99), ["told on another account"], 0),
        (entry(Outcome.SETTLED, PAYEE), ["told on another account"], 0),
        (entry(Outcome.SETTLED, "KZ75125KZT1001300335"), ["told on another account"], 0),
        (entry(Outcome.RETURNED, "KZ75125KZT1001300335"), ["told on another account"], 0),
        (entry(Outcome.SETTLED, None), ["told on no account"], 0),
    ],
)
def test_an_entry_of_an_account_that_did_not_pay_says_nothing_of_the_payment(
    told: Told, rules: list[str], other_sides: int
) -> None:
    """Only that the money came in on the payee's side is understood; the rest is a person's."""
    whose = sort(Report("camt.054", (SETTLED, told)), {KEY: OURS})
    assert [one.word for one in whose.ours] == [SETTLED.word]
    assert [one.rule for one in whose.unclear] == rules
    assert whose.other_sides == other_sides


@pytest.mark.parametrize("told_on", [PAYEE, "KZ75125KZT1001300335", ""])
def test_what_cannot_be_read_on_another_account_stops_no_word(told_on: str) -> None:
    fault = ReportFault("/2", "sums disagree", (KEY,), told_on)
    whose = sort(Report("camt.053", (SETTLED,), (fault,)), {KEY: OURS})
    assert [one.word.at_odds for one in whose.ours] == [False]
    assert [one.rule for one in whose.unclear] == ["sums disagree"]


def test_where_nobody_can_tell_which_account_paid_no_entry_counts() -> None:
    told = entry(Outcome.SETTLED, PAYER)
    whose = sort(Report("camt.053", (told,)), {KEY: replace(OURS, paid_from=None)})
    assert (whose.ours, [one.rule for one in whose.unclear]) == ([], ["paying account unknown"])
