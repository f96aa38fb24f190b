"""Mistakes of a request, all at once, each with its place and a sentence."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from api.labels import NAMES
from api.language import labels
from definitions.forms import HASH, MOST_TOLD, Fault, mistake_text
from definitions.wording import UnknownText, sentence, spoken, text

PLACES: Final = ("query", "header", "cookie", "path")
MOST: Final = MOST_TOLD
LONGEST_NAME: Final = 40
# pydantic's names of faults → ours (`mistake.<code>`); what is not here is `wrong_format`.
CODES: Final[Mapping[str, str]] = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "bytes_too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "bytes_too_long": "too_long",
    "greater_than": "below_minimum",
    "greater_than_equal": "below_minimum",
    "less_than": "above_maximum",
    "less_than_equal": "above_maximum",
    "literal_error": "not_allowed_value",
    "enum": "not_allowed_value",
    "date_from_datetime_parsing": "format_date",
    "date_parsing": "format_date",
    "date_type": "format_date",
    "string_type": "wrong_type",
    "int_type": "wrong_type",
    "int_parsing": "wrong_type",
    "int_from_float": "wrong_type",
    "bool_type": "wrong_type",
    "bool_parsing": "wrong_type",
    "dict_type": "wrong_type",
    "model_type": "wrong_type",
    "model_attributes_type": "wrong_type",
    "uuid_type": "wrong_type",
    "signature_form": "signature_form",
    "confirmed_without_contact": "confirmed_without_contact",
    "phone_landline": "phone_landline",
    "phone_foreign": "phone_foreign",
    "phone_unreadable": "phone_unreadable",
    "email_unreadable": "email_unreadable",
    "format_iban": "format_iban",
    "format_bic": "format_bic",
    "unknown_place": "unknown_place",
    "one_needed": "one_needed",
    "one_only": "one_only",
    "stands_twice": "stands_twice",
}
EXPECTED: Final[Mapping[str, str]] = {
    "string": "string",
    "uuid": "uuid",
    "int": "integer",
    "bool": "boolean",
    "dict": "object",
    "model": "object",
}
PATTERNS: Final[Mapping[str, str]] = {
    r"^[0-9]{2,9}$": "area",
    r"^[A-Z0-9]{1,32}$": "reference",
    HASH: "sha256",
}
OF_LISTS: Final = ("too_long", "stands_twice")
LIMITS: Final = ("max_length", "ge", "gt", "le", "lt")
# The values of these choices have names, too.
_CHOICES: Final = {
    **NAMES,
    "by": NAMES["found_by"],
    "command": NAMES["name"],
    "question": NAMES["name"],
}
_QUOTED: Final = re.compile("'([^']*)'")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `pointer` leads into the body (RFC 6901); else `place` and `name` say where."""

    code: str
    text: Mapping[str, str]
    pointer: str | None = None
    place: str | None = None
    name: str | None = None

    def to_json(self) -> dict[str, Any]:
        where: dict[str, Any] = {"pointer": self.pointer}
        if self.place is not None:
            where = {"in": self.place, "name": self.name}
        return {**where, "code": self.code, "text": dict(self.text)}


def mistakes_of(errors: Sequence[Any], body: Any = None) -> list[Mistake]:
    """What pydantic found in a body, in the order of the fields. Values are never repeated."""
    placed = (_placed(error, body) for error in errors if error["type"] != "none_required")
    told = [_mistake(error) for error in islice(placed, MOST)]
    return list({(one.pointer, one.place, one.name, one.code): one for one in told}.values())


def _placed(error: Mapping[str, Any], body: Any) -> Mapping[str, Any]:
    """The error at the place of its field.

    Pydantic also names the form that was chosen, and each type of a choice: the body has no such
    places.
    """
    place, *steps = error["loc"]
    if place in PLACES:
        return error
    path = list(_there(steps, body, missing=error["type"] == "missing"))
    context = error.get("ctx", {})
    if "discriminator" in context:
        field = context["discriminator"].strip("'")
        kind = "missing" if error["type"] == "union_tag_not_found" else "literal_error"
        expected = {"expected": context.get("expected_tags", "")}
        return {**error, "type": kind, "loc": (place, *path, field), "ctx": expected}
    return {**error, "loc": (place, *path)}


def _there(steps: Sequence[int | str], body: Any, *, missing: bool) -> Iterator[int | str]:
    """Those steps that lead through a body; the last of all also where its field is missing."""
    here = body
    for at, step in enumerate(steps, 1):
        if isinstance(here, list) and isinstance(step, int):
            here = here[step]
        elif isinstance(here, dict) and (step in here or (missing and at == len(steps))):
            here = here.get(step)
        else:
            continue
        yield step


def mistakes_in(faults: Iterable[Fault]) -> list[Mistake]:
    """What a form's schema found, by place."""
    found = [
        Mistake(one.code, _texts(one.code, one.path, one.facts), pointer=_pointer(one.path))
        for one in faults
    ]
    return sorted(found, key=lambda one: (one.pointer or "", one.code))[:MOST]


def mistake_at(field: str, code: str, **facts: object) -> Mistake:
    """A mistake of a field of the body (`content/edition`), or of all of it (`""`)."""
    path = tuple(field.split("/")) if field else ()
    return Mistake(code, _texts(code, path, facts), pointer=_pointer(path))


def parameter_mistake(name: str, code: str, place: str = "query", **facts: object) -> Mistake:
    """A mistake of a parameter or header; its name may be the caller's, and is told short."""
    shown = name[:LONGEST_NAME]
    return Mistake(code, _texts(code, (shown,), facts), place=place, name=shown)


def _mistake(error: Mapping[str, Any]) -> Mistake:
    place, *path = error["loc"]
    code = CODES.get(error["type"], "wrong_format")
    told = _texts(code, tuple(path), _facts(error))
    if place in PLACES:
        return Mistake(code, told, place=str(place), name=str(path[0]) if path else "")
    return Mistake(code, told, pointer=_pointer(path))


def _facts(error: Mapping[str, Any]) -> dict[str, object]:
    context = error.get("ctx", {})
    expected = str(context.get("expected", ""))
    facts: dict[str, object] = {
        "limit": next((context[name] for name in LIMITS if name in context), ""),
        "allowed": ", ".join(_QUOTED.findall(expected)) or expected,
    }
    if "fields" in context:
        facts["fields"] = context["fields"]
    # Of a list its entries are counted, and not its signs.
    if error["type"] in OF_LISTS:
        facts["entries"] = facts["limit"]
    kind = error["type"].partition("_")[0]
    if (pattern := context.get("pattern")) in PATTERNS:
        facts["expected"] = f"expected.{PATTERNS[pattern]}"
    elif kind in EXPECTED and error["type"] != "string_pattern_mismatch":
        facts["expected"] = f"expected.{EXPECTED[kind]}"
    return facts


def _texts(code: str, path: Sequence[Any], facts: Mapping[str, object]) -> dict[str, str]:
    return {language: _sentence(code, language, path, facts) for language in spoken()}


def _sentence(code: str, language: str, path: Sequence[Any], facts: Mapping[str, object]) -> str:
    named = dict(facts)
    expected = named.get("expected")
    if isinstance(expected, str):
        named["expected"] = text(expected, language)
    named["field"] = _named(path, language)
    if "fields" in facts:
        fields = str(facts["fields"]).split(", ")
        named["fields"] = ", ".join(text(f"one_of.{one}", language) for one in fields)
    if code == "not_allowed_value":
        named["allowed"] = _choices(path, facts, language)
    told = sentence(mistake_text(code, facts), language, named)
    return told[0].upper() + told[1:]


def _choices(path: Sequence[Any], facts: Mapping[str, object], language: str) -> str:
    """What may be said instead, in words and as it is written."""
    names = [step for step in path if isinstance(step, str)]
    naming = _CHOICES.get(names[-1]) if names else None
    if "texts" in facts:
        naming = partial(labels, str(facts["texts"]))
    allowed = str(facts.get("allowed", "")).split(", ")
    told = [(one, naming(one) if naming else None) for one in allowed]
    return ", ".join(f"{label[language]} ({one})" if label else one for one, label in told)


def _named(path: Sequence[Any], language: str) -> str:
    """The field in words; of an entry of a list also which it is, counted as people count."""
    field = label_of(path, language) or str(path[-1])
    if not path or not isinstance(path[-1], int):
        return field
    return text("mistake.entry", language, field=field, number=str(path[-1] + 1))


def label_of(path: Sequence[Any], language: str) -> str | None:
    """The name of a field in words; None where there are none."""
    names = [str(step) for step in path if not isinstance(step, int)]
    if not names:
        return text("field.message", language)
    for code in (f"form.{names[-1]}", f"field.{names[-1]}"):
        try:
            return text(code, language)
        except UnknownText:
            continue
    return None


def _pointer(path: Iterable[Any]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
