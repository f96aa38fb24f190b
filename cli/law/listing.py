"""The process as an ordered list: the diagram for those who do not see it."""

from cli.law.markdown import heading, page, table
from cli.law.sources import EVERYWHERE, LawSources
from cli.law.words import (
    actors,
    conditions,
    effects,
    guards,
    label,
    message,
    status,
    tasks,
    term_length,
    title,
)
from definitions.wording import text
from domain.process import Row


def listing(law: LawSources, language: str) -> str:
    """Every status with what it waits for, its term, and every row out of it."""
    back = f"[{label('back', language)}](index.{language}.md)"
    diagram = f"[{label('diagram', language)}](process.{language}.svg)"
    return page(
        heading(1, label("diagram_title", language)),
        [f"{back} · {diagram}", ""],
        [label("list_about", language), ""],
        *(_status(law, code, language) for code in law.process.statuses),
        *(_everywhere(law, word, language) for word in EVERYWHERE),
    )


def _status(law: LawSources, code: str, language: str) -> list[str]:
    found = law.process.statuses[code]
    rows = [row for row in law.process.rows if code in row.source]
    lines = heading(2, f"{status(code, language)} `{code}`")
    lines += [text(f"waits_for.{found.waits_for}", language) + ".", ""]
    if found.term:
        name = text(f"law.term.{found.term}", language)
        lengths = " · ".join(
            f"{one.title[language]}: {term_length(one.terms[found.term], language)}"
            for one in law.editions
            if found.term in one.terms
        )
        lines += [f"{label('term', language)}: **{name}**. {lengths}.", ""]
        lines += [text(f"otherwise.{found.term}", language), ""]
    if found.untimed:
        lines += [text(f"law.untimed.{found.untimed}", language), ""]
    return [*lines, *_rows(law, rows, language)] if rows else lines


def _everywhere(law: LawSources, word: str, language: str) -> list[str]:
    rows = [row for row in law.process.rows if word in row.source]
    return [
        *heading(2, f"{label(EVERYWHERE[word], language)} `{word}`"),
        *_rows(law, rows, language),
    ]


def _rows(law: LawSources, rows: list[Row], language: str) -> list[str]:
    names = ("row", "message", "who", "when", "guards", "effects", "to")
    head = [label(name, language) for name in names]
    return table(head, (_cells(law, row, language) for row in rows))


def _cells(law: LawSources, row: Row, language: str) -> list[str]:
    to = f"{status(row.to, language)} `{row.to}`" if row.to else label("same", language)
    done = [*effects(row, language), *tasks(row, language)]
    if row.paper:
        done.append(label("paper", language))
    return [
        title(row.id, language),
        message(row, law.fires, language),
        actors(row.by, language),
        "; ".join(conditions(row, language)),
        "; ".join(guards(row, language)),
        "; ".join(done),
        to,
    ]
