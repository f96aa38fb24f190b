"""Check a message of E-Собес: every mistake at once, each with its place and a plain sentence.

The shape is `schemas/esobes-message.schema.json`; what one field cannot know about another, and
what the catalogue knows, are the named checks below. A mistake never repeats the value it is about.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from definitions.catalogues import Catalogue, current_catalogue
from definitions.wording import LANGUAGES, facts_of, text
from domain.identifiers import is_bin, is_email, is_iban, is_iin, is_kato, is_kz_phone

Path = tuple[str | int, ...]

MAX_DEPTH: Final = 16  # a right message has three levels
MAX_UNKNOWN: Final = 50  # per object: an answer must not grow far beyond its question
KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
ISO_DAY: Final = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
# A field name that may be shown: neither a sentence nor the number of a person.
SHOWABLE: Final = re.compile(r"(?!.*[0-9]{5})[A-Za-z_][A-Za-z0-9_-]{0,63}")
CODES: Final = {
    "type": "wrong_type",
    "enum": "not_allowed_value",
    "minLength": "too_short",
    "maxLength": "too_long",
    "minimum": "below_minimum",
    "maximum": "above_maximum",
}
# What a caseworker may correct in a message; the rest is for E-Собес (row R2).
CONTACTS: Final = frozenset(
    f"/person/{name}" for name in ("phone", "phone_confirmed", "email", "email_confirmed")
)
# Of several faults of one value the first of these is told; the rest follow from it.
ORDER: Final = ("type", "enum", "minLength", "maxLength", "format", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Mistake:
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

    def at(self, *path: str) -> Any:
        """The value at a path, or None."""
        found: Any = self.message
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return None if path in self.bad else found

    def day(self, *path: str) -> date | None:
        """The date at a path, or None."""
        found = self.at(*path)
        return date.fromisoformat(found) if isinstance(found, str) else None


def check_message(value: object, catalogue: Catalogue | None = None) -> list[Mistake]:
    """Every mistake of a parsed JSON value, ordered by pointer; none means it may be taken over.

    The normal form is checked (see `normalise`): take over that and not the value as it came.
    `not_in_catalogue` may be cured by a later catalogue (row R2); the current one is the default.
    """
    if not _readable(value):
        return [_told(Fault((), "unreadable"))]
    message = normalise(value)
    faults = _shape_faults(message)
    if isinstance(message, dict) and message.get("kind") != "revocation":
        sound = Sound(message, frozenset(fault.path for fault in faults))
        known = catalogue or current_catalogue()
        faults += [fault for check in CHECKS for fault in check(sound)]
        faults += _catalogue_faults(sound, known)
    return sorted((_told(fault) for fault in faults), key=lambda told: (told.pointer, told.code))


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
        "kz-phone": is_kz_phone,
        "kato": is_kato,
        "email": is_email,
        "date": is_day,
        "key": is_key,
        "plain-text": is_plain_text,
    }
    for name, holds in known.items():
        checker.checks(name)(_only_text(holds))
    return checker


def _only_text(holds: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or holds(value)


def _inlined(schema: Any, defs: Mapping[str, Any]) -> Any:
    """The schema with its own references replaced by what they name: validates twice as fast."""
    if isinstance(schema, list):
        return [_inlined(entry, defs) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    merged = {**defs[name], **schema} if name else schema
    return {
        key: _inlined(entry, defs) for key, entry in merged.items() if key not in ("$ref", "$defs")
    }


def _loaded() -> dict[str, Any]:
    source = files("definitions").joinpath("schemas", "esobes-message.schema.json")
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return schema


ESOBES_MESSAGE_SCHEMA: Final = _loaded()
FORMATS: Final = _formats()
VALIDATOR: Final = Draft202012Validator(
    _inlined(ESOBES_MESSAGE_SCHEMA, ESOBES_MESSAGE_SCHEMA["$defs"]), format_checker=FORMATS
)


def _readable(value: object) -> bool:
    """Whether the value is shallow enough and its numbers small enough to be worked on at all."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if any(isinstance(node, int) and node.bit_length() > 63 for node in level):
            return False
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


def _shape_faults(message: object) -> list[Fault]:
    """What the schema finds: for one value its first fault, for an object each field by itself."""
    chosen: dict[Path, tuple[int, Fault]] = {}
    for error in VALIDATOR.iter_errors(message):
        kind = str(error.validator)
        rank = ORDER.index(kind) if kind in ORDER else 0
        for fault in _faults(error, kind):
            if fault.path not in chosen or rank < chosen[fault.path][0]:
                chosen[fault.path] = (rank, fault)
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
            expected = wanted if isinstance(wanted, str) else wanted[0]
            yield Fault(path, "wrong_type", {"expected": f"expected.{expected}"})
        case "enum":
            yield Fault(path, "not_allowed_value", {"allowed": ", ".join(map(str, wanted))})
        case "format":
            yield Fault(path, "format_" + wanted.replace("-", "_"))
        case _:
            yield Fault(path, CODES[kind], {"limit": wanted} if kind != "minLength" else {})


def _unknown_fields(error: ValidationError, path: Path) -> Iterator[Fault]:
    known = error.schema["properties"] if isinstance(error.schema, dict) else {}
    surplus = [name for name in error.instance if name not in known]  # type: ignore[union-attr]
    for name in surplus[:MAX_UNKNOWN]:
        yield Fault((*path, name) if SHOWABLE.fullmatch(name) else path, "unknown_field")
    if len(surplus) > MAX_UNKNOWN:
        yield Fault(path, "unknown_field")


def _dates_in_order(sound: Sound) -> Iterator[Fault]:
    until = sound.day("implement_until")
    developed = sound.day("programme", "developed_on")
    begins = sound.day("implement_from")
    ends = sound.day("programme", "valid_until")
    born = sound.day("person", "birth_date")
    if until and begins and until < begins:
        yield Fault(("implement_until",), "until_before_from")
    if until and developed and until < developed:
        yield Fault(("implement_until",), "until_before_programme")
    if ends and developed and ends < developed:
        yield Fault(("programme", "valid_until"), "programme_ends_before_start")
    if born and developed and born > developed:
        yield Fault(("person", "birth_date"), "born_after_programme")


def _representative_is_another(sound: Sound) -> Iterator[Fault]:
    iin = sound.at("representative", "iin")
    if iin is not None and iin == sound.at("person", "iin"):
        yield Fault(("representative", "iin"), "representative_is_recipient")
    begins = sound.day("representative", "basis_date")
    ends = sound.day("representative", "valid_until")
    if begins and ends and ends < begins:
        yield Fault(("representative", "valid_until"), "representative_ends_before_start")


def _confirmed_contact_is_given(sound: Sound) -> Iterator[Fault]:
    for contact in ("phone", "email"):
        confirmed = sound.at("person", f"{contact}_confirmed") is True
        broken = ("person", contact) in sound.bad
        if confirmed and not broken and sound.at("person", contact) is None:
            yield Fault(("person", f"{contact}_confirmed"), "confirmed_without_contact")


CHECKS: Final = (_dates_in_order, _representative_is_another, _confirmed_contact_is_given)


def _catalogue_faults(sound: Sound, catalogue: Catalogue) -> list[Fault]:
    code = sound.at("item", "classifier_code")
    if not isinstance(code, str):
        return []
    item = catalogue.item(code)
    if item is None:
        return [Fault(("item", "classifier_code"), "not_in_catalogue")]
    faults = []
    for name, expected in (("category", item.category), ("unit", item.unit)):
        if sound.at("item", name) not in (None, expected):
            faults.append(Fault(("item", name), f"{name}_differs", {"expected": expected}))
    return faults


def _told(fault: Fault) -> Mistake:
    pointer = "".join(f"/{_escaped(str(step))}" for step in fault.path)
    return Mistake(pointer, fault.code, {each: _sentence(fault, each) for each in LANGUAGES})


def _sentence(fault: Fault, language: str) -> str:
    code = f"mistake.{fault.code}"
    facts = {name: _worded(value, language) for name, value in fault.facts.items()}
    if "field" in facts_of(code):
        facts["field"] = text(field_label(fault.path), language)
    told = text(code, language, **facts)
    return told[0].upper() + told[1:]


def _worded(value: object, language: str) -> object:
    is_code = isinstance(value, str) and value.startswith("expected.")
    return text(str(value), language) if is_code else value


def field_label(path: Path) -> str:
    """The code of a field's name: `field.person_iin`; of the whole message: `field.message`."""
    return f"field.{'_'.join(map(str, path)) or 'message'}"


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
