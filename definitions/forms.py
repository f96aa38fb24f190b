"""Check data that comes from outside against a JSON Schema: every mistake at once, in plain words.

Each has its place and a sentence in kk, ru and en. What one field cannot know about another is left
to the modules that know the form; their faults are put into words here as well.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from definitions.wording import facts_of, sentence, spoken, text
from domain.identifiers import is_bic, is_bin, is_iban, is_iin, is_kato
from domain.parties.contacts import read_email, read_phone

Path = tuple[str | int, ...]

MAX_DEPTH: Final = 16  # a right message has three levels
MAX_UNKNOWN: Final = 50  # per object: an answer must not grow far beyond its question
MOST_TOLD: Final = 100  # of one value in all, likewise
# Who has found so many looks no further: a long list may be wrong in every entry.
MOST_FOUND: Final = 200
KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
ISO_DAY: Final = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
# A field name that may be shown: neither a sentence nor the number of a person.
SHOWABLE: Final = re.compile(r"(?!.*[0-9]{5})[A-Za-z_][A-Za-z0-9_-]{0,63}")
CODES: Final = {
    "type": "wrong_type",
    "enum": "not_allowed_value",
    "minLength": "too_short",
    "minItems": "too_short",
    "uniqueItems": "stands_twice",
    "maxLength": "too_long",
    "maxItems": "too_long",
    "pattern": "wrong_format",
    "minimum": "below_minimum",
    "maximum": "above_maximum",
}
# Of several faults of one value the first of these is told; the rest follow from it.
ORDER: Final = (
    "type",
    "enum",
    "minLength",
    "minItems",
    "uniqueItems",
    "maxLength",
    "maxItems",
    "format",
    "pattern",
    "minimum",
    "maximum",
)
HASH: Final = "^[0-9a-f]{64}$"
# Their sentences name a limit.
LIMITED: Final = ("maxLength", "maxItems", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class FormMistake:
    """One mistake: an RFC 6901 pointer, a stable code, and the sentence in kk, ru and en."""

    pointer: str
    code: str
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake before it is put into words; a fact `expected.…` is itself the code of a text."""

    path: Path
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sound:
    """The fields of a message that are right by themselves; the others read as absent."""

    message: Mapping[str, Any]
    bad: frozenset[Path]

    def at(self, *path: str | int) -> Any:
        """The value at a path, or None."""
        found: Any = self.message
        for step in path:
            if isinstance(found, list):
                found = found[step] if isinstance(step, int) and step < len(found) else None
            else:
                found = found.get(step) if isinstance(found, dict) else None
        return None if path in self.bad else found

    def count(self, *path: str | int) -> int:
        """How many entries the list at a path has."""
        found = self.at(*path)
        return len(found) if isinstance(found, list) else 0

    def day(self, *path: str | int) -> date | None:
        """The date at a path, or None."""
        found = self.at(*path)
        return date.fromisoformat(found) if isinstance(found, str) else None


def normalise(value: Any, depth: int = 0) -> Any:
    """The value with texts in Unicode form C without blanks around them, and 2.0 written as 2."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value).strip()
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case dict() if depth < MAX_DEPTH:
            return {name: normalise(child, depth + 1) for name, child in value.items()}
        case list() if depth < MAX_DEPTH:
            return [normalise(child, depth + 1) for child in value]
    return value


def is_day(value: str) -> bool:
    """A real date YYYY-MM-DD from 1900 to 2199; other ISO forms are refused."""
    if not ISO_DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_key(value: str) -> bool:
    """At most 64 characters that stand unescaped in a URL, the first a letter or digit."""
    return KEY.fullmatch(value) is not None


def is_plain_text(value: str) -> bool:
    """Words of a person: not blank, without control, direction and unassigned characters."""
    return bool(value.strip()) and all(
        unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        for sign in value
    )


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    known: dict[str, Callable[[str], bool]] = {
        "iin": is_iin,
        "bin": is_bin,
        "iban": is_iban,
        "bic": is_bic,
        "kato": is_kato,
        "date": is_day,
        "key": is_key,
        "email": lambda value: read_email(value).value is not None,
        "kz-phone": lambda value: read_phone(value).value is not None,
        "plain-text": is_plain_text,
    }
    for name, holds in known.items():
        checker.checks(name)(_only_text(holds))
    return checker


def _only_text(holds: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or holds(value)


def load_schema(name: str) -> dict[str, Any]:
    """A JSON Schema of `schemas/`; `ozhb definitions check` proves that it is one."""
    source = files("definitions").joinpath("schemas", f"{name}.schema.json")
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return schema


FORMATS: Final = _formats()


def _entries_of(value: object, schema: Mapping[str, Any]) -> list[Any]:
    """What is looked at of a list: nothing of one that is too long, of which no more is told."""
    listed = value if isinstance(value, list) else []
    return listed if len(listed) <= schema.get("maxItems", len(listed)) else []


def _each(checker: Any, wanted: Any, value: object, schema: Mapping[str, Any]) -> Iterator[Any]:
    for place, entry in enumerate(_entries_of(value, schema)):
        yield from checker.descend(entry, wanted, path=place)


def _once(_: Any, wanted: bool, value: object, schema: Mapping[str, Any]) -> Iterator[Any]:
    """In one walk; by its text, for a list or an object is in no set."""
    entries = _entries_of(value, schema) if wanted else []
    if len({json.dumps(one, sort_keys=True, default=str) for one in entries}) < len(entries):
        yield ValidationError("has an entry twice")


# The library compares each entry of a list with each other one, and looks into all of a list that
# is too long: minutes for what somebody sends in one request.
Checker: Final = extend(  # type: ignore[no-untyped-call] # it has no types
    Draft202012Validator, {"items": _each, "uniqueItems": _once}
)


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """What checks values against a schema, our formats included."""
    made: Draft202012Validator = Checker(inlined(schema), format_checker=FORMATS)
    return made


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its own references replaced by what they name: validates twice as fast."""
    whole: dict[str, Any] = _inlined(schema, schema["$defs"])
    return whole


def _inlined(schema: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(entry, defs) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    merged = {**defs[name], **schema} if name else schema
    return {
        key: _inlined(entry, defs) for key, entry in merged.items() if key not in ("$ref", "$defs")
    }


def readable(value: object) -> bool:
    """Whether the value is shallow enough to be worked on at all."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return True
    return False


def _children(node: object) -> list[object]:
    match node:
        case dict():
            return list(node.values())
        case list():
            return node
    return []


def shape_faults(form: Draft202012Validator, message: object) -> list[Fault]:
    """What the schema finds: for one value its first fault, for an object each field by itself.

    With `MOST_FOUND` there may be more, and what is at no other place need not be right.
    """
    chosen: dict[Path, tuple[int, Fault]] = {}
    for error in form.iter_errors(message):
        kind = str(error.validator)
        rank = ORDER.index(kind) if kind in ORDER else 0
        for fault in _faults(error, kind):
            if fault.path not in chosen or rank < chosen[fault.path][0]:
                chosen[fault.path] = (rank, fault)
        if len(chosen) >= MOST_FOUND:
            break
    return [fault for _, fault in chosen.values()]


def _faults(error: ValidationError, kind: str) -> Iterator[Fault]:
    path: Path = tuple(error.absolute_path)
    wanted: Any = error.validator_value
    match kind:
        case "required" if isinstance(error.instance, dict):
            for name in wanted:
                if name not in error.instance:
                    yield Fault((*path, name), "required")
        case "additionalProperties":
            yield from _unknown_fields(error, path)
        case "type":
            kind_of = wanted if isinstance(wanted, str) else wanted[0]
            yield Fault(path, "wrong_type", {"expected": f"expected.{_more_of(error) or kind_of}"})
        case "enum":
            allowed = ("null" if one is None else str(one) for one in wanted)
            names = _schema_of(error).get("x-texts")
            named = {"texts": names} if names else {}
            yield Fault(path, "not_allowed_value", {"allowed": ", ".join(allowed), **named})
        case "format":
            # A reader of a format may know better what is wrong.
            code = getattr(error.cause, "code", None) or "format_" + wanted.replace("-", "_")
            yield Fault(path, code, _wanted_of(error) if code == "wrong_format" else {})
        case "pattern":
            yield Fault(path, CODES[kind], _wanted_of(error))
        case _:
            yield Fault(path, CODES[kind], _limit_of(kind, wanted))


def _limit_of(kind: str, wanted: object) -> dict[str, object]:
    """Of a list its entries are counted, and not its signs."""
    if kind == "uniqueItems":
        return {"entries": ""}
    name = "entries" if kind == "maxItems" else "limit"
    return {name: wanted} if kind in LIMITED else {}


def _schema_of(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


def _more_of(error: ValidationError) -> str | None:
    """What is asked for, where its type alone says too little of it."""
    schema = _schema_of(error)
    if schema.get("format") in ("date", "uuid"):
        return str(schema["format"])
    if "x-list" in schema:
        return "listed"
    return "sha256" if schema.get("pattern") == HASH else None


def _wanted_of(error: ValidationError) -> dict[str, object]:
    expected = _more_of(error)
    return {"expected": f"expected.{expected}"} if expected else {}


def mistake_text(code: str, facts: Mapping[str, object]) -> str:
    """The text of a mistake; of a wrong form one that says the right one, where that is known."""
    if code == "wrong_format" and "expected" in facts:
        return f"mistake.{code}_expected"
    return f"mistake.{code}_entries" if "entries" in facts else f"mistake.{code}"


def _unknown_fields(error: ValidationError, path: Path) -> Iterator[Fault]:
    known = _schema_of(error).get("properties", {})
    assert isinstance(error.instance, dict), "only an object has properties"
    surplus = [name for name in error.instance if name not in known]
    for name in surplus[:MAX_UNKNOWN]:
        yield Fault((*path, name) if SHOWABLE.fullmatch(name) else path, "unknown_field")
    if len(surplus) > MAX_UNKNOWN:
        yield Fault(path, "unknown_field")


def told(faults: Iterable[Fault], names: str = "field") -> list[FormMistake]:
    """The first faults in words, ordered by place; `names` is the group of texts with the fields'
    names.
    """
    mistakes = (_told(fault, names) for fault in islice(faults, MOST_TOLD))
    return sorted(mistakes, key=lambda one: (one.pointer, one.code))


def _told(fault: Fault, names: str) -> FormMistake:
    pointer = "".join(f"/{_escaped(str(step))}" for step in fault.path)
    words = {each: _sentence(fault, each, names) for each in spoken()}
    return FormMistake(pointer, fault.code, words)


def _sentence(fault: Fault, language: str, names: str) -> str:
    code = mistake_text(fault.code, fault.facts)
    facts = {name: _worded(value, language) for name, value in fault.facts.items()}
    if "field" in facts_of(code):
        facts["field"] = text(field_label(fault.path, names), language)
    told = sentence(code, language, facts)
    return told[0].upper() + told[1:]


def _worded(value: object, language: str) -> object:
    is_code = isinstance(value, str) and value.startswith("expected.")
    return text(str(value), language) if is_code else value


def field_label(path: Path, names: str = "field") -> str:
    """The code of a field's name: `field.person_iin`; of the whole message: `field.message`.

    Places in a list do not count: every entry has fields of the same names.
    """
    return f"{names}.{'_'.join(step for step in path if isinstance(step, str)) or 'message'}"


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
