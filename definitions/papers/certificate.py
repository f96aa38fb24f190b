"""A deadline certificate as a paper: why a term ends when it ends, in kk, ru or en."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from definitions.citations import in_words
from definitions.papers.page import paper_page
from definitions.papers.sheet import Block, CheckMark, Code, Grid, Paragraph, PrintedPaper, Sheet
from definitions.wording import codes, length, sentence, text
from definitions.wording import day as short_day
from definitions.written import long_day
from domain.terms.counting import ZONE, Term

# What the first table shows, in its order; each shape says how a value is written.
_COUNTED: Final = {
    "event": "event",
    "instant": "instant",
    "start": "day",
    "term": "term",
    "article": "citation",
    "first_day": "day",
    "raw_last_day": "day",
    "last_day": "day",
    "expires_at": "instant",
    "calendar": "code",
}


def certificate_paper(
    document: Mapping[str, Any],
    languages: Sequence[str],
    about: str = "",
    check: CheckMark | None = None,
) -> PrintedPaper:
    """A certificate, as `document` of its term made it; `about` is the case by its reference.

    It is of the day on which its newest value was made, or on which the term began.
    """
    sheets = tuple(_sheet(document, one, about) for one in languages)
    changed = [datetime.fromisoformat(one["at"]) for one in document["chain"]]
    made_on = (
        changed[-1].astimezone(ZONE).date() if changed else date.fromisoformat(document["start"])
    )
    return PrintedPaper(sheets, made_on, check)


def certificate_page(documents: Sequence[Mapping[str, Any]], language: str) -> str:
    """One HTML document with several certificates, which nobody keeps."""
    sheets = tuple(_sheet(one, language, "") for one in documents)
    return paper_page(PrintedPaper(sheets, date.fromisoformat(documents[0]["start"])))


def _sheet(document: Mapping[str, Any], language: str, about: str) -> Sheet:
    last_day, chain = date.fromisoformat(document["last_day"]), document["chain"]
    until = text("certificate.until", language, day=long_day(last_day, language))
    paused = bool(chain) and chain[-1]["kind"] == "paused"
    remarks = ["provisional"] if document["provisional"] else []
    blocks: tuple[Block, ...] = (
        *(Paragraph(_label(one, language), apart=True) for one in remarks),
        _counted(document, language),
        _skipped(document["skipped"], language),
        _table("rules", ("applied", "basis"), (_rule(one, language) for one in document["rules"]),
               language),
        *((_chain(chain, language),) if chain else ()),
        Paragraph(text("certificate.check", language, calendar=document["calendar"])),
    )  # fmt: skip
    return Sheet(
        language,
        _label("title", language),
        blocks,
        text("printed.about", language, reference=about) if about else "",
        _label("paused", language) if paused else until,
    )


def _counted(document: Mapping[str, Any], language: str) -> Grid:
    rows = tuple(
        (_label(name, language), _shown(document[name], shape, language))
        for name, shape in _COUNTED.items()
        if name in document
    )
    return Grid(_label("counted", language), rows)


def _skipped(skipped: Sequence[Mapping[str, str]], language: str) -> Block:
    if not skipped:
        return Paragraph(_label("none_skipped", language))
    rows = (
        (
            _shown(one["day"], "day", language),
            day_off_reason(one["reason"], language),
            _shown(one["source"], "citation", language),
        )
        for one in skipped
    )
    return _table("skipped", ("day", "reason", "source"), rows, language)


def _rule(one: Mapping[str, str], language: str) -> tuple[str, str]:
    told = text(f"certificate.rule.{one['rule']}", language)
    return told, _shown(one["article"], "citation", language)


def _chain(chain: Sequence[Mapping[str, str]], language: str) -> Grid:
    shapes = {"at": "instant", "kind": "link", "from": "day", "to": "day", "why": "ground",
              "article": "citation"}  # fmt: skip
    rows = ([_shown(one[name], shape, language) for name, shape in shapes.items()] for one in chain)
    return _table("chain", ("at", "change", "from", "to", "why", "basis"), rows, language)


def _table(
    caption: str, columns: Sequence[str], rows: Iterable[Iterable[str]], language: str
) -> Grid:
    named = tuple(_label(name, language) for name in columns)
    return Grid(_label(caption, language), tuple(tuple(row) for row in rows), named)


def _shown(value: str, shape: str, language: str) -> str:
    match shape:
        case "day":
            return long_day(date.fromisoformat(value), language)
        case "instant":
            local = datetime.fromisoformat(value).astimezone(ZONE)
            return f"{short_day(local)} {local:%H:%M:%S}"
        case "term":
            return length(Term.parse(value), language)
        case "citation":
            return in_words(value, language)
        case "link":
            return text(f"certificate.link.{value}", language)
        case "ground":
            return ground_of_change(value, language)
        case "event" if f"happened.{value}" in codes("happened"):
            return text(f"happened.{value}", language)
        case "event" | "code":
            return Code(value)
    return value


def day_off_reason(reason: str, language: str) -> str:
    """A reason code in words: holiday:nauryz, carried_over:nauryz, transferred:2025-01-05."""
    kind, _, name = reason.partition(":")
    match kind:
        case "weekend":
            return text("day_off.weekend", language)
        case "transferred":
            return text("day_off.transferred", language, other=name)
        case "carried_over":
            named = text(f"day_off.{name}", language)
            return text("day_off.carried_over", language, name=named)
    return text(f"day_off.{name}", language)


def ground_of_change(why: str, language: str) -> str:
    """The ground of a change: a code of ours in words, and what somebody else wrote as it is."""
    code, _, calendar = why.partition(":")
    place = f"certificate.ground.{code}"
    if place not in codes("certificate.ground"):
        return why
    return sentence(place, language, {"calendar": calendar})


def _label(code: str, language: str) -> str:
    return text(f"certificate.{code}", language)
