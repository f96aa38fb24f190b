"""The page of a certificate says in plain words, in three languages, why a term ends then."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from definitions.calendars import load_calendar, published_calendars
from definitions.citations import in_words
from definitions.editions import editions
from definitions.papers.certificate import certificate_page
from definitions.wording import LANGUAGES, codes
from domain.terms.certificates import document
from domain.terms.counting import RULES, Term, certify
from domain.terms.revisions import LINKS, RESUMING
from tests.domain.test_certificates import CHAIN, certificate

VOID = {"meta"}
# What stays as it is in every language: numbers of acts, codes, names of files.
UNTRANSLATED = re.compile(r"\b[IVX]+\b|verify_deadline\.py|JSON|kz-\d{4}-\d{2}|[a-z]+_[a-z_]+")


class Seen(HTMLParser):
    """The elements and the text of a page; every element must be closed by its own tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.words.append(data.strip())

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def full() -> dict[str, Any]:
    return certificate(
        event="notice_delivered", instant=datetime(2026, 1, 21, 5, tzinfo=UTC), chain=CHAIN
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_a_document_that_a_screen_reader_can_walk(language: str) -> None:
    seen = Seen(certificate_page([full(), certificate("2026-11-22")], language))
    assert ("html", {"lang": language}) in seen.tags
    assert (seen.count("h1"), seen.count("main"), seen.count("article")) == (2, 1, 2)
    assert seen.count("table") == seen.count("caption") == 4 + 2
    assert all(attrs.get("scope") in ("row", "col") for tag, attrs in seen.tags if tag == "th")
    assert seen.count("script") == 0
    assert not any("href" in attrs or "src" in attrs for _, attrs in seen.tags)


def test_a_page_says_the_day_the_hour_and_every_reason() -> None:
    words = " | ".join(Seen(certificate_page([certificate()], "ru")).words)
    for told in (
        "Последний день срока: 26 марта 2026 г., четверг. Он длится до 24:00 по времени Астаны.",
        "2 календарных месяца",
        "Социальный кодекс, статья 168, пункт 2",
        "27.03.2026 00:00:00",
        "21 марта 2026 г., суббота | Наурыз мейрамы",
        "Перенесено с выходного: Наурыз мейрамы",
        "Гражданский кодекс, статья 175, Административный процедурно-процессуальный кодекс, "
        "статья 76, пункт 5",
    ):
        assert told in words
    assert "Этот день еще может сдвинуться" not in words
    assert "Что изменилось потом" not in words


def test_a_page_says_that_the_day_may_still_move() -> None:
    words = Seen(certificate_page([certificate("2026-11-22")], "en")).words
    assert any(one.startswith("This day may still move") for one in words)
    assert "No day off was passed over." in words


def test_a_page_of_a_term_that_stands_still_names_no_last_day_in_its_heading() -> None:
    (heading,) = re.findall(
        '<p class="lead">(.*)</p>', certificate_page([certificate(chain=CHAIN[:2])], "en")
    )
    assert heading == "The term stands still. The new last day is named when it goes on."


def test_what_comes_out_of_a_certificate_is_escaped() -> None:
    attack = '<script>alert("1")</script>&'
    held = full()
    held["event"] = held["calendar"] = held["article"] = attack
    held["skipped"][0]["source"] = held["rules"][0]["article"] = attack
    held["chain"][0]["why"] = held["chain"][0]["article"] = attack
    page = certificate_page([held], "en")
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;") == 8


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("version", published_calendars())
def test_every_day_off_of_every_calendar_is_told_in_the_language_asked(
    version: str, language: str
) -> None:
    """Working days over all the years pass every day off there is."""
    calendar = load_calendar(version)
    spans = [date(year, month, 28) for year in range(2020, 2031) for month in (6, 12)]
    made = [
        document(certify(day, Term("wd", 140), calendar, "policy"), calendar, chain=CHAIN)
        for day in spans
        if day >= calendar.first
    ]
    told = " ".join(Seen(certificate_page(made, language)).words)
    assert re.findall(r"[A-Za-z]{2,}", UNTRANSLATED.sub("", told)) == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_basis_of_an_edition_is_told_in_the_language_asked(language: str) -> None:
    cited = {term.basis for edition in editions().values() for term in edition.terms.values()}
    for one in {*cited, *RULES.values(), "agreed in the order", "SC 168(2); CC 173-176"}:
        assert not re.search("[A-Za-z]", in_words(one, language)), one


def test_a_citation_that_is_not_known_stays_as_it_is() -> None:
    assert in_words("Decree of the Sultan, 3", "kk") == "Decree of the Sultan, 3"
    assert in_words("", "kk") == ""


def test_every_rule_of_counting_has_its_words() -> None:
    assert {f"certificate.rule.{rule}" for rule in RULES} == set(codes("certificate.rule"))


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_ground_that_a_case_names_is_told_in_words(language: str) -> None:
    laws = editions().values()
    halting = {row.event for law in laws for row in law.process.rows if row.pauses}
    events = LINKS.keys() | RESUMING | halting
    assert {f"certificate.ground.{event}" for event in events} == set(codes("certificate.ground"))
    held = full()
    for event in events:
        held["chain"][0]["why"] = f"{event}:kz-2027-01"
        assert event not in " ".join(Seen(certificate_page([held], language)).words)
