"""Editions and their process: proven, published, found by day and by hash."""

from datetime import date
from importlib.resources import files

import pytest

from definitions.editions import (
    DefinitionInvalid,
    edition,
    edition_on,
    editions,
    published,
    read_process,
)
from definitions.proofs import contradictions, prove_definitions
from domain.errors import UnknownEdition

PROCESS = (files("definitions") / "process.toml").read_text("utf-8")


def test_everything_that_is_defined_is_proven() -> None:
    assert prove_definitions() == []


def test_a_published_edition_never_changes() -> None:
    assert {one.code: one.hash for one in editions().values()} == published()


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2022, 10, 7), "order-379"),
        (date(2023, 6, 30), "order-379"),
        (date(2023, 7, 1), "social-code"),
        (date(2031, 12, 31), "social-code"),
    ],
)
def test_the_law_of_the_day_is_found(day: date, code: str) -> None:
    found = edition_on(day)
    assert found.code == code
    assert edition(found.hash) is found


def test_before_the_first_order_there_is_no_law() -> None:
    with pytest.raises(UnknownEdition):
        edition_on(date(2022, 10, 6))


def test_a_hash_that_was_never_published_is_refused() -> None:
    with pytest.raises(UnknownEdition):
        edition("0" * 64)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"price_as_shown"', '"price_as_wished"', "price_as_wished"),
        ('records = "place_order"', 'records = "place_bet"', "place_bet"),
        ('to = "choice_expired"', 'to = "lost"', "lost"),
        ('starts = ["supplier_answer"]', 'starts = ["patience"]', "patience"),
        ('effects = ["notify"]', 'effects = ["shout"]', "shout"),
        ('fires = "choice_over"', 'fires = "never_heard"', "never_heard"),
    ],
)
def test_what_a_process_names_and_nobody_has_is_told(right: str, wrong: str, told: str) -> None:
    assert right in PROCESS
    with pytest.raises(DefinitionInvalid, match=told):
        read_process(PROCESS.replace(right, wrong))


def test_an_edition_that_changed_after_it_was_published_is_told() -> None:
    made = {one.code: one for one in editions().values()}
    told = list(contradictions(made, {**published(), "social-code": "0" * 64}))
    assert told == ["the edition social-code was published, and has changed"]
