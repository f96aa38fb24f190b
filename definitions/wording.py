"""Words for people: texts by code and language, filled with named facts.

The texts stand in `texts/{kk,ru,en}.toml`; tables are joined with dots into a code. A file of
another language is a draft: what it lacks is said in Russian. A text names
its facts as `{count}`, `{until:date}` (a date or its ISO form, shown as 22.01.2027) or
`{shown:money}` (tiyn, shown as 285 000,00 тенге) or `{authority:genitive}` (a name in a grammatical
case) or `{named:own}` (words given in each language) or `{choice:length}` (how long a term is, as
an edition writes it: `P2M` is shown as 2 calendar months). Nothing else is allowed in braces.
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from string import Formatter

from definitions.figures import lengths_in
from domain.terms.counting import Term

LANGUAGES = ("kk", "ru", "en")
# In which what a draft lacks is said.
FALLBACK = "ru"
# Whom a case tells what they can do now.
READERS = ("recipient", "supplier", "caseworker", "commission")
SMS_LIMIT = 134  # two parts of 67 characters each; Cyrillic texts travel as UCS-2
LONGEST_NAME = 30
CURRENCY = {"kk": "теңге", "ru": "тенге", "en": "tenge"}
# A name that is declined is given as its forms; each language takes the one that it needs.
CASES = ("nominative", "genitive", "dative", "accusative")
SHAPES = ("", "date", "money", "own", "length", *CASES)
# The longest value that a fact of an SMS can take; an SMS may name no other facts.
LONGEST: Mapping[str, object] = {
    "count": 999,
    "until": date(2027, 12, 28),
    "reference": "W" * 16,
    "choice": "P12M",
    "objections": "12wd",
}


# These tell what an act itself says.
OF_THE_LAW = "law.article."


class UnknownText(LookupError):
    """No text of this code in this language."""


class WrongFact(ValueError):
    """A text was given other facts, or facts of another kind, than it names."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of plain words, then perhaps a fact in its shape."""

    words: str
    fact: str | None
    shape: str


@dataclass(frozen=True, slots=True)
class NoticeText:
    """One notice in one language, for each channel."""

    sms: str
    email_subject: str
    email_body: str


def text(code: str, language: str, **facts: object) -> str:
    """The sentence of a code; raises `UnknownText`, or `WrongFact` for other facts than its own."""
    language = _said_in(code, language)
    pieces = _pieces(code, language)
    named = {piece.fact for piece in pieces if piece.fact is not None}
    if named != facts.keys():
        raise WrongFact(f"{code} names {sorted(named)}, was given {sorted(facts)}")
    return _filled(pieces, language, facts)


def sentence(code: str, language: str, facts: Mapping[str, object]) -> str:
    """Like `text`, but takes of the facts only those that the text names (refusals, tasks)."""
    return text(code, language, **{name: facts[name] for name in facts_of(code) if name in facts})


def every_language(code: str, **facts: object) -> dict[str, str]:
    """The sentence of a code in kk, ru and en, and in every language that is a draft."""
    return {language: text(code, language, **facts) for language in spoken()}


def notice(code: str, language: str, **facts: object) -> NoticeText:
    """The texts of `notice.<code>`; each fact given must be named by at least one channel."""
    parts = [f"notice.{code}.{part}" for part in NoticeText.__slots__]
    if surplus := facts.keys() - notice_facts(code):
        raise WrongFact(f"notice.{code} does not name {sorted(surplus)}")
    return NoticeText(*(sentence(part, language, facts) for part in parts))


def for_another(told: NoticeText, who: str, language: str) -> NoticeText:
    """A notice as it goes to a representative: it says first whom it is about.

    An SMS may so take a third part.
    """
    return NoticeText(
        text("addressee.short", language, who=who[:LONGEST_NAME], text=told.sms),
        told.email_subject,
        text("addressee.long", language, who=who, text=told.email_body),
    )


def notice_facts(code: str) -> frozenset[str]:
    """The facts that `notice.<code>` needs over all its channels."""
    parts = (f"notice.{code}.{part}" for part in NoticeText.__slots__)
    return frozenset().union(*(facts_of(part) for part in parts))


@cache
def drafts() -> tuple[str, ...]:
    """The languages beside kk, ru and en of which there is a file, be it as short as it may."""
    names = (one.name for one in files("definitions").joinpath("texts").iterdir())
    known = {name.removesuffix(".toml") for name in names if name.endswith(".toml")}
    return tuple(sorted(known - {*LANGUAGES}))


@cache
def spoken() -> tuple[str, ...]:
    """Every language in which something is said."""
    return (*LANGUAGES, *drafts())


def missing(language: str) -> list[str]:
    """The codes of texts that a language lacks."""
    return [code for code in codes() if code not in _texts(language)]


def _said_in(code: str, language: str) -> str:
    """The language itself, or of a draft that lacks the text the one that stands in for it."""
    return FALLBACK if language in drafts() and code not in _texts(language) else language


@cache
def facts_of(code: str) -> frozenset[str]:
    """The facts that a text names; the same in every language."""
    return frozenset(piece.fact for piece in _pieces(code, LANGUAGES[0]) if piece.fact is not None)


@cache
def codes(group: str = "") -> tuple[str, ...]:
    """Every code, or those below a group: `codes("status")`."""
    known = _texts(LANGUAGES[0])
    return tuple(code for code in known if not group or code.startswith(f"{group}."))


def money(tiyn: int, language: str) -> str:
    """A sum as people write it: 285 000,00 тенге; no-break spaces keep it on one line."""
    tenge, rest = divmod(abs(tiyn), 100)
    grouped = f"{tenge:,}".replace(",", "\N{NO-BREAK SPACE}")
    sign = "-" if tiyn < 0 else ""
    return (
        f"{sign}{grouped},{rest:02d}\N{NO-BREAK SPACE}{CURRENCY.get(language, CURRENCY[FALLBACK])}"
    )


def length(term: Term, language: str) -> str:
    """How long a term is: 2 calendar months, 10 working days."""
    language = _said_in(f"certificate.length.{term.kind}.many", language)
    form = _plural(term.amount, language)
    return text(f"certificate.length.{term.kind}.{form}", language, count=term.amount)


def volume(count: int, unit: str, language: str) -> str:
    """How much of an aid or a service: 1 piece, 1440 hours. KeyError for a unit without a name."""
    return text(f"printed.volume.{unit}.{_plural(count, language)}", language, count=count)


def _plural(count: int, language: str) -> str:
    """The form of a noun beside a whole number, by the rules of the CLDR."""
    last, teens = count % 10, count % 100 in range(11, 15)
    match language:
        case "en":
            return "one" if count == 1 else "many"
        case "ru" if last == 1 and not teens:
            return "one"
        case "ru" if last in range(2, 5) and not teens:
            return "few"
        case _:
            return "many"


def day(value: date) -> str:
    """A day as it is written in all three languages: 22.01.2027."""
    return f"{value:%d.%m.%Y}"


def prove_texts() -> list[str]:
    """Every problem of the text files in a sentence; an empty list proves them."""
    official = {language: _texts(language) for language in LANGUAGES}
    return [
        *faults_of(official),
        *(
            fault
            for one in drafts()
            for fault in draft_faults(one, _texts(one), official[FALLBACK])
        ),
    ]


def draft_faults(language: str, texts: Mapping[str, str], model: Mapping[str, str]) -> list[str]:
    """What is wrong with the texts that a draft has; that it lacks others is no fault."""
    problems = []
    for code, template in texts.items():
        found = [*_faults(code, template, language)] if code in model else ["is no code of a text"]
        if not found and _named(template) != _named(model[code]):
            found = [f"does not name the same facts as in {FALLBACK}.toml"]
        problems += [f"{language}.toml: {code} {fault}" for fault in found]
    return problems


def faults_of(known: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Every problem of texts by language and code, in sentences."""
    every = sorted(set().union(*known.values()))
    problems = [
        f"{language}.toml: {code} is missing"
        for code in every
        for language in known
        if code not in known[language]
    ]
    for language, texts in known.items():
        for code, template in texts.items():
            found = _faults(code, template, language)
            problems += [f"{language}.toml: {code} {fault}" for fault in found]
    if not problems:
        problems = [
            f"{code} does not name the same facts in every language"
            for code in every
            if len({frozenset(_named(texts[code])) for texts in known.values()}) > 1
        ]
    return problems


def _faults(code: str, template: str, language: str) -> Iterator[str]:
    if not template.strip() or template != template.strip():
        yield "is empty or has blanks around it"
    if not unicodedata.is_normalized("NFC", template):
        yield "is not in Unicode normal form C"
    mixed = sorted(word for word in template.split() if _mixes_scripts(word))
    if mixed:
        yield f"mixes Latin and Cyrillic letters in: {' '.join(mixed)}"
    try:
        pieces = _parsed(template)
    except WrongFact as error:
        yield str(error)
        return
    if code.endswith(".sms"):
        yield from _sms_faults(pieces, language)
    if language in LANGUAGES and not code.startswith(OF_THE_LAW):
        yield from (
            f"says how long a term is, which an edition sets: {found}"
            for found in lengths_in(template, language)
        )


def _sms_faults(pieces: tuple[Piece, ...], language: str) -> Iterator[str]:
    strange = sorted({piece.fact for piece in pieces if piece.fact} - LONGEST.keys())
    if strange:
        yield f"names facts that no SMS may carry: {' '.join(strange)}"
        return
    length = len(_filled(pieces, language, LONGEST))
    if length > SMS_LIMIT:
        yield f"is {length} characters long, an SMS has {SMS_LIMIT}"


def _mixes_scripts(word: str) -> bool:
    """A Latin look-alike inside a Cyrillic word breaks search and reading aloud."""
    runs = "".join(sign if sign.isalpha() else " " for sign in word).split()
    scripts = [{unicodedata.name(sign).split()[0] for sign in run} for run in runs]
    return any({"LATIN", "CYRILLIC"} <= found for found in scripts)


def _named(template: str) -> set[tuple[str, str]]:
    """Facts with their kinds; which case of a name is taken is a matter of the language."""
    pieces = [piece for piece in _parsed(template) if piece.fact is not None]
    kinds = ("case" if piece.shape in CASES else piece.shape for piece in pieces)
    return {(piece.fact or "", kind) for piece, kind in zip(pieces, kinds, strict=True)}


def _filled(pieces: tuple[Piece, ...], language: str, facts: Mapping[str, object]) -> str:
    return "".join(
        piece.words if piece.fact is None else piece.words + _shown(piece, language, facts)
        for piece in pieces
    )


def _shown(piece: Piece, language: str, facts: Mapping[str, object]) -> str:
    value = facts[piece.fact or ""]
    match piece.shape, value:
        case "date", date():
            return day(value)
        case "date", str():
            return day(_date(piece, value))
        case "length", str():
            return length(_term(piece, value), language)
        case "own", Mapping():
            return str(value[language] if language in value else value[FALLBACK])
        case case, Mapping() if case in value:
            return str(value[case])
        case "money", int() if not isinstance(value, bool):
            return money(value, language)
        case "", str() | int() if not isinstance(value, bool):
            return str(value)
    raise WrongFact(f"{piece.fact} cannot be shown as {piece.shape or 'words'}")


def _term(piece: Piece, value: str) -> Term:
    try:
        return Term.parse(value)
    except ValueError:
        raise WrongFact(f"{piece.fact} is not a length of time") from None


def _date(piece: Piece, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        # The value itself stays out of the exception: it may be personal.
        raise WrongFact(f"{piece.fact} is not a date") from None


def _pieces(code: str, language: str) -> tuple[Piece, ...]:
    try:
        return _compiled(language)[code]
    except KeyError:
        raise UnknownText(f"{code} in {language}") from None


@cache
def _compiled(language: str) -> dict[str, tuple[Piece, ...]]:
    return {code: _parsed(template) for code, template in _texts(language).items()}


def _parsed(template: str) -> tuple[Piece, ...]:
    """A template in pieces; raises `WrongFact` unless braces hold a name and a known shape."""
    try:
        cut = list(Formatter().parse(template))
    except ValueError as error:
        raise WrongFact(f"has broken braces: {error}") from None
    for _, fact, shape, conversion in cut:
        if fact is not None and (not fact.isidentifier() or conversion or shape not in SHAPES):
            raise WrongFact(f"has something else than a fact in braces: {fact}")
    return tuple(Piece(words, fact, shape or "") for words, fact, shape, _ in cut)


@cache
def _texts(language: str) -> dict[str, str]:
    if language not in spoken():
        raise UnknownText(f"any text in {language}")
    source = files("definitions").joinpath("texts", f"{language}.toml")
    return dict(_flat(tomllib.loads(source.read_text("utf-8")), ""))


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            yield f"{prefix}{name}", value
        else:
            raise TypeError(f"{prefix}{name} is no text")
