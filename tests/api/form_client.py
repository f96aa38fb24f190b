"""A client that knows nothing of the portal but the forms that it draws for a case."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

from jsonschema import Draft202012Validator

from tests.api.world import today
from tests.support.intake import iin

Form = dict[str, Any]
Said = dict[str, Any]
# What people type, by the format of a field.
TYPED: Final[Mapping[str, Any]] = {
    "words": "Себебі бар",
    "plain-text": "12-3",
    "phone": "+77000000001",
    "e-mail": "name@example.kz",
    "iin": iin(5),
    "bin": "201140900014",
    "place": "751110000",
}
# What a program makes beside the form: papers that are signed, uploads, what an order is of.
MADE: Final = frozenset(
    (
        *("command", "period", "documents", "scope", "account", "account_signature", "signature"),
        *("application_sha256", "offer_id", "price_shown", "co_payment_confirmed", "deliver_to"),
    )
)


def choices(field: Mapping[str, Any]) -> list[Any]:
    """Everything that a field offers; of a number or a day its ends."""
    if offered := field.get("oneOf") or field.get("x-offered"):
        return [one["const"] for one in offered]
    if "enum" in field:
        return list(field["enum"])
    if "const" in field:
        return [field["const"]]
    match field.get("type"), field.get("format"):
        case "boolean", _:
            return [False, True]
        case "integer", _:
            return list(dict.fromkeys((field.get("minimum", 1), field.get("maximum", 1))))
        case _, "date":
            ends = (field.get("formatMinimum"), field.get("formatMaximum"))
            return list(dict.fromkeys(one for one in ends if one)) or [today()]
        case _, format_:
            return [TYPED[str(format_)]]


def everything(form: Form) -> Iterator[Said]:
    """What may be said in the form: each offer with each other one."""
    fields = {name: one for name, one in form["properties"].items() if name not in MADE}
    needed = form["required"]
    offered = {
        name: [*([] if name in needed else [None]), *choices(one)] for name, one in fields.items()
    }
    loose = Draft202012Validator({**form, "required": []})
    for values in product(*offered.values()):
        said = {name: one for name, one in zip(offered, values, strict=True) if one is not None}
        told = _within(form, said)
        if loose.is_valid(told):
            yield told


def _within(form: Form, said: Said) -> Said:
    """What was said, between the bounds that a field has where another one has this value."""
    told = dict(said)
    for case in form.get("allOf", ()):
        for (by, value), (name, holds) in product(*map(_fields, (case["if"], case["then"]))):
            if told.get(by) == value.get("const") and name in told and "enum" not in holds:
                ends = choices({**form["properties"][name], **holds})
                told[name] = (
                    ends[0] if said[name] == choices(form["properties"][name])[0] else ends[-1]
                )
    return told


def _fields(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(schema.get("properties", {}).items())


def faults(form: Form, title: str) -> Iterator[str]:
    """What a person who fills it in would stumble over."""
    if form["title"] != title:
        yield f"is called {form['title']}, and was offered as {title}"
    for name, one in form["properties"].items():
        if name == "command":
            continue
        offered = one.get("oneOf", one.get("x-offered", []))
        nameless = [two["const"] for two in offered if not _is_named(two)]
        if nameless:
            yield f"{name} offers {nameless} without a name"
        if name in form["required"] and not choices(one if name not in MADE else {"enum": [1]}):
            yield f"{name} has to be said, and nothing can be"
        for least, most in (("minimum", "maximum"), ("formatMinimum", "formatMaximum")):
            if least in one and most in one and one[least] > one[most]:
                yield f"{name} lies between {one[least]} and {one[most]}"


def _is_named(one: Mapping[str, Any]) -> bool:
    return bool(one.get("title")) and str(one["title"]) != str(one["const"])
