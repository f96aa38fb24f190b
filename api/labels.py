"""A label beside every code of an answer, and a day beside every instant that ends a term: one walk
over it, before it leaves the house.

Which texts name the values of a field is said once, by the name of the field. `term` has its label
in `term_label`, a list as `waits_for` in `waits_for_labels`. What is no code of these texts (an id,
a day, words of people) stays alone, and so does a code whose sentence stands beside it already.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final

from api.language import worded
from db.catalogues import known_catalogues
from definitions.citations import in_words, provisions, unread
from definitions.editions import editions
from definitions.places import is_area, place_name
from definitions.wording import LANGUAGES, codes, every_language, facts_of, spoken, text
from domain.terms.counting import local_day

Texts = Mapping[str, str]
MOST_KEPT: Final = 2_000
Naming = Callable[[str], Texts | None]


def _of(*groups: str) -> Naming:
    """The text of a code in the first of these groups that has it."""

    @lru_cache(MOST_KEPT)
    def named(code: str) -> Texts | None:
        for group in groups:
            if f"{group}.{code}" in _known():
                return every_language(f"{group}.{code}")
        return None

    return named


@cache
def _known() -> frozenset[str]:
    return frozenset(codes())


def _item(code: str) -> Texts | None:
    found = (catalogue.item(code) for catalogue in known_catalogues())
    return next((_spoken(one.name) for one in found if one), None)


def _category(code: str) -> Texts | None:
    found = (catalogue.categories.get(code) for catalogue in known_catalogues())
    return next((_spoken(one.name) for one in found if one), None)


def _edition(code: str) -> Texts | None:
    return next((_spoken(one.title) for one in editions().values() if one.code == code), None)


@lru_cache(MOST_KEPT)
def _place(beginning: str) -> Texts | None:
    if not is_area(beginning):
        return None
    return {language: place_name(beginning, language) for language in spoken()}


def _spoken(names: Mapping[str, str]) -> Texts:
    return {language: names.get(language, names["ru"]) for language in spoken()}


def _named(kind: str, naming: Naming) -> Callable[[str], Texts]:
    """The name of a code of the reference data, or plainly that there is none: a case lives longer
    than the catalogue it came from, and no page may break on it.
    """
    return lambda code: naming(code) or every_language(f"label.unnamed.{kind}", word=code)


item_name: Final = _named("item", _item)
category_name: Final = _named("category", _category)
area_name: Final = _named("place", _place)


def is_named(item: str) -> bool:
    """Whether a catalogue that this process knows has a name for the code of an item."""
    return _item(item) is not None


@lru_cache(MOST_KEPT)
def _basis(cited: str) -> Texts | None:
    """Article by article: a list or a span of them is no one citation."""
    articles = (cited,) if unread(cited) else provisions(cited)
    told = {one: "; ".join(in_words(a, one) for a in articles) for one in LANGUAGES}
    return None if told["kk"] == cited else _spoken(told)


# Where a subject names the case, and it is told what kind of notice it was.
_ANY_CASE: Final = "OZ…"


def notice_about(code: str) -> Texts | None:
    """What a notice is about: the subject of its e-mail."""
    subject = f"notice.{code}.email_subject"
    if subject not in _known():
        return None
    return every_language(subject, **dict.fromkeys(facts_of(subject), _ANY_CASE))


def _of_treasury(group: str) -> Naming:
    """The text of what the treasury says; a code of its own that has none is told as it is."""

    def named(code: str) -> Texts | None:
        known = f"{group}.{code}"
        if known in _known():
            return every_language(known)
        return every_language("label.payment_reason.unknown", word=code)

    return named


# Of a word of the treasury that does not fit, its parts as the file keeps them.
_SAID: Final = ("outcome", "amount", "payee", "account", "reference")


def _contrary(told: str) -> Texts | None:
    """`settled:27000000:other:same:RF-1`, and what else is wrong with it."""
    said = dict(zip(_SAID, told.split(":"), strict=False))
    if said.get("outcome") not in _WORDS or len(said) < len(_SAID):
        return None
    return {language: ", ".join(_parts(said, told, language)) for language in spoken()}


def _parts(said: Mapping[str, str], told: str, language: str) -> Iterator[str]:
    yield text(f"label.word.{said['outcome']}", language)
    if said["amount"].isdecimal():
        yield text("label.word.amount", language, amount=int(said["amount"]))
    yield from (
        text(f"label.word.{p}", language) for p in ("payee", "account") if said[p] == "other"
    )
    if said["reference"] != "None":
        yield text("label.word.reference", language, reference=said["reference"])
    if "at_odds" in told.split(":"):
        yield text("label.word.at_odds", language)


_WORDS: Final = ("settled", "under_way", "not_executed", "never_received", "returned", "other")
_ROLES: Final = _of("law.actor", "label.role", "addressee_desk")
_TERMS: Final = _of("law.term", "law.value")
_GROUNDS: Final = _of(
    *("ground", "pause_ground", "breach", "reopening_ground", "succession", "removal_ground"),
    *("revocation_ground", "label.erasure_ground"),
)
_KINDS: Final = _of(
    *("printed.kind", "label.document", "option.kind", "label.hearing", "label.change"),
    *("label.effect", "label.work"),
    *("label.process",),
)
# A code that says what its object is about has its sentence there.
_WITH_SENTENCE: Final = frozenset(("code", "name", "type", "cause", "condition"))
_SENTENCES: Final = ("text", "label", "title")
NAMES: Final[Mapping[str, Naming]] = {
    "action": _of("label.operation"),
    "actor": _ROLES,
    "assumes": _of("what_if.assumes"),
    "basis": _basis,
    "becomes": _of("status"),
    "by": _ROLES,
    "capacity": _of("option.capacity"),
    "category": category_name,
    "cause": _of("stuck"),
    "channel": _of("law.proof"),
    "channels": _of("law.proof"),
    "closed_from": _of("status"),
    "closes": _of("task"),
    "code": _of("task", "command", "work", "law.term", "status"),
    "condition": _of("supplier_condition"),
    "contrary": _contrary,
    "doing": _of("label.doing"),
    "doubt": _of("label.doubt"),
    "due": _TERMS,
    "due_term": _TERMS,
    "edition": _edition,
    "effect": _of("label.effect"),
    "ended": _of("label.ended"),
    "entitlement": _of("entitlement"),
    "excess_since": _of("status"),
    "field": _of("correctable", "label.of_day"),
    "flags": _of("label.flag"),
    "found_by": _of("found_by"),
    "ground": _GROUNDS,
    "heard": _ROLES,
    "item": item_name,
    "kind": _KINDS,
    "lateness": _of("label.lateness"),
    "name": _of("command", "law.message", "remedy", "label.question"),
    "opens": _of("task"),
    "outcome": _of("recount", "label.word"),
    "owner": _ROLES,
    "paused_by": _of("happened"),
    "payer": _of("label.payer"),
    "part": _of("label.part"),
    "pending": _of("label.effect"),
    "periodic": _of("label.span"),
    "purpose": _of("label.purpose"),
    "region": area_name,
    "regions": area_name,
    "required": _ROLES,
    "reason": _of("label.asked", "signature"),
    "role": _ROLES,
    "row": _of("law.row"),
    "ruling": _of("label.ruling"),
    "scope": _of("option.scope"),
    "signed_by": _ROLES,
    "span": _of("label.span"),
    "standing": _of("label.standing"),
    "state": _of("label.state", "label.notice_state"),
    "switch": _of("label.switch"),
    "held_by": _of("label.switch"),
    "polls": _of("label.polls"),
    "system": _of("label.system"),
    "status": _of("status", "label.payment", "label.state", "label.answered"),
    "statuses": _of("status"),
    "task": _of("task", "label.work"),
    "tasks": _of("task"),
    "tells": notice_about,
    "term": _TERMS,
    "text": notice_about,
    "to": _of("status", "addressee_desk", "law.actor", "label.role"),
    "type": _of("happened"),
    "unit": _named("unit", _of("printed.unit")),
    "unusable": _of("label.contact"),
    "verdict": _of("label.state"),
    "waits_for": _ROLES,
    "what": _of("label.change", "option.what"),
    "who": _ROLES,
    "word": _of("label.word"),
}
# Here a code is the exception: models whose field is one say so themselves.
_MOSTLY_WORDS: Final = frozenset(("name", "reason", "text"))
# First instants that are too late: beside each stands the last day, by the local calendar.
LIMITS: Final = frozenset(("due_at", "expires_at", "unused_until"))
# Ids that have names (`api/names.py`), and of what.
NAMED_BY_ID: Final[Mapping[str, str]] = {
    "authority": "authority",
    "authority_id": "authority",
    "supplier": "supplier",
    "supplier_id": "supplier",
    "successor": "supplier",
    "approved_by": "person",
    "closed_by": "person",
    "placed_by": "person",
    "first": "person",
    "proposed_by": "person",
}
# What holds no code itself.
_PLAIN: Final = frozenset((str, int, bool, type(None), datetime, date))
# A certificate is computed anew letter by letter, and has a page for people; kept lists are sent
# back as they came: both stay as they are.
FOR_PROGRAMS: Final = frozenset(("certificate", "lists"))
_BY_CODE: Final = frozenset(("statuses",))
_OF_PAYMENT: Final[Mapping[str, Naming]] = {
    **NAMES,
    "reason": _of_treasury("label.payment_reason"),
    "status": _of("label.payment"),
    "unclear": _of_treasury("label.word"),
}


def labelled(told: Any, names: Mapping[str, Naming] = NAMES) -> Any:
    """The same answer with a label beside every code, in the language that was asked for."""
    if isinstance(told, list | tuple):
        return [labelled(one, names) for one in told]
    if not isinstance(told, Mapping):
        return told
    found: dict[str, Any] = {}
    for name, naming, limits in _places(tuple(told), names is _OF_PAYMENT):
        value = told[name]
        if value is None and name in found:
            continue  # the place that a model keeps for a label
        plain = type(value) in _PLAIN or name in FOR_PROGRAMS
        inner = _OF_PAYMENT if name == "payments" else NAMES
        found[name] = value if plain else labelled(value, inner)
        if limits:
            found["last_day"] = last_day(value)
        if naming and value:
            beside, label = _label(name, value, naming)
            if label is not None and told.get(beside) is None:
                found[beside] = label
    return found


@lru_cache(MOST_KEPT)
def _places(
    fields: tuple[str, ...], of_payment: bool
) -> tuple[tuple[str, Naming | None, bool], ...]:
    """Of an object with these fields each with what names its values, and whether it is a limit."""
    names = _OF_PAYMENT if of_payment else NAMES
    said = frozenset() if set(_SENTENCES).isdisjoint(fields) else _WITH_SENTENCE
    limits = frozenset() if "last_day" in fields else LIMITS
    return tuple((one, None if one in said else names.get(one), one in limits) for one in fields)


@lru_cache(MOST_KEPT)
def last_day(value: Any) -> date | None:
    """The local day that still counts before an instant that is too late."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return None if at is None else local_day(at - timedelta(microseconds=1))


def label_field(name: str, beside: Iterable[str], *, several: bool) -> str | None:
    """Where the label of a field stands in an answer that has these fields; None: it has none."""
    sentence = name in _WITH_SENTENCE and not set(_SENTENCES).isdisjoint(beside)
    known = name in NAMES.keys() | NAMED_BY_ID.keys() and name not in _MOSTLY_WORDS
    if sentence or not known:
        return None
    return f"{name}_labels" if several else f"{name}_label"


def _label(name: str, value: Any, naming: Naming) -> tuple[str, Any]:
    """Where the label of a value stands, and what it says; None where it is no code, or empty."""
    match value:
        case str():
            return f"{name}_label", _worded(naming, value)
        case list() | tuple() if value and all(isinstance(one, str) for one in value):
            told = [_worded(naming, one) for one in value]
            listed = [label or one for label, one in zip(told, value, strict=True)]
            return f"{name}_labels", listed if any(told) else None
        case Mapping() if name in _BY_CODE:
            # By period the code of each, or by code how many.
            codes_of = {key: one if isinstance(one, str) else key for key, one in value.items()}
            return f"{name}_labels", {
                k: _worded(naming, str(v)) for k, v in codes_of.items()
            } or None
    return name, None


def _worded(naming: Naming, code: str) -> Any:
    label = naming(code)
    return label and worded(label)
