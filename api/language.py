"""The language of an answer: one, or with `?languages=all` all three beside each other.

The gate notes what each request asks for; whoever writes an answer asks here for its words.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.types import Scope

from definitions.wording import FALLBACK, LANGUAGES, UnknownText, every_language, spoken

DEFAULT: Final = FALLBACK
EVERY: Final = "all"
# E-Собес passes on what it is told to people whose language it alone knows.
TOLD_ALL: Final = "/v1/esobes/"
PARAMETER: Final = {
    "name": "languages",
    "in": "query",
    "description": (
        "Texts in one language, or in all three beside each other; without it in the one that"
        " Accept-Language likes best"
    ),
    "schema": {"type": "string", "enum": [*LANGUAGES, EVERY]},
}

_ASKED: ContextVar[str] = ContextVar("the language of the answer", default=DEFAULT)


class Texts(BaseModel):
    """The same in three languages."""

    kk: str = Field(description="In Kazakh")
    ru: str = Field(description="In Russian")
    en: str = Field(description="In English")


Text = Annotated[
    str | Texts,
    Field(description="In the language of the answer; with `languages=all` in all three"),
]


def asked() -> str:
    """The language of the answer that is being written: kk, ru, en, a draft, or all."""
    return _ASKED.get()


def one_language() -> str:
    """The same where there is room for one only."""
    found = _ASKED.get()
    return DEFAULT if found == EVERY else found


def note(scope: Scope) -> None:
    """Remember what a request asks for, as long as it lasts."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("languages", [""])[-1]
    if given not in (*LANGUAGES, EVERY):
        said = Headers(scope=scope).get("accept-language")
        given = EVERY if scope["path"].startswith(TOLD_ALL) else liked(said)
    _ASKED.set(given)


def speak(language: str) -> None:
    """Answer in this language, whatever the request asked for: who reads a page has chosen one."""
    _ASKED.set(language)


def languages() -> tuple[str, ...]:
    """All that the answer is in; where a word has room for one text, the first of them."""
    first = one_language()
    every = _ASKED.get() == EVERY
    return (first, *(one for one in LANGUAGES if one != first)) if every else (first,)


def worded(texts: Mapping[str, str]) -> Any:
    """Of a text in several languages what the answer takes: one of them, or the three."""
    found = _ASKED.get()
    if found == EVERY:
        return {language: said for language, said in texts.items() if language in LANGUAGES}
    return told_in(texts, found)


def told_in(texts: Mapping[str, str], language: str) -> str:
    """Of a text in several languages the one asked for; what a draft lacks is said in Russian."""
    return texts.get(language) or texts[DEFAULT]


def said(code: str, **facts: object) -> Any:
    """The text of a code."""
    return worded(every_language(code, **facts))


def words(group: str, code: str) -> Any:
    """A label in the language of the answer; the code itself where nobody wrote one."""
    return worded(labels(group, code))


@cache
def labels(group: str, code: str) -> dict[str, str]:
    """A label in kk, ru and en."""
    try:
        return every_language(f"{group}.{code}")
    except UnknownText:
        return dict.fromkeys(LANGUAGES, code)


def liked(header: str | None) -> str:
    """The language that an Accept-Language header likes best, of those that are spoken."""
    best, weight = DEFAULT, 0.0
    for part in (header or "").split(",")[:20]:
        name, _, quality = part.partition(";")
        tag = name.strip().lower().partition("-")[0]
        wanted = _quality(quality)
        if tag in spoken() and wanted > weight:
            best, weight = tag, wanted
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
