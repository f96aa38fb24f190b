"""The words of one report on one payment are compared before any of them counts."""

from dataclasses import replace

import pytest

from integrations.words import MOST, Outcome, Source, Told, Word, compared

KEY = "P7F3K2-2-1"
SETTLED = Word(KEY, Outcome.SETTLED, "ACSC", 100, "KZ86125KZT5004100100", "000101500011", "T-1")
REJECTED = replace(SETTLED, outcome=Outcome.NOT_EXECUTED, status="RJCT", reference=None)
UNDER_WAY = replace(SETTLED, outcome=Outcome.UNDER_WAY, status="ACSP", reference="T-0")
BLOCKED = replace(SETTLED, outcome=Outcome.OTHER, status="BLCK")
BARE = Word(KEY, Outcome.SETTLED, "ACCC")


def entry(outcome: Outcome, amount: int = 100, number: str | None = None) -> Word:
    source: Source = "camt.053"
    return Word(KEY, outcome, "BOOK", amount, reference=number, source=source)


OUT, BACK = entry(Outcome.SETTLED), entry(Outcome.RETURNED)


def odd(*words: Word) -> set[bool]:
    told = [Told(f"/{place}", (word.key,), word) for place, word in enumerate(words)]
    return {one.word.at_odds for one in compared(told)}


@pytest.mark.parametrize(
    "words",
    [
        (SETTLED, REJECTED),
        (BARE, REJECTED),
        (BACK, REJECTED),
        (SETTLED, BLOCKED),
        (REJECTED, BLOCKED),
        (BACK, BLOCKED),
        (SETTLED, replace(SETTLED, reference="T-2")),
        (SETTLED, replace(SETTLED, amount=99)),
        (UNDER_WAY, replace(SETTLED, amount=99)),
        (SETTLED, replace(SETTLED, payee_iban="KZ75125KZT1001300335")),
        (REJECTED, replace(REJECTED, payee_identifier="000101500012")),
        (OUT, OUT),
        (entry(Outcome.SETTLED, number="T-1"), OUT),
        (entry(Outcome.SETTLED, number="T-1"), entry(Outcome.SETTLED, number="T-2")),
        (BACK, BACK),
        (entry(Outcome.RETURNED, 40, "R-1"), entry(Outcome.RETURNED, 60, "R-1")),
        (SETTLED, UNDER_WAY, REJECTED),
        (SETTLED, replace(BARE, at_odds=True)),
        (
            entry(Outcome.RETURNED, number="R-1"),
            replace(entry(Outcome.RETURNED, number="E-1"), entry_reference="E-1"),
        ),
        (SETTLED,) * (MOST + 1),
    ],
)
def test_words_that_cannot_all_be_true_are_all_at_odds_in_any_order(
    words: tuple[Word, ...],
) -> None:
    assert odd(*words) == odd(*reversed(words)) == {True}


@pytest.mark.parametrize(
    "words",
    [
        (SETTLED,),
        (SETTLED, SETTLED),
        (SETTLED, BARE),
        (SETTLED, UNDER_WAY),
        (REJECTED, UNDER_WAY),
        (BLOCKED, UNDER_WAY),
        (OUT, BACK),
        (OUT, entry(Outcome.RETURNED, 40)),
        (entry(Outcome.SETTLED, number="T-1"), entry(Outcome.SETTLED, number="T-1")),
        (entry(Outcome.RETURNED, 40, "R-1"), entry(Outcome.RETURNED, 60, "R-2")),
        (SETTLED, replace(REJECTED, key="K-2")),
        (
            replace(entry(Outcome.RETURNED, number="R-1"), entry_reference="E-1"),
            replace(entry(Outcome.RETURNED, number="E-1"), entry_reference="E-1"),
        ),
        (
            entry(Outcome.RETURNED, 40, "R-1"),
            replace(entry(Outcome.RETURNED, 60, "E-1"), entry_reference="E-1"),
        ),
    ],
)
def test_words_that_say_the_same_or_follow_each_other_are_not_at_odds(
    words: tuple[Word, ...],
) -> None:
    assert odd(*words) == odd(*reversed(words)) == {False}


def test_what_came_back_stands_after_the_word_that_it_settled() -> None:
    told = [Told("/1", (KEY,), BACK), Told("/2", (KEY,), OUT)]
    assert [one.place for one in compared(told)] == ["/2", "/1"]
