"""What a query may name, and that letters of both languages are one."""

import unicodedata

import pytest

from domain.searching import beginnings, is_enough, kinds_of, wanted_beginnings, words_in
from tests.support.intake import iin


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("OZ000000018", ("reference",)),
        ("oz 0000-0001", ("reference",)),
        ("4711", ("reference", "programme")),
        ("471", ("reference",)),
        ("P1", ("supplier", "item")),
        ("OZHB-2026-00001", ("programme", "supplier", "item")),
        ("2026/00001", ("reference", "programme")),
        (iin(1), ("iin",)),
        (f"{iin(1)[:6]} {iin(1)[6:]}", ("iin",)),
        ("900101000009", ("iin",)),
        ("200140000014", ("supplier",)),
        ("200140000015", ("supplier",)),
        ("+7 701 123 45 67", ("phone",)),
        ("87011234567", ("phone",)),
        ("+49 30 1234567", ("phone",)),
        ("Үлгібаев Мысал", ("name", "supplier", "item")),
        ("ТОО Үлгі-2", ("programme", "supplier", "item")),
    ],
)
def test_the_form_of_a_query_says_what_it_may_name(query: str, kinds: tuple[str, ...]) -> None:
    assert kinds_of(query) == kinds


@pytest.mark.parametrize(
    ("kazakh", "russian"),
    [
        ("Қасым", "касым"),
        ("ӘЛІ", "али"),
        ("Ғалымжан", "Галымжан"),
        ("Шыңғыс", "шынгыс"),
        ("Өмір", "ОМИР"),
        ("Ұлжан Гүлнұр", "улжан гулнур"),
        ("Бауыржанһ", "бауыржанх"),
        ("Іңкәр", "инкар"),
        ("Королёва", "КОРОЛЕВА"),
        (unicodedata.normalize("NFD", "Королёв-Үлгібай"), "королев ульгибай".replace("ь", "")),
    ],
)
def test_kazakh_letters_are_compared_as_those_typed_in_their_place(
    kazakh: str, russian: str
) -> None:
    assert words_in(kazakh) == words_in(russian)


def test_a_word_is_found_by_any_of_its_beginnings_and_by_nothing_else() -> None:
    found = beginnings("Ли Үлгібаев")
    assert wanted_beginnings("улг л") <= found
    assert wanted_beginnings("Үлгібаев") <= found
    assert not wanted_beginnings("лгиб") <= found


def test_of_a_long_word_the_beginning_is_compared() -> None:
    found = beginnings("Нурмагамбетова")
    assert max(map(len, found)) == 12
    assert wanted_beginnings("Нұрмағамбетова") <= found
    assert len(found) == 12


@pytest.mark.parametrize(
    ("kind", "short", "enough"),
    [
        ("reference", "OZ123", "1234"),
        ("name", "Ли А", "Ким"),
        ("supplier", "ИП", "ИП Ким"),
        ("item", "ко", "коляска"),
    ],
)
def test_too_little_is_not_searched_for(kind: str, short: str, enough: str) -> None:
    assert not is_enough(kind, short)  # type: ignore[arg-type]
    assert is_enough(kind, enough)  # type: ignore[arg-type]
