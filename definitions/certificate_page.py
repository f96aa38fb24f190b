"""A deadline certificate as a page for people, in kk, ru or en: plain HTML that needs no script."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any, Final

from definitions.citations import in_words
from definitions.wording import codes, length, sentence, text
from definitions.wording import day as written
from domain.terms.counting import ZONE, Term

_STYLE: Final = """
body { font: 1rem/1.5 system-ui, sans-serif; color: #111; background: #fff; margin: 0 auto;
  padding: 1rem; max-width: 52rem; }
article { border-top: 2px solid #111; padding-top: 1rem; margin-top: 2rem; }
h2 { font-size: 1.25rem; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; }
caption { text-align: left; font-weight: bold; padding: .25rem 0; }
th, td { border: 1px solid #666; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { font-weight: 600; background: #f2f2f2; }
.note { border-left: .3rem solid #8a4b00; padding-left: .8rem; }
code { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; }
  article { break-before: page; } article:first-of-type { break-before: auto; }
  .wide { overflow: visible; } tr, .note { break-inside: avoid; } caption { break-after: avoid; } }
"""
_WEEKDAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# What the first table shows, in its order; each shape says how a value is written.
_COUNTED: Final = {
    "event": "code",
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


def certificate_page(documents: Sequence[Mapping[str, Any]], language: str) -> str:
    """One HTML document with all the certificates, each as `document` of its terms made it.

    Everything that comes out of a certificate is escaped.
    """
    title = _label("title", language)
    return "\n".join((
        "<!doctype html>",
        f'<html lang="{language}">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style></head>",
        f"<body><main><h1>{title}</h1>",
        *(_article(one, language) for one in documents),
        "</main></body></html>",
    ))  # fmt: skip


def _article(document: Mapping[str, Any], language: str) -> str:
    last_day, chain = date.fromisoformat(document["last_day"]), document["chain"]
    weekday = text(f"certificate.weekday.{_WEEKDAYS[last_day.weekday()]}", language)
    until = text("certificate.until", language, last_day=last_day, weekday=weekday)
    paused = bool(chain) and chain[-1]["kind"] == "paused"
    return "\n".join((
        f"<article><h2>{_label('paused', language) if paused else escape(until)}</h2>",
        _note("provisional", language) if document["provisional"] else "",
        _counted(document, language),
        _skipped(document["skipped"], language),
        _table("rules", ("applied", "basis"), (_rule(one, language) for one in document["rules"]),
               language),
        _chain(chain, language) if chain else "",
        f"<p>{escape(text('certificate.check', language, calendar=document['calendar']))}</p>",
        "</article>",
    ))  # fmt: skip


def _counted(document: Mapping[str, Any], language: str) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{_label(name, language)}</th>'
        f"<td>{_shown(document[name], shape, language)}</td></tr>"
        for name, shape in _COUNTED.items()
        if name in document
    )
    return _wide("counted", f"<tbody>\n{rows}\n</tbody>", language)


def _skipped(skipped: Sequence[Mapping[str, str]], language: str) -> str:
    if not skipped:
        return f"<p>{_label('none_skipped', language)}</p>"
    rows = (
        (
            _shown(one["day"], "day", language),
            escape(_reason(one["reason"], language)),
            _shown(one["source"], "citation", language),
        )
        for one in skipped
    )
    return _table("skipped", ("day", "reason", "source"), rows, language)


def _rule(one: Mapping[str, str], language: str) -> tuple[str, str]:
    told = text(f"certificate.rule.{one['rule']}", language)
    return escape(told), _shown(one["article"], "citation", language)


def _chain(chain: Sequence[Mapping[str, str]], language: str) -> str:
    shapes = {"at": "instant", "kind": "link", "from": "day", "to": "day", "why": "ground",
              "article": "citation"}  # fmt: skip
    rows = ([_shown(one[name], shape, language) for name, shape in shapes.items()] for one in chain)
    return _table("chain", ("at", "change", "from", "to", "why", "basis"), rows, language)


def _table(
    caption: str, columns: Sequence[str], rows: Iterable[Iterable[str]], language: str
) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{_label(name, language)}</th>' for name in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return _wide(caption, f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>", language)


def _wide(caption: str, content: str, language: str) -> str:
    """A table that a narrow screen scrolls by itself, with the keyboard too."""
    label = _label(caption, language)
    return (
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0">'
        f"<table><caption>{label}</caption>\n{content}</table></div>"
    )


def _shown(value: str, shape: str, language: str) -> str:
    match shape:
        case "day":
            found = date.fromisoformat(value)
            weekday = text(f"certificate.weekday.{_WEEKDAYS[found.weekday()]}", language)
            return f'<time datetime="{found}">{written(found)}, {escape(weekday)}</time>'
        case "instant":
            local = datetime.fromisoformat(value).astimezone(ZONE)
            shown = f"{written(local)} {local:%H:%M:%S}"
            return f'<time datetime="{escape(value)}">{shown}</time>'
        case "term":
            return escape(length(Term.parse(value), language))
        case "citation":
            return escape(in_words(value, language))
        case "link":
            return escape(text(f"certificate.link.{value}", language))
        case "ground":
            return escape(_ground(value, language))
        case "code":
            return f"<code>{escape(value)}</code>"
    return escape(value)


def _reason(reason: str, language: str) -> str:
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


def _ground(why: str, language: str) -> str:
    """The ground of a change: a code of ours in words, and what somebody else wrote as it is."""
    code, _, calendar = why.partition(":")
    place = f"certificate.ground.{code}"
    if place not in codes("certificate.ground"):
        return why
    return sentence(place, language, {"calendar": calendar})


def _note(code: str, language: str) -> str:
    return f'<p class="note">{_label(code, language)}</p>'


def _label(code: str, language: str) -> str:
    return escape(text(f"certificate.{code}", language))
