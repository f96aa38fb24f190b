"""Wherever a code stands in an answer for people, a label stands beside it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest
from starlette.types import Scope

from api.auth import Caller
from api.cases.forecasts import told_forecast
from api.cases.pages import USUAL, ToldFile, WantedPage, _body
from api.cases.timeline import told_of as told_of_lines
from api.cases.timeline import told_with_documents
from api.labels import label_field, labelled
from api.language import note
from api.work.lines import told_line
from db.work import rows_of
from definitions.calendars import current_calendar
from definitions.catalogues import current_catalogue
from definitions.editions import edition, editions
from definitions.wording import LANGUAGES, codes
from domain.case.awaited import awaited
from domain.case.state import Case
from domain.forecasts.what_if import Law, nobody_acts
from domain.messages import Actor, Event, Role
from domain.parties.sight import sight, suppliers
from tests.domain.chance import choose
from tests.domain.play import C2, CURRENT, A, C, K, Play, R, S, Seeded, V
from tests.domain.starts import STARTS
from tests.domain.whims import step
from tests.support.amount import in_proportion
from tests.support.door import looked_up

CASE: Final = UUID(int=1)
PEOPLE: Final = (R, V, S, C, C2, K, A)
# Groups of texts that name the values of a field.
GROUPS: Final = (
    *("status", "command", "happened", "ground", "pause_ground", "breach", "succession"),
    *("removal_ground", "reopening_ground", "task", "stuck", "entitlement", "correctable"),
    *("addressee_desk", "supplier_condition", "printed.unit", "printed.kind", "option", "recount"),
    *("law.actor", "law.row", "law.term", "law.proof", "label", "what_if.assumes"),
)
# Fields that hold no code: addresses, ids, words of people, versions.
FREE: Final = frozenset(("href", "forms", "form", "id", "reference", "text", "label", "catalogue"))
# What these say stands in the sentence of their object.
SAID_BESIDE: Final = ("code", "name", "type", "cause", "condition")


def known() -> Iterator[str]:
    for group in GROUPS:
        yield from (code.rpartition(".")[2] for code in codes(group))
    catalogue = current_catalogue()
    yield from (*catalogue.items, *catalogue.categories)
    yield from (one.code for one in editions().values())


CODES: Final = frozenset(known()) - {"-"}


def raw_codes(told: Any, place: str = "") -> Iterator[str]:
    """Where a code stands without its label."""
    if isinstance(told, list):
        for one in told:
            yield from raw_codes(one, place)
    if not isinstance(told, Mapping):
        return
    # A choice of a form: its value, and what it is called.
    if told.keys() == {"const", "title"}:
        return
    sentence = bool({"text", "label"} & told.keys())
    for name, value in told.items():
        where = f"{place}.{name}"
        in_words = name.endswith("_label") or {name, f"{name}_labels"} & labelled_in(told)
        if isinstance(value, list | Mapping) and not in_words:
            yield from raw_codes(value, where)
        found = value if isinstance(value, list) else [value]
        held = [one for one in found if isinstance(one, str) and one in CODES]
        labels = {f"{name}_label", f"{name}_labels"}
        said = labels & told.keys() or (sentence and name in SAID_BESIDE)
        if held and not said and name not in FREE and not name.endswith(("_label", "_labels")):
            yield f"{where}={held}"


def labelled_in(told: Mapping[str, Any]) -> set[str]:
    return {name for name in told if name.endswith("_labels")}


def said_in(told: Any) -> Iterator[tuple[str, str, Any]]:
    """Every label with the code beside it."""
    if isinstance(told, list):
        for one in told:
            yield from said_in(one)
    if isinstance(told, Mapping):
        for name, value in told.items():
            if name.endswith("_label"):
                yield name, told[name.removesuffix("_label")], value
            else:
                yield from said_in(value)


@contextmanager
def language(asked: str) -> Iterator[None]:
    scope: Scope = {"type": "http", "path": "/", "headers": []}
    note({**scope, "query_string": f"languages={asked}".encode()})
    yield
    note({**scope, "query_string": b""})


def page_of(play: Play, actor: Actor, wanted: WantedPage = USUAL) -> dict[str, Any]:
    """The page of a case as one who has a part in it reads it: a supplier, its own orders alone."""
    lines, case = [line_of(one) for one in play.events], play.case
    seen = None
    if actor.role == Role.SUPPLIER:
        begun = Case(id=case.id, edition=CURRENT.hash)
        process = edition(case.edition).process
        seen = sight(begun, play.events, str(actor.on_behalf_of), process)
        lines = told_of_lines(seen, lines)
    row = {
        "recipient_id": "person-1",
        "representative_ids": ["person-2"],
        "authority_id": "authority-1",
        "payer_ids": [],
        "supplier_ids": ["supplier-1"],
        "region": "710000000",
        "without_account": [],
        "asked_ids": [],
        "unheld": False,
        "erased_at": None,
        "norm_held": None,
        "now": play.now,
    }
    facts = {**looked_up({}), **play.known}
    told = ToldFile(lines, lines, seen=seen)
    return _body(row, caller_of(actor), case, told, facts, wanted)


def sees(play: Play, actor: Actor) -> bool:
    """Whether the case exists for somebody: for a supplier, once it has an order in it."""
    return actor.role != Role.SUPPLIER or actor.on_behalf_of in suppliers(play.case)


def caller_of(actor: Actor) -> Caller:
    # A play knows people by the texts of their ids, and nothing here asks for more.
    return Caller(actor.role, actor.id, actor.on_behalf_of, region="71")  # type: ignore[arg-type]


def told_of(play: Play, actor: Actor) -> Iterator[Any]:
    """All that is told of a case to one who has a part in it."""
    case, law, caller = play.case, edition(play.case.edition), caller_of(actor)
    lines = [line_of(one) for one in play.events]
    for wanted in (USUAL, WantedPage(every=True)):
        yield page_of(play, actor, wanted)
    yield [told_with_documents(one, CASE, caller) for one in lines]
    forecast = nobody_acts(case, Law(law, current_calendar()), play.now)
    yield told_forecast("nobody_acts", forecast, caller)
    found = awaited(case, law, current_calendar())
    yield [told_line(line, caller, play.now) for line in work_of(case, found, play)]


def line_of(event: Event) -> dict[str, Any]:
    """A line of the timeline, as the file gives it."""
    data = event.data
    application = data.get("period", {}).get("application")
    return {
        **{name: getattr(event, name) for name in ("seq", "type", "row", "period")},
        "at": event.at.isoformat(),
        "actor": event.actor.role.value,
        "actor_id": event.actor.id,
        "message": event.message_id,
        "first": data.get("first", {}).get("message"),
        "first_by": data.get("first", {}).get("by"),
        "application": application,
        **{name: data.get(name) for name in ("to", "basis", "reasons", "paper", "documents")},
    }


def work_of(case: Case, found: Any, play: Play) -> Iterator[Any]:
    none = dict.fromkeys(("first_id", "assignee", "period", "term"))
    at = {"since": play.now, "due_at": play.now, "last_day": date(2027, 1, 1)}
    for one in rows_of(case, found):
        yield SimpleNamespace(**none | one | at, late=False, due_soon=False, case_id=case.id)


@pytest.mark.walks
@pytest.mark.timeout(300)
@pytest.mark.parametrize("asked", LANGUAGES)
def test_no_answer_about_a_case_holds_a_code_without_its_label(asked: str) -> None:
    raw: set[str] = set()
    labels: set[tuple[str, str]] = set()
    for seed in range(in_proportion(20)):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(8):
            step(play, whim)
        if not play.case.periods or play.case.edition not in editions():
            continue
        with language(asked):
            readers = [one for one in PEOPLE if sees(play, one)]
            told = [labelled(one) for actor in readers for one in told_of(play, actor)]
        raw |= set(raw_codes(told))
        labels |= {(code, label) for _, code, label in said_in(told)}
    assert sorted(raw) == []
    assert len(labels) > 100
    assert all(
        re.search("[а-яәіңғүұқөһ]|SMS" if asked != "en" else "[a-z]", one, re.I)
        for _, one in labels
    )


def test_a_code_of_a_place_is_told_with_its_name() -> None:
    told = {"region": "71", "regions": ["10", "7511", "00"], "authority": {"region": "630000000"}}
    with language("all"):
        found = labelled(told)
    assert found["region_label"] == {"kk": "Астана қаласы", "ru": "город Астана",
                                     "en": "City of Astana"}  # fmt: skip
    assert [one if isinstance(one, str) else one["en"] for one in found["regions_labels"]] == [
        *(
            "Abai Region",
            "City of Almaty, Almaly District",
            "place without a name in the classifier (KATO): 00",
        )
    ]
    assert found["authority"]["region_label"]["kk"] == "Шығыс Қазақстан облысы"
    assert label_field("regions", ("regions",), several=True) == "regions_labels"
