"""Rows of the process spelled out for a page, and what the tests prove of them."""

from cli.law.markdown import heading, table
from cli.law.sources import EVERYWHERE, LawSources
from cli.law.words import (
    actors,
    basis,
    conditions,
    effects,
    guards,
    label,
    message,
    status,
    tasks,
    title,
)
from definitions.wording import text
from domain.process import BOOKKEEPING, Row


def rows_in_words(law: LawSources, rows: list[Row], language: str) -> list[str]:
    """Each row under a heading of its own, in words and by the names of the definitions."""
    lines = heading(2, label("rows", language))
    for row in rows:
        lines += heading(3, f"{title(row.id, language)}: {message(row, law.fires, language)}")
        lines += [f"- {label(name, language)}: {told}" for name, told in _facts(row, language)]
        lines += [
            f"- {label('basis_in', language, edition=one.title[language])}: "
            f"{_basis(row, one.citing, language)}"
            for one in law.editions
        ]
        lines.append("")
    return lines


def acceptance(law: LawSources, rows: list[Row], language: str, root: str) -> list[str]:
    """The tests of these rows; `root` is the way from the page to the root of the check-out."""
    ids = [one for one in dict.fromkeys(row.id for row in rows) if one != BOOKKEEPING]
    if not ids:
        return []
    cells = []
    for one in ids:
        proofs = law.proofs.get(one, ())
        cells += [[one, p.sentence, f"[{p.file}]({root}/{p.file})"] for p in proofs]
        cells += [] if proofs else [[one, f"*{label('open_point', language)}*", ""]]
    head = [label(name, language) for name in ("row", "test", "file")]
    return [
        *heading(2, label("acceptance", language)),
        *[label("english_tests", language), ""],
        *table(head, cells),
    ]


def _facts(row: Row, language: str) -> list[tuple[str, str]]:
    """What there is to say of a row, by the label it stands under."""
    to = f"{status(row.to, language)} `{row.to}`" if row.to else label("same", language)
    starts = [text(f"law.term.{name}", language) for name in row.starts]
    facts = [
        ("message", f"`{row.on}`"),
        ("who", actors(row.by, language)),
        ("from", "; ".join(_source(code, language) for code in row.source)),
        ("to", to),
        ("when", _coded(conditions(row, language), row.when)),
        ("guards", _coded(guards(row, language), row.guards)),
        ("effects", _coded(effects(row, language), row.effects)),
        ("opens", _coded(tasks(row, language), (*row.opens, *row.asks))),
        ("in_writing", label("paper", language) if row.paper else ""),
        ("starts", _coded(starts, row.starts)),
    ]
    return [(name, told) for name, told in facts if told]


def _basis(row: Row, edition: str, language: str) -> str:
    """The articles of a row under an edition, or the rule of the portal in their place."""
    if article := row.article(edition):
        return basis(article, language)
    return f"{label('own_rule', language)}: {text(f'law.policy.{row.policy}', language)}"


def _coded(words: list[str], names: tuple[str, ...]) -> str:
    return "; ".join(f"{told} `{name}`" for told, name in zip(words, names, strict=True))


def _source(code: str, language: str) -> str:
    told = label(EVERYWHERE[code], language) if code in EVERYWHERE else status(code, language)
    return f"{told} `{code}`"
