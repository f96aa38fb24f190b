"""Rows, terms and values of the law in the words of three languages."""

from collections.abc import Iterable, Mapping

from definitions.citations import in_words, provisions
from definitions.wording import codes, sentence, text
from definitions.wording import length as in_time
from domain.process import Row, TermLength
from domain.terms.counting import Term


def label(code: str, language: str, **facts: object) -> str:
    """A word of the pages themselves."""
    return text(f"law.page.{code}", language, **facts)


def status(code: str, language: str) -> str:
    return text(f"status.{code}", language)


def message(row: Row, fires: Mapping[str, str], language: str) -> str:
    """What a row answers: a command, a notice of a system, or the end of a term (`Law.fires`)."""
    if row.on in fires:
        return label("term_over", language, term=text(f"law.term.{fires[row.on]}", language))
    known = f"law.message.{row.on}"
    return text(known if known in codes("law") else f"command.{row.on}", language)


def title(row: str, language: str) -> str:
    """The id of a row and what it is about: C1 The order is placed."""
    return f"{row} {text(f'law.row.{row}', language)}"


def actors(roles: Iterable[str], language: str) -> str:
    return ", ".join(text(f"law.actor.{role}", language) for role in roles)


def conditions(row: Row, language: str) -> list[str]:
    return [text(f"law.when.{name}", language) for name in row.when]


def guards(row: Row, language: str) -> list[str]:
    return [text(f"law.guard.{name}", language) for name in row.guards]


def effects(row: Row, language: str) -> list[str]:
    return [_effect(word, language) for word in row.effects]


def tasks(row: Row, language: str) -> list[str]:
    """On the desks of caseworkers, then of the commission."""
    return [text(f"task.{name}", language) for name in (*row.opens, *row.asks)]


def basis(cited: str, language: str) -> str:
    """Every article of a basis spelled out in full; what cites none as it is told elsewhere."""
    return "; ".join(in_words(one, language) for one in provisions(cited) or (cited,))


def length(written: str, language: str) -> str:
    """`10wd` in words; a value that is no length of time stays as it is."""
    try:
        term = Term.parse(written)
    except ValueError:
        return written
    return in_time(term, language)


def term_length(term: TermLength, language: str) -> str:
    """The length of a term with its reminders."""
    told = length(term.length, language)
    if not term.reminders:
        return told
    reminders = ", ".join(length(one, language) for one in term.reminders)
    return f"{told}; {label('reminders', language, lengths=reminders)}"


def _effect(word: str, language: str) -> str:
    kind, _, rest = word.partition(":")
    if kind != "tell":
        return text(f"law.effect.{kind}", language)
    code, _, audience = rest.partition(":")
    # The subject names the order where there is one; here it stands for any.
    subject = sentence(f"notice.{code}.email_subject", language, {"reference": "…"})
    whom = actors(audience.split(","), language)
    return text("law.effect.tell", language, whom=whom, subject=subject)
