"""How long a term is stands in an edition, and in no text for people."""

import pytest

from definitions.figures import lengths_in
from definitions.wording import faults_of


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "Екі ай ішінде таңдаңыз"),
        ("kk", "екі жұмыс күні ішінде"),
        ("kk", "он төрт күннен кеш"),
        ("kk", "30 күндік мерзім"),
        ("kk", "Таңдаудың екі айы берілді"),
        ("ru", "Выберите в течение двух месяцев"),
        ("ru", "за тридцать дней"),
        ("ru", "не позже пятнадцати рабочих дней"),
        ("ru", "ответим в течение месяца"),
        ("ru", "через 10 дней"),
        ("en", "Choose within two months"),
        ("en", "in 14 calendar days"),
        ("en", "a thirty-day wait"),
        ("en", "is answered within a week"),
    ],
)
def test_a_length_of_time_is_found_in_figures_and_in_words(language: str, said: str) -> None:
    assert list(lengths_in(said, language))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "Мерзім: {choice:length}"),
        ("kk", "бірінші күні; бір мерзім жылжиды; 24:00-ге дейін, соңғы күні"),
        ("kk", "20.12.2001 жылғы заң"),
        ("ru", "до 24:00 последнего дня; приказ 2022 года; первый день; 1900–2199 годы"),
        ("ru", "двое сотрудников решают в этот день"),
        ("en", "two caseworkers; the first day; until 24:00; of 2022; {count} measures"),
        ("en", "A day on which one of two orders ends"),
    ],
)
def test_what_is_no_length_of_time_may_be_said(language: str, said: str) -> None:
    assert list(lengths_in(said, language)) == []


def test_a_text_that_says_what_an_edition_sets_is_a_fault_unless_an_act_says_it() -> None:
    said = {"kk": "Екі ай", "ru": "Два месяца", "en": "Two months"}
    texts = {language: {"notice.x.email_body": word} for language, word in said.items()}
    assert len([one for one in faults_of(texts) if "which an edition sets" in one]) == 3
    quoted = {language: {"law.article.sc_1": word} for language, word in said.items()}
    assert faults_of(quoted) == []
