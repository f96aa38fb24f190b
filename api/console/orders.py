"""The first page of a supplier: its orders by what is to be done, and its money under way."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from api.console.asking import Api, NotDone
from api.console.work import last_day_of
from domain.terms.counting import local_day

MOST: Final = 200
# Of each section so many stand on the first page.
SHOWN: Final = 20
# What is to be done by which term, and the acts that one click leads to.
TERMS: Final[Mapping[str, str]] = {
    "supplier_answer": "to_confirm",
    **dict.fromkeys(("delivery", "delivery_cancel", "handover_proof"), "to_deliver"),
    **dict.fromkeys(("signatures", "second_warning", "unsigned"), "to_sign"),
}
ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "supplier_answer": ("confirm", "refuse_order"),
    **dict.fromkeys(("delivery", "delivery_cancel", "handover_proof"), ("mark_delivered",)),
    **dict.fromkeys(("signatures", "second_warning", "unsigned"), ("sign",)),
    "remedy": ("provide_attachment",),
    "objections": ("raise_objection",),
}
# Where a case stands whose supplier has nothing to do by a term.
STATUSES: Final[Mapping[str, str]] = {
    "in_fulfilment": "to_deliver",
    **dict.fromkeys(("delivered", "awaiting_signatures"), "accepting"),
    **dict.fromkeys(("under_review", "awaiting_funds"), "money"),
    **dict.fromkeys(("payment_pending", "payment_failed"), "money"),
    "disputed": "disputed",
}
ACTS_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "in_fulfilment": ("mark_delivered",),
    "payment_failed": ("change_account",),
    "disputed": ("state_position",),
}
SECTIONS: Final = (
    *("to_confirm", "to_deliver", "to_sign", "to_answer", "accepting", "money"),
    *("disputed", "other"),
)
# What a case waits for that is nobody.
NOBODY: Final = frozenset(("deadline", "nobody"))
# Sections that say what will be in them as long as they are empty.
ALWAYS: Final = frozenset(("to_confirm", "to_deliver", "to_sign", "money"))


@dataclass(frozen=True, slots=True)
class Line:
    """One order: `text` says what is to be done or how it goes, `days` how many are left.

    `others`: who has until then, where it is not the supplier. `case`: whom to ask whether the acts
    are open, where they follow from the status alone.
    """

    reference: str
    item: str
    text: str
    acts: tuple[str, ...]
    period: int | None = None
    last_day: date | None = None
    days: int | None = None
    others: str = ""
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Orders of which the same is to be done, the soonest first."""

    name: str
    lines: tuple[Line, ...]

    @property
    def shown(self) -> tuple[Line, ...]:
        return self.lines[:SHOWN]


async def sections(api: Api) -> tuple[list[Section], bool]:
    """What waits for a supplier and what it waits for; whether there is more than is counted."""
    tasks, found = await asyncio.gather(
        api.get("/v1/tasks", sort="due", limit=MOST),
        api.get("/v1/cases", closed="false", sort="due", limit=MOST),
    )
    today = local_day(api.visit.now)
    held: dict[str, list[Line]] = {name: [] for name in SECTIONS}
    for name, line in _lines(tasks["tasks"], found["cases"], today):
        held[name].append(line)
    told = [
        Section(name, (*await _open(api, lines[:SHOWN]), *lines[SHOWN:]))
        for name, lines in held.items()
        if lines or name in ALWAYS
    ]
    return told, bool(tasks["after"] or found["after"])


async def _open(api: Api, lines: Sequence[Line]) -> list[Line]:
    return await asyncio.gather(*(_as_case_names(api, one) for one in lines))


async def _as_case_names(api: Api, line: Line) -> Line:
    """With those acts alone that its case names now: a hold or a conflict shows in no list."""
    if not line.acts or line.case is None:
        return line
    try:
        may = (await api.get(f"/v1/cases/{line.case}"))["you"]["may"]
    except NotDone:
        may = []  # the order has ended since the list was read
    periods = {one["name"]: one.get("period") for one in may}
    acts = tuple(act for act in line.acts if act in periods)
    return replace(line, acts=acts, period=periods[acts[0]] if acts else None)


def _lines(
    tasks: Sequence[Mapping[str, Any]], cases: Sequence[Mapping[str, Any]], today: date
) -> Iterator[tuple[str, Line]]:
    for one in tasks:
        if one["reference"]:
            line = _line(one, one["text"], ACTS.get(one["term"] or "", ()), today)
            yield TERMS.get(one["term"] or "", "to_answer"), line
    asked = {one["reference"] for one in tasks}
    for one in cases:
        if one["reference"] not in asked:
            name, acts = STATUSES.get(one["status"], "other"), ACTS_IN.get(one["status"], ())
            if name == "to_deliver" and "supplier" not in one["waits_for"]:
                name, acts = "other", ()  # it is held: the authority decides first
            line = _line(one, one["status_label"], acts, today)
            yield name, replace(line, others=_others(one), case=one["id"])


def _others(one: Mapping[str, Any]) -> str:
    """For whom a case waits, where that is not the supplier; nobody keeps what a day keeps."""
    if "supplier" in one["waits_for"]:
        return ""
    known = zip(one["waits_for"], one.get("waits_for_labels") or (), strict=False)
    return ", ".join(label for who, label in known if who not in NOBODY)


def _line(one: Mapping[str, Any], text: str, acts: tuple[str, ...], today: date) -> Line:
    last = last_day_of({"last_day": None, **one})
    return Line(
        reference=one["reference"],
        item=one.get("item_label") or "",
        text=text,
        acts=acts,
        period=one.get("period"),
        last_day=last,
        days=None if last is None else (last - today).days,
    )
