"""Forms for people, drawn from the schema of a command and read back into what the API takes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from starlette.datastructures import FormData, UploadFile

from api.mistakes import label_of
from definitions.wording import codes, sentence, text

# Beyond so many a list is shorter to go through than buttons.
MOST_BUTTONS: Final = 7
_BY_FORMAT: Final = {
    "date": "day",
    "words": "words",
    "plain-text": "words",
    "tiyn": "sum",
    "cms": "signature",
    "phone": "phone",
    "e-mail": "email",
}
# What is longer is no number that anybody means.
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_SUM: Final = re.compile(r"[0-9]{1,16}(\.[0-9]{1,2})?")
# What the page itself knows and nobody types.
_OWN: Final = ("command", "period")
# Likewise, of a paper that is read on a page before.
_OF_PAPER: Final = ("application_sha256",)
# Mistakes of an address, which nobody types either: they are all told alike.
_OF_ADDRESS: Final = frozenset(
    (
        *("unknown_parameter", "no_parameters", "given_twice", "narrows_nothing"),
        *("other_list", "other_search", "cursor_ahead"),
    )
)


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `kind` says how it is asked, `options` are (value, label)."""

    name: str
    kind: str
    label: str
    help: str
    required: bool
    options: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    most: int | None = None
    inner: tuple["Field", ...] = ()
    values: tuple[str, ...] = field(default=(), repr=False)
    fault: str | None = None

    @property
    def id(self) -> str:
        return f"f-{self.name.replace('.', '-')}"

    @property
    def value(self) -> str:
        """What stands there now."""
        return self.values[0] if self.values else ""


def drawn(
    schema: Mapping[str, Any],
    given: Mapping[str, tuple[str, ...]] | None = None,
    faults: Mapping[str, str] | None = None,
) -> tuple[Field, ...]:
    """The questions of a form: with what was said before, and what was wrong with it, by name."""
    return tuple(_fields(schema, given or {}, faults or {}, ""))


def _fields(
    schema: Mapping[str, Any],
    given: Mapping[str, tuple[str, ...]],
    faults: Mapping[str, str],
    inside: str,
) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, one in schema["properties"].items():
        if name in (*_OWN, *_OF_PAPER) and not inside:
            continue
        path = f"{inside}{name}"
        inner = tuple(_fields(one, given, faults, f"{path}.")) if "properties" in one else ()
        help_ = one.get("description", "")
        yield Field(
            name=path,
            kind=_kind(one),
            label=one.get("title", name),
            # A page uploads what is chosen and takes tenge: how programs say it is not for people.
            help="" if help_ == one.get("title") or _kind(one) in ("files", "sum") else help_,
            required=name in required,
            options=_options(one),
            least=one.get("minimum", one.get("minLength")),
            most=one.get("maximum", one.get("maxLength")),
            inner=inner,
            values=given.get(path) or _only(one),
            fault=faults.get(path),
        )


def _only(one: Mapping[str, Any]) -> tuple[str, ...]:
    """Where nothing else can be said, that stands there already."""
    only = one.get("minimum")
    return (str(only),) if only is not None and only == one.get("maximum") else ()


def _kind(one: Mapping[str, Any]) -> str:
    match one.get("type"):
        case "object":
            return "group"
        case "boolean":
            return "yes"
        case "array":
            return "many" if "oneOf" in one["items"] else "files"
    if "x-offered" in one:
        return "list"
    if "oneOf" in one:
        return "buttons" if len(one["oneOf"]) <= MOST_BUTTONS else "list"
    known = _BY_FORMAT.get(one.get("format", ""))
    return known or ("number" if one.get("type") == "integer" else "text")


def _options(one: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    chosen = one.get("x-offered") or one.get("oneOf") or one.get("items", {}).get("oneOf", ())
    return tuple((str(two["const"]), str(two.get("title", two["const"]))) for two in chosen)


def said(schema: Mapping[str, Any], form: FormData) -> dict[str, Any]:
    """What somebody said in a form, as the API takes it; what is empty was not said.

    Files are not among it: they are uploaded first (`documents`).
    """
    return _said(schema, form, "")


def _said(schema: Mapping[str, Any], form: FormData, inside: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, one in schema["properties"].items():
        kind, path = _kind(one), f"{inside}{name}"
        if kind == "files" or (name in _OWN and not inside):
            continue
        value: Any
        if kind == "group":
            value = _said(one, form, f"{path}.")
        elif kind == "many":
            value = [str(two) for two in form.getlist(path)]
        else:
            value = _value(kind, one, str(form.get(path, "")).strip())
        if value not in (None, "", [], {}):
            found[name] = value
    return found


def _value(kind: str, one: Mapping[str, Any], typed: str) -> Any:
    if kind == "yes":
        return True if typed else None
    if kind == "sum":
        return tiyn_of(typed)
    number = number_of(typed) if one.get("type") == "integer" else None
    return typed if number is None else number


def number_of(typed: str) -> int | None:
    """A whole number; None for what is none, or longer than anybody means."""
    return int(typed) if _WHOLE.fullmatch(typed) else None


def tiyn_of(typed: str) -> Any:
    """A sum in tenge as people type it, in tiyn; what is no sum goes on as it is, to be refused."""
    plain = "".join(typed.split()).replace(",", ".").removesuffix("₸")
    return int(Decimal(plain) * 100) if _SUM.fullmatch(plain) else typed


def tenge_of(tiyn: int) -> str:
    """A sum as people type it."""
    return f"{tiyn // 100},{tiyn % 100:02d}"


def typed(form: FormData) -> dict[str, tuple[str, ...]]:
    """What stood in the fields of a form, to stand there again."""
    return {name: tuple(one for one in form.getlist(name) if isinstance(one, str)) for name in form}


def plainly(mistakes: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Mistakes as pages tell them: what to do, where the API says what data has to look like."""
    return [{**one, "text": _plain(one, language)} for one in mistakes]


def plainly_of_file(mistakes: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """The same of a file that somebody has written: no page has sent it, nor typed into a field."""
    return [{**one, "text": _plain(one, language, "file_mistake")} for one in mistakes]


def _plain(mistake: Mapping[str, Any], language: str, group: str = "plain_mistake") -> str:
    kind = "address" if mistake["code"] in _OF_ADDRESS else mistake["code"]
    if f"{group}.{kind}" not in codes(group):
        return str(mistake["text"])
    steps = str(mistake.get("pointer") or mistake.get("name") or "").split("/")
    path = [one for one in steps if one and not one.isdecimal()]
    named = label_of(path, language) or text("plain_mistake.this", language)
    told = sentence(f"{group}.{kind}", language, {"field": named})
    return told[0].upper() + told[1:]


def faults_of(problem: Mapping[str, Any]) -> dict[str, str]:
    """What was wrong with each field of a form, by its name."""
    return {
        str(one.get("pointer", "")).removeprefix("/").replace("/", "."): str(one["text"])
        for one in problem.get("errors", ())
    }


def files_in(form: FormData, name: str) -> list[UploadFile]:
    """The files that somebody has chosen in one field."""
    found = (one for one in form.getlist(name) if isinstance(one, UploadFile))
    return [one for one in found if one.filename]
