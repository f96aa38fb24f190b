"""How pages look: templates, words, days and sums in the language of the reader."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.access import OFFICIALS
from api.console.visits import Visit, cookie_of
from api.labels import NAMES, area_name
from api.language import labels, liked
from api.problems import Problem, render
from definitions.papers.certificate import day_off_reason, ground_of_change
from definitions.wording import LANGUAGES, codes, length, text, volume
from definitions.written import long_day, moment, tenge, weekday
from domain.terms.counting import Term

LANGUAGE: Final = "ozhb_language"
EASY: Final = "ozhb_easy"
MEGABYTE: Final = 2**20
_AFTER_NUMBER: Final = re.compile(r"(?<=\d) (?=[^\W\d])")
HEADERS: Final = {
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Cookie, Accept-Language, HX-Request",
}
LOOK: Final = files("api.console").joinpath("static")
MEDIA: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


def language_of(request: Request) -> str:
    """The language that this browser has chosen, else the one that it likes best."""
    chosen = cookie_of(request.app.state.parts, request, LANGUAGE)
    if chosen in LANGUAGES:
        return chosen
    found = liked(request.headers.get("accept-language"))
    return found if found in LANGUAGES else LANGUAGES[0]


def is_easy(request: Request) -> bool:
    """Whether who reads has asked for short and plain sentences."""
    return cookie_of(request.app.state.parts, request, EASY) == "yes"


def page(
    request: Request, visit: Visit | None, name: str, *, status: int = 200, **facts: Any
) -> HTMLResponse:
    """A page from its template; what it says of people is escaped."""
    language = language_of(request)
    told = (
        _templates()
        .get_template(name)
        .render(
            language=language,
            languages=LANGUAGES,
            t=partial(_told, language),
            label=partial(_label, language),
            day=partial(_day, language),
            moment=partial(_moment, language),
            weekday=partial(_weekday, language),
            lasts=partial(_lasts, language),
            day_off=partial(_day_off, language),
            ground=partial(_ground, language),
            money=tenge,
            volume=partial(_volume, language),
            most_megabytes=request.app.state.parts.room.largest // MEGABYTE,
            article=partial(_article, language),
            place=partial(_place, language),
            visit=visit,
            officials=OFFICIALS,
            easy=is_easy(request),
            plain=partial(_plain, language, is_easy(request)),
            holds=getattr(request.state, "holds", ()),
            address=address_of(request),
            trail=trail_of(request),
            # Beside terms stands the clock of the law, beside what machines do that of the wall.
            now=visit and visit.now,
            wall=datetime.now(UTC),
            **facts,
        )
    )
    headers = {"Content-Security-Policy": _policy(request), "Content-Language": language}
    return HTMLResponse(told, status, {**HEADERS, **headers})


def say_in(request: Request) -> Callable[..., str]:
    """The texts of pages in the language of the reader."""
    return partial(_told, language_of(request))


def in_words(request: Request, problem: Problem) -> dict[str, Any]:
    """A problem of a page as the API would tell it."""
    told: dict[str, Any] = json.loads(bytes(render(problem, language_of(request)).body))
    return told


def address_of(request: Request) -> str:
    """Where somebody is, with what stands in the address after the path."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def trail_of(request: Request) -> str:
    """The list that a page was reached from, to be named by the pages that follow it."""
    asked = request.query_params
    kept = {name: asked[name] for name in ("list", "task", "due") if asked.get(name)}
    return urlencode(kept)


def _policy(request: Request) -> str:
    """Own files and nothing else, no script in a page; beside the portal only the own signer."""
    signer = urlsplit(request.app.state.parts.signer_address)
    reached = f" {signer.scheme}://{signer.netloc}" if signer.netloc else ""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
        f" connect-src 'self'{reached}; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _told(language: str, code: str, **facts: object) -> str:
    return text(f"page.{code}", language, **facts)


def _plain(language: str, easy: bool, code: str, usual: str) -> str:
    """What is said of something: in easy words for whom asks for them, where there are such."""
    known = easy and f"easy.{code}" in codes("easy")
    return text(f"easy.{code}", language) if known else usual


def _label(language: str, group: str, code: str) -> str:
    return labels(group, code)[language]


def _day(language: str, value: str | date) -> str:
    told = value if isinstance(value, date) else date.fromisoformat(value)
    return _on_one_line(long_day(told, language))


def _on_one_line(told: str) -> str:
    """A day stays with its month, and a year with the sign behind it."""
    return _AFTER_NUMBER.sub("\N{NO-BREAK SPACE}", told)


def _volume(language: str, count: int, measure: Mapping[str, Any]) -> str:
    """How much of a measure, in its unit."""
    unit = measure["unit"]
    known = f"printed.volume.{unit}.many" in codes("printed.volume")
    told = volume(count, unit, language) if known else f"{count} {measure['unit_label']}"
    return _on_one_line(told)


def _article(language: str, cited: str) -> str:
    return (NAMES["basis"](cited) or {}).get(language, cited)


def _place(language: str, beginning: str) -> str:
    return area_name(beginning)[language]


def _weekday(language: str, value: date) -> str:
    return weekday(value, language)


def _lasts(language: str, written: str) -> str:
    return length(Term.parse(written), language)


def _day_off(language: str, reason: str) -> str:
    return day_off_reason(reason, language)


def _ground(language: str, why: str) -> str:
    return ground_of_change(why, language)


def _moment(language: str, value: str | datetime) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return _on_one_line(moment(at, language))
