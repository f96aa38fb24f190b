"""What people say in each command: one JSON Schema a command, which checks, documents and draws it.

`commands/<name>.schema.json` is the form of a command, `commands/fields.schema.json` the kinds of
fields that forms share. Beside the words of JSON Schema a field may have `x-sealed` (personal or
free text: it is kept enciphered, and the decider only learns that it is there), `x-list` (the list
of the edition that it chooses from) and `x-texts` (the texts that name its values).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

from definitions.figures import lengths_in
from definitions.forms import FORMATS, Checker, Fault, inlined, shape_faults
from definitions.places import is_place
from definitions.wording import codes, every_language, text
from domain.case.outlook import PEOPLE
from domain.identifiers import is_bic, is_iban, plain_bic, plain_iban
from domain.parties.contacts import read_email, read_phone
from domain.process import Edition
from domain.signature_text import read_signature

# Words of a drawn field that are not of JSON Schema.
BESIDE: Final = ("x-choices", "x-offered", "x-required")
SHARED: Final = "fields.schema.json"
UUID_FORM: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Said = dict[str, Any]
LONGEST: Final = 64 * 1024
UNSEEN: Final = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
# What looks like nothing at all.
BLANK: Final = "".join(
    map(chr, (*range(0x21), *range(0x7F, 0xA1), *range(0x2000, 0x2010), 0x2028, 0x2029))
) + "".join(map(chr, (*range(0x202A, 0x2030), 0x3000, 0xFEFF)))


class FormInvalid(Exception):
    """What was said is not what the form asks for; every fault of it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("a command's form has faults")
        self.faults = faults


class WrongForm(ValueError):
    """A field is not what it should be; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class CommandForm:
    """The form of one command; in `schema` references are replaced by what they name."""

    name: str
    schema: Mapping[str, Any]
    _check: Draft202012Validator = field(repr=False)

    @property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields that the command has beside its name and the period."""
        properties: Mapping[str, Any] = self.schema["properties"]
        return {name: one for name, one in properties.items() if name not in ("command", "period")}

    @property
    def signed(self) -> bool:
        """Whether it comes with a signature, which systems that are not ours help to check."""
        return any(one.get("format") == "cms" for one in self.fields.values())

    def read(self, body: Mapping[str, Any]) -> Said:
        """What was said, in the order of the form: each field in its one form, or None.

        FormInvalid with every fault. What is null counts as left out.
        """
        given = _given(self.schema, body)
        if faults := shape_faults(self._check, given):
            raise FormInvalid(faults)
        told: Said = _normal(self.schema, given)
        del told["command"]
        return told

    def told(self, said: Said) -> Said:
        """What the decider sees of it: of words and what is personal only that they are there."""
        return {
            name: True if one.get("x-sealed") else said[name]
            for name, one in self.fields.items()
            if said[name] is not None
        }


def drawn(
    form: CommandForm,
    law: Edition,
    languages: Sequence[str],
    today: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The form as somebody fills it in: with names, help and choices in their language.

    A word of JSON Schema is one text, in the first of the languages; where there are several,
    `x-title` and `x-description` beside it have it in all. `today` is by field what else
    holds of it in the case as it stands, in words of JSON Schema; `x-required` what has to be said
    there that another case does not ask for, `x-by` what holds of it where another field has a
    value (field, value, words).
    """
    properties = dict(form.schema["properties"])
    for name, one in form.fields.items():
        own = today.get(name, {})
        elsewhere = {key: value for key, value in own.items() if key in BESIDE}
        properties[name] = {**_drawn(name, {**one, **own}, law, languages), **elsewhere}
    properties["period"] = _drawn("period", properties["period"], law, languages)
    title = _said("title", lambda language: text(f"command.{form.name}", language), languages)
    kept = {key: one for key, one in form.schema.items() if key not in ("$id", "description")}
    needed = [name for name, own in today.items() if own.get("x-required")]
    made = {**kept, **title, "required": [*kept["required"], *needed], "properties": properties}
    cases = [_where(name, *one) for name, own in today.items() for one in own.get("x-by", ())]
    return {**made, "allOf": [*made.get("allOf", ()), *cases]} if cases else made


def _where(name: str, by: str, value: Any, holds: Mapping[str, Any]) -> dict[str, Any]:
    """What holds of a field where another one has a value, in words of JSON Schema."""
    there = {"properties": {by: {"const": value}}, "required": [by]}
    return {"if": there, "then": {"properties": {name: holds}}}


def said_of(value: Any, name: Mapping[str, str], languages: Sequence[str]) -> dict[str, Any]:
    """One of the values to choose from, with its name where it has one."""
    return {"const": value, **(_said("title", name.__getitem__, languages) if name else {})}


def _said(word: str, told: Callable[[str], str], languages: Sequence[str]) -> dict[str, Any]:
    """A word of the form in the languages of its reader."""
    every = {f"x-{word}": {one: told(one) for one in languages}} if len(languages) > 1 else {}
    return {word: told(languages[0]), **every}


def _drawn(
    name: str, one: Mapping[str, Any], law: Edition, languages: Sequence[str], inside: str = ""
) -> dict[str, Any]:
    told = {key: value for key, value in one.items() if not key.startswith("x-")}
    told |= _said("title", partial(_label, name), languages)
    told |= _said("description", partial(_help, name, f"{inside}{name}"), languages)
    if "properties" in one:
        inner = one["properties"].items()
        told["properties"] = {
            key: _drawn(key, field, law, languages, f"{name}_") for key, field in inner
        }
    if _named(one.get("items", {}), law, languages):
        told["items"] = {"oneOf": _named(one["items"], law, languages)}
    elif "oneOf" not in one and (choices := _named(one, law, languages)):
        told.pop("enum", None)
        told["oneOf"] = choices
    return told


def _named(one: Mapping[str, Any], law: Edition, languages: Sequence[str]) -> list[dict[str, Any]]:
    """The values to choose from, each with its name where it has one."""
    group = one.get("x-texts")
    return [
        said_of(value, every_language(f"{group}.{value}") if group else {}, languages)
        for value in values_of(one, law)
    ]


def values_of(one: Mapping[str, Any], law: Edition) -> Sequence[str]:
    """What a field may be, where it is chosen from a list; of the edition, where it names one."""
    listed: Sequence[str] = getattr(law, one["x-list"]) if "x-list" in one else ()
    chosen: Sequence[str] = one.get("enum", listed)
    return chosen


def _label(name: str, language: str) -> str:
    told = text(_name_of(name), language)
    return told[0].upper() + told[1:]


def _name_of(field: str) -> str:
    """The text that names a field of a form."""
    return f"form.{field}" if f"form.{field}" in codes("form") else f"field.{field}"


def _help(name: str, place: str, language: str) -> str:
    """What to know before filling it in, at this place; where there is nothing to add, its name
    once more.
    """
    known = f"help.{place}" in codes("help")
    return text(f"help.{place}", language) if known else _label(name, language)


def form_faults(editions: Iterable[Edition]) -> Iterator[str]:
    """Commands without a form, forms without a command, fields and choices without words."""
    laws, forms = list(editions), command_forms()
    asked = {row.on for law in laws for row in law.process.rows if set(PEOPLE) & set(row.by)}
    yield from (f"the command {name} has no form" for name in sorted(asked - forms.keys()))
    yield from (f"the form {name} is of no command" for name in sorted(forms.keys() - asked))
    for form in forms.values():
        yield from (
            f"the form {form.name} says how long a term is, which an edition sets: {found}"
            for found in lengths_in(" · ".join(_said_of(form.schema)), "en")
        )
    needed = {
        code for form in forms.values() for law in laws for code in _texts_of(form.fields, law)
    }
    yield from (f"there is no text {code}" for code in sorted(needed - set(codes())))


def _said_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """Title and description of a form, and of its fields."""
    yield from (schema[name] for name in ("title", "description") if name in schema)
    for one in schema.get("properties", {}).values():
        yield from _said_of(one)


def _texts_of(fields: Mapping[str, Any], law: Edition) -> Iterator[str]:
    for name, one in fields.items():
        yield _name_of(name)
        yield from _texts_of(one.get("properties", {}), law)
        for choice in (one, one.get("items", {})):
            if "x-texts" in choice:
                yield from (f"{choice['x-texts']}.{value}" for value in values_of(choice, law))


@cache
def command_forms() -> Mapping[str, CommandForm]:
    """Every command that people have, by name."""
    folder = files("definitions").joinpath("commands")
    schemas = {one.name: json.loads(one.read_text("utf-8")) for one in folder.iterdir()}
    shared = schemas.pop(SHARED)["$defs"]
    return {form.name: form for form in (_form(one, shared) for one in _sorted(schemas))}


def _sorted(schemas: Mapping[str, Any]) -> Iterator[Any]:
    yield from (schemas[name] for name in sorted(schemas))


def _form(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> CommandForm:
    own = json.loads(json.dumps(schema).replace(f'"{SHARED}#', '"#'))
    whole = inlined({**own, "$defs": shared})
    name = whole["properties"]["command"]["const"]
    checked = Checker(_without_patterns(whole), format_checker=_formats())
    return CommandForm(name, whole, checked)


def _without_patterns(schema: Any) -> Any:
    """The schema without the patterns of fields that a format reads: a pattern looks for a match at
    every place, which takes a text of a hostile length for ever.
    """
    if isinstance(schema, list):
        return [_without_patterns(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    read = schema.get("format") in (*READ, "plain-text")
    kept = {key: one for key, one in schema.items() if not (read and key == "pattern")}
    return {key: _without_patterns(one) for key, one in kept.items()}


def _given(schema: Mapping[str, Any], value: Any) -> Any:
    """The value without what is null and may be left out; 2.0 of a whole number is 2."""
    if schema.get("type") == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    needed, known = schema["required"], schema["properties"]
    return {
        name: _given(known.get(name, {}), one)
        for name, one in value.items()
        if one is not None or name in needed or name not in known
    }


def _normal(schema: Mapping[str, Any], value: Any) -> Any:
    if value is None:
        return schema.get("default")
    if "properties" in schema:
        return {name: _normal(one, value.get(name)) for name, one in schema["properties"].items()}
    read = READ.get(schema.get("format", ""))
    return read(value) if read else value


def phone(value: str) -> str:
    """The number in E.164; who types it is told at once that no SMS would reach it."""
    read = read_phone(value)
    if read.flaw in ("landline", "foreign"):
        raise WrongForm(f"phone_{read.flaw}")
    if read.value is None:
        raise WrongForm("phone_unreadable")
    return read.value


def email(value: str) -> str:
    """The address in its one form."""
    read = read_email(value)
    if read.value is None:
        raise WrongForm("email_unreadable")
    return read.value


def place(value: str) -> str:
    """A KATO code that there is."""
    if not is_place(value):
        raise WrongForm("unknown_place")
    return value


def signature(value: str) -> str:
    """A signature in one of the forms in which signing programs hand it out."""
    try:
        read_signature(value)
    except ValueError:
        raise WrongForm("signature_form") from None
    return value


def identity(value: str) -> str:
    """An id as the portal gives it."""
    if not UUID_FORM.fullmatch(value):
        raise WrongForm("wrong_format")
    return value.lower()


def account(value: str) -> str:
    """An IBAN without what people write between its groups."""
    plain = plain_iban(value)
    if not is_iban(plain):
        raise WrongForm("format_iban")
    return plain


def bank(value: str) -> str:
    """A BIC of a bank of Kazakhstan in its one form."""
    plain = plain_bic(value)
    if not is_bic(plain):
        raise WrongForm("format_bic")
    return plain


def words(value: str) -> str:
    """Words of a person: something to be seen, and no control characters but tabs and lines."""
    if any(sign in UNSEEN and sign not in "\t\n" for sign in value) or not value.strip(BLANK):
        raise WrongForm("wrong_format")
    return value


# How a field of a format is read: into its one form, or WrongForm.
READ: Final[Mapping[str, Callable[[str], str]]] = {
    "phone": phone,
    "e-mail": email,
    "place": place,
    "cms": signature,
    "uuid": identity,
    "iban": account,
    "bic": bank,
    "words": words,
}


@cache
def _formats() -> FormatChecker:
    """Our formats, with those that are read."""
    checker = FormatChecker(formats=())
    checker.checkers = dict(FORMATS.checkers)
    for name, read in READ.items():
        checker.checks(name, raises=WrongForm)(partial(_reads, read))
    return checker


def _reads(read: Callable[[str], str], value: object) -> bool:
    # What is longer than any field may be is told to be so, and looked at no further.
    return not isinstance(value, str) or len(value) > LONGEST or bool(read(value))
