"""The OpenAPI document: who may call what, and every answer that can come."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from api.auth import Guard
from api.cases.commands import described
from api.labels import LIMITS, label_field
from api.language import PARAMETER
from api.problems import MEDIA_TYPE, STATUS
from definitions.wording import LANGUAGES

SUMMARY: Final = "Measures of individual rehabilitation programmes, from receipt to payment"
DESCRIPTION: Final = (
    "One case is one measure on its way. Read it at `/v1/cases/{case_id}`: it says who acts next,"
    " by when, and what you may do now. Every command, and every other POST of a person that"
    " changes something, needs an `Idempotency-Key`, which never expires. Money is a whole number"
    " of tiyn; instants are RFC 3339 in UTC. Whatever goes wrong is a problem (RFC 9457) with a"
    " sentence in the language of `Accept-Language` (kk, ru, en)."
)
TAGS: Final = [
    {"name": "cases", "description": "Cases as their readers see them"},
    {"name": "commands", "description": "What people ask of a case"},
    {"name": "live", "description": "Changes as they happen (server-sent events)"},
    {"name": "work", "description": "What lies on desks beside cases"},
    {"name": "me", "description": "Who is calling"},
    {"name": "messages", "description": "What became of a message"},
    {"name": "suppliers", "description": "Suppliers and their offers"},
    {"name": "authorities", "description": "Who reviews and pays, and who heads it"},
    {"name": "law", "description": "Editions of the law, and the forms of commands"},
    {"name": "catalogue", "description": "Aids and services with their guaranteed sums"},
    {"name": "changes", "description": "Law and reference data, changed by two administrators"},
    {"name": "money", "description": "Public money: approved, paid, returned and open"},
    {"name": "systems", "description": "What outside systems send"},
    {"name": "intake", "description": "Rejected messages of E-Собес on a desk"},
    {"name": "operations", "description": "What administrators need"},
    {"name": "record", "description": "By what others prove that nothing was changed"},
    {"name": "health", "description": "For those who keep it running"},
]
EVENTS: Final = "Server-sent events; the data of each is JSON, its id goes on after it"
# Routes that say nothing about anybody and need no caller.
OPEN: Final = frozenset(
    (
        *("/", "/problems/{code}", "/check/{code}", "/health/live", "/health/ready"),
        *("/metrics", "/openapi.json", "/docs", "/v1/heads"),
    )
)
_FIELDS: Final = files("api").joinpath("fields.toml")
_TEXTS: Final = {
    "description": "In the language of the answer; with `languages=all` in all three",
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {language: {"type": "string"} for language in LANGUAGES},
            "required": [*LANGUAGES],
        },
    ],
}
_LABEL: Final = {"anyOf": _TEXTS["anyOf"]}
PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457. `errors` are all mistakes of a form, `reasons` those of a refusal.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/command_refused"]},
        "title": _TEXTS,
        "status": {"type": "integer"},
        "detail": _TEXTS,
        "code": {"type": "string", "enum": sorted(STATUS)},
        "message": {"type": "string", "description": "The id of the message that was refused"},
        "recorded_at": {
            "type": "string",
            "format": "date-time",
            "description": "When this was answered first: the key is spent since",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "text"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "RFC 6901, into the body or message",
                    },
                    "in": {"type": "string", "enum": ["query", "header"]},
                    "name": {"type": "string"},
                    "code": {"type": "string"},
                    "text": _TEXTS,
                },
            },
        },
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "facts", "text"],
                "properties": {
                    "code": {"type": "string"},
                    "facts": {"type": "object"},
                    "text": _TEXTS,
                },
            },
        },
        "possible": {
            "type": "object",
            "description": "By field of a refused command what may be said instead, as its form",
            "additionalProperties": {"type": "object"},
        },
    },
}
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


def guards_of(dependant: Dependant) -> Iterator[Guard]:
    """The guards that stand before a route."""
    if isinstance(dependant.call, Guard):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from guards_of(inner)


def install(app: FastAPI) -> None:
    """Have the application describe itself in full."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_described(app))
        return made

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    document["servers"] = [{"url": "/", "description": "Where this document was read"}]
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    schemas |= described()
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            for method in context.methods or ():
                _complete(document["paths"][context.path_format][method.lower()], context)
    whole: dict[str, Any] = json.loads(json.dumps(document))
    for schema in whole["components"]["schemas"].values():
        # Answers may grow, and alone have labels.
        if schema.get("additionalProperties") is True:
            schema["properties"] = dict(_with_labels(schema.get("properties", {})))
    _describe(whole, tomllib.loads(_FIELDS.read_text("utf-8")))
    return whole


def _with_labels(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of an answer, each that holds codes with that of its label beside it."""
    for name, field in fields.items():
        yield name, field
        if name in LIMITS and "last_day" not in fields:
            yield "last_day", {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
        shapes = [shape for one in (field, *field.get("anyOf", ())) if (shape := _labels_of(one))]
        label = label_field(name, fields, several=shapes[:1] != [_LABEL])
        if shapes and label is not None and label not in fields:
            yield label, {**shapes[0], "description": f"`{name}` in words; missing: it has none"}


def _labels_of(field: dict[str, Any]) -> dict[str, Any] | None:
    """The shape of the labels of a field: of one code, of several, or of each by its key."""
    match field:
        case {"type": "string"} if field.get("format", "uuid") == "uuid" and "const" not in field:
            return _LABEL
        case {"type": "array", "items": {"type": "string"}}:
            return {"type": "array", "items": _LABEL}
        case {"type": "object", "additionalProperties": {"type": "string" | "integer"}}:
            return {"type": "object", "additionalProperties": _LABEL}
    return None


def _describe(node: Any, known: Mapping[str, str]) -> None:
    """Say of every field what it is, where its model does not say so itself."""
    if isinstance(node, list):
        for one in node:
            _describe(one, known)
    if not isinstance(node, dict):
        return
    fields = node.get("properties")
    for name, field in fields.items() if isinstance(fields, dict) else ():
        if isinstance(field, dict) and name in known and "const" not in field:
            field.setdefault("description", known[name])
    for one in node.values():
        _describe(one, known)


def _complete(operation: dict[str, Any], context: RouteContext) -> None:
    guards = list(guards_of(context.dependant))
    if guards:
        operation.setdefault("parameters", []).append(PARAMETER)
    else:
        # Said, not left out: who reads the document sees that no token was forgotten.
        operation["security"] = []
    answers = operation["responses"]
    for content in answers.get("200", {}).get("content", {}).values():
        # FastAPI writes streams as the next version of OpenAPI does, which few tools read.
        if content.pop("itemSchema", None):
            content["schema"] = {"type": "string", "description": EVENTS}
    roles = {role.value for guard in guards for role in guard.roles}
    if roles:
        operation["x-ozhb-roles"] = sorted(roles)
    for code in _possible(operation, bool(guards)):
        answers[str(STATUS[code])] = _answer(code, answers.get(str(STATUS[code])))
    for status, found in answers.items():
        if int(status) >= 400:
            declared = found.get("content", {})
            # A route may answer in another way of its own, an envelope with an envelope.
            other = {kind: one for kind, one in declared.items() if not kind.endswith("json")}
            found["content"] = {**other, MEDIA_TYPE: {"schema": _PROBLEM}}


def _possible(operation: dict[str, Any], guarded: bool) -> Iterator[str]:
    """The problems that a route of this kind can end in."""
    yield from ("malformed_json", "too_many_requests", "unavailable", "internal")
    if guarded:
        yield from ("not_signed_in", "not_allowed")
    parameters = operation.get("parameters", ())
    if any(parameter["in"] == "path" for parameter in parameters):
        yield "not_found"
    if "requestBody" in operation:
        yield from ("too_large", "unsupported_media_type", "form_invalid", "request_timeout")
    elif any(parameter["in"] in ("query", "header") for parameter in parameters):
        yield "form_invalid"


def _answer(code: str, declared: dict[str, Any] | None) -> dict[str, Any]:
    described = dict(declared or {})
    if described.get("description") in (None, "", "Validation Error"):
        described["description"] = code.replace("_", " ").capitalize()
    return described
