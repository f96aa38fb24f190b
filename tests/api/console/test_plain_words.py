"""What pages say is words of people: no page of anybody says a code or a shape of data."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import pytest

from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden
from tests.api.console.test_desks import ADMIN, COMMISSION
from tests.api.console.test_parties import SUPPLIER
from tests.api.world import World
from tests.support.amount import SPOKEN
from tests.support.crawl import ELSEWHERE, PAPER, Seen, crawl, is_page, routes, words_of
from tests.support.standing import standing

Browsers = Callable[[], Browser]
PEOPLE: Final[dict[str, dict[str, Any] | None]] = {
    "nobody": None,
    "recipient": RECIPIENT,
    "supplier": SUPPLIER,
    "caseworker": CLERK,
    "commission": COMMISSION,
    "administrator": ADMIN,
}
# What is the same for everybody is looked at once.
SAME_FOR_ALL: Final = frozenset((PAPER, "/cases", "/cases/{reference}/dates/{period}/{term}"))
CODES: Final = re.compile(
    r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b[A-Z]+(?:_[A-Z0-9]+)+\b"  # names of programs
    r"|\bOZHB-\d{6,}\S*|\b[0-9a-f]{32,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-"  # keys
    r"|\b\d{4}-\d\d-\d\d(?:T\S+)?|\bPT?\d+[DHMY]\b"  # instants and lengths
    r"|\b(?:None|True|False|null|undefined|nan)\b|[{}]|\bpage\.[a-z]"
)
# Papers are checked by their codes, and what runs is told apart by its hash.
CODED: Final = frozenset((PAPER, "/systems"))
# What stands on a paper for anybody who checks it.
CHECKED: Final = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4})+\b")
LATIN: Final = re.compile(r"\b[a-zA-Z]{3,}\b")
# What is written in Latin letters whatever the language is.
KNOWN: Final = frozenset(
    (
        *(
            "ozhb",
            "English",
            "NCALayer",
            "CMS",
            "PDF",
            "JPEG",
            "PNG",
            "HEIC",
            "CSV",
            "XLSX",
            "ZIP",
            "toml",
            "json",
            "SMS",
        ),
        *("Temporal", "WCAG", "axe", "Chromium", "JavaScript", "NVDA", "JAWS", "VoiceOver"),
        *("TalkBack", "base", "com", "example", "aleumet", "egov", "mysal"),
        *("https", "Standard", "Webhooks"),
    )
)


@pytest.mark.long
@pytest.mark.parametrize("language", SPOKEN)
async def test_no_page_of_anybody_says_a_code(
    world: World, browser: Browsers, language: str
) -> None:
    cases = (await standing(world)).references
    found: dict[str, list[str]] = {}
    known: set[str] = set()
    pages: list[tuple[Browser, Seen]] = []
    for title, claims in PEOPLE.items():
        one = browser()
        one.http.cookies.set("ozhb_language", language)
        if claims:
            await one.sign_in(claims)
        for page in await crawl(one.open, "/", "/help", *beyond(title, cases), known=known):
            pages.append((one, page))
            if page.route in SAME_FOR_ALL:
                known.add(page.kind)
            if wrong := faults(page, page.answer, language):
                found[f"{title} {page.address} (from {page.source})"] = wrong
    assert found == {}
    led_to = {page.route for _, page in pages}
    lacking = {one.path for one in routes() if "GET" in (one.methods or ())} - led_to - ELSEWHERE
    assert lacking == set(), "no link of anybody leads there"
    for one, page in pages:
        if " required" in page.answer.text:
            told = await one.send(page.address, **hidden(page.answer.text))
            if told.status_code == 422 and (wrong := faults(page, told, language, 422)):
                found[page.address] = wrong
    shown = await pages[-1][0].send("/many", of="work", list="all=1", all="yes", counted="1")
    assert faults(pages[-1][1], shown, language) == []
    assert found == {}


def beyond(title: str, cases: Mapping[str, str]) -> tuple[str, ...]:
    """Where no link leads as long as nothing is stuck, and nobody needs a trustee's consent; and
    from a page of a closed case, of which another kind has been seen.
    """
    away = {
        "administrator": (
            f"/stuck/{cases['choosing']}/reset",
            f"/cases/{cases['declined']}/erasure",
            "/many",
        ),
        "recipient": (f"/cases/{cases['choosing']}/consent?period=1",),
    }
    return away.get(title, ())


def faults(page: Seen, answer: httpx.Response, language: str, status: int = 200) -> list[str]:
    """What is wrong with what a page says; a paper names the codes by which it is checked."""
    if answer.status_code != status:
        return [f"answered {answer.status_code}"]
    if not is_page(answer) or page.route in CODED:
        return []
    said = CHECKED.sub(" ", words_of(answer.text))
    found = [one.group() for one in CODES.finditer(said)]
    if language != "en":
        found += [one for one in LATIN.findall(said) if one not in KNOWN]
    return found
