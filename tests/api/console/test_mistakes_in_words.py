"""Mistakes told on pages are words of people: what to do, and never what data has to look like."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any, Final

import pytest

from api.console.forms import plainly
from api.mistakes import mistake_at
from definitions.wording import codes, text
from domain.parties.suppliers import REQUIRED
from tests.api.console.conftest import CLERK, RECIPIENT, Browser, hidden
from tests.api.console.test_desks import ADMIN, COMMISSION
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER
from tests.api.world import World
from tests.support.amount import EVERY_PAGE, SPOKEN
from tests.support.crawl import crawl, is_page, words_of
from tests.support.intake import iin
from tests.support.standing import standing

Browsers = Callable[[], Browser]
SHAPES: Final = re.compile(
    r"JSON|UUID|base64|\bPEM\b|PKCS|\bSHA\b|\bRSA\b|\(true\)|\(false\)|`|[YГЖ]{4}-"
    r"|\b[a-z]+_[a-z_]+|messageData|NOTIFICATION|\bpattern\b|\bstring\b|\binteger\b|\bobject\b"
    r"|\bparameter|[Пп]араметр|шестнадцатер|алтылық|hexadecimal|объект",
)
# Of the files of administrators, who write these codes there themselves.
OF_FILES: Final = frozenset(("mistake.unit_changed", "mistake.version_differs"))
# Nothing that anybody asks for in any field.
NONSENSE: Final[dict[str, str]] = {"textarea": "\u200b", "text": "\u200b", "search": "\u200b"}


@pytest.mark.parametrize("language", SPOKEN)
def test_what_says_how_data_looks_is_told_otherwise_on_pages(language: str) -> None:
    seen = 0
    for code in codes("mistake"):
        said = text_of(code, language)
        if not SHAPES.search(said) and not ("{expected}" in said and code not in OF_FILES):
            continue
        kind = code.removeprefix("mistake.").removesuffix("_expected")
        (told,) = plainly([{"code": kind, "pointer": "/quantity", "text": said}], language)
        assert told["text"] != said, code
        assert not SHAPES.search(told["text"]), code
        seen += 1
    assert seen > 15


def test_nothing_is_told_otherwise_that_nobody_tells() -> None:
    told = {code.removeprefix("plain_mistake.") for code in codes("plain_mistake")}
    known = {code.removeprefix("mistake.") for code in codes("mistake")}
    assert told - known == {"this", "address"}


def text_of(code: str, language: str) -> str:
    """A text with its facts as they are named in it."""
    source = files("definitions").joinpath("texts", f"{language}.toml").read_text("utf-8")
    told: str = tomllib.loads(source)["mistake"][code.removeprefix("mistake.")]
    return told


def test_a_mistake_names_its_field_in_words_or_not_at_all() -> None:
    known = mistake_at("account/iban", "not_allowed_value", allowed="a, b").to_json()
    (told,) = plainly([{**known, "text": known["text"]["en"]}], "en")
    assert told["text"] == "Account number: choose one of those that are offered."
    unknown = {"code": "wrong_type", "pointer": "/day/0/nobody_knows", "text": "nobody_knows"}
    (told,) = plainly([unknown], "en")
    assert told["text"].startswith("This field: this could not be read.")


@dataclass
class SentForm:
    """A form of a page: where it goes, and its fields with the kind of each."""

    action: str
    fields: list[tuple[str, str, str]]
    post: bool

    @property
    def asks(self) -> bool:
        """Whether there is anything to fill in."""
        return self.post and any(kind not in ("hidden", "submit") for _, kind, _ in self.fields)

    def empty(self) -> dict[str, str]:
        """As it goes with nothing filled in."""
        return {name: value for name, kind, value in self.fields if kind in ("hidden", "submit")}

    def nonsense(self) -> dict[str, str]:
        """As it goes with what nobody asked for in every field."""
        return self.empty() | {
            name: NONSENSE.get(kind, "zzz")
            for name, kind, _ in self.fields
            if kind not in ("hidden", "submit", "checkbox", "file")
        }


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[SentForm] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(SentForm(said.get("action", ""), [], said.get("method") == "post"))
            self.inside = True
        elif self.inside and "name" in said:
            kind = {"input": said.get("type", "text"), "button": "submit"}.get(tag, tag)
            self.found[-1].fields.append((said["name"], kind, said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def forms(page: str) -> Iterator[SentForm]:
    """The forms of a page that ask for something."""
    read = _Forms()
    read.feed(page)
    yield from (one for one in read.found if one.asks)


PEOPLE: Final[dict[str, dict[str, Any]]] = {
    "recipient": RECIPIENT,
    "supplier": SUPPLIER,
    "caseworker": CLERK,
    "commission": COMMISSION,
    "administrator": ADMIN,
}


@pytest.mark.long
async def test_no_form_sent_empty_or_with_nonsense_is_answered_with_the_shape_of_data(
    world: World, browser: Browsers
) -> None:
    cases = (await standing(world)).references
    beyond = {"administrator": (f"/stuck/{cases['choosing']}/reset",)}
    found: dict[str, list[str]] = {}
    told: set[str] = set()
    # Who is no official in every run, everybody in `make test-pages`.
    people = list(PEOPLE.items())[: None if EVERY_PAGE else 2]
    for title, claims in people:
        one = browser()
        await one.sign_in(claims)
        for page in await crawl(one.open, "/", *beyond.get(title, ())):
            if not is_page(page.answer):
                continue
            for form in forms(page.answer.text):
                for said in (form.empty(), form.nonsense()):
                    for language in SPOKEN:
                        one.http.cookies.set("ozhb_language", language)
                        where = form.action or page.address
                        answer = await one.send(where, **said)
                        assert answer.status_code != 500, (title, where, said)
                        if answer.status_code != 422 or not is_page(answer):
                            continue
                        told.add(page.route)
                        if wrong := SHAPES.findall(words_of(answer.text)):
                            found[f"{title} {where} {language}"] = wrong
    assert found == {}
    assert {"/cases/{reference}/sign/{command}", "/cases/{reference}/do/{command}"} <= told


@pytest.mark.parametrize("language", SPOKEN)
async def test_an_order_sent_empty_is_told_what_is_missing(
    world: World, browser: Browsers, language: str
) -> None:
    case = await world.choosing()
    world.offer()
    one = browser()
    await one.sign_in(RECIPIENT)
    one.http.cookies.set("ozhb_language", language)
    address = f"/cases/{reference_of(world, case)}/sign/place_order?period=1"
    sent = await one.send(address, **hidden((await one.open(address)).text))
    assert sent.status_code == 422
    said = words_of(sent.text)
    for field in ("offer_id", "quantity"):
        missing = text("mistake.required", language, field=text(f"form.{field}", language))
        assert missing in said, said
    assert not SHAPES.search(said)
    places = re.findall(r'href="#(f-[^"]+)"', sent.text)
    assert places, "each mistake leads to its field"
    assert all(f'id="{one}"' in sent.text for one in places)


@pytest.mark.parametrize("language", SPOKEN)
async def test_who_applies_without_proofs_is_told_which_lines_to_fill_in_and_no_codes(
    browser: Browsers, language: str
) -> None:
    one = browser()
    await one.sign_in({**SUPPLIER, "bin": "200140000030", "iin": iin(911)})
    one.http.cookies.set("ozhb_language", language)
    said = {"name": "ЖШС «Жаңа»", "phone": "+77010000033", "regions": "71"}
    sent = await one.send("/registration", **hidden((await one.open("/registration")).text), **said)
    assert sent.status_code == 422
    told = words_of(sent.text)
    assert text("plain_mistake.not_proven", language) in told
    assert [code for code in REQUIRED if "_" in code and code in told] == []
    assert not SHAPES.search(told)
