"""A paper says the same as a page and as a PDF, and nobody makes it say anything else."""

import json
import re
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from definitions.editions import title_of
from definitions.papers.certificate import certificate_paper
from definitions.papers.decided import Decider, decision_paper
from definitions.papers.page import paper_page
from definitions.papers.pdf import DRAWN, LOST, draw, input_of
from definitions.papers.sheet import CheckMark, Code, Grid, Paragraph, PrintedPaper, Sheet
from definitions.papers.signed import Beside, Signatory, account_paper, application_paper
from definitions.wording import CASES, LANGUAGES, volume
from definitions.written import long_day, tenge
from domain.case.application import AccountText, ApplicationText, account_bytes, application_bytes
from tests.domain.test_certificates import CHAIN, certificate
from tests.support.papers import address_in, read_pdf, squeezed, words_of_page, words_of_pdf

KAZAKH = "ӘәІіҢңҒғҮүҰұҚқӨөҺһ"
# All that is let through to the fonts.
LETTERS = [one for one in map(chr, range(32, 0x3000)) if re.fullmatch(f"[{DRAWN}]", one)]
DAY = date(2026, 11, 29)
ADDRESS = "https://portal.example/check/OZ000000018-0000-1111-2222-3333"
MARK = CheckMark(ADDRESS, "ab" * 32)
SAID = ApplicationText(
    case_reference="OZ000000018",
    period=1,
    order=2,
    version=3,
    programme_number="ИПР-71-0001",
    measure_id="M-0001-01",
    recipient_iin="000101500011",
    supplier="200140000014",
    authority_bin="200140900011",
    item="MOBILITY-WHEELCHAIR-OUTDOOR",
    quantity=4,
    unit_price=30_000_050,
    unit_sum=28_500_000,
    catalogue="2026-11",
    edition="social-code",
    companion_sum=14_250_000,
)
AUTHORITY = {one: {case: f"Орган {one} {case}" for case in CASES} for one in LANGUAGES}
SIGNED = Signatory("recipient", "ТЕСТОВА ӘЙГЕРІМ", datetime(2026, 11, 29, 20, tzinfo=UTC), True)
BESIDE = Beside(
    "OZ000000018",
    "ab" * 32,
    "ЖШС «Үлгі»",
    AUTHORITY,
    {one: f"Кресло-арба {one}" for one in LANGUAGES},
    "PIECE",
    (SIGNED,),
    check=MARK,
)
DECISION: dict[str, Any] = {
    "document": "decision",
    "about": "refusal",
    "case": "OZ000000018",
    "period": 1,
    "on": "2026-11-29",
    "authority_bin": "200140900011",
    "edition": "social-code",
    "ground": "not_delivered",
    "texts": {one: {"title": f"Шешім {one}", "text": f"Мәтін {one}.\n\nЕкі."} for one in LANGUAGES},
}
DECIDED = (Decider("caseworker", "А. Омаров"), Decider("caseworker", None))


def saying(*words: str, language: str = "kk") -> PrintedPaper:
    """A paper of some paragraphs."""
    return PrintedPaper((Sheet(language, "Құжат", tuple(map(Paragraph, words))),), DAY)


def drawn(paper: PrintedPaper) -> bytes:
    return draw(input_of(paper))


def every_kind(language: str) -> dict[str, PrintedPaper]:
    spoken = (language,)
    account = AccountText("cd" * 32, "200140000014", "KZ86125KZT5004100100", "KKMFKZ2A")
    held = certificate(chain=CHAIN, instant=datetime(2026, 1, 21, 5, tzinfo=UTC))
    return {
        "application": application_paper(json.loads(application_bytes(SAID)), spoken, BESIDE, DAY),
        "account": account_paper(json.loads(account_bytes(account)), spoken, BESIDE, DAY),
        "decision": decision_paper(DECISION, spoken, DECIDED, AUTHORITY, MARK),
        "certificate": certificate_paper(held, spoken, "OZ000000018", MARK),
    }


def facts_in(paper: PrintedPaper) -> list[str]:
    """Whatever its sheets say, bit by bit."""
    found = []
    for sheet in paper.sheets:
        found += [sheet.title, sheet.issuer, sheet.lead]
        for block in sheet.blocks:
            if isinstance(block, Grid):
                found += [
                    block.caption,
                    *block.columns,
                    *(one for row in block.rows for one in row),
                ]
            else:
                found += block.text.split("\n")
    return [squeezed(one) for one in found]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", every_kind("kk"))
def test_page_and_pdf_say_the_same(kind: str, language: str) -> None:
    paper = every_kind(language)[kind]
    on_page, in_pdf = words_of_page(paper_page(paper)), words_of_pdf(drawn(paper))
    for one in facts_in(paper):
        assert one in on_page
        assert one in in_pdf
    assert MARK.sha256 in on_page
    assert MARK.sha256 in in_pdf


def test_an_application_says_all_that_is_signed() -> None:
    told = json.loads(application_bytes(SAID))
    told["edition"] = title_of(SAID.edition, "ru")
    sums = ("unit_price", "unit_sum", "companion_sum", "amount")
    words = words_of_pdf(drawn(every_kind("ru")["application"]))
    for name, value in told.items():
        if name not in ("document", "currency"):
            assert squeezed(tenge(value) if name in sums else str(value)) in words, name
    assert "Доплатаполучателя" + squeezed(tenge(SAID.co_payment)) in words
    assert "Кому:Органrudative" in words
    assert "ТЕСТОВАӘЙГЕРІМ30ноября2026г.,понедельник,01:00Подписьверна" in words


@pytest.mark.parametrize("kind", every_kind("kk"))
def test_a_pdf_can_be_read_aloud(kind: str) -> None:
    content = drawn(every_kind("kk")[kind])
    root: Any = read_pdf(content).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "kk"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert address_in(content) == ADDRESS


def test_the_letters_of_kazakh_and_the_sign_of_the_tenge_are_drawn() -> None:
    content = drawn(saying(KAZAKH, tenge(28_500_000), "№ «—» …"))
    assert words_of_pdf(content) == f"Құжат{KAZAKH}285000₸№«—»…"
    # Each page names its fonts, which are in the file: nothing is left to the reader's machine.
    page: Any = read_pdf(content).pages[0]
    fonts = [one.get_object() for one in page["/Resources"]["/Font"].values()]
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & inner.keys()


def test_every_letter_that_is_let_through_has_its_glyph() -> None:
    """A letter without one would be an error of the standard."""
    assert set(KAZAKH) <= set(LETTERS)
    words = [" ".join(LETTERS[at : at + 40]) for at in range(0, len(LETTERS), 40)]
    assert drawn(saying(*words)).startswith(b"%PDF")


@pytest.mark.parametrize(
    "said",
    [
        '#import "/etc/passwd": x',
        "#read(\"/etc/passwd\") #panic() #include 'x'",
        "] ) } #[ $x^2$ `raw` *b* _i_ = h - l + n @ref <label> // c /* d */ \\u{41} ~",
        "<script>alert(1)</script> & &amp; \"quoted\" 'also' {braces} %s {0}",
        "שלום עולם مرحبا بالعالم",
    ],
)
def test_what_people_write_is_never_run(said: str) -> None:
    paper = saying(said, "соңы")
    content, page = drawn(paper), paper_page(paper)
    assert "<script>" not in page
    assert squeezed(said) in words_of_page(page)
    seen = words_of_pdf(content)
    assert "соңы" in seen
    if said.isascii():
        assert squeezed(said) in seen


def test_a_letter_that_no_font_has_leaves_a_mark_and_stands_on_the_page() -> None:
    paper = saying("жақсы 中文 😀 \0\x07 бітті")
    assert words_of_pdf(drawn(paper)) == f"Құжатжақсы{LOST * 2}{LOST}{LOST * 2}бітті"
    assert "中文 😀" in paper_page(paper)


def test_letters_of_many_fonts_stand_beside_each_other() -> None:
    """Found one after the other they are all found, whatever stands between them."""
    chance = Random(7)
    mixed = ["".join(chance.choices(LETTERS, k=200)) for _ in range(300)]
    grid = Grid("Кесте", tuple((one[:50], Code(one[50:90])) for one in mixed))
    paper = PrintedPaper((Sheet("kk", "Құжат", (*map(Paragraph, mixed), grid)),), DAY)
    assert drawn(paper).startswith(b"%PDF")


def test_no_letter_that_is_not_seen_turns_a_paper_about() -> None:
    turned = "сома \u202e000 1\u202c \u2066теңге\u2069 \u200f"
    assert words_of_pdf(drawn(saying(turned))) == "Құжатсома0001теңге"
    assert "\u202e" not in paper_page(saying(turned))


def test_a_word_without_end_stays_on_the_paper() -> None:
    content = drawn(saying("ұ" * 3000, "соңы"))  # and one in the title
    assert words_of_pdf(content).count("ұ") == 3001
    lines = [one for page in read_pdf(content).pages for one in page.extract_text().splitlines()]
    assert max(map(len, lines)) < 120


def test_the_same_paper_is_the_same_file_and_is_of_its_own_day() -> None:
    first, again = drawn(every_kind("kk")["application"]), drawn(every_kind("kk")["application"])
    assert first == again
    assert read_pdf(first).metadata == {
        "/Title": "Кепілдік берілген соманы өтеу туралы өтініш",
        "/Author": "ozhb",
        "/Creator": read_pdf(first).metadata["/Creator"],  # type: ignore[index]  # it is there
        "/CreationDate": "D:20261129000000Z",
        "/ModDate": "D:20261129000000Z",
    }
    assert first != drawn(every_kind("ru")["application"])


@pytest.mark.parametrize(
    ("asked", "languages"),
    [(("kk",), "kk ru"), (("ru",), "kk ru"), (("en",), "kk ru en"), (LANGUAGES, "kk ru en")],
)
def test_a_state_body_writes_in_the_state_language_and_in_russian(
    asked: tuple[str, ...], languages: str
) -> None:
    paper = decision_paper(DECISION, asked, DECIDED, AUTHORITY, MARK)
    assert [one.language for one in paper.sheets] == languages.split()
    assert paper.title == " / ".join(f"Шешім {one}" for one in languages.split())
    page = paper_page(paper)
    assert [f'<article lang="{one}">' in page for one in LANGUAGES[: len(paper.sheets)]]
    assert paper.sheets[0].issuer == "Орган kk nominative"
    (grid,) = (one for one in paper.sheets[0].blocks if isinstance(one, Grid))
    told = {row[0]: row[1] for row in grid.rows}
    official = "жергілікті атқарушы органның қызметкері"
    assert told["Шешімді бірінші қабылдаған"] == f"А. Омаров, {official}"
    assert told["Шешімді растаған"] == official, "of whom no name may be told"
    concluded = decision_paper({**DECISION, "document": "conclusion"}, asked, [], AUTHORITY, MARK)
    assert concluded.sheets[1].issuer == "Комиссия портала социальных услуг"


def test_a_draft_says_that_it_is_one_and_has_no_mark() -> None:
    told = json.loads(application_bytes(SAID))
    paper = application_paper(told, ("ru",), Beside("OZ000000018", "cd" * 32), DAY)
    assert "Это проект." in paper_page(paper)
    assert f"Хеш SHA-256 документа: {'cd' * 32}" in paper_page(paper)
    assert "<svg" not in paper_page(paper)
    assert b"/URI" not in drawn(paper)


def test_days_and_sums_are_written_as_people_write_them() -> None:
    day = date(2027, 1, 28)
    assert long_day(day, "kk") == "28 қаңтар 2027 ж., бейсенбі"
    assert long_day(day, "ru") == "28 января 2027 г., четверг"
    assert long_day(day, "en") == "Thursday, 28 January 2027"
    assert tenge(28_500_000) == "285\u202f000\u00a0₸"
    assert tenge(-150) == "−1,50\u00a0₸"
    assert tenge(0) == "0\u00a0₸"


def test_how_much_of_an_aid_is_told_in_the_form_that_a_number_asks_for() -> None:
    told = [volume(count, "HOUR", "ru") for count in (1, 3, 11, 1440)]
    assert told == ["1 час", "3 часа", "11 часов", "1440 часов"]
    assert [volume(count, "PIECE", "en") for count in (1, 2)] == ["1 piece", "2 pieces"]
    assert volume(2, "PAIR", "kk") == "2 жұп"


def test_a_hash_in_a_table_may_be_copied_from_the_page() -> None:
    grid = Grid("К", (("хеш", Code("cd" * 32)),))
    assert f"<code>{'cd' * 32}</code>" in paper_page(
        PrintedPaper((Sheet("kk", "Құжат", (grid,)),), DAY)
    )
