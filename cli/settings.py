"""`ozhb settings`: every variable of every process, as docs/operations.md has them."""

import json
import types
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from annotated_types import Ge, Gt, Le
from pydantic import SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

import sandbox.settings
from settings import PREFIX, SYSTEM_URLS, AtTheApi, Pools, RoleMaker, Settings

COLUMNS = ("variable", "type", "default", "example", "read by", "what it means")
SANDBOX_PREFIX = "OZHB_SANDBOX_"
# Holds a password among other things.
_ALSO_SECRET = ("database_url", "admin_database_url")
_WORDS = {
    str: "text",
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    Path: "path",
    timedelta: "ISO 8601 length",
    SecretStr: "secret",
}
_POOLS = {
    "worker": "OZHB_WORKER_CONNECTIONS, and one that asks whether PostgreSQL answers",
    "api": "OZHB_API_CONNECTIONS and OZHB_API_READ_CONNECTIONS",
    "ozhb": "OZHB_COMMAND_CONNECTIONS; `ozhb migrate` as well",
}


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Print every variable: its type, default, an example, who reads it and what it means.

    After them how many connections to PostgreSQL a process may hold, by the environment as it is.
    """
    budget = Pools.load().budget
    if as_json:
        found = {"variables": list(variables()), "connections": budget}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    typer.echo(_table(COLUMNS, (list(one.values())[: len(COLUMNS)] for one in variables())))
    typer.echo("\nConnections to PostgreSQL that one process may hold at once:\n")
    rows = ([f"`{name}`", str(most), _POOLS[name]] for name, most in budget.items())
    typer.echo(_table(("process", "at most", "made of"), rows))


def variables() -> Iterator[dict[str, Any]]:
    """Each under the names of COLUMNS; `required` and `secret` beside them."""
    apart = {**RoleMaker.model_fields, **AtTheApi.model_fields}
    fields = {**Settings.model_fields, **apart, **Settings.model_fields}
    for name, field in fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict), f"{name} is not described"
        readers = extra["read_by"]
        assert isinstance(readers, list)
        yield _row(f"{PREFIX}{name.upper()}", name, field, [str(one) for one in readers])
    for name, field in sandbox.settings.Settings.model_fields.items():
        yield _row(f"{SANDBOX_PREFIX}{name.upper()}", name, field, ["sandbox"])


def _row(variable: str, name: str, field: FieldInfo, readers: list[str]) -> dict[str, Any]:
    assert field.description, f"{variable} is not described"
    assert field.examples, f"{variable} has no example"
    secret = SecretStr in _members(field.annotation) or name in _ALSO_SECRET
    values = (
        f"`{variable}`",
        "secret" if secret else _type(name, field),
        _default(name, field),
        f"`{field.examples[0]}`",
        ", ".join(readers),
        field.description,
    )
    more = {"required": field.is_required(), "secret": secret}
    return {**dict(zip(COLUMNS, values, strict=True)), **more}


def _type(name: str, field: FieldInfo) -> str:
    if name in ("allow_plaintext_on", "webhook_networks", "proxies"):
        return "networks, by commas"
    if name.endswith("_url") or name in ("oidc_issuer", "ncanode_address"):
        return "http(s) address"
    (kind, *_) = _members(field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind))
    low = next((one for one in field.metadata if isinstance(one, Ge | Gt)), None)
    high = next((one.le for one in field.metadata if isinstance(one, Le)), None)
    if low is None:
        return _WORDS[kind]
    at_least = low.ge if isinstance(low, Ge) else f"more than {low.gt}"
    bounds = f"{_said(at_least)} to {high}" if high is not None else f"{_said(at_least)} or more"
    return f"{_WORDS[kind]}, {bounds if isinstance(low, Ge) else at_least}"


def _members(annotation: Any) -> list[Any]:
    """The types of a union but for None, without what is noted on them."""
    parts = get_args(annotation) if _is_union(annotation) else (annotation,)
    bare = [get_args(one)[0] if get_origin(one) is Annotated else one for one in parts]
    return [one for one in bare if one is not type(None)]


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _default(name: str, field: FieldInfo) -> str:
    if name in SYSTEM_URLS:
        return "must be given, here or by `OZHB_SANDBOX_URL`"
    if field.is_required():
        return "must be given"
    return "none" if field.default in (None, ()) else f"`{_said(field.default)}`"


def _said(value: Any) -> str:
    """As it would be written into the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta) and not value.seconds:
        return f"P{value.days}D"
    if isinstance(value, timedelta):
        return str(TypeAdapter(timedelta).dump_python(value, mode="json"))
    return str(value)


def _table(names: tuple[str, ...], rows: Iterator[list[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
