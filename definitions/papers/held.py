"""All that is held about a person as a paper, in kk, ru or en."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from definitions.papers.sheet import Block, Code, Grid, Paragraph, PrintedPaper, Sheet, facts
from definitions.wording import codes, text
from definitions.wording import day as short_day
from domain.terms.counting import ZONE

# Of a person what the first table shows, in its order.
_SHOWN: Final = (
    *("surname", "name", "patronymic", "iin", "birth_date", "disability_group"),
    *("phone", "email", "kato"),
)


def held_paper(
    told: Mapping[str, Any],
    items: Mapping[str, Mapping[str, str]],
    languages: Sequence[str],
    on: date,
) -> PrintedPaper:
    """What `db.held` tells; `items` are the names of what the cases are about, by code."""
    return PrintedPaper(tuple(_sheet(told, items, one, on) for one in languages), on)


def _sheet(
    told: Mapping[str, Any], items: Mapping[str, Mapping[str, str]], language: str, on: date
) -> Sheet:
    person = told["person"]
    rows = [(text(f"held.{name}", language), person.get(name)) for name in _SHOWN]
    blocks: list[Block] = [facts(text("held.person", language), rows)]
    for case in told["cases"]:
        blocks += _case(case, items, language)
    if not told["cases"]:
        blocks.append(Paragraph(text("held.no_cases", language)))
    blocks.append(Paragraph(text("held.beside", language)))
    lead = text("held.lead", language, day=short_day(on))
    return Sheet(language, text("held.title", language), tuple(blocks), lead=lead)


def _case(
    case: Mapping[str, Any], items: Mapping[str, Mapping[str, str]], language: str
) -> Iterator[Block]:
    item = items.get(case["item"] or "", {}).get(language) or case["item"]
    yield facts(
        case["reference"],
        (
            (text("held.item", language), item),
            (text("held.programme", language), Code(case["programme_number"])),
            (
                text("held.status", language),
                _name(case["status"], ("status",), language) if case["status"] else None,
            ),
            (text("held.opened", language), _moment(case["opened_at"])),
            (text("held.events", language), str(len(case["happened"]))),
            (text("held.said", language), str(len(case["said"]))),
            (text("held.papers", language), str(len(case["papers"]))),
        ),
    )
    looks = [
        (
            _name(one["role"], ("law.actor", "label.role"), language),
            _name(one["part"], ("label.part",), language),
            _moment(one["last_at"]),
        )
        for one in case["looked_at"]
    ]
    if looks:
        columns = tuple(text(f"held.{name}", language) for name in ("who", "what", "when"))
        yield Grid(text("held.looked_at", language), tuple(looks), columns)


def _name(code: str, groups: tuple[str, ...], language: str) -> str:
    """What a code is called; the code itself where nobody wrote a name for it."""
    named = (f"{group}.{code}" for group in groups if f"{group}.{code}" in codes(group))
    found = next(named, None)
    return text(found, language) if found else code


def _moment(at: str) -> str:
    local = datetime.fromisoformat(at).astimezone(ZONE)
    return f"{short_day(local)} {local:%H:%M}"
